import { Piece, wordAt } from '../model/words.ts';

const SLOTS = 64;
const LONGEST_BYTES = 64;
/** These four bytes tell `postfix/smtp[` from `postfix/smtpd` and `postfix/smtps/…`. */
const BEHIND = 9;
/** A tag that, with the byte behind it, fills them. */
const SHORTEST_LONG = 12;
const OPEN = 91;
const COLON = 58;
const BLANK = 32;

/**
 * Syslog tags seen before, found again by the bytes at hand without a search for their end: a log
 * has a dozen of them. Two places a slot; the older of the two gives way.
 */
export class SeenTags {
  readonly #tags = Array.from({ length: SLOTS * 2 }, () => new Piece(LONGEST_BYTES));
  readonly #numbers = new Int32Array(SLOTS * 2);

  /**
   * The place of the tag at `at`, -1 when it is not known. What follows it is `[`, `:` or a blank
   * before `limit`.
   */
  find(bytes: Uint8Array, words: Int32Array, at: number, limit: number): number {
    const first = wordAt(words, at);
    let place = placeOf(first, wordAt(words, at + BEHIND));
    if (this.#standsAt(place, bytes, words, at, limit)) return place;
    if (this.#standsAt(++place, bytes, words, at, limit)) return place;
    place = placeOf(first, 0);
    if (this.#standsAt(place, bytes, words, at, limit)) return place;
    return this.#standsAt(++place, bytes, words, at, limit) ? place : -1;
  }

  length(place: number): number {
    return this.#tags[place].length;
  }

  number(place: number): number {
    return this.#numbers[place];
  }

  /** Keeps the tag at `at`, unless it is too short or too long. */
  keep(words: Int32Array, at: number, length: number, number: number): void {
    if (length < 4 || length > LONGEST_BYTES) return;
    const first = wordAt(words, at);
    // What stands there behind a shorter tag is its process id.
    let place = placeOf(first, length < SHORTEST_LONG ? 0 : wordAt(words, at + BEHIND));
    const [older, newer] = [this.#tags[place], this.#tags[place + 1]];
    if (newer.length > 0) {
      this.#tags[place] = newer;
      this.#tags[place + 1] = older;
      this.#numbers[place] = this.#numbers[place + 1];
    }
    if (older.length > 0) place++;
    this.#tags[place].keep(words, at, length);
    this.#numbers[place] = number;
  }

  #standsAt(
    place: number,
    bytes: Uint8Array,
    words: Int32Array,
    at: number,
    limit: number,
  ): boolean {
    const tag = this.#tags[place];
    const end = at + tag.length;
    if (end >= limit) return false;
    const next = bytes[end];
    if (next !== OPEN && next !== COLON && next !== BLANK) return false;
    return tag.standsAt(words, at);
  }
}

/** The first of the two places of a slot. */
function placeOf(first: number, behind: number): number {
  const mixed = first ^ Math.imul(behind, 0x85eb_ca6b);
  return (Math.imul(mixed, 0x9e37_79b1) >>> 26) * 2;
}
