import { formatField } from './format.ts';
import { refuse, type SeriesCode, type SeriesSource } from './refusal.ts';

/** A half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const LF = 10;
const QUOTE = 34;

/**
 * Cuts the bytes of a series file into records: lines, or several lines where a quoted field has
 * line feeds. Refuses a file that ends within a record.
 */
export class RecordReader {
  readonly source: SeriesSource;
  #position = 0;
  /** Where the next quote not yet passed stands; the length of the file when there is none. */
  #nextQuote = -1;

  constructor(source: SeriesSource) {
    this.source = source;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position === this.source.bytes.length;
  }

  /** The next record without its line feed. `expected` is named when the file ends instead. */
  next(expected: string): ByteRange {
    const { bytes } = this.source;
    const start = this.#position;
    if (this.atEnd) this.#refuseEnd(`the file ends here, expected ${expected}`);
    let end = bytes.indexOf(LF, start);
    this.#seekQuote(start);
    while (end !== -1 && this.#nextQuote < end) {
      const closing = bytes.indexOf(QUOTE, this.#nextQuote + 1);
      if (closing === -1) {
        const message = 'the quote that opens here is never closed';
        const place = { start: this.#nextQuote, end: this.#nextQuote + 1 };
        refuse(this.source, { code: 'series-truncated', ...place, message });
      }
      if (closing > end) end = bytes.indexOf(LF, closing);
      this.#seekQuote(closing + 1);
    }
    if (end === -1) this.#refuseEnd('the file ends within this line');
    this.#position = end + 1;
    return { start, end };
  }

  #seekQuote(from: number): void {
    if (this.#nextQuote >= from) return;
    const found = this.source.bytes.indexOf(QUOTE, from);
    this.#nextQuote = found === -1 ? this.source.bytes.length : found;
  }

  #refuseEnd(message: string): never {
    const end = this.source.bytes.length;
    const hint = 'the copy or the writing of this file was cut short; get it again';
    refuse(this.source, { code: 'series-truncated', start: end, end, message, hint });
  }
}

/** The field in the given bytes, unquoted. Refuses bytes that are not UTF-8 and other quoting. */
export function readField(source: SeriesSource, range: ByteRange, code: SeriesCode): string {
  const { bytes } = source;
  const raw = bytes.toString('utf8', range.start, range.end);
  // U+FFFD may stand in the file, or for bytes that could not be read.
  if (raw.includes('\uFFFD')) {
    const again = Buffer.from(raw, 'utf8');
    const given = bytes.subarray(range.start, range.end);
    if (!again.equals(given)) {
      let sound = 0;
      while (again[sound] === given[sound]) sound++;
      // Back to the first byte of the character, where the text before it is sound.
      while (sound > 0 && (given[sound] & 0xc0) === 0x80) sound--;
      const start = range.start + sound;
      refuse(source, { code, start, end: range.end, message: 'expected text in UTF-8' });
    }
  }
  const quoted = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"');
  const text = quoted ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  if (formatField(text) !== raw) {
    const message = 'expected a bare field, or one in quotes where the format asks for them';
    refuse(source, { code, ...range, message });
  }
  return text;
}
