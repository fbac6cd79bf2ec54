import { parseTime, parseIso } from '../../model/time.ts';
import { isDigit } from '../byte-text.ts';
import { SeenHead } from '../seen-head.ts';

/** Where the seconds of `2026-11-20T18:27:13.049295+01:00` stand. */
const SECOND = 17;
const MINUTE_MS = 60_000;
const LONGEST = 40;
const COLON = 58;
const COMMA = 44;
const DOT = 46;

/** Reads the times of one file: RFC 3339, ISO 8601 without an offset, or seconds of the epoch. */
export class StampReader {
  readonly #zoneOffset: (localMs: number) => number;
  /** A stamp whose seconds are open: most repeat the minute and the offset of the one before. */
  readonly #seen = new SeenHead();
  #minuteMs = 0;

  /** @param zoneOffset offset from UTC, in milliseconds, of a civil time without offset */
  constructor(zoneOffset: (localMs: number) => number) {
    this.#zoneOffset = zoneOffset;
  }

  /** UTC milliseconds of the time in `bytes[start, end)`; NaN when it is none. */
  read(bytes: Buffer, words: Int32Array, start: number, end: number): number {
    const seen = this.#seen;
    if (seen.length === end - start && seen.matches(bytes, words, start, end)) {
      return this.#minuteMs + seen.msOfMinute;
    }
    if (end - start > LONGEST) return Number.NaN;
    const text = bytes.toString('latin1', start, end);
    const stamp = parseIso(text);
    if (stamp === undefined) return parseTime(text) ?? Number.NaN;
    const { localMs, offsetMs } = stamp;
    if (offsetMs === undefined) return localMs - this.#zoneOffset(localMs);
    const plain = bytes[start + SECOND - 1] === COLON && isDigit(bytes[start + SECOND]);
    if (plain) this.#keep(bytes, words, start, end, localMs - offsetMs);
    return localMs - offsetMs;
  }

  #keep(bytes: Buffer, words: Int32Array, start: number, end: number, utcMs: number): void {
    let clockEnd = start + SECOND + 2;
    if (bytes[clockEnd] === DOT || bytes[clockEnd] === COMMA) {
      clockEnd++;
      while (clockEnd < end && isDigit(bytes[clockEnd])) clockEnd++;
    }
    this.#seen.keep(bytes, words, start, start + SECOND, clockEnd, end);
    // Offsets are whole minutes.
    this.#minuteMs = Math.floor(utcMs / MINUTE_MS) * MINUTE_MS;
  }
}
