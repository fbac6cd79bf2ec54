// Goal: the moments at which a journal is packed and removed are exact, and a wrong clock is seen
// before it makes everything old. Method: ends of windows a second to either side of each boundary.
import { expect, test } from 'vitest';

import { DAY_MS, SECOND_MS } from '../../../src/model/time.ts';
import type { JournalFile } from '../../../src/series/journals.ts';
import { fateOf, storedJournals, suspiciousJump } from '../../../src/series/maintenance.ts';
import { ZERO_MS as NOW_MS } from './snapshots.ts';

const fileOf = (windowEndMs: number, path = 'jr/spam.x'): JournalFile => {
  return { path, name: 'spam', monitor: undefined, windowEndMs };
};

/** What is done with files of one journal that ended so many days, and seconds, before. */
function fate(days: number, seconds = 0, paths = ['jr/spam.x']): string {
  const endMs = NOW_MS - days * DAY_MS - seconds * SECOND_MS;
  const [journal] = storedJournals(paths.map((path) => fileOf(endMs, path)));
  return fateOf(journal, { nowMs: NOW_MS, retentionDays: 30, condenseDays: 2 });
}

test('what is older than the retention is removed', () => {
  expect(fate(30)).toBe('compressed');
  expect(fate(30, 1)).toBe('removed');
  expect(fate(30, 1, ['jr/spam.x.gz'])).toBe('removed');
});

test('what is more whole days old than condense says is packed', () => {
  expect(fate(3, -1)).toBe('kept');
  expect(fate(3)).toBe('compressed');
  expect(fate(3, 0, ['jr/spam.x.gz'])).toBe('kept');
});

test('condense 0 is one day or older', () => {
  const rules = { nowMs: NOW_MS, retentionDays: 30, condenseDays: 0 };
  const [day, less] = [DAY_MS, DAY_MS - 1].map((ageMs) => storedJournals([fileOf(NOW_MS - ageMs)]));
  expect([fateOf(day[0], rules), fateOf(less[0], rules)]).toEqual(['compressed', 'kept']);
});

test('what lies behind now is kept', () => {
  expect(fate(-400)).toBe('kept');
});

test('a plain file beside its packed one is the rest of a run, whatever its age', () => {
  const both = ['jr/spam.x', 'jr/spam.x.gz'];
  expect(fate(0, 0, both)).toBe('compressed');
  expect(fate(31, 0, both)).toBe('removed');
  const stored = storedJournals([...both, 'jr/spam.y'].map((path) => fileOf(0, path)));
  expect(stored.map(({ plain, packed }) => [plain?.path, packed?.path])).toEqual([
    both,
    ['jr/spam.y', undefined],
  ]);
});

test('a stretch without journals, longer than they are kept, is suspicious', () => {
  const rules = { nowMs: NOW_MS, retentionDays: 30, condenseDays: 0 };
  const at = (...days: number[]): unknown => {
    return suspiciousJump(
      days.map((one) => fileOf(NOW_MS - one * DAY_MS)),
      rules,
    );
  };
  expect(at()).toBeUndefined();
  expect(at(0)).toBeUndefined();
  expect(at(60, 30, 0)).toBeUndefined();
  expect(at(90, 60, 29, 0)).toEqual({
    fromMs: NOW_MS - 60 * DAY_MS,
    toMs: NOW_MS - 29 * DAY_MS,
  });
  // Nothing is removed here, so nothing is lost.
  expect(at(29, 0)).toBeUndefined();
  // The stretch lies before what is removed anyway.
  expect(at(99, 40, 20, 0)).toBeUndefined();
});
