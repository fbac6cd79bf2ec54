// Goal: sums are exact to the last unit, or refused; tables grow without losing a block.
import { expect, test } from 'vitest';

import { UserError } from '../../../src/model/errors.ts';
import type { JournalColumns } from '../../../src/series/journal-reader.ts';
import type { SortedSums } from '../../../src/query/block-sums.ts';
import { Ipv4Sums } from '../../../src/query/ipv4-sums.ts';
import { Ipv6Sums } from '../../../src/query/ipv6-sums.ts';

const header = {
  name: 'spam',
  type: 'ip',
  monitor: { intervalMs: 1000, windows: 1 },
  windowZeroMs: 0,
  rowCount: 0,
} as const;

/** Journals of one row each, all of the address `key`. */
function ipv4Rows(key: number, counts: readonly number[]): JournalColumns[] {
  return counts.map((count) => ({
    header,
    ipv4Rows: 1,
    ipv6Rows: 0,
    ipv4: Int32Array.of(key),
    ipv6: new Int32Array(0),
    counts: Float64Array.of(count),
  }));
}

function ipv6Rows(key: number, counts: readonly number[]): JournalColumns[] {
  return ipv4Rows(key, counts).map((columns) => ({
    ...columns,
    ipv4Rows: 0,
    ipv6Rows: 1,
    ipv6: Int32Array.of(1, 2, 3, key),
  }));
}

const sum4 = (counts: readonly number[]): SortedSums => {
  const sums = new Ipv4Sums(32);
  for (const columns of ipv4Rows(7, counts)) sums.add(columns, 0, 1);
  return sums.sorted();
};
const sum6 = (counts: readonly number[]): SortedSums => {
  const sums = new Ipv6Sums(128);
  for (const columns of ipv6Rows(7, counts)) sums.add(columns, 0, 1);
  return sums.sorted();
};

const MAX = 2 ** 53;

test.each([
  [[1, 2, 3], 6],
  [[2 ** 29, 1], 2 ** 29 + 1],
  [[2 ** 29, 2 ** 29, -(2 ** 29)], 2 ** 29],
  [[-(2 ** 29), -1], -(2 ** 29) - 1],
  [[2 ** 31 - 1, 2 ** 31], 2 ** 32 - 1],
  [[MAX], MAX],
  [[MAX, -1], MAX - 1],
  [[5, MAX - 5], MAX],
  [[-MAX, 3], 3 - MAX],
  [[4, -4], 0],
])('%j is %d', (counts, sum) => {
  for (const { rows, sums } of [sum4(counts), sum6(counts)]) {
    expect([rows, [...sums]]).toEqual([1, [sum]]);
  }
});

test.each([[[MAX, 1]], [[1, MAX]], [[MAX - 1, 1, 1]], [[-MAX, -1]], [[MAX, MAX]]])(
  '%j is refused',
  (counts) => {
    expect(() => sum4(counts)).toThrow(UserError);
    expect(() => sum6(counts)).toThrow(UserError);
  },
);

test('twenty thousand blocks, added twice, are all there and in order', () => {
  const keys = Int32Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 0x9e37_79b1));
  const counts = Float64Array.from(keys, (_, i) => i + 1);
  const expected = [...keys].map((key, i) => [key >>> 0, 2 * (i + 1)]).sort(([a], [b]) => a - b);
  const columns = { header, ipv4Rows: keys.length, ipv6Rows: 0, ipv4: keys, ipv6: keys, counts };
  const four = new Ipv4Sums(32);
  four.add(columns, 0, keys.length);
  four.add(columns, 0, keys.length);
  const sorted4 = four.sorted();
  expect([...sorted4.keys].map((key, row) => [key >>> 0, sorted4.sums[row]])).toEqual(expected);

  const ipv6 = new Int32Array(keys.length * 4);
  keys.forEach((key, row) => ipv6.set([0x2001_0db8, 0, 0, key], row * 4));
  const six = new Ipv6Sums(128);
  for (let turn = 0; turn < 2; turn++) {
    six.add({ ...columns, ipv4Rows: 0, ipv6Rows: keys.length, ipv6 }, 0, keys.length);
  }
  const sorted6 = six.sorted();
  const found = Array.from(sorted6.sums, (sum, row) => [sorted6.keys[row * 4 + 3] >>> 0, sum]);
  expect(found).toEqual(expected);
});
