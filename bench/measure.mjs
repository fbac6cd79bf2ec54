import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
export const HINDCAST = path.join(ROOT, 'bin', 'hindcast.js');
const TIME = '/usr/bin/time';
const KIB = 1024;

/**
 * One run of a program.
 *
 * @typedef {object} Measured
 * @property {number} wallMs from the start of the process to its end
 * @property {number | undefined} peakBytes highest resident memory; undefined when nothing tells
 * @property {string} stdout
 */

/** Whether `time` is GNU's, which tells the memory of any program. */
const hasTime = /^\d+\s*$/.test(
  spawnSync(TIME, ['-f', '%M', 'true'], { encoding: 'utf8' }).stderr ?? '',
);

/**
 * Whether a program is installed.
 *
 * @param {string} program
 */
export function isInstalled(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * Runs a program to its end in an environment of its own. Without GNU time, only programs in Node
 * tell their memory.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ keepStdout?: boolean }} [setting]
 * @returns {Promise<Measured>}
 */
export async function measure(command, args, { keepStdout = true } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-measure-'));
  const peakFile = path.join(folder, 'peak');
  try {
    const [program, ...words] = instrumented(command, args, peakFile);
    const started = performance.now();
    const child = spawn(program, words, {
      env: { PATH: process.env['PATH'], LC_ALL: 'C', HINDCAST_BENCH_PEAK: peakFile },
      stdio: ['ignore', keepStdout ? 'pipe' : 'ignore', 'pipe'],
    });
    const done = ended(child, started);
    const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
    const { code, wallMs } = await done;
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${stderr}`);
    return { wallMs, peakBytes: peakOf(peakFile), stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} started
 * @returns {Promise<{ code: number | null, wallMs: number }>}
 */
function ended(child, started) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, wallMs: performance.now() - started }));
  });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} peakFile
 */
function instrumented(command, args, peakFile) {
  if (hasTime) return [TIME, '-o', peakFile, '-f', '%M', command, ...args];
  if (command !== process.execPath) return [command, ...args];
  return [command, '--import', new URL('peak-memory.mjs', import.meta.url).href, ...args];
}

/** @param {string} peakFile holds KiB */
function peakOf(peakFile) {
  try {
    return Number(readFileSync(peakFile, 'utf8')) * KIB;
  } catch {
    return undefined;
  }
}

/** @param {import('node:stream').Readable | null} stream */
async function textOf(stream) {
  if (stream === null) return '';
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of stream) chunks.push(/** @type {Buffer} */ (chunk));
  return Buffer.concat(chunks).toString();
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
