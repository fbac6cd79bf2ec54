import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
  civilFromDays,
  daysFromCivil,
} from '../model/time.ts';

/** A stretch of local time in which one answer holds. Half open; milliseconds as if UTC. */
export interface ZoneSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Local time minus UTC, for the earlier reading of a local time. */
  readonly offsetMs: number;
  /** The same for the later reading; another number only in an hour that DST repeats. */
  readonly laterOffsetMs: number;
}

/** The rules of one zone, from the runtime's own zone table; nothing depends on the machine's. */
export interface Zone {
  readonly name: string;
  /**
   * The span that holds a local time. An hour that DST repeats has two readings, an hour that it
   * skips one, taken with the offset before the change, so that clocks running on agree.
   */
  spanAt(localMs: number): ZoneSpan;
  /** Local time minus UTC at a UTC instant, in milliseconds. */
  offsetAt(utcMs: number): number;
}

export const UTC: Zone = {
  name: 'UTC',
  spanAt: () => EVER,
  offsetAt: () => 0,
};

const EVER: ZoneSpan = { fromMs: -Infinity, toMs: Infinity, offsetMs: 0, laterOffsetMs: 0 };

/** UTC instants that a local time may stand for, the earlier one first. */
export function candidatesOf(zone: Zone, localMs: number): readonly number[] {
  const span = zone.spanAt(localMs);
  const earlier = localMs - span.offsetMs;
  return span.offsetMs === span.laterOffsetMs ? [earlier] : [earlier, localMs - span.laterOffsetMs];
}

/** The zone of an IANA name; undefined when there is none of that name. */
export function createZone(name: string): Zone | undefined {
  if (name.toUpperCase() === 'UTC') return UTC;
  try {
    return new IanaZone(name);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Change {
  readonly utcMs: number;
  readonly before: number;
  readonly after: number;
}

class IanaZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, readonly ZoneSpan[]>();

  /** @throws RangeError for an unknown zone */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetAt(utcMs: number): number {
    const seconds = Math.floor(utcMs / SECOND_MS) * SECOND_MS;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(seconds)) parts[type] = Number(value);
    const days = daysFromCivil(parts['year'], parts['month'], parts['day']);
    return (
      days * DAY_MS +
      parts['hour'] * HOUR_MS +
      parts['minute'] * MINUTE_MS +
      parts['second'] * SECOND_MS -
      seconds
    );
  }

  spanAt(localMs: number): ZoneSpan {
    const { year } = civilFromDays(Math.floor(localMs / DAY_MS));
    let spans = this.#spans.get(year);
    if (spans === undefined) {
      spans = this.#spansOf(year);
      this.#spans.set(year, spans);
    }
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (spans[middle].fromMs <= localMs) low = middle;
      else high = middle - 1;
    }
    return spans[low];
  }

  /** The spans that cover a local year, without holes, cut at its ends. */
  #spansOf(year: number): ZoneSpan[] {
    const startMs = daysFromCivil(year, 1, 1) * DAY_MS;
    const endMs = daysFromCivil(year + 1, 1, 1) * DAY_MS;
    const spans: ZoneSpan[] = [];
    let fromMs = startMs;
    const add = (toMs: number, offsetMs: number, laterOffsetMs: number): void => {
      const end = Math.min(toMs, endMs);
      if (end > fromMs) spans.push({ fromMs, toMs: end, offsetMs, laterOffsetMs });
      fromMs = Math.max(fromMs, end);
    };
    let offset = this.offsetAt(startMs - 2 * DAY_MS);
    for (const { utcMs, before, after } of this.#changes(
      startMs - 2 * DAY_MS,
      endMs + 2 * DAY_MS,
    )) {
      // Forward: the skipped stretch is read with the offset before. Back: both readings hold.
      add(utcMs + Math.min(before, after), before, before);
      add(utcMs + Math.max(before, after), before, after < before ? after : before);
      offset = after;
    }
    add(endMs, offset, offset);
    return spans;
  }

  /** Changes of the offset in `(fromMs, toMs]`; two of them on one day have never happened. */
  #changes(fromMs: number, toMs: number): Change[] {
    const changes: Change[] = [];
    let before = this.offsetAt(fromMs);
    for (let dayMs = fromMs + DAY_MS; dayMs <= toMs; dayMs += DAY_MS) {
      const after = this.offsetAt(dayMs);
      if (after === before) continue;
      let low = dayMs - DAY_MS;
      let high = dayMs;
      while (high - low > SECOND_MS) {
        const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
        if (this.offsetAt(middle) === before) low = middle;
        else high = middle;
      }
      changes.push({ utcMs: high, before, after });
      before = after;
    }
    return changes;
  }
}
