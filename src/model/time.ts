/** Calendar arithmetic on plain numbers: no `Date`, no zone, no locale. Proleptic Gregorian. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of a civil date. `month` 1..12, `day` 1..31; the date is taken as valid. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years start in March, so that the leap day is the last one.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export function civilFromDays(days: number): CivilDate {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1];
}

const TWO_DIGITS = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));
/** The day formatted last, in days since the epoch, and its text with the `T`. */
let lastDay = Number.NaN;
let lastDayText = '';

/** `2026-11-20T17:27:13Z`; milliseconds (`.049`) only when there are any. */
export function formatIso(timeMs: number): string {
  const days = Math.floor(timeMs / DAY_MS);
  if (days !== lastDay) {
    const { year, month, day } = civilFromDays(days);
    lastDayText = `${String(year).padStart(4, '0')}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}T`;
    lastDay = days;
  }
  const msOfDay = timeMs - days * DAY_MS;
  const seconds = Math.floor(msOfDay / 1000);
  const ms = msOfDay - seconds * 1000;
  const hour = TWO_DIGITS[Math.floor(seconds / 3600)];
  const minute = TWO_DIGITS[Math.floor(seconds / 60) % 60];
  const clock = `${hour}:${minute}:${TWO_DIGITS[seconds % 60]}`;
  if (ms === 0) return `${lastDayText}${clock}Z`;
  return `${lastDayText}${clock}.${String(ms).padStart(3, '0')}Z`;
}

/** `20261120T172713`: the stamp in the names of journals, UTC, whole seconds. */
export function formatCompact(timeMs: number): string {
  return formatIso(Math.floor(timeMs / 1000) * 1000).replace(/[-:Z]/g, '');
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d:?\d\d|[+-]\d\d)?)?$/;

export interface IsoStamp {
  /** The civil time as if it were UTC, in milliseconds. */
  readonly localMs: number;
  /** Offset from UTC in milliseconds; undefined when the stamp has none. */
  readonly offsetMs: number | undefined;
}

/** Reads an ISO 8601 date or time; undefined when it is none or does not exist. Leap second :60 is :59. */
export function parseIso(text: string): IsoStamp | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const [hour, minute] = [Number(match[4] ?? 0), Number(match[5] ?? 0)];
  const second = Math.min(Number(match[6] ?? 0), 60);
  if (hour > 23 || minute > 59 || Number(match[6] ?? 0) > 60) return undefined;
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const localMs =
    daysFromCivil(year, month, day) * DAY_MS +
    hour * HOUR_MS +
    minute * MINUTE_MS +
    Math.min(second, 59) * SECOND_MS +
    fraction;
  const zone = match[8];
  if (zone === undefined) return { localMs, offsetMs: undefined };
  if (zone === 'Z' || zone === 'z') return { localMs, offsetMs: 0 };
  const digits = zone.slice(1).replace(':', '');
  const offsetMs = Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2) || 0) * MINUTE_MS;
  return { localMs, offsetMs: zone.startsWith('-') ? -offsetMs : offsetMs };
}

/**
 * A time that a user wrote: ISO 8601 (UTC unless it names an offset), epoch seconds or epoch
 * milliseconds (from 10^11 on). Undefined when it is none of them.
 */
export function parseTime(text: string): number | undefined {
  const epoch = /^(\d{1,11})(?:\.(\d+))?$/.exec(text);
  // Digit by digit: 1.005 * 1000 is 1004.999….
  if (epoch !== null) {
    return Number(epoch[1]) * SECOND_MS + Number((epoch[2] ?? '').padEnd(3, '0').slice(0, 3));
  }
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const stamp = parseIso(text);
  return stamp === undefined ? undefined : stamp.localMs - (stamp.offsetMs ?? 0);
}

/** `90`, `90s`, `1.5h`; a number alone is seconds. */
export const DURATION_PATTERN = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)?\s*$/;

/** Reads `90`, `90s`, `15m`, `1h`, `2d`, `500ms`; undefined when it is no duration. Result in milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return undefined;
  const units = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
  const unit = (match[2] ?? 's') as keyof typeof units;
  return Math.round(Number(match[1]) * units[unit]);
}
