import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareAnswers, printedAnswer, readFirings, t1Answer, t2Answer } from './answers.mjs';
import { T1_LIMIT } from './brute.mjs';
import { FILES, YEAR } from './generate.mjs';
import { HINDCAST, isInstalled } from './measure.mjs';

/** @typedef {import('./answers.mjs').Agreement} Agreement */
/** @typedef {import('./generate.mjs').Manifest} Manifest */

/**
 * Generated files and what is true of them.
 *
 * @typedef {object} Traffic
 * @property {string} directory
 * @property {Manifest} manifest
 * @property {readonly string[]} t1 the expected answer of T1
 * @property {readonly string[]} t2 the expected answer of T2
 * @property {string} zipped the RFC 3164 log as gzip
 * @property {string} shortLog a tenth of the days at the same traffic per day
 */

/**
 * A program that does a task.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} program
 * @property {(out: string) => string[]} args `out` is a folder that does not exist yet
 * @property {(stdout: string, out: string) => Agreement[]} check
 * @property {boolean} [quiet] what it prints is thrown away
 * @property {number} [mostRuns] for slow ones
 * @property {string} [absent] why it cannot be run here
 */

/**
 * Programs that run in turn.
 *
 * @typedef {object} Group
 * @property {string} name
 * @property {string} what
 * @property {readonly string[]} files read, to be brought into the page cache
 * @property {readonly Contender[]} contenders
 */

const POLICIES = {
  T1: fileURLToPath(new URL('t1.yaml', import.meta.url)),
  T2: fileURLToPath(new URL('../fixtures/policy/good/t2.yaml', import.meta.url)),
};
const peer = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`peers/${name}`, import.meta.url));

/** Kinds of events that both the log and the CSV hold. */
const SHARED_KINDS = [
  'connect',
  'disconnect',
  'rejection',
  'reception',
  'auth_failure',
  'delivery',
  'deferral',
  'bounce',
];

/**
 * All groups, in the order in which they run.
 *
 * @param {Traffic} traffic
 * @returns {Group[]}
 */
export function groupsOf(traffic) {
  const file = (/** @type {keyof typeof FILES} */ name) =>
    path.join(traffic.directory, FILES[name]);
  const { log, rfc3339, csv } = { log: file('log'), rfc3339: file('rfc3339'), csv: file('csv') };
  const { zipped, shortLog } = traffic;
  return [
    {
      name: 'log-t2',
      what: 'T2 over the RFC 3164 log, report written',
      files: [log],
      contenders: [hindcast('T2', log, traffic), wordCount(log, traffic), grep(log, traffic)],
    },
    {
      name: 'log-t1',
      what: 'T1 over the RFC 3164 log',
      files: [log],
      contenders: [
        hindcast('T1', log, traffic),
        duckdb('t1-log', log, traffic),
        mawk(log, traffic),
      ],
    },
    {
      name: 'csv-t1',
      what: 'T1 over the CSV',
      files: [csv],
      contenders: [
        hindcast('T1', csv, traffic),
        duckdb('t1-csv', csv, traffic),
        csvParse(csv, traffic),
      ],
    },
    {
      name: 'gzip',
      what: 'T2 over the gzipped RFC 3164 log, report written',
      files: [zipped],
      contenders: [hindcast('T2', zipped, traffic), gunzip(zipped)],
    },
    {
      name: 'csv-t2',
      what: 'T2 over the CSV, report written',
      files: [csv],
      contenders: [hindcast('T2', csv, traffic)],
    },
    {
      name: 'rfc3339-t2',
      what: 'T2 over the RFC 3339 log, report written',
      files: [rfc3339],
      contenders: [hindcast('T2', rfc3339, traffic), grep(rfc3339, traffic)],
    },
    {
      name: 'days',
      what: 'T2 over all days and over a tenth of them, the same traffic per day',
      files: [log, shortLog],
      contenders: [
        hindcast('T2', log, traffic, TWO_THREADS),
        {
          ...hindcast('T2', shortLog, traffic, TWO_THREADS),
          name: 'hindcast, a tenth',
          check: () => [],
        },
      ],
    },
  ];
}

/** What only large logs have by themselves. */
const TWO_THREADS = ['--threads', '2'];

/**
 * @param {'T1' | 'T2'} task
 * @param {string} file
 * @param {Traffic} traffic
 * @param {readonly string[]} [more] options
 * @returns {Contender}
 */
function hindcast(task, file, traffic, more = []) {
  const name = path.basename(file);
  return {
    name: 'hindcast',
    program: process.execPath,
    args: (out) => {
      const options = ['--policy', POLICIES[task], '--year', String(YEAR), '--out', out];
      return [HINDCAST, 'replay', file, ...options, ...more];
    },
    check: (_stdout, out) => {
      const firings = readFirings(out);
      const what = `hindcast ${task} on ${name}`;
      const answer =
        task === 'T1'
          ? compareAnswers(what, traffic.t1, t1Answer(firings))
          : compareAnswers(what, traffic.t2, t2Answer(firings));
      return [answer, checkSummary(name, traffic, out)];
    },
  };
}

/**
 * Lines read and events found, against what the generator wrote.
 *
 * @param {string} name
 * @param {Traffic} traffic
 * @param {string} out
 */
function checkSummary(name, { manifest }, out) {
  const summary = /** @type {{ lines: Record<string, number>, events: Record<string, number> }} */ (
    JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8'))
  );
  const written = manifest.files.find((file) => file.name === name.replace(/\.gz$/, ''));
  const list = (/** @type {Record<string, number>} */ events) =>
    SHARED_KINDS.map((kind) => `${kind} ${events[kind] ?? 0}`);
  return compareAnswers(
    `hindcast lines and events of ${name}`,
    [`lines ${written?.lines}`, 'unparsed 0', ...list(manifest.events)],
    [
      `lines ${summary.lines['lines']}`,
      `unparsed ${summary.lines['unparsed']}`,
      ...list(summary.events),
    ],
  );
}

/**
 * @param {string} file
 * @param {Traffic} traffic
 * @returns {Contender}
 */
function wordCount(file, { manifest }) {
  const written = manifest.files.find(({ name }) => name === path.basename(file));
  return {
    name: 'wc -l',
    program: 'wc',
    args: () => ['-l', file],
    check: (stdout) => [compareAnswers('wc -l', [`${written?.lines} ${file}`], [stdout.trim()])],
  };
}

/**
 * @param {string} file
 * @param {Traffic} traffic
 * @returns {Contender}
 */
function grep(file, { manifest }) {
  const found = String(manifest.connectLines);
  return {
    name: 'grep -c',
    program: 'grep',
    args: () => ['-c', 'connect from', file],
    check: (stdout) => [
      compareAnswers(`grep -c on ${path.basename(file)}`, [found], [stdout.trim()]),
    ],
  };
}

/**
 * @param {string} file
 * @param {Traffic} traffic
 * @returns {Contender}
 */
function mawk(file, traffic) {
  const limits = ['-v', `year=${YEAR}`, '-v', `limit=${T1_LIMIT}`];
  return {
    name: 'mawk',
    program: 'mawk',
    args: () => [...limits, '-f', peer('t1-log.awk'), file],
    check: (stdout) => [compareAnswers('mawk T1', traffic.t1, printedAnswer(stdout))],
    ...(isInstalled('mawk') ? {} : { absent: 'mawk is not installed' }),
  };
}

/**
 * @param {string} file
 * @returns {Contender}
 */
function gunzip(file) {
  return {
    name: 'gzip -dc',
    program: 'gzip',
    args: () => ['-dc', file],
    check: () => [],
    quiet: true,
    ...(isInstalled('gzip') ? {} : { absent: 'gzip is not installed' }),
  };
}

/**
 * @param {string} query
 * @param {string} file
 * @param {Traffic} traffic
 * @returns {Contender}
 */
function duckdb(query, file, traffic) {
  return {
    name: 'DuckDB',
    program: process.execPath,
    args: () => [peer('duckdb.mjs'), query, file, String(T1_LIMIT), String(YEAR)],
    check: (stdout) => [compareAnswers(`DuckDB ${query}`, traffic.t1, printedAnswer(stdout))],
  };
}

/**
 * @param {string} file
 * @param {Traffic} traffic
 * @returns {Contender}
 */
function csvParse(file, traffic) {
  return {
    name: 'csv-parse',
    program: process.execPath,
    args: () => [peer('csv-parse.mjs'), file, String(T1_LIMIT)],
    check: (stdout) => [compareAnswers('csv-parse T1', traffic.t1, printedAnswer(stdout))],
    mostRuns: 2,
  };
}
