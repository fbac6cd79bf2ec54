/** The bytes `hind`: two replays of one log draw the same numbers. */
const SEED = 0x68_69_6e_64;

/**
 * Numbers that look random and are the same in every run: mulberry32. Scripts of one kind share
 * one sequence; `ec_rand` and `math.random` have one each.
 */
export class RandomNumbers {
  #state = SEED;

  /** @param seed its low 32 bits count */
  reseed(seed: number): void {
    this.#state = seed | 0;
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }
}
