import { decodeText } from '../model/event-batch.ts';
import { HIGHS, lowestMark, ONES, zeroBytes } from '../model/words.ts';
import type { Cells } from './event-fields.ts';

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
const FIRST_CAPACITY = 32;
const NEWLINES = NEWLINE * ONES;
const QUOTES = QUOTE * ONES;

/**
 * Splits one CSV record (RFC 4180, any one-byte delimiter) into spans of the block, in one pass.
 *
 * A field that starts with a quote ends at the next quote that is not doubled, and may hold
 * delimiters and line ends. A record ends at `\n`; a `\r` before it belongs to the line end.
 */
export class CsvRecord implements Cells {
  /** Fields of the record split last. */
  count = 0;
  /** `[starts[n], ends[n])` is field n without its quotes. */
  starts = new Uint32Array(FIRST_CAPACITY);
  ends = new Uint32Array(FIRST_CAPACITY);
  /** 1 when the field holds doubled quotes: its text is not its bytes. */
  escaped = new Uint8Array(FIRST_CAPACITY);
  /** A quote stands inside a plain field, text behind a quoted one, or a quote is never closed. */
  malformed = false;
  /** Some `escaped` may be 1. */
  #hasEscaped = false;
  readonly #delimiter: number;
  /** A word of four bytes, each one above the highest byte that ends a field. */
  readonly #above: number;

  /** @param delimiter a byte other than the quote, `\r` and `\n` */
  constructor(delimiter: number) {
    this.#delimiter = delimiter;
    this.#above = Math.imul(Math.max(delimiter, QUOTE) + 1, ONES);
  }

  /**
   * Splits the record at `start`. Returns the index of the `\n` that ends it, or -1 when there is
   * none in `bytes[start, limit)`; what stands there was then split as the last record.
   */
  split(bytes: Buffer, start: number, limit: number): number {
    const delimiter = this.#delimiter;
    this.count = 0;
    this.malformed = false;
    for (let at = start; ; at++) {
      if (at < limit && bytes[at] === QUOTE) at = this.#splitQuoted(bytes, at, limit);
      else {
        const first = at;
        for (; at < limit; at++) {
          const c = bytes[at];
          if (c === delimiter || c === NEWLINE) break;
          if (c === QUOTE) this.malformed = true;
        }
        const ends = at >= limit || bytes[at] === NEWLINE;
        this.#add(first, ends && at > first && bytes[at - 1] === RETURN ? at - 1 : at, 0);
      }
      if (at >= limit) return -1;
      if (bytes[at] === NEWLINE) return at;
    }
  }

  /**
   * The same for a record without quotes, four bytes a turn: the index of the `\n` that ends it, or
   * -1 where `split` has to look.
   */
  splitPlain(words: Int32Array, start: number, limit: number): number {
    const delimiters = Math.imul(this.#delimiter, ONES);
    const above = this.#above;
    const { starts, ends } = this;
    let field = 0;
    let first = start;
    // What stands before `start` in its word does not count.
    let counts = -1 << ((start & 3) << 3);
    for (let i = start & ~3; i < limit; i += 4) {
      const word = words[i >> 2];
      // No byte of the word is as low as a delimiter, a quote or a line end.
      if (((word - above) & ~word & HIGHS) === 0) {
        counts = -1;
        continue;
      }
      const special = zeroBytes(word ^ delimiters) | zeroBytes(word ^ NEWLINES);
      let marks = (special | zeroBytes(word ^ QUOTES)) & counts;
      counts = -1;
      for (; marks !== 0; marks &= marks - 1) {
        const place = lowestMark(marks);
        const at = i + place;
        const byte = (word >>> (place << 3)) & 0xff;
        if (at >= limit || byte === QUOTE || field === starts.length) return -1;
        starts[field] = first;
        ends[field++] = at;
        if (byte === NEWLINE) {
          this.count = field;
          this.malformed = false;
          if (this.#hasEscaped) this.#forgetEscaped();
          this.#dropReturn(words);
          return at;
        }
        first = at + 1;
      }
    }
    return -1;
  }

  /** The text of a field. */
  text(bytes: Buffer, field: number): string {
    const text = decodeText(bytes, this.starts[field], this.ends[field]);
    return this.escaped[field] === 0 ? text : text.replaceAll('""', '"');
  }

  /** Splits the field whose quote stands at `open`; the index of what ends it. */
  #splitQuoted(bytes: Buffer, open: number, limit: number): number {
    let doubled = 0;
    let close = open + 1;
    for (; close < limit; close++) {
      if (bytes[close] !== QUOTE) continue;
      if (close + 1 >= limit || bytes[close + 1] !== QUOTE) break;
      doubled = 1;
      close++;
    }
    if (close >= limit) {
      this.malformed = true;
      this.#add(open + 1, limit, doubled);
      return limit;
    }
    this.#add(open + 1, close, doubled);
    let at = close + 1;
    if (bytes[at] === RETURN && (at + 1 >= limit || bytes[at + 1] === NEWLINE)) at++;
    for (; at < limit; at++) {
      const c = bytes[at];
      if (c === this.#delimiter || c === NEWLINE) break;
      this.malformed = true;
    }
    return Math.min(at, limit);
  }

  /** A `\r` at the end of the last field belongs to the line end. */
  #dropReturn(words: Int32Array): void {
    const field = this.count - 1;
    const last = this.ends[field] - 1;
    if (last < this.starts[field]) return;
    if (((words[last >> 2] >>> ((last & 3) << 3)) & 0xff) === RETURN) this.ends[field] = last;
  }

  #add(start: number, end: number, doubled: number): void {
    const field = this.count++;
    if (field === this.starts.length) this.#grow();
    this.starts[field] = start;
    this.ends[field] = end;
    this.escaped[field] = doubled;
    if (doubled === 1) this.#hasEscaped = true;
  }

  #forgetEscaped(): void {
    this.escaped.fill(0);
    this.#hasEscaped = false;
  }

  #grow(): void {
    const { starts, ends, escaped } = this;
    this.starts = new Uint32Array(starts.length * 2);
    this.starts.set(starts);
    this.ends = new Uint32Array(ends.length * 2);
    this.ends.set(ends);
    this.escaped = new Uint8Array(escaped.length * 2);
    this.escaped.set(escaped);
  }
}
