import { DAY_MS, DURATION_PATTERN, parseDuration, parseIso, parseTime } from '../model/time.ts';
import type { Place } from '../policy/mistakes.ts';
import { either, matching, TEXT_OR_NUMBER, type Schema } from '../policy/yaml/key-table.ts';
import { seenOf, type Value } from '../policy/yaml/tree.ts';
import { numberTextOf } from './scalars.ts';
import type { TestMistakes } from './codes.ts';

/** The days of a test: times are read in UTC, those without a date on this day. */
export interface Calendar {
  /** Midnight, milliseconds UTC; undefined where the test names no date. */
  readonly dateMs: number | undefined;
}

const TIME_OF_DAY = /^\d\d?:\d\d(?::\d\d(?:[.,]\d{1,3})?)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** A time of the day, ISO 8601, or epoch seconds or milliseconds. */
export const MOMENT_SCHEMA: Schema = TEXT_OR_NUMBER;
export const SPAN_SCHEMA = matching(/\.\./);
export const DATE_SCHEMA = matching(DATE);
export const DURATION_SCHEMA = either({ type: 'number', minimum: 0 }, matching(DURATION_PATTERN));

const HINT = '10:00, 10:00:30, 10:00:30.250 or 2026-11-20T10:00:00Z';

/** A time of the day, ISO 8601, or epoch seconds or milliseconds; milliseconds UTC. */
export function readMoment(
  mistakes: TestMistakes,
  place: Place,
  text: string,
  { dateMs }: Calendar,
): number | undefined {
  if (!TIME_OF_DAY.test(text)) {
    const timeMs = parseTime(text);
    if (timeMs === undefined) mistakes.add(place, 'time-wrong', [text], HINT);
    return timeMs;
  }
  const padded = text.replace(/^\d:/, '0$&');
  const stamp = parseIso(`1970-01-01T${padded}`);
  if (stamp === undefined) {
    mistakes.add(place, 'time-wrong', [text], HINT);
    return undefined;
  }
  if (dateMs !== undefined) return dateMs + stamp.localMs;
  mistakes.add(place, 'date-missing', [text], 'date: 2026-11-20 beside the events');
  return undefined;
}

export function readMomentAt(
  mistakes: TestMistakes,
  value: Value,
  calendar: Calendar,
): number | undefined {
  const text = numberTextOf(value);
  if (text !== undefined) return readMoment(mistakes, value, text, calendar);
  mistakes.add(value, 'time-wrong', [seenOf(value)], HINT);
  return undefined;
}

/** Half open. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `10:00..10:05` */
export function readSpan(
  mistakes: TestMistakes,
  value: Value,
  what: string,
  calendar: Calendar,
): Span | undefined {
  const parts = value.type === 'text' ? value.text.split(/\s*\.\.\s*/) : [];
  if (parts.length !== 2) {
    mistakes.add(value, 'span-wrong', [what, seenOf(value)], 'within: 10:00..10:05');
    return undefined;
  }
  const [fromMs, toMs] = parts.map((part) => readMoment(mistakes, value, part, calendar));
  if (fromMs === undefined || toMs === undefined) return undefined;
  if (fromMs < toMs) return { fromMs, toMs };
  const hint = 'it begins before it ends, and the end is no part of it';
  mistakes.add(value, 'span-wrong', [what, seenOf(value)], hint);
  return undefined;
}

/** `date: 2026-11-20` */
export function readDate(mistakes: TestMistakes, value: Value): number | undefined {
  const stamp = value.type === 'text' ? parseIso(value.text) : undefined;
  if (stamp !== undefined && stamp.localMs % DAY_MS === 0 && value.type === 'text') {
    if (DATE.test(value.text)) return stamp.localMs;
  }
  mistakes.add(value, 'type-wrong', ["'date'", 'a date', seenOf(value)], 'date: 2026-11-20');
  return undefined;
}

export function readDuration(
  mistakes: TestMistakes,
  value: Value,
  what: string,
): number | undefined {
  const text = numberTextOf(value);
  const ms = text === undefined ? undefined : parseDuration(text);
  if (ms === undefined) {
    mistakes.add(value, 'duration-wrong', [what, seenOf(value)], 'such as 90s, 15m or 1h');
  }
  return ms;
}
