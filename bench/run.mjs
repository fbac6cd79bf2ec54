// Runs the built command in turn with other programs on the same generated files, checks that all
// answers agree, and holds the ratios against the targets.
//
//   npm run bench -- [--runs N] [--sessions N] [--dir DIR] [--only GROUP] [--json FILE] [--smoke]
//
// T1: connections and refusals per address and window of 300 s, rolled up to /24 and /64, those
// above a limit. T2: the eight rules of fixtures/policy/good/t2.yaml with the full report written.
// Ends with exit code 1 when an answer differs; a target that is missed is only shown.
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { t1Answer, t2Answer } from './answers.mjs';
import { bruteFirings, TASKS } from './brute.mjs';
import { groupsOf } from './contenders.mjs';
import { FILES, FULL, provide } from './generate.mjs';
import { measure, median } from './measure.mjs';
import { measureKeys } from './million-keys.mjs';
import { groupTable, targetTable } from './result-tables.mjs';
import { judge } from './targets.mjs';

/** @typedef {import('./answers.mjs').Agreement} Agreement */
/** @typedef {import('./contenders.mjs').Contender} Contender */
/** @typedef {import('./contenders.mjs').Group} Group */
/** @typedef {import('./contenders.mjs').Traffic} Traffic */
/** @typedef {import('./generate.mjs').TrafficOptions} TrafficOptions */
/** @typedef {import('./targets.mjs').GroupResult} GroupResult */
/** @typedef {import('./targets.mjs').Runs} Runs */

/** A few seconds in all, and yet blocks of both families above every limit. */
const SMOKE = { sessions: 1500, days: 0.01, clients: 120, seed: 5 };
const FULL_KEYS = 1_000_000;
const SMOKE_KEYS = 3000;
const KEYS_GROUP = 'keys';
/** Compares figures alone. */
const FIGURES_GROUP = 'days';

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * @param {string} directory
 * @param {TrafficOptions} options
 * @returns {Promise<Traffic>}
 */
async function provideTraffic(directory, options) {
  const { directory: folder, manifest } = provide(directory, options);
  for (const { name, bytes, lines, sha256 } of manifest.files) {
    say(`${sha256}  ${name}  ${bytes} bytes, ${lines} lines`);
  }
  const short = provide(directory, {
    ...options,
    sessions: Math.round(options.sessions / 10),
    days: options.days / 10,
    outputs: ['log'],
  });
  const zipped = await zip(path.join(folder, FILES.log));
  const csv = path.join(folder, FILES.csv);
  const firings = await bruteFirings(csv, [...TASKS.T1, ...TASKS.T2]);
  const ofTask = (/** @type {'T1' | 'T2'} */ task) =>
    firings.filter(({ rule }) => TASKS[task].some(({ name }) => name === rule));
  const t1 = t1Answer(ofTask('T1'));
  const t2 = t2Answer(ofTask('T2'));
  say(`answers to find: T1 ${t1.length} rows, T2 ${t2.length} rows`);
  const shortLog = path.join(short.directory, FILES.log);
  return { directory: folder, manifest, t1, t2, zipped, shortLog };
}

/**
 * The file as gzip beside it, made once.
 *
 * @param {string} file
 */
async function zip(file) {
  const zipped = `${file}.gz`;
  if (existsSync(zipped) && statSync(zipped).mtimeMs >= statSync(file).mtimeMs) return zipped;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${zipped}.part`));
  renameSync(`${zipped}.part`, zipped);
  return zipped;
}

/**
 * Reads a file once, so that every contender finds it in the page cache.
 *
 * @param {string} file
 */
async function warm(file) {
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) void chunk;
}

/**
 * Runs the contenders of a group in turn, A B C A B C.
 *
 * @param {Group} group
 * @param {number} runs
 * @param {string} scratch folder for reports
 * @param {Agreement[]} agreements what was found in the first round
 * @returns {Promise<GroupResult>}
 */
async function runGroup(group, runs, scratch, agreements) {
  for (const file of group.files) await warm(file);
  const all = group.contenders.map((contender) => ({ contender, result: emptyRuns(contender) }));
  for (let run = 0; run < runs; run++) {
    for (const { contender, result } of all) {
      if (result.skipped !== undefined || run >= (contender.mostRuns ?? Infinity)) continue;
      const out = path.join(scratch, 'report');
      const { program, quiet = false } = contender;
      const { wallMs, peakBytes, stdout } = await measure(program, contender.args(out), {
        keepStdout: !quiet,
      });
      result.wallMs.push(wallMs);
      if (peakBytes !== undefined) {
        result.peakBytes = Math.max(result.peakBytes ?? 0, peakBytes);
      }
      if (run === 0) agreements.push(...contender.check(stdout, out));
      rmSync(out, { recursive: true, force: true });
    }
  }
  for (const { result } of all)
    if (result.wallMs.length > 0) result.medianMs = median(result.wallMs);
  return { name: group.name, what: group.what, contenders: all.map(({ result }) => result) };
}

/**
 * @param {Contender} contender
 * @returns {Runs}
 */
function emptyRuns({ name, program, args, absent }) {
  const node = program === process.execPath ? 'node' : program;
  const command = [node, ...args('OUT')].join(' ');
  const skipped = absent === undefined ? {} : { skipped: absent };
  return { name, command, wallMs: [], medianMs: 0, peakBytes: null, ...skipped };
}

function machine() {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    node: process.version,
  };
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      sessions: { type: 'string' },
      dir: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  });
  const traffic = { ...FULL, ...(values.smoke ? SMOKE : {}) };
  // The same traffic per day, whatever its amount.
  if (values.sessions !== undefined) {
    const sessions = Number(values.sessions);
    traffic.days *= sessions / traffic.sessions;
    traffic.sessions = sessions;
  }
  return { ...values, traffic, runs: Number(values.runs ?? (values.smoke ? 1 : 5)) };
}

async function main() {
  const { traffic: wanted, runs, smoke, only, dir, json } = readOptions();
  const scratch = mkdtempSync(path.join(tmpdir(), 'hindcast-bench-'));
  try {
    // Smoke runs are too short to keep anything.
    const directory = dir ?? (smoke ? scratch : path.join(tmpdir(), 'hindcast-bench'));
    const traffic = await provideTraffic(directory, wanted);
    const groups = groupsOf(traffic);
    const names = [...groups.map(({ name }) => name), KEYS_GROUP];
    if (only !== undefined && !names.includes(only)) {
      throw new Error(`--only ${only}: groups are ${names.join(', ')}`);
    }
    /** @type {Agreement[]} */
    const agreements = [];
    /** @type {GroupResult[]} */
    const results = [];
    for (const group of groups) {
      if (only === undefined ? smoke && group.name === FIGURES_GROUP : group.name !== only)
        continue;
      const result = await runGroup(group, runs, scratch, agreements);
      results.push(result);
      say(`\n${group.name}: ${group.what}\n${groupTable(result)}`);
    }
    const counted = smoke ? SMOKE_KEYS : FULL_KEYS;
    const keys =
      only === undefined || only === KEYS_GROUP ? await measureKeys(scratch, counted) : undefined;
    if (keys !== undefined) agreements.push(...keys.agreements);
    const targets = judge({ groups: results, bytesPerKey: keys?.heldBytesPerKey });
    // The figures of a smoke run say nothing.
    say(smoke ? '' : `\n${targetTable(targets)}\n`);
    showAgreements(agreements);
    const { manifest } = traffic;
    const report = { machine: machine(), runs, files: manifest.files, traffic: manifest.options };
    const { t1, t2 } = traffic;
    const ofIpv6 = [...t1, ...t2].filter((row) => row.includes(':')).length;
    const answers = { t1: t1.length, t2: t2.length, ofIpv6 };
    const whole = { ...report, answers, groups: results, keys, targets, agreements };
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(whole, undefined, 2)}\n`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {readonly Agreement[]} agreements */
function showAgreements(agreements) {
  for (const { what, agrees, rows, differences } of agreements) {
    say(`${agrees ? 'agrees ' : 'DIFFERS'}  ${what} (${rows} rows)`);
    for (const difference of differences) say(`         ${difference}`);
  }
  if (agreements.some(({ agrees }) => !agrees)) process.exitCode = 1;
}

await main();
