import { seekByte } from '../../model/words.ts';
import { phrase, findLast, startsWith } from '../byte-text.ts';
import { CsvTime } from '../csv-time.ts';
import { JsonLine } from '../json/json-line.ts';
import { decodeEscaped } from '../json/json-string.ts';
import type { Cells } from '../event-fields.ts';
import { FIELD, PATHS } from './fields.ts';
import { Pairs } from './pairs.ts';

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const QUOTE = 34;
const BLANK = 32;
/** `2026-11-20T17:53:18.525Z` */
const STAMP_BYTES = 24;
const LEVEL = phrase('level=');
const CODE = phrase('> code=');
const ADDRESSED = [phrase('sender <'), phrase('recipient <')];
/** Messages of one word, with the first of their pairs. */
const PAIRED = [
  'connect ip=',
  'disconnect ip=',
  'message mid=',
  'queue code=',
  'delivered file=',
].map((text) => ({ text: phrase(text), length: text.indexOf(' ') }));

/** How a line came out. */
export const READ = {
  /** No stamp, or none that can be read. */
  undated: 0,
  /** Dated, and not in one of the three forms: from before the logger was set up. */
  other: 1,
  entry: 2,
  /** A JSON object that is cut or broken. */
  broken: 3,
} as const;

/**
 * One line of Haraka's standard output (formats, section 10): `STAMP [LEVEL] [UUID] [ORIGIN] TEXT`,
 * `STAMP level=LEVEL uuid=UUID origin=ORIGIN message=TEXT …`, or a stamp and the same as JSON.
 */
export class HarakaLine {
  /** Milliseconds UTC; NaN when the line has no stamp. */
  time = Number.NaN;
  /** The fields of the line read last, in each form. */
  cells: Cells;
  readonly #json = new JsonLine(PATHS);
  readonly #pairs = new Pairs();
  readonly #time = new CsvTime(() => 0);

  constructor() {
    this.cells = this.#pairs;
  }

  read(bytes: Buffer, words: Int32Array, start: number, end: number): number {
    this.time = Number.NaN;
    const stampEnd = start + STAMP_BYTES;
    // Other numbers in front of a line, from a library, are no epoch.
    if (stampEnd > end || bytes[stampEnd - 1] !== 90) return READ.undated;
    if (stampEnd < end && bytes[stampEnd] !== BLANK) return READ.undated;
    this.time = this.#time.read(bytes, start, stampEnd);
    if (Number.isNaN(this.time)) return READ.undated;
    return this.readEntry(bytes, words, Math.min(stampEnd + 1, end), end);
  }

  /** Reads a line behind its stamp. */
  readEntry(bytes: Buffer, words: Int32Array, start: number, end: number): number {
    if (start < end && bytes[start] === OPEN_BRACE) {
      this.cells = this.#json;
      return this.#json.read(bytes, start, end) ? READ.entry : READ.broken;
    }
    const pairs = this.#pairs;
    this.cells = pairs;
    pairs.clear();
    if (startsWith(words, start, end, LEVEL)) {
      pairs.read(bytes, start, end);
      return pairs.starts[FIELD.message] === 0 ? READ.other : READ.entry;
    }
    return this.#readPlain(bytes, words, start, end);
  }

  /** What a part of a field's value stands for. */
  decode(bytes: Buffer, start: number, end: number): string {
    return this.cells === this.#json
      ? decodeEscaped(bytes, start, end, true)
      : this.#pairs.decode(bytes, start, end);
  }

  #readPlain(bytes: Buffer, words: Int32Array, start: number, end: number): number {
    const pairs = this.#pairs;
    let at = start;
    for (const field of [FIELD.level, FIELD.uuid, FIELD.origin]) {
      if (at >= end || bytes[at] !== OPEN_BRACKET) return READ.other;
      const close = seekByte(words, at, end, CLOSE_BRACKET);
      if (close + 1 >= end || bytes[close + 1] !== BLANK) return READ.other;
      pairs.set(field, at + 1, close);
      at = close + 2;
    }
    while (at < end && bytes[at] === BLANK) at++;
    pairs.set(FIELD.message, at, end);
    for (let n = 0; n < ADDRESSED.length; n++) {
      if (!startsWith(words, at, end, ADDRESSED[n])) continue;
      this.#splitAddressed(bytes, words, at, end);
      return READ.entry;
    }
    for (let n = 0; n < PAIRED.length; n++) {
      const { text, length } = PAIRED[n];
      if (!startsWith(words, at, end, text)) continue;
      pairs.set(FIELD.message, at, at + length);
      pairs.read(bytes, at + length, end);
      return READ.entry;
    }
    return READ.entry;
  }

  /**
   * `sender <ADDRESS> code=WORD msg="…"`, behind a recipient ` sender=ADDRESS`: the address is not
   * quoted, so the pairs are looked for from the end, and must be just these.
   */
  #splitAddressed(bytes: Buffer, words: Int32Array, at: number, end: number): void {
    let split = findLast(bytes, at, end, CODE);
    for (let tries = 0; split > 0 && tries < MOST_SPLITS; tries++) {
      if (isReply(bytes, words, split + CODE.length, end)) {
        this.#pairs.set(FIELD.message, at, split + 1);
        this.#pairs.read(bytes, split + 1, end);
        return;
      }
      split = findLast(bytes, at, split, CODE);
    }
  }
}

/** A client's text is no reason to look at a line again and again. */
const MOST_SPLITS = 8;
const MSG = phrase(' msg="');
const SENDER = phrase(' sender=');

/** Whether `WORD msg="…"` stands at `at`, and behind it nothing or ` sender=`. */
function isReply(bytes: Uint8Array, words: Int32Array, from: number, end: number): boolean {
  let at = from;
  while (at < end && bytes[at] >= 65 && bytes[at] <= 90) at++;
  if (at === from || !startsWith(words, at, end, MSG)) return false;
  for (at += MSG.length; at < end; at++) {
    if (bytes[at] === 92) at++;
    else if (bytes[at] === QUOTE) {
      if (at + 1 === end || startsWith(words, at + 1, end, SENDER)) return true;
    }
  }
  return false;
}
