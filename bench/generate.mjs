// Writes a seeded, realistic Postfix log, and the same traffic as CSV.
//
//   node bench/generate.mjs DIR [--sessions N] [--days D] [--clients N] [--seed N]
//                               [--outputs log,rfc3339,csv]
//
// Prints name, size, lines and SHA-256 of each file, and writes them with the number of events of
// each kind into DIR/manifest.json. Equal parameters give equal bytes on every machine.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Clients } from './traffic/clients.mjs';
import { MailServer } from './traffic/mail-server.mjs';
import { Names } from './traffic/names.mjs';
import { LineFile } from './traffic/outputs.mjs';
import { Random } from './traffic/random.mjs';
import { Timeline } from './traffic/timeline.mjs';

/**
 * @typedef {object} TrafficOptions
 * @property {number} sessions connections in all
 * @property {number} days over which they spread; a part of a day is its first hours
 * @property {number} clients addresses
 * @property {number} seed
 * @property {readonly OutputName[]} outputs
 */

/** @typedef {keyof typeof FILES} OutputName */

/**
 * What was written.
 *
 * @typedef {object} Manifest
 * @property {string} generator digest of the generator's sources
 * @property {TrafficOptions} options
 * @property {import('./traffic/outputs.mjs').FileFacts[]} files
 * @property {Record<string, number>} events rows of the CSV by kind
 * @property {number} connectLines lines that `grep -c 'connect from'` finds
 */

/** File of each form. */
export const FILES = /** @type {const} */ ({
  log: 'maillog',
  rfc3339: 'maillog.rfc3339',
  csv: 'events.csv',
});

/** @type {TrafficOptions} */
export const FULL = {
  sessions: 1_225_000,
  days: 3,
  clients: 200_000,
  seed: 1,
  outputs: ['log', 'rfc3339', 'csv'],
};

export const MANIFEST = 'manifest.json';
/** Mid-morning, so that the first hours already hold the day's peak. */
const START_MS = Date.UTC(2026, 2, 2, 10);
export const YEAR = 2026;
const DAY_S = 86_400;
/** Mean and swing of the load over a day; the peak is early in the afternoon. */
const SWING = 0.8;
const PEAK_S = 4.5 * 3600;

/**
 * Writes the files of `options` into `directory`, which is made when it is missing.
 *
 * @param {string} directory
 * @param {TrafficOptions} options
 * @returns {Manifest}
 */
export function generate(directory, options) {
  mkdirSync(directory, { recursive: true });
  const { sessions, days, clients: clientCount, seed } = options;
  const names = new Names(new Random(seed * 4));
  const clients = new Clients(clientCount, new Random(seed * 4 + 1), names);
  const random = new Random(seed * 4 + 2);
  const outputs = openOutputs(directory, options);
  const timeline = new Timeline(START_MS, outputs, new Random(seed * 4 + 3));
  const server = new MailServer(timeline, clients, names, random);
  const seconds = Math.round(days * DAY_S);
  let due = 0;
  for (let at = 0; at < seconds; at++) {
    due += (sessions / seconds) * load(at);
    // Connections come in bursts: some wait for the next second.
    const now = Math.floor(due * random.fraction() * 2);
    for (let i = 0; i < now; i++) server.connect(at);
    due -= now;
    server.murmur(at);
    timeline.tick();
  }
  timeline.finish();
  const files = Object.values(outputs).flatMap((file) => file?.finish() ?? []);
  const { events, connectLines } = timeline;
  const manifest = { generator: generatorDigest(), options, files, events, connectLines };
  writeWhole(path.join(directory, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/**
 * The files of `options` below `directory`: those of an earlier run, or new ones.
 *
 * @param {string} directory
 * @param {TrafficOptions} options
 * @returns {{ directory: string, manifest: Manifest }}
 */
export function provide(directory, options) {
  const { sessions, days, clients, seed } = options;
  const folder = path.join(directory, `traffic-${sessions}-${days}d-${clients}-${seed}`);
  const known = readManifest(folder);
  const current =
    known !== undefined &&
    known.generator === generatorDigest() &&
    options.outputs.every((output) => known.files.some(({ name }) => name === FILES[output]));
  return { directory: folder, manifest: current ? known : generate(folder, options) };
}

/**
 * @param {string} directory
 * @returns {Manifest | undefined}
 */
function readManifest(directory) {
  try {
    const text = readFileSync(path.join(directory, MANIFEST), 'utf8');
    return /** @type {Manifest} */ (JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Tells whether files on the disk are of this generator. */
function generatorDigest() {
  const folder = fileURLToPath(new URL('traffic/', import.meta.url));
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(path.join(folder, name)));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  return hash.digest('hex');
}

/**
 * @param {string} directory
 * @param {TrafficOptions} options
 */
function openOutputs(directory, { outputs }) {
  const open = (/** @type {OutputName} */ name) =>
    outputs.includes(name) ? new LineFile(directory, FILES[name]) : undefined;
  return { log: open('log'), rfc3339: open('rfc3339'), csv: open('csv') };
}

/**
 * How busy a second is; 1 is the day's mean.
 *
 * @param {number} at second from the start
 */
function load(at) {
  return 1 + SWING * Math.cos(((at - PEAK_S) / DAY_S) * 2 * Math.PI);
}

/**
 * The file appears complete or not at all.
 *
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sessions: { type: 'string', default: String(FULL.sessions) },
      days: { type: 'string', default: String(FULL.days) },
      clients: { type: 'string', default: String(FULL.clients) },
      seed: { type: 'string', default: String(FULL.seed) },
      outputs: { type: 'string', default: FULL.outputs.join(',') },
    },
  });
  const [directory] = positionals;
  if (directory === undefined || positionals.length > 1) {
    throw new Error('usage: node bench/generate.mjs DIR [--sessions N] [--days D] …');
  }
  const outputs = values.outputs.split(',').map((name) => {
    if (Object.hasOwn(FILES, name)) return /** @type {OutputName} */ (name);
    throw new Error(`--outputs ${name}: known are ${Object.keys(FILES).join(', ')}`);
  });
  const manifest = generate(directory, {
    sessions: Number(values.sessions),
    days: Number(values.days),
    clients: Number(values.clients),
    seed: Number(values.seed),
    outputs,
  });
  for (const { name, bytes, lines, sha256 } of manifest.files) {
    console.log(`${sha256}  ${name}  ${bytes} bytes, ${lines} lines`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
