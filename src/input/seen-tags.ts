const PLACES = 128;
const LONGEST_WORDS = 16;
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

  readonly #lengths = new Int32Array(PLACES);
  readonly #numbers = new Int32Array(PLACES);
  readonly #words = new Int32Array(PLACES * LONGEST_WORDS);
  readonly #lastWords = new Int32Array(PLACES);

  /**
   * The place of the tag at `at`, -1 when it is not known. What follows it is `[`, `:` or a blank.
   * Reads up to `MARGIN` bytes, or the length of a known tag if that is more, below `limit`.
   */
  find(view: DataView, at: number, limit: number): number {
    if (at + SeenTags.MARGIN > limit) return -1;
    const first = view.getInt32(at, true);
    const long = slotOf(first, view.getInt32(at + BEHIND, true));
    for (let place = long; place < long + 2; place++) {
      if (this.#standsAt(place, view, at, limit)) return place;
    }
    const short = slotOf(first, 0);
    for (let place = short; place < short + 2; place++) {
      if (this.#standsAt(place, view, at, limit)) return place;
    }
    return -1;
  }

  length(place: number): number {
    return this.#lengths[place];
  }

  number(place: number): number {
    return this.#numbers[place];
  }

  /** Keeps the tag at `at`, unless it is too short or too long. */
  keep(view: DataView, at: number, length: number, limit: number, number: number): void {
    if (length < 4 || length > LONGEST_WORDS * 4 || at + SeenTags.MARGIN > limit) return;
    const first = view.getInt32(at, true);
    // What stands there behind a shorter tag is its process id.
    const slot = slotOf(first, length < SHORTEST_LONG ? 0 : view.getInt32(at + BEHIND, true));
    const place = this.#lengths[slot] === 0 ? slot : slot + 1;
    if (place > slot && this.#lengths[place] > 0) this.#copy(place, slot);
    this.#lengths[place] = length;
    this.#numbers[place] = number;
    const words = length >> 2;
    for (let i = 0; i < words; i++) {
      this.#words[place * LONGEST_WORDS + i] = view.getInt32(at + i * 4, true);
    }
    this.#lastWords[place] = view.getInt32(at + length - 4, true);
  }

  #standsAt(place: number, view: DataView, at: number, limit: number): boolean {
    const length = this.#lengths[place];
    if (length === 0 || at + length >= limit) return false;
    if (view.getInt32(at + length - 4, true) !== this.#lastWords[place]) return false;
    const words = length >> 2;
    const from = place * LONGEST_WORDS;
    for (let i = 0; i < words; i++) {
      if (view.getInt32(at + i * 4, true) !== this.#words[from + i]) return false;
    }
    const next = view.getUint8(at + length);
    return next === OPEN || next === COLON || next === BLANK;
  }

  #copy(from: number, to: number): void {
    this.#lengths[to] = this.#lengths[from];
    this.#numbers[to] = this.#numbers[from];
    this.#lastWords[to] = this.#lastWords[from];
    const start = from * LONGEST_WORDS;
    this.#words.copyWithin(to * LONGEST_WORDS, start, start + LONGEST_WORDS);
  }
}

/** The first of the two places of a slot. */
function slotOf(first: number, behind: number): number {
  const mixed = first ^ Math.imul(behind, 0x85eb_ca6b);
  return (Math.imul(mixed, 0x9e37_79b1) >>> 26) * 2;
}
