import { PART, Piece, wordAt, WordView } from '../model/words.ts';

const SLOTS = 256;
/** Longer words are looked up anew each time: they are rare, and the cache stays small. */
const LONGEST = 128;

/**
 * Numbers of words that stand in a block of bytes, found without making a string when the word was
 * seen before. Holds at most 256 words; two that share a slot replace each other.
 */
export class WordCache {
  readonly #resolve: (word: string) => number;
  readonly #pieces: (Piece | undefined)[] = Array.from({ length: SLOTS });
  readonly #numbers = new Int32Array(SLOTS);
  readonly #view = new WordView();

  /** @param resolve gives the number, 32 bits signed, of a word that is not in the cache */
  constructor(resolve: (word: string) => number) {
    this.#resolve = resolve;
  }

  /** The number of the word `bytes[start, end)`. */
  number(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length <= 0 || length > LONGEST) return this.#resolve(bytes.toString('utf8', start, end));
    const words = this.#view.of(bytes);
    const slot = slotOf(words, start, length);
    const known = this.#pieces[slot];
    if (known !== undefined && known.length === length && known.standsAt(words, start)) {
      return this.#numbers[slot];
    }
    const number = this.#resolve(bytes.toString('utf8', start, end));
    const piece = (this.#pieces[slot] ??= new Piece(LONGEST));
    piece.keep(words, start, length);
    this.#numbers[slot] = number;
    return number;
  }

  /** The number of a word that stands in no block. */
  numberOf(word: string): number {
    return this.#resolve(word);
  }
}

/** By length, the first four bytes and the last four: host names and tags share either. */
function slotOf(words: Int32Array, start: number, length: number): number {
  const first = wordAt(words, start);
  if (length < 4) return mixed((first & PART[length]) ^ length);
  return mixed(Math.imul(first, 0x85eb_ca6b) ^ wordAt(words, start + length - 4) ^ length);
}

function mixed(bits: number): number {
  return Math.imul(bits ^ (bits >>> 15), 0x9e37_79b1) >>> 24;
}
