// Sweeps of 100 settings in turn with one plain replay of the same policy over the same log.
//
//   npm run bench:sweep -- [--log FILE] [--sessions N] [--runs N] [--json]
//
// Without a log one is generated. Nothing is timed before three settings of each sweep have been
// held against a replay. Run `npm run build` first.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FILES, generate, YEAR } from './generate.mjs';
import { HINDCAST, measure, median } from './measure.mjs';

/** A sweep of 100 settings may take as long as this many replays. */
const MOST_REPLAYS = 5;

/**
 * One setting of the swept rule, in the words of the command line.
 *
 * @typedef {{ above: number, per: string, windows: string, interval: number }} Setting
 */

/** @type {readonly { name: string, above: string, per: string, windows: string, interval: string }[]} */
const SWEEPS = [
  {
    name: '25 limits, 2 blocks, 2 ranges',
    above: '2..50:2',
    per: '32/64,24/48',
    windows: '0..0,0..5',
    interval: '300',
  },
  {
    name: '5 limits, 5 blocks, 2 ranges, 2 intervals',
    above: '2,5,10,20,50',
    per: '32/64,28/56,24/48,22/44,16/32',
    windows: '0..0,0..5',
    interval: '60,300',
  },
];
const POLICY = { above: 10, per: '32/64', windows: '0..2', interval: 300 };

/** @param {Setting} setting */
function policyText({ above, per, windows, interval }) {
  const [ipv4, ipv6] = per.split('/');
  const monitors = [...new Set([POLICY.interval, interval])].map((seconds) => `'${seconds},6'`);
  return `hindcast: 1
monitors: [${monitors.join(', ')}]
rules:
  - name: many
    count: connections
    monitor: '${interval},6'
    windows: ${windows}
    per: { ipv4: ${ipv4}, ipv6: ${ipv6} }
    above: ${above}
    then: { disconnect: '421 4.7.0 too many connections' }
`;
}

/**
 * What a replay and a sweep both tell of a rule.
 *
 * @typedef {{ firings: number, keys: number, stopped: object }} Facts
 * @typedef {Facts & { above: number }} Cell
 * @typedef {{ per: string, windows: string, interval_seconds: number, cells: Cell[] }} Group
 */

/** @param {Facts} facts */
const factsOf = ({ firings, keys, stopped }) => ({ firings, keys, stopped });

const { values } = parseArgs({
  options: {
    log: { type: 'string' },
    sessions: { type: 'string', default: '360000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-sweep-'));
try {
  const log = values.log ?? generatedLog();
  const policy = path.join(folder, 'policy.yaml');
  writeFileSync(policy, policyText(POLICY));
  const replay = ['replay', log, '--year', String(YEAR), '--policy', policy];
  const sweeps = SWEEPS.map(({ name, ...grid }) => {
    const axes = Object.entries(grid).flatMap(([axis, text]) => [`--${axis}`, text]);
    const own = ['--policy', policy, '--rule', 'many', ...axes, '--format', 'json'];
    return { name, args: ['sweep', log, '--year', String(YEAR), ...own] };
  });
  for (const { args } of sweeps) await checkCells(args, log);
  const timed = [{ name: 'one replay', args: replay }, ...sweeps].map((one) => {
    return { ...one, ms: /** @type {number[]} */ ([]), bytes: /** @type {number[]} */ ([]) };
  });
  for (let run = 0; run < Number(values.runs); run++) {
    for (const { args, ms, bytes } of timed) {
      const { wallMs, peakBytes } = await measure(process.execPath, [HINDCAST, ...args]);
      ms.push(wallMs);
      bytes.push(peakBytes ?? Number.NaN);
    }
  }
  const once = median(timed[0].ms);
  const rows = timed.map(({ name, ms, bytes }) => ({
    run: name,
    seconds: Number((median(ms) / 1000).toFixed(2)),
    peakMb: Math.round(median(bytes) / 1e6),
    replays: Number((median(ms) / once).toFixed(2)),
  }));
  if (values.json) console.log(JSON.stringify({ rows, most: MOST_REPLAYS }, undefined, 2));
  else console.table(rows);
  if (rows.some(({ replays }) => replays > MOST_REPLAYS)) {
    console.error(`a sweep took longer than ${MOST_REPLAYS} replays`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function generatedLog() {
  const traffic = { sessions: Number(values.sessions), days: 1, clients: 60_000, seed: 1 };
  generate(folder, { ...traffic, outputs: ['log'] });
  return path.join(folder, FILES.log);
}

/**
 * Holds three settings of a sweep against replays of their own.
 *
 * @param {readonly string[]} args
 * @param {string} log
 */
async function checkCells(args, log) {
  const { stdout } = await measure(process.execPath, [HINDCAST, ...args]);
  const { groups } = /** @type {{ groups: Group[] }} */ (JSON.parse(stdout));
  let fired = 0;
  for (const at of [0, groups.length >> 1, groups.length - 1]) {
    const group = groups[at];
    const cell = group.cells[1];
    const policy = path.join(folder, 'cell.yaml');
    writeFileSync(
      policy,
      policyText({ ...group, interval: group.interval_seconds, above: cell.above }),
    );
    const own = ['replay', log, '--year', String(YEAR), '--policy', policy, '--format', 'json'];
    const replayed = await measure(process.execPath, [HINDCAST, ...own]);
    const { rules } = /** @type {{ rules: Facts[] }} */ (JSON.parse(replayed.stdout));
    assert.deepEqual(factsOf(cell), factsOf(rules[0]));
    fired += cell.firings;
  }
  assert.ok(fired > 0, 'the limits are reached');
}
