// Cost per event and peak memory against the amount of events, live keys, windows, rules and files.
//
//   npm run bench:growth -- [--runs N] [--quick] [--write] [--svg FILE]
//
// Prints a Markdown table. `--write` puts it between the markers of docs/performance.md and draws
// docs/performance-growth.svg; `--svg` draws elsewhere; `--quick` takes small amounts, to try it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawGrowth } from './growth-plot.mjs';
import { HINDCAST, measure, median } from './measure.mjs';
import { markdownTable } from './result-tables.mjs';
import { LineFile } from './traffic/outputs.mjs';
import { Random } from './traffic/random.mjs';

/**
 * What a replay is made of; one of them varies, the others stand still.
 *
 * @typedef {object} Shape
 * @property {number} events
 * @property {number} keys addresses, all alive at the end
 * @property {number} windows
 * @property {number} rules
 * @property {number} files the events lie in, all of the same time
 */

/** @typedef {keyof Shape} Axis */

/**
 * @typedef {object} Point
 * @property {Axis} axis
 * @property {number} value
 * @property {number} nsPerEvent wall time over that of a replay of one event
 * @property {number} peakMb of the process
 */

/** @type {Readonly<Shape>} */
const USUAL = { events: 1_000_000, keys: 10_000, windows: 12, rules: 1, files: 1 };

/** @type {Readonly<Record<Axis, readonly number[]>>} */
const VALUES = {
  events: [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000],
  keys: [1000, 10_000, 100_000, 300_000, 1_000_000],
  windows: [1, 12, 60, 144, 288],
  rules: [1, 3, 10, 30, 100],
  files: [1, 3, 10, 30, 100],
};

const QUICK = 100;
const START_S = Date.UTC(2026, 2, 2) / 1000;
const DAY_S = 86_400;
/** Limits that are never reached: what is measured is counting, not reporting. */
const NEVER = 1_000_000_000;

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url));
const PAGE = path.join(DOCS, 'performance.md');
const PLOT = path.join(DOCS, 'performance-growth.svg');
const MARKERS = ['<!-- growth:start -->', '<!-- growth:end -->'];

/**
 * Connects of one day over all files, in order of time. Every address connects at least once when
 * there are events enough.
 *
 * @param {string} folder
 * @param {Shape} shape
 */
function writeEvents(folder, { events, keys, files }) {
  const random = new Random(events + keys);
  const outputs = Array.from({ length: files }, (_, index) => {
    const output = new LineFile(folder, `events-${index}.csv`);
    output.write('time,kind,ip');
    return output;
  });
  for (let event = 0; event < events; event++) {
    const second = START_S + Math.floor((event / events) * DAY_S);
    const key = event < keys ? event : random.below(keys);
    const ip = `10.${(key >> 16) & 255}.${(key >> 8) & 255}.${key & 255}`;
    outputs[event % files].write(`${second},connect,${ip}`);
  }
  for (const output of outputs) output.finish();
}

/**
 * A rule per address over the whole monitor, which spans the day; further ones each ask a prefix or
 * a range of their own.
 *
 * @param {string} folder
 * @param {Shape} shape
 */
function writePolicy(folder, { windows, rules }) {
  const file = path.join(folder, 'policy.yaml');
  const intervalS = Math.ceil(DAY_S / windows);
  const lines = ['hindcast: 1', `monitors: ["${intervalS},${windows}"]`, 'rules:'];
  for (let rule = 0; rule < rules; rule++) {
    const bits = 32 - (rule % 16);
    const last = Math.max(0, windows - 1 - Math.floor(rule / 16));
    const what = `count: connections, windows: 0..${last}, per: { ipv4: ${bits}, ipv6: 64 }`;
    lines.push(`  - { name: rule-${rule}, ${what}, above: ${NEVER + rule}, then: tag }`);
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/**
 * @param {string} directory
 * @param {Shape} shape
 * @param {number} runs
 */
async function replay(directory, shape, runs) {
  const folder = mkdtempSync(path.join(directory, 'growth-'));
  const logs = path.join(folder, 'logs');
  mkdirSync(logs);
  writeEvents(logs, shape);
  const policy = writePolicy(folder, shape);
  /** @type {number[]} */
  const times = [];
  let peakBytes = 0;
  for (let run = 0; run < runs; run++) {
    const out = path.join(folder, `report-${run}`);
    // One thread: a second one, which large logs get, would look like a step.
    const args = [HINDCAST, 'replay', logs, '--policy', policy, '--out', out, '--threads', '1'];
    const measured = await measure(process.execPath, args, { keepStdout: false });
    times.push(measured.wallMs);
    peakBytes = Math.max(peakBytes, measured.peakBytes ?? 0);
  }
  rmSync(folder, { recursive: true, force: true });
  return { wallMs: median(times), peakMb: peakBytes / 1e6 };
}

/**
 * @param {number} runs
 * @param {boolean} quick
 * @returns {Promise<Point[]>}
 */
async function measureGrowth(runs, quick) {
  const directory = mkdtempSync(path.join(tmpdir(), 'hindcast-growth-'));
  const scaled = (/** @type {number} */ amount) => (quick ? Math.ceil(amount / QUICK) : amount);
  /** @type {Point[]} */
  const points = [];
  try {
    const start = await replay(directory, { ...USUAL, events: 1, keys: 1 }, runs);
    for (const axis of /** @type {Axis[]} */ (Object.keys(VALUES))) {
      for (const wanted of VALUES[axis]) {
        const value = axis === 'events' || axis === 'keys' ? scaled(wanted) : wanted;
        const usual = { ...USUAL, events: scaled(USUAL.events), keys: scaled(USUAL.keys) };
        const shape = { ...usual, [axis]: value };
        shape.events = Math.max(shape.events, shape.keys);
        const { wallMs, peakMb } = await replay(directory, shape, runs);
        const nsPerEvent = (Math.max(0, wallMs - start.wallMs) * 1e6) / shape.events;
        points.push({ axis, value, nsPerEvent, peakMb });
        process.stderr.write(`${axis} ${value}: ${nsPerEvent.toFixed(0)} ns an event\n`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return points;
}

/** @param {readonly Point[]} points */
function growthTable(points) {
  const rows = points.map(({ axis, value, nsPerEvent, peakMb }) => {
    const amount = String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
    return [axis, amount, nsPerEvent.toFixed(0), peakMb.toFixed(0)];
  });
  return markdownTable(['what grows', 'to', 'ns per event', 'peak MB'], rows);
}

/**
 * Replaces what stands between the markers.
 *
 * @param {string} page
 * @param {string} table
 */
function withTable(page, table) {
  const [start, end] = MARKERS.map((marker) => page.indexOf(marker));
  if (start < 0 || end < start) throw new Error(`${PAGE} lacks ${MARKERS.join(' … ')}`);
  return `${page.slice(0, start + MARKERS[0].length)}\n\n${table}\n\n${page.slice(end)}`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      svg: { type: 'string' },
    },
  });
  // A page without markers is found before the long part.
  if (values.write) withTable(readFileSync(PAGE, 'utf8'), '');
  const points = await measureGrowth(Number(values.runs), values.quick);
  const table = growthTable(points);
  console.log(table);
  if (values.svg !== undefined) writeFileSync(values.svg, drawGrowth(points));
  if (!values.write) return;
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), table));
  writeFileSync(PLOT, drawGrowth(points));
}

await main();
