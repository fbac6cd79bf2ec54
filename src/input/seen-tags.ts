const PLACES = 128;
const LONGEST_WORDS = 16;
const PLACE_WORDS = 3 + LONGEST_WORDS;
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
  /** Bytes behind a tag that must be readable when it is looked up. */
  static readonly MARGIN = 16;

  /** By place: length, number, last word, then the words of the tag. */
  readonly #cells = new Int32Array(PLACES * PLACE_WORDS);

  /**
   * The place of the tag at `at`, -1 when it is not known. What follows it is `[`, `:` or a blank.
   * Reads up to `MARGIN` bytes, or the length of a known tag if that is more, below `limit`.
   */
  find(view: DataView, at: number, limit: number): number {
    if (at + SeenTags.MARGIN > limit) return -1;
    const first = view.getInt32(at, true);
    let place = placeOf(first, view.getInt32(at + BEHIND, true));
    if (this.#standsAt(place, view, at, limit)) return place;
    place += PLACE_WORDS;
    if (this.#standsAt(place, view, at, limit)) return place;
    place = placeOf(first, 0);
    if (this.#standsAt(place, view, at, limit)) return place;
    place += PLACE_WORDS;
    return this.#standsAt(place, view, at, limit) ? place : -1;
  }

  length(place: number): number {
    return this.#cells[place];
  }

  number(place: number): number {
    return this.#cells[place + 1];
  }

  /** Keeps the tag at `at`, unless it is too short or too long. */
  keep(view: DataView, at: number, length: number, limit: number, number: number): void {
    if (length < 4 || length > LONGEST_WORDS * 4 || at + SeenTags.MARGIN > limit) return;
    const first = view.getInt32(at, true);
    // What stands there behind a shorter tag is its process id.
    const older = placeOf(first, length < SHORTEST_LONG ? 0 : view.getInt32(at + BEHIND, true));
    const cells = this.#cells;
    const newer = older + PLACE_WORDS;
    if (cells[newer] > 0) cells.copyWithin(older, newer, newer + PLACE_WORDS);
    const place = cells[older] === 0 ? older : newer;
    cells[place] = length;
    cells[place + 1] = number;
    cells[place + 2] = view.getInt32(at + length - 4, true);
    for (let word = 0; word < length >> 2; word++) {
      cells[place + 3 + word] = view.getInt32(at + word * 4, true);
    }
  }

  #standsAt(place: number, view: DataView, at: number, limit: number): boolean {
    const cells = this.#cells;
    const length = cells[place];
    if (length === 0 || at + length >= limit) return false;
    if (view.getInt32(at + length - 4, true) !== cells[place + 2]) return false;
    const words = length >> 2;
    for (let word = 0; word < words; word++) {
      if (view.getInt32(at + word * 4, true) !== cells[place + 3 + word]) return false;
    }
    const next = view.getUint8(at + length);
    return next === OPEN || next === COLON || next === BLANK;
  }
}

/** The first of the two places of a slot. */
function placeOf(first: number, behind: number): number {
  const mixed = first ^ Math.imul(behind, 0x85eb_ca6b);
  return (Math.imul(mixed, 0x9e37_79b1) >>> 26) * 2 * PLACE_WORDS;
}
