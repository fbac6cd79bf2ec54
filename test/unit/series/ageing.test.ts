import { expect, test } from 'vitest';

import { UserError } from '../../../src/model/errors.ts';
import { addSnapshots, ageSnapshot } from '../../../src/series/ageing.ts';
import { rowsOf, series, ZERO_MS } from './snapshots.ts';

const INTERVAL_MS = 300_000;
const SAMPLE = series([
  [0, '192.0.2.1', 35],
  [0, '198.51.100.7', 2],
  [10, '192.0.2.9', 1],
  [11, '192.0.2.1', 4],
  [11, '192.0.2.3', 4],
]);

test('nothing moves within window 0', () => {
  for (const nowMs of [ZERO_MS, ZERO_MS + INTERVAL_MS - 1]) {
    expect(ageSnapshot(SAMPLE, nowMs)).toEqual({
      snapshot: SAMPLE,
      dropped: { windows: 0, rows: 0 },
    });
  }
});

test('one interval later the oldest window is dropped', () => {
  const { snapshot, dropped } = ageSnapshot(SAMPLE, ZERO_MS + INTERVAL_MS);
  expect(snapshot).toEqual({
    ...SAMPLE,
    windowZeroMs: ZERO_MS + INTERVAL_MS,
    rows: rowsOf([
      [1, '192.0.2.1', 35],
      [1, '198.51.100.7', 2],
      [11, '192.0.2.9', 1],
    ]),
  });
  expect(dropped).toEqual({ windows: 1, rows: 2 });
});

test('a year later everything is dropped', () => {
  const nowMs = ZERO_MS + 366 * 86_400_000;
  const { snapshot, dropped } = ageSnapshot(SAMPLE, nowMs);
  expect(snapshot).toMatchObject({ windowZeroMs: nowMs, rows: [] });
  expect(dropped).toEqual({ windows: 3, rows: 5 });
});

test('a file from the future is refused', () => {
  expect(() => ageSnapshot(SAMPLE, ZERO_MS - 1)).toThrow(UserError);
  expect(() => ageSnapshot(SAMPLE, ZERO_MS - 1)).toThrow(
    `series 'bad_rcpt' begins its window 0 at 2026-11-01T10:05:00Z, ` +
      'after the present moment of this replay, 2026-11-01T10:04:59.999Z',
  );
});

test('adding sums counts, keeps order and drops sums of 0', () => {
  const other = series([
    [0, '192.0.2.0', 1],
    [0, '192.0.2.1', 5],
    [0, '198.51.100.7', -2],
    [3, '192.0.2.1', 1],
    [11, '203.0.113.9', 1],
  ]);
  const { snapshot, dropped } = addSnapshots(SAMPLE, other);
  expect(snapshot.rows).toEqual(
    rowsOf([
      [0, '192.0.2.0', 1],
      [0, '192.0.2.1', 40],
      [3, '192.0.2.1', 1],
      [10, '192.0.2.9', 1],
      [11, '192.0.2.1', 4],
      [11, '192.0.2.3', 4],
      [11, '203.0.113.9', 1],
    ]),
  );
  expect(dropped.rows).toBe(0);
});

test('adding brings the earlier one to the clock of the later one', () => {
  const later = series([[0, '192.0.2.9', 1]], { windowZeroMs: ZERO_MS + 2 * INTERVAL_MS });
  const sum = addSnapshots(SAMPLE, later);
  expect(sum.snapshot.windowZeroMs).toBe(later.windowZeroMs);
  expect(sum.snapshot.rows).toEqual(
    rowsOf([
      [0, '192.0.2.9', 1],
      [2, '192.0.2.1', 35],
      [2, '198.51.100.7', 2],
    ]),
  );
  expect(sum.dropped).toEqual({ windows: 2, rows: 3 });
  expect(addSnapshots(later, SAMPLE)).toEqual(sum);
});

test.each([
  ['name', { name: 'other' }],
  ['type', { type: 'ip' }],
  ['monitor', { monitor: { intervalMs: INTERVAL_MS, windows: 6 } }],
] as const)('adding another %s is refused', (what, change) => {
  expect(() => addSnapshots(SAMPLE, series([], change))).toThrow(UserError);
  expect(() => addSnapshots(SAMPLE, series([], change))).toThrow(`the ${what} is `);
});

test.each([
  [2 ** 53, 1],
  [2 ** 53 - 1, 2],
  [-(2 ** 53), -1],
  [2 ** 53, 2 ** 53],
])('a sum beyond 2^53 is refused: %i and %i', (a, b) => {
  const [mine, theirs] = [a, b].map((count) => series([[0, '192.0.2.1', count]]));
  expect(() => addSnapshots(mine, theirs)).toThrow('beyond ±2^53');
});

test('a sum of 2^53 is kept', () => {
  const [mine, theirs] = [2 ** 53 - 1, 1].map((count) => series([[0, '192.0.2.1', count]]));
  expect(addSnapshots(mine, theirs).snapshot.rows[0].count).toBe(2 ** 53);
});
