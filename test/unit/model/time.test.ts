import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  formatCompact,
  formatIso,
  isLeapYear,
  parseDuration,
  parseIso,
  parseTime,
} from '../../../src/model/time.ts';

const DAY_MS = 86_400_000;
const anyTime = fc.integer({
  min: Date.UTC(1, 0, 1) - 1900 * 365.2425 * DAY_MS,
  max: Date.UTC(9999, 11, 31, 23, 59, 59, 999),
});
/** Years 0 to 9999: four digits. */
const anyMs = anyTime.map((time) => Math.max(-62_167_219_200_000, Math.floor(time)));

// Goal: calendar arithmetic without `Date`. Method: `Date` in UTC as the slow twin.
describe('the calendar', () => {
  test('agrees with Date', () => {
    fc.assert(
      fc.property(anyMs, (timeMs) => {
        const date = new Date(timeMs);
        const days = Math.floor(timeMs / DAY_MS);
        const civil = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        };
        expect(civilFromDays(days)).toEqual(civil);
        expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days);
        const lastDay = new Date(0);
        lastDay.setUTCFullYear(civil.year, civil.month, 0);
        expect(daysInMonth(civil.year, civil.month)).toBe(lastDay.getUTCDate());
      }),
      { numRuns: 2000 },
    );
  });

  test('agrees with Date on every day of four centuries', () => {
    const first = Date.UTC(1899, 11, 31) / DAY_MS;
    let wrong = 0;
    for (let days = first; days < first + 146_100; days++) {
      const { year, month, day } = civilFromDays(days);
      if (daysFromCivil(year, month, day) !== days) wrong++;
      if (Date.UTC(year, month - 1, day) !== days * DAY_MS) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('knows leap years', () => {
    expect([1900, 2000, 2023, 2024, 2100, 2400].filter(isLeapYear)).toEqual([2000, 2024, 2400]);
  });
});

describe('a time in text', () => {
  test('is ISO 8601 as Date writes it, milliseconds where there are any', () => {
    fc.assert(
      fc.property(anyMs, (timeMs) => {
        const iso = new Date(timeMs).toISOString();
        expect(formatIso(timeMs)).toBe(iso.replace('.000Z', 'Z'));
        expect(formatCompact(timeMs)).toBe(iso.slice(0, 19).replace(/[-:]/g, ''));
        expect(parseTime(formatIso(timeMs))).toBe(timeMs);
        expect(parseIso(formatIso(timeMs))).toEqual({ localMs: timeMs, offsetMs: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  test('is read back from epoch seconds with any fraction', () => {
    const times = fc.tuple(fc.nat(4_102_444_800), fc.nat(999));
    fc.assert(
      fc.property(times, ([seconds, ms]) => {
        const fraction = String(ms).padStart(3, '0');
        expect(parseTime(`${seconds}.${fraction}`)).toBe(seconds * 1000 + ms);
        expect(parseTime(`${seconds}.${fraction}999`)).toBe(seconds * 1000 + ms);
        expect(parseTime(String(seconds))).toBe(seconds * 1000);
      }),
    );
  });

  const NOON = Date.UTC(2026, 10, 20, 12, 0, 0);
  test.each([
    ['2026-11-20T12:00:00Z', NOON],
    ['2026-11-20t12:00:00z', undefined],
    ['2026-11-20 12:00:00', NOON],
    ['2026-11-20T12:00', NOON],
    ['2026-11-20', NOON - 12 * 3_600_000],
    [' 2026-11-20T13:00:00+01:00 ', NOON],
    ['2026-11-20T06:30:00-0530', NOON],
    ['2026-11-20T13:00:00+01', NOON],
    ['2026-11-20T12:00:00.5Z', NOON + 500],
    ['2026-11-20T12:00:00,049Z', NOON + 49],
    ['2026-11-20T12:00:00.049999999Z', NOON + 49],
    ['2026-11-20T11:59:60Z', NOON - 1000],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026-02-29', undefined],
    ['2026-13-01', undefined],
    ['2026-00-01', undefined],
    ['2026-11-31', undefined],
    ['2026-11-00', undefined],
    ['2026-11-20T24:00:00Z', undefined],
    ['2026-11-20T12:60:00Z', undefined],
    ['2026-11-20T12:00:61Z', undefined],
    ['2026-11-20T12:00:00.Z', undefined],
    ['20261120', 20_261_120_000],
    ['1795176000', NOON],
    ['1795176000000', NOON],
    ['1795176000049', NOON + 49],
    ['99999999999', 99_999_999_999_000],
    ['100000000000', 100_000_000_000],
    ['', undefined],
    ['-5', undefined],
    ['today', undefined],
    ['1e9', undefined],
  ])('%s', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  test('keeps the offset that it names, and knows that it names none', () => {
    expect(parseIso('2026-11-20T12:00:00-05:30')).toEqual({ localMs: NOON, offsetMs: -19_800_000 });
    expect(parseIso('2026-11-20T12:00:00')).toEqual({ localMs: NOON, offsetMs: undefined });
  });
});

test.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  [' 10 s ', 10_000],
  ['0', 0],
  ['', undefined],
  ['1w', undefined],
  ['-1s', undefined],
  ['1 h 5 m', undefined],
  ['h', undefined],
  ['1H', undefined],
])('a duration: %s', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
