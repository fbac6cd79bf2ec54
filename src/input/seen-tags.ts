import { PART, wordAt } from '../model/words.ts';

const SLOTS = 64;
const LONGEST_WORDS = 16;
/** Length and number, then the words of the tag. */
const FACTS = 2;
const PLACE_WORDS = FACTS + LONGEST_WORDS;
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
  readonly #cells = new Int32Array(SLOTS * 2 * PLACE_WORDS);

  /**
   * The place of the tag at `at`, -1 when it is not known. What follows it is `[`, `:` or a blank
   * before `limit`.
   */
  find(bytes: Uint8Array, words: Int32Array, at: number, limit: number): number {
    const first = wordAt(words, at);
    let place = placeOf(first, wordAt(words, at + BEHIND));
    if (this.#standsAt(place, bytes, words, at, limit)) return place;
    place += PLACE_WORDS;
    if (this.#standsAt(place, bytes, words, at, limit)) return place;
    place = placeOf(first, 0);
    if (this.#standsAt(place, bytes, words, at, limit)) return place;
    place += PLACE_WORDS;
    return this.#standsAt(place, bytes, words, at, limit) ? place : -1;
  }

  length(place: number): number {
    return this.#cells[place];
  }

  number(place: number): number {
    return this.#cells[place + 1];
  }

  /** Keeps the tag at `at`, unless it is too short or too long. */
  keep(words: Int32Array, at: number, length: number, number: number): void {
    if (length < 4 || length > LONGEST_WORDS * 4) return;
    const first = wordAt(words, at);
    // What stands there behind a shorter tag is its process id.
    const older = placeOf(first, length < SHORTEST_LONG ? 0 : wordAt(words, at + BEHIND));
    const newer = older + PLACE_WORDS;
    const cells = this.#cells;
    if (cells[newer] > 0) cells.copyWithin(older, newer, newer + PLACE_WORDS);
    const place = cells[older] === 0 ? older : newer;
    const whole = length >> 2;
    cells[place] = length;
    cells[place + 1] = number;
    for (let i = 0; i < whole; i++) cells[place + FACTS + i] = wordAt(words, at + i * 4);
    if ((length & 3) === 0) return;
    cells[place + FACTS + whole] = wordAt(words, at + whole * 4) & PART[length & 3];
  }

  #standsAt(
    place: number,
    bytes: Uint8Array,
    words: Int32Array,
    at: number,
    limit: number,
  ): boolean {
    const cells = this.#cells;
    const length = cells[place];
    if (length === 0 || at + length >= limit) return false;
    const next = bytes[at + length];
    if (next !== OPEN && next !== COLON && next !== BLANK) return false;
    const shift = (at & 3) << 3;
    const back = 31 - shift;
    const end = place + FACTS + (length >> 2);
    let from = at >> 2;
    let low = words[from];
    for (let i = place + FACTS; i < end; i++) {
      const high = words[++from];
      if (((low >>> shift) | ((high << 1) << back)) !== cells[i]) return false;
      low = high;
    }
    const rest = length & 3;
    if (rest === 0) return true;
    const last = (low >>> shift) | ((words[from + 1] << 1) << back);
    return (last & PART[rest]) === cells[end];
  }
}

/** The first of the two places of a slot. */
function placeOf(first: number, behind: number): number {
  const mixed = first ^ Math.imul(behind, 0x85eb_ca6b);
  return (Math.imul(mixed, 0x9e37_79b1) >>> 26) * 2 * PLACE_WORDS;
}
