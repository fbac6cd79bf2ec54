import { WordCache } from '../word-cache.ts';

/** `s=`, `;i=` */
const ID_AT = 2;
const SEMICOLON = 59;
const LOWER_I = 105;
const EQUALS = 61;
const PAGE_NUMBERS = 4096;
/** 512 bytes each: 32 MB, or 268 million records of one journal. */
const MOST_PAGES = 65_536;
const MOST_JOURNALS = 1024;
/** 32 digits in fact. */
const LONGEST_ID = 64;
/** Larger numbers than this are not kept. */
const LARGEST = 2 ** 40;

/**
 * The records of a file that were read, by their cursors: `s=ID;i=NUMBER;…` numbers the records of
 * a journal. Exports that overlap, one behind the other in a file, hold some of them twice.
 *
 * One bit a record, in pages of neighbours; where there are too many, those seen first are forgotten.
 */
export class JournalCursors {
  readonly #journals = new Map<string, number>();
  readonly #numbers = new WordCache((id) => this.#journalOf(id));
  readonly #pages = new Map<number, Uint32Array>();
  #page: Uint32Array = new Uint32Array(0);
  #pageKey = -1;

  /** Notes the cursor `bytes[start, end)`; true when it was noted before. */
  repeats(bytes: Buffer, start: number, end: number): boolean {
    let at = start + ID_AT;
    while (at < end && bytes[at] !== SEMICOLON) at++;
    if (at - start > LONGEST_ID) return false;
    if (at + 3 >= end || bytes[at + 1] !== LOWER_I || bytes[at + 2] !== EQUALS) return false;
    const journal = this.#numbers.number(bytes, start + ID_AT, at);
    const number = hexNumber(bytes, at + 3, end);
    if (journal < 0 || number < 0 || number > LARGEST) return false;
    const page = this.#pageOf(
      journal * (LARGEST / PAGE_NUMBERS) * 2 + Math.floor(number / PAGE_NUMBERS),
    );
    const place = number % PAGE_NUMBERS;
    const bit = 1 << (place & 31);
    const before = page[place >> 5];
    page[place >> 5] = before | bit;
    return (before & bit) !== 0;
  }

  #journalOf(id: string): number {
    const known = this.#journals.get(id);
    if (known !== undefined) return known;
    if (this.#journals.size === MOST_JOURNALS) return -1;
    this.#journals.set(id, this.#journals.size);
    return this.#journals.size - 1;
  }

  #pageOf(key: number): Uint32Array {
    if (key === this.#pageKey) return this.#page;
    let page = this.#pages.get(key);
    if (page === undefined) {
      if (this.#pages.size === MOST_PAGES) this.#pages.delete(this.#pages.keys().next().value!);
      page = new Uint32Array(PAGE_NUMBERS / 32);
      this.#pages.set(key, page);
    }
    this.#page = page;
    this.#pageKey = key;
    return page;
  }
}

/** The hexadecimal number that begins at `start` and ends at a semicolon; -1 when it is none. */
function hexNumber(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  let at = start;
  for (; at < end && bytes[at] !== SEMICOLON; at++) {
    const byte = bytes[at];
    const digit = byte <= 57 ? byte - 48 : (byte | 32) - 87;
    if (digit < 0 || digit > 15 || (byte > 57 && digit < 10) || at - start > 12) return -1;
    value = value * 16 + digit;
  }
  return at === start ? -1 : value;
}
