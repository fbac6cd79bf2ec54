/** A multiplier and its rotation: splitmix32, which spreads a small seed over the state. */
const GOLDEN = 0x9e37_79b9;

/**
 * Seeded chance: xoshiro128** (Blackman and Vigna), the same numbers on every machine. Two
 * generators with different seeds are independent, so that one output does not move another.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param {number} seed a whole number */
  constructor(seed) {
    let state = seed >>> 0;
    const spread = () => {
      state = (state + GOLDEN) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
      return (mixed ^ (mixed >>> 15)) | 0;
    };
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    this.#d = spread() | 1;
  }

  /** A whole number in [0, 2^32). */
  next() {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [0, 1). */
  fraction() {
    return this.next() / 0x1_0000_0000;
  }

  /**
   * A whole number in [0, limit).
   *
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.fraction() * limit);
  }

  /**
   * True with this probability.
   *
   * @param {number} probability
   */
  chance(probability) {
    return this.fraction() < probability;
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return list[this.below(list.length)];
  }

  /**
   * Digits and small letters, about `bits` of them.
   *
   * @param {number} bits at most 52
   */
  word(bits) {
    return Math.floor(this.fraction() * 2 ** bits).toString(36);
  }
}
