const SLOTS = 256;
/** Longer words are looked up anew each time: they are rare, and the cache stays small. */
const LONGEST = 128;

/**
 * Numbers of words that stand in a block of bytes, found without making a string when the word was
 * seen before. Holds at most 256 words; two that share a slot replace each other.
 */
export class WordCache {
  readonly #resolve: (word: string) => number;
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #numbers = new Int32Array(SLOTS);
  readonly #words = new Uint8Array(SLOTS * LONGEST);

  /** @param resolve gives the number, 32 bits signed, of a word that is not in the cache */
  constructor(resolve: (word: string) => number) {
    this.#resolve = resolve;
  }

  /** The number of the word `bytes[start, end)`. */
  number(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length <= 0 || length > LONGEST) return this.#resolve(bytes.toString('utf8', start, end));
    // Ends differ more than beginnings: host names and tags share their first letters.
    const mixed = length * 61 + bytes[end - 1] * 31 + bytes[end - 1 - (length >> 2)] * 17;
    const slot = (mixed + bytes[start + (length >> 1)] * 7) & (SLOTS - 1);
    const base = slot * LONGEST;
    if (this.#lengths[slot] === length && this.#holds(bytes, start, base, length)) {
      return this.#numbers[slot];
    }
    const number = this.#resolve(bytes.toString('utf8', start, end));
    this.#lengths[slot] = length;
    this.#numbers[slot] = number;
    for (let i = 0; i < length; i++) this.#words[base + i] = bytes[start + i];
    return number;
  }

  /** The number of a word that stands in no block. */
  numberOf(word: string): number {
    return this.#resolve(word);
  }

  #holds(bytes: Buffer, start: number, base: number, length: number): boolean {
    const words = this.#words;
    for (let i = 0; i < length; i++) if (words[base + i] !== bytes[start + i]) return false;
    return true;
  }
}
