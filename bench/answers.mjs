import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fullBlock } from './blocks.mjs';

/** @typedef {import('./brute.mjs').Firing} Firing */

/**
 * Whether a program's answer is the expected one.
 *
 * @typedef {object} Agreement
 * @property {string} what
 * @property {boolean} agrees
 * @property {number} rows in the answer
 * @property {string[]} differences some rows that only one side has
 */

const SHOWN_DIFFERENCES = 5;

/**
 * T1's answer, a line for each row: rule, block, start of the window in seconds, total.
 *
 * @param {readonly Firing[]} firings
 */
export function t1Answer(firings) {
  return firings.map(({ rule, key, windowStart, peak }) => [rule, key, windowStart, peak].join());
}

/**
 * T2's answer: rule, block, start of the window, firings, peak.
 *
 * @param {readonly Firing[]} list
 */
export function t2Answer(list) {
  return list.map(({ rule, key, windowStart, firings, peak }) =>
    [rule, key, windowStart, firings, peak].join(),
  );
}

/**
 * What another program printed as T1's answer.
 *
 * @param {string} stdout
 */
export function printedAnswer(stdout) {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [rule, block, windowStart, total] = line.split(',');
      return [rule, fullBlock(block), windowStart, total].join();
    });
}

/**
 * The firings that a report holds.
 *
 * @param {string} directory of the report
 * @returns {Firing[]}
 */
export function readFirings(directory) {
  const [header, ...lines] = linesOf(path.join(directory, 'firings.csv'));
  const names = header.split(',');
  const column = (/** @type {string} */ name) => names.indexOf(name);
  const [rule, key, start] = ['rule', 'key', 'window_start'].map(column);
  const [firings, peak] = ['firings', 'peak'].map(column);
  return lines.map((line) => {
    const fields = line.split(',');
    return {
      rule: fields[rule],
      key: fullBlock(fields[key]),
      windowStart: Date.parse(fields[start]) / 1000,
      firings: Number(fields[firings]),
      peak: Number(fields[peak]),
    };
  });
}

/** @param {string} file */
function linesOf(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/**
 * Compares two answers as sets of rows.
 *
 * @param {string} what
 * @param {readonly string[]} expected
 * @param {readonly string[]} got
 * @returns {Agreement}
 */
export function compareAnswers(what, expected, got) {
  const wanted = new Set(expected);
  const found = new Set(got);
  const differences = [
    ...expected.filter((row) => !found.has(row)).map((row) => `missing ${row}`),
    ...got.filter((row) => !wanted.has(row)).map((row) => `unexpected ${row}`),
  ];
  if (found.size < got.length) differences.push('rows are repeated');
  return {
    what,
    agrees: differences.length === 0,
    rows: got.length,
    differences: differences.slice(0, SHOWN_DIFFERENCES),
  };
}
