/** The bytes `hind`: two replays of one log draw the same numbers. */
const SEED = 0x68_69_6e_64;

/** The numbers of `ec_rand`, the same in every run: mulberry32, one sequence for all scripts. */
export class RandomNumbers {
  #state = SEED;

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  }
}
