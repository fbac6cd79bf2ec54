import { parseIso, parseTime } from '../model/time.ts';
import { Piece, WordView } from '../model/words.ts';
import { isDigit, wholeNumber } from './byte-text.ts';

/** `2026-11-20T18:27:` */
const MINUTE_LENGTH = 17;
const SECOND_LENGTH = 20;
/** With nine decimals. */
const LONGEST_UTC = 30;
const UTC = 90;
const DOT = 46;
/** From here on an epoch is in milliseconds: 1973 as such, the year 5138 as seconds. */
const FIRST_MILLISECONDS = 1e11;
const LONGEST_EPOCH = 14;

/** Reads the times of one CSV file: ISO 8601, epoch seconds or epoch milliseconds. */
export class CsvTime {
  readonly #zoneOffset: (localMs: number) => number;
  readonly #minute = new Piece(MINUTE_LENGTH);
  #minuteMs = 0;
  /** The time of the record before: many have the same. */
  readonly #last = new Piece(LONGEST_UTC);
  #lastMs = 0;
  readonly #words = new WordView();

  /** @param zoneOffset offset from UTC, in milliseconds, of a civil time without offset */
  constructor(zoneOffset: (localMs: number) => number) {
    this.#zoneOffset = zoneOffset;
  }

  /** UTC milliseconds of the time in `bytes[start, end)`; NaN when it is none. */
  read(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    const last = end > start ? bytes[end - 1] : 0;
    if (last === UTC && length >= SECOND_LENGTH && length <= LONGEST_UTC) {
      const words = this.#words.of(bytes);
      if (length === this.#last.length && this.#last.standsAt(words, start)) return this.#lastMs;
      const time = this.#readUtc(bytes, words, start, length);
      if (time >= 0) {
        this.#last.keep(words, start, length);
        this.#lastMs = time;
        return time;
      }
    } else if (length <= LONGEST_EPOCH && length > 0) {
      const epoch = wholeNumber(bytes, start, end);
      if (epoch >= 0) return epoch < FIRST_MILLISECONDS ? epoch * 1000 : epoch;
    }
    return this.#readAny(bytes, start, end);
  }

  /** `2026-11-20T18:27:13Z` in a minute seen before; -1 when it needs a closer look. */
  #readUtc(bytes: Buffer, words: Int32Array, start: number, length: number): number {
    const at = start + MINUTE_LENGTH;
    if (!this.#minute.standsAt(words, start)) {
      const text = `${bytes.toString('latin1', start, at)}00Z`;
      const stamp = text[10] === 'T' ? parseIso(text) : undefined;
      if (stamp === undefined || stamp.localMs < 0) return -1;
      this.#minute.keep(words, start, MINUTE_LENGTH);
      this.#minuteMs = stamp.localMs;
    }
    const second = wholeNumber(bytes, at, at + 2);
    if (second < 0 || second > 59) return -1;
    if (length === SECOND_LENGTH) return this.#minuteMs + second * 1000;
    if (bytes[at + 2] !== DOT || length === SECOND_LENGTH + 1) return -1;
    const decimals = at + 3;
    const fraction = wholeNumber(bytes, decimals, start + length - 1);
    if (fraction < 0) return -1;
    let ms = 0;
    for (let i = 0; i < 3; i++) {
      ms = ms * 10 + (decimals + i < start + length - 1 ? bytes[decimals + i] - 48 : 0);
    }
    return this.#minuteMs + second * 1000 + ms;
  }

  #readAny(bytes: Buffer, start: number, end: number): number {
    const text = bytes.toString('latin1', start, end);
    const stamp = parseIso(text);
    if (stamp === undefined) {
      return isDigit(bytes[start]) ? (parseTime(text) ?? Number.NaN) : Number.NaN;
    }
    return stamp.localMs - (stamp.offsetMs ?? this.#zoneOffset(stamp.localMs));
  }
}
