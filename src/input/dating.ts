import { DAY_MS, daysFromCivil, daysInMonth } from '../model/time.ts';
import type { StampDater } from './stamp-dater.ts';
import type { SyslogHeader } from './syslog-header.ts';
import { YearTracker } from './year-tracker.ts';
import type { Zone, ZoneSpan } from './zones.ts';

export interface DatingOptions {
  /** For stamps without an offset. */
  readonly zone: Zone;
  /** Year of the first yearless stamp; undefined when nothing tells it. */
  readonly firstYear: number | undefined;
  /** How far lines may stand out of order, which decides the hour that DST repeats. */
  readonly reorderMs: number;
}

/** Why a stamp with a usable header could not be dated. */
export type DatingProblem = 'year unknown' | 'no 29 February';

/** Gives the stamps of one file, in its order, their year and zone. */
export class FileDater implements StampDater {
  /** What the latest NaN was about; the user has to say another year. */
  problem: DatingProblem | undefined;
  /** The year that the latest yearless stamp fell into. */
  year = 0;
  /** A stamp had no offset, so that the zone mattered. */
  usedZone = false;
  readonly #zone: Zone;
  readonly #reorderMs: number;
  readonly #firstYear: number | undefined;
  readonly #tracker: YearTracker;
  #utcMs = Number.NaN;
  /** Month * 32 + day of the yearless stamp whose local midnight is `#dayMs`; 0 for none. */
  #dayKey = 0;
  #dayMs = Number.NaN;
  /** Year * 12 + month of the full date that the tracker saw last. */
  #fullMonth = -1;
  #span: ZoneSpan = { fromMs: 0, toMs: 0, offsetMs: 0, laterOffsetMs: 0 };
  #newestMs = -Infinity;
  #jumped = false;
  /** The stamp read last told its offset. */
  #isAbsolute = false;

  constructor(options: DatingOptions) {
    this.#zone = options.zone;
    this.#reorderMs = options.reorderMs;
    this.#firstYear = options.firstYear;
    this.#tracker = new YearTracker(options.firstYear ?? 0);
  }

  toUtc(header: SyslogHeader): number {
    if (!header.stampChanged) return this.#utcMs;
    if (header.stamp === 'yearless') {
      this.#isAbsolute = false;
      this.#utcMs = this.#localToUtc(this.#dayOf(header.month, header.day) + header.msOfDay);
    } else {
      const full = header.year * 12 + header.month;
      if (full !== this.#fullMonth || this.#dayKey !== 0) {
        this.#tracker.see(header.year, header.month);
        this.#fullMonth = full;
        this.#dayKey = 0;
      }
      this.#isAbsolute = header.stamp === 'absolute';
      this.#utcMs =
        header.stamp === 'absolute'
          ? header.localMs - header.offsetMs
          : this.#localToUtc(header.localMs);
    }
    this.#note(this.#utcMs);
    return this.#utcMs;
  }

  get steady(): boolean {
    return this.#isAbsolute || this.#span.offsetMs === this.#span.laterOffsetMs;
  }

  follow(utcMs: number): void {
    this.#note(utcMs);
  }

  /** Local midnight as if UTC; NaN when the year is not known or lacks the day. */
  #dayOf(month: number, day: number): number {
    const key = month * 32 + day;
    if (key === this.#dayKey) return this.#dayMs;
    this.#dayKey = key;
    this.#dayMs = Number.NaN;
    if (this.#firstYear === undefined && this.#fullMonth === -1) {
      this.problem = 'year unknown';
      return Number.NaN;
    }
    this.year = this.#tracker.yearOf(month);
    if (day > daysInMonth(this.year, month)) this.problem = 'no 29 February';
    else this.#dayMs = daysFromCivil(this.year, month, day) * DAY_MS;
    return this.#dayMs;
  }

  /** Local time minus UTC of the next line's full date without offset, milliseconds. */
  offsetOf(localMs: number): number {
    const utcMs = this.#localToUtc(localMs);
    this.#note(utcMs);
    return localMs - utcMs;
  }

  #localToUtc(localMs: number): number {
    if (Number.isNaN(localMs)) return localMs;
    this.usedZone = true;
    let span = this.#span;
    if (localMs < span.fromMs || localMs >= span.toMs) {
      span = this.#zone.spanAt(localMs);
      this.#span = span;
    }
    const earlier = localMs - span.offsetMs;
    if (span.offsetMs === span.laterOffsetMs) return earlier;
    // The hour that DST repeats: lines run forward, so what would lie behind is the second time.
    return earlier < this.#newestMs - this.#reorderMs ? localMs - span.laterOffsetMs : earlier;
  }

  /** Follows the newest line; one broken stamp a day or more ahead does not move it. */
  #note(utcMs: number): void {
    if (utcMs > this.#newestMs) {
      const jumps = utcMs > this.#newestMs + DAY_MS && this.#newestMs !== -Infinity;
      if (!jumps || this.#jumped) this.#newestMs = utcMs;
      this.#jumped = jumps && !this.#jumped;
    } else if (utcMs <= this.#newestMs) {
      this.#jumped = false;
    }
  }
}
