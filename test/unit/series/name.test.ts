import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { journalName, parseSeriesFileName, stateName } from '../../../src/series/name.ts';
import { ZERO_MS } from './snapshots.ts';

const MONITOR = { intervalMs: 300_000, windows: 12 };

test('names states and journals as the page says', () => {
  expect(stateName('bad_rcpt', MONITOR, false)).toBe('bad_rcpt');
  expect(stateName('bad_rcpt', MONITOR, true)).toBe('bad_rcpt.300,12');
  expect(journalName('bad_rcpt', MONITOR, ZERO_MS, false)).toBe('bad_rcpt.20261101T100500');
  expect(journalName('bad_rcpt', MONITOR, ZERO_MS, true)).toBe('bad_rcpt.300,12.20261101T100500');
});

test.each([
  ['a.b', 'a%2Eb'],
  ['../etc', '%2E%2E%2Fetc'],
  ['100%', '100%25'],
  ['é 📨', '%C3%A9%20%F0%9F%93%A8'],
  ['a\0', 'a%00'],
])('writes the name %j as %s', (name, file) => {
  expect(stateName(name, MONITOR, false)).toBe(file);
  expect(parseSeriesFileName(file)).toEqual({ name });
});

test.each([
  '',
  '.hidden',
  'name.txt',
  'a b',
  'a%2eb',
  'a%41',
  'a%',
  'a%C3',
  'a.300,0',
  'a.0300,12',
  'a.20261131T100500',
  'a.20261101T250000',
  'a.20261101T100500.300,12',
  'a.300,12.20261101T100500.gz',
  'a/b',
])('no series file is called %j', (fileName) => {
  expect(parseSeriesFileName(fileName)).toBeUndefined();
});

test('reads back every name that it writes', () => {
  const monitor = fc.record({
    intervalMs: fc.integer({ min: 1, max: 86_400 }).map((s) => s * 1000),
    windows: fc.integer({ min: 1, max: 1_000_000 }),
  });
  const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
  const name = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(name, monitor, seconds, fc.boolean(), (series, mon, second, several) => {
      const expected = { name: series, monitor: several ? mon : undefined };
      const state = stateName(series, mon, several);
      expect(state).toMatch(/^[A-Za-z0-9_%,.-]+$/);
      expect(parseSeriesFileName(state)).toEqual({ ...expected, windowEndMs: undefined });
      const journal = journalName(series, mon, second * 1000, several);
      expect(parseSeriesFileName(journal)).toEqual({ ...expected, windowEndMs: second * 1000 });
    }),
  );
});
