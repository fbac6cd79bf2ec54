// Replays a log inside this process and measures every block of input: the time from one request
// for a batch to the next, which holds its parsing and all that its events set off.
//
//   node [--expose-gc] bench/batch-times.mjs FILE [--policy FILE] [--year N] [--json]
//
// Prints the slowest block of the first and of the second half and their ratio: a run whose cost
// grew with its length would show there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {import('../src/clock/event-source.ts').EventSource} EventSource */

/**
 * What a replay in this process showed.
 *
 * @typedef {object} Probe
 * @property {number} blocks
 * @property {number} slowestFirstHalfMs
 * @property {number} slowestSecondHalfMs
 * @property {number} longestDelayMs longest time in which the event loop did not turn
 * @property {number} totalMs
 * @property {number} peakRssBytes
 * @property {number} rssBytes at the end of the input, everything in it still alive
 * @property {number} heldBytes of it JavaScript's: heap and buffers, after a collection if exposed
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_POLICY = path.join(ROOT, 'fixtures/policy/good/t2.yaml');

/**
 * The parts of src. They are bundled in a process of its own, so that only theirs is the memory
 * that is measured.
 *
 * @returns {Promise<typeof import('./parts.mjs')>}
 */
async function loadParts() {
  const folder = mkdtempSync(path.join(ROOT, 'node_modules', '.parts-'));
  const rolldown = path.join(ROOT, 'node_modules', '.bin', 'rolldown');
  const entry = path.join(ROOT, 'bench', 'parts.mjs');
  execFileSync(rolldown, [entry, '--dir', folder, '--platform', 'node'], { stdio: 'ignore' });
  // Some of them are loaded when they are needed.
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const url = pathToFileURL(path.join(folder, 'parts.js')).href;
  return /** @type {typeof import('./parts.mjs')} */ (await import(url));
}

/**
 * @param {string} file
 * @param {string} policyFile
 * @param {number | undefined} year
 * @returns {Promise<Probe>}
 */
async function probe(file, policyFile, year) {
  const { replay, openLogs, loadPolicy, needsOf, Vocabulary } = await loadParts();
  const { policy } = loadPolicy(policyFile);
  const vocabulary = new Vocabulary();
  const needs = needsOf(policy);
  const demands = { vocabulary, needs, gapMs: Infinity, signal: undefined };
  // One thread, so that all memory and all time are this one's.
  const logs = await openLogs([file], { year, threads: 1 }, demands);
  const watch = new BlockWatch();
  const sources = logs.sources.map((source) => watch.watched(source));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const started = performance.now();
  await replay({ sources, vocabulary, needs, policy, fileOf: logs.fileOf });
  const totalMs = performance.now() - started;
  // The delay counts when the loop turns.
  await setTimeout(20);
  delay.disable();
  logs.close();
  const { rssBytes, heldBytes } = watch;
  return {
    ...watch.slowest(),
    longestDelayMs: delay.max / 1e6,
    totalMs,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    rssBytes,
    heldBytes,
  };
}

/** Times the blocks of sources and looks at the memory when the last has ended. */
class BlockWatch {
  rssBytes = 0;
  heldBytes = 0;
  /** @type {number[]} */
  #times = [];
  #before = Number.NaN;

  /**
   * @param {EventSource} source
   * @returns {EventSource}
   */
  watched(source) {
    return {
      rank: source.rank,
      lowerBound: source.lowerBound,
      get watermark() {
        return source.watermark;
      },
      get certainMs() {
        return source.certainMs;
      },
      nextBatch: () => {
        this.#lap();
        return this.#next(source);
      },
      recycle: (batch) => source.recycle(batch),
    };
  }

  /** @param {EventSource} source */
  async #next(source) {
    const batch = await source.nextBatch();
    if (batch !== undefined) return batch;
    this.#lap();
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    this.rssBytes = rss;
    this.heldBytes = heapUsed + external;
    this.#before = Number.NaN;
    return undefined;
  }

  #lap() {
    const now = performance.now();
    if (!Number.isNaN(this.#before)) this.#times.push(now - this.#before);
    this.#before = now;
  }

  /** The first block warms the machine up and is left out. */
  slowest() {
    const times = this.#times.slice(1);
    const half = times.length >> 1;
    const most = (/** @type {number[]} */ part) => part.reduce((a, b) => Math.max(a, b), 0);
    return {
      blocks: times.length,
      slowestFirstHalfMs: most(times.slice(0, half)),
      slowestSecondHalfMs: most(times.slice(half)),
    };
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      policy: { type: 'string', default: DEFAULT_POLICY },
      year: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (file === undefined) throw new Error('usage: node bench/batch-times.mjs FILE [--policy FILE]');
  const year = values.year === undefined ? undefined : Number(values.year);
  const result = await probe(file, values.policy, year);
  if (values.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const ms = (/** @type {number} */ value) => `${value.toFixed(2)} ms`;
  const ratio = result.slowestSecondHalfMs / result.slowestFirstHalfMs;
  console.log(`${result.blocks} blocks in ${ms(result.totalMs)}`);
  console.log(`slowest of the first half   ${ms(result.slowestFirstHalfMs)}`);
  console.log(`slowest of the second half  ${ms(result.slowestSecondHalfMs)}`);
  console.log(`second / first              ${ratio.toFixed(2)} (at most 2)`);
  console.log(`longest event loop delay    ${ms(result.longestDelayMs)}`);
  console.log(`peak memory                 ${Math.round(result.peakRssBytes / 1e6)} MB`);
}

await main();
