// One million different IPv6 addresses, all alive in a monitor of 288 windows: what each costs, how
// long the longest pause is, and whether every count is exact.
//
//   node bench/million-keys.mjs [--keys N]
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compareAnswers, readFirings } from './answers.mjs';
import { HINDCAST, measure } from './measure.mjs';
import { LineFile } from './traffic/outputs.mjs';
import { Random } from './traffic/random.mjs';

/** @typedef {import('./batch-times.mjs').Probe} Probe */

/**
 * @typedef {object} KeyCost
 * @property {number} keys
 * @property {number} tables
 * @property {number} bytesPerKey growth of the resident memory per key and table
 * @property {number} heldBytesPerKey the same of heap and buffers after a collection
 * @property {number} longestBlockMs longest time that a block of input took
 * @property {number} longestPauseMs longest time in which the event loop stood
 * @property {number} peakBytes of the built command, report written
 * @property {import('./answers.mjs').Agreement[]} agreements
 */

const INTERVAL_S = 300;
const WINDOWS = 288;
const START_S = Date.UTC(2026, 2, 2) / 1000;
/** Every event lies in windows 0..287 of the last one. */
const SPAN_S = (WINDOWS - 1) * INTERVAL_S;
/** The policy asks one prefix of one metric. */
const TABLES = 1;
/**
 * Address i connects this often.
 *
 * @param {number} index
 */
const timesOf = (index) => 1 + (index % 3);
/** So that a third of the addresses fires, once each. */
const LIMIT = 2;
const NEVER = 1_000_000_000;

/**
 * Generates the addresses in a folder and measures.
 *
 * @param {string} directory
 * @param {number} keys
 * @returns {Promise<KeyCost>}
 */
export async function measureKeys(directory, keys) {
  const folder = mkdtempSync(path.join(directory, 'keys-'));
  const file = path.join(folder, 'keys.csv');
  const expected = writeConnects(folder, keys);
  const one = path.join(folder, 'one.csv');
  writeFileSync(one, readFileSync(file, 'latin1').split('\n', 2).join('\n'));
  const silent = writePolicy(folder, 'silent', NEVER);
  const full = await probe(file, silent, ['--expose-gc']);
  const empty = await probe(one, silent, ['--expose-gc']);
  const paused = await probe(file, silent);
  const { peakBytes, agreements } = await checkTotals(folder, file, expected);
  rmSync(folder, { recursive: true, force: true });
  const perKey = (/** @type {number} */ bytes) => bytes / (keys * TABLES);
  return {
    keys,
    tables: TABLES,
    bytesPerKey: perKey(full.rssBytes - empty.rssBytes),
    heldBytesPerKey: perKey(full.heldBytes - empty.heldBytes),
    longestBlockMs: Math.max(paused.slowestFirstHalfMs, paused.slowestSecondHalfMs),
    longestPauseMs: paused.longestDelayMs,
    peakBytes: peakBytes ?? 0,
    agreements,
  };
}

/**
 * What a replay must find.
 *
 * @typedef {{ events: number, firing: Set<string> }} Expected
 */

/**
 * Writes `keys.csv`: the connects of all addresses, mixed, in order of time.
 *
 * @param {string} folder
 * @param {number} keys
 * @returns {Expected}
 */
function writeConnects(folder, keys) {
  const random = new Random(keys);
  const file = new LineFile(folder, 'keys.csv');
  file.write('time,kind,ip');
  /** @type {string[]} */
  const addresses = [];
  for (let index = 0; index < keys; index++) addresses.push(addressOf(index, random));
  const events = addresses.flatMap((ip, index) => Array.from({ length: timesOf(index) }, () => ip));
  for (let i = events.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [events[i], events[j]] = [events[j], events[i]];
  }
  events.forEach((ip, index) => {
    const second = START_S + Math.floor((index / events.length) * SPAN_S);
    file.write(`${second},connect,${ip}`);
  });
  file.finish();
  const firing = addresses.filter((_, index) => timesOf(index) > LIMIT);
  return { events: events.length, firing: new Set(firing) };
}

/**
 * A random host whose last two groups make it unique.
 *
 * @param {number} index
 * @param {Random} random
 */
function addressOf(index, random) {
  const group = () => (1 + random.below(0xffff)).toString(16);
  const serial = [1 + Math.floor(index / 0xffff), 1 + (index % 0xffff)];
  const host = [group(), group(), ...serial.map((part) => part.toString(16))];
  return `2001:db8:${group()}:${group()}:${host.join(':')}`;
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {number} above
 */
function writePolicy(folder, name, above) {
  const file = path.join(folder, `${name}.yaml`);
  const rule = `{ name: all-day, count: connections, windows: 0..${WINDOWS - 1}, per: address,`;
  const lines = [
    'hindcast: 1',
    `monitors: ["${INTERVAL_S},${WINDOWS}"]`,
    'rules:',
    `  - ${rule} above: ${above}, then: tag }`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/**
 * A replay in a process of its own.
 *
 * @param {string} file
 * @param {string} policy
 * @param {string[]} [nodeOptions]
 */
async function probe(file, policy, nodeOptions = []) {
  const script = fileURLToPath(new URL('batch-times.mjs', import.meta.url));
  const args = [...nodeOptions, script, file, '--policy', policy, '--json'];
  const { stdout } = await measure(process.execPath, args);
  return /** @type {Probe} */ (JSON.parse(stdout));
}

/**
 * Every address that connected three times fired at its third connect, and no other one; the
 * windows add up to all events.
 *
 * @param {string} folder
 * @param {string} file
 * @param {Expected} expected
 */
async function checkTotals(folder, file, { events, firing }) {
  const out = path.join(folder, 'report');
  const policy = writePolicy(folder, 'third', LIMIT);
  const args = [HINDCAST, 'replay', file, '--policy', policy, '--out', out, '--top', '1'];
  const { peakBytes } = await measure(process.execPath, args, { keepStdout: false });
  const found = readFirings(out).map(({ key, firings, peak }) => `${key} ${firings} ${peak}`);
  const wanted = [...firing].map((ip) => `${ip}/128 1 ${LIMIT + 1}`);
  const windows = readFileSync(path.join(out, 'windows.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const totals = windows.map((line) => line.split(',')).filter(([name]) => name === 'connections');
  assert(totals.length > 0, 'windows.csv has rows of connections');
  // The monitor's name holds a comma: series,"300,288",start,total.
  const sum = totals.reduce((total, fields) => total + Number(fields[4]), 0);
  const agreements = [
    compareAnswers(`firings of ${firing.size} keys`, wanted, found),
    compareAnswers('total of all windows', [`connects ${events}`], [`connects ${sum}`]),
  ];
  return { peakBytes, agreements };
}

async function main() {
  const { values } = parseArgs({ options: { keys: { type: 'string', default: '1000000' } } });
  const cost = await measureKeys(tmpdir(), Number(values.keys));
  console.log(`keys                              ${cost.keys} in ${cost.tables} table`);
  console.log(`resident bytes per key and table  ${cost.bytesPerKey.toFixed(1)}`);
  console.log(`held bytes per key and table      ${cost.heldBytesPerKey.toFixed(1)}`);
  console.log(`longest block of input            ${cost.longestBlockMs.toFixed(1)} ms`);
  console.log(`longest pause                     ${cost.longestPauseMs.toFixed(1)} ms`);
  console.log(`peak memory with firings          ${Math.round(cost.peakBytes / 1e6)} MB`);
  for (const { what, agrees, differences } of cost.agreements) {
    console.log(`${agrees ? 'exact' : 'WRONG'}  ${what}`);
    for (const difference of differences) console.log(`       ${difference}`);
    if (!agrees) process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
