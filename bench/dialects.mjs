// Lines per second of a replay of each dialect, beside those of Postfix.
//
//   npm run bench:dialects -- [--lines N] [--runs N] [--json]
//
// The logs are the recorded ones of fixtures/logs, copied one behind the other, each copy a minute
// later. What a replay of them counts is held against one of the recording. Run `npm run build` first.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { HINDCAST, measure, median } from './measure.mjs';

const LOGS = fileURLToPath(new URL('../fixtures/logs/', import.meta.url));
const YEAR = ['--year', '2026'];

/** @type {readonly (readonly [name: string, log: string, options: readonly string[]])[]} */
const DIALECTS = [
  ['postfix', 'postfix/recorded.log.gz', YEAR],
  ['exim', 'exim/mainlog.full.gz', []],
  ['sendmail', 'sendmail/loglevel9.log.gz', YEAR],
  ['opensmtpd', 'opensmtpd/mail.log.gz', YEAR],
  ['dovecot', 'dovecot/mail.log.gz', YEAR],
  ['momentum', 'momentum/mainlog.ec', []],
  ['haraka', 'haraka/default.log.gz', []],
  ['haraka, logfmt', 'haraka/logfmt.log.gz', []],
  ['haraka, JSON', 'haraka/json.log.gz', []],
  ['kumomta', 'kumomta/records.json', []],
  ['rsyslog-json', 'postfix/recorded.jsonl.gz', []],
  ['journald', 'journald/journal.json.gz', []],
];

/** Stamps of all these logs: syslog's, ISO 8601, and the epoch's seconds, milli- and microseconds. */
const STAMPS =
  /(?<=^(?:<\d+>)?)(?<bsd>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(?<iso>20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d)|(?<=^|"timestamp": ?|_TIMESTAMP":")(?<epoch>1[6-9]\d{8}(?:\d{6})?)/gm;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '600000' },
    runs: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-dialects-'));
try {
  const logs = [];
  for (const [name, log, options] of DIALECTS) logs.push(await copied(name, log, options));
  for (let run = 0; run < Number(values.runs); run++) {
    for (const { args, times } of logs) times.push((await replayed(args)).wallMs);
  }
  const rows = logs.map(({ name, lines, bytes, times }) => {
    const seconds = median(times) / 1000;
    return {
      name,
      lines,
      seconds,
      linesPerSecond: lines / seconds,
      bytesPerSecond: bytes / seconds,
    };
  });
  if (values.json) console.log(JSON.stringify(rows, undefined, 2));
  else for (const row of rows) console.log(shown(row, rows[0].linesPerSecond));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {{ name: string, lines: number, seconds: number, linesPerSecond: number, bytesPerSecond: number }} row
 * @param {number} most of Postfix
 */
function shown({ name, lines, seconds, linesPerSecond, bytesPerSecond }, most) {
  const share = (linesPerSecond / most).toFixed(2);
  const speed = `${(linesPerSecond / 1000).toFixed(0).padStart(6)} k lines/s`;
  const megabytes = `${(bytesPerSecond / 1e6).toFixed(0).padStart(5)} MB/s`;
  return `${name.padEnd(16)} ${String(lines).padStart(8)} lines ${seconds.toFixed(2).padStart(6)} s ${speed} ${megabytes} ${share} x postfix`;
}

/**
 * @param {string} name
 * @param {string} log
 * @param {readonly string[]} options
 */
async function copied(name, log, options) {
  const packed = readFileSync(path.join(LOGS, log));
  const text = (log.endsWith('.gz') ? gunzipSync(packed) : packed).toString('latin1');
  const once = await replayed(['replay', path.join(LOGS, log), ...options]);
  const copies = Math.ceil(Number(values.lines) / once.lines);
  const file = path.join(folder, name.replace(/\W+/g, '-'));
  for (let copy = 0; copy < copies; copy++) {
    writeFileSync(file, later(text, copy * MINUTE_MS), { encoding: 'latin1', flag: 'a' });
  }
  const args = ['replay', file, ...options, '--threads', values.threads];
  const whole = await replayed(args);
  assert.equal(whole.lines, once.lines * copies, name);
  assert.equal(whole.unparsed, once.unparsed * copies, name);
  /** @type {number[]} */
  const times = [];
  return { name, args, lines: whole.lines, bytes: whole.bytes, times };
}

/**
 * The same log some time later.
 *
 * @param {string} text
 * @param {number} laterMs
 */
function later(text, laterMs) {
  return text.replaceAll(STAMPS, (stamp) => {
    if (/^\d{10,}$/.test(stamp)) {
      const unit = stamp.length === 10 ? 1000 : 1 / 1000;
      return String(Number(stamp) + laterMs / unit);
    }
    if (stamp.startsWith('20'))
      return iso(Date.parse(`${stamp.replace(' ', 'T')}Z`) + laterMs, stamp[10]);
    const [, , month, day, clock] = new Date(Date.parse(`${stamp} 2026 UTC`) + laterMs)
      .toUTCString()
      .replace(/(\d\d) (\w{3}) \d{4}/, '$2 $1')
      .match(/(\w{3}), (\w{3}) (\d\d) ([\d:]+)/) ?? ['', '', '', '', ''];
    return `${month} ${day.replace(/^0/, ' ')} ${clock}`;
  });
}

/**
 * @param {number} timeMs
 * @param {string} separator
 */
function iso(timeMs, separator) {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', separator);
}

/** @param {readonly string[]} args */
async function replayed(args) {
  const { wallMs, stdout } = await measure(process.execPath, [
    HINDCAST,
    ...args,
    '--format',
    'json',
  ]);
  const report =
    /** @type {{ lines: { lines: number, unparsed: number }, files: { size: number }[] }} */ (
      JSON.parse(stdout)
    );
  return { wallMs, ...report.lines, bytes: report.files[0].size };
}
