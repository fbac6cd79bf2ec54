import { wordAt } from '../model/words.ts';

const LONGEST_WORDS = 64;
const DOT = 46;
const COMMA = 44;

/**
 * The head of a syslog line that the lines of a minute share, all but the digits of its seconds:
 * `Nov 20 18:27:__ mx1 `. Compared four bytes at a time, those digits being masked out.
 */
export class SeenHead {
  /** Bytes of the head; 0 when none is kept. */
  length = 0;
  /** Milliseconds since the minute began, of the line matched last. */
  msOfMinute = 0;

  readonly #words = new Int32Array(LONGEST_WORDS);
  readonly #masks = new Int32Array(LONGEST_WORDS);
  /** Where the seconds stand in the head, and how many decimals they have. */
  #second = 0;
  #decimals = 0;

  /** Keeps a head: `second` is where the seconds start, `clockEnd` behind them and their decimals. */
  keep(
    bytes: Uint8Array,
    words: Int32Array,
    start: number,
    second: number,
    clockEnd: number,
    tag: number,
  ): void {
    const length = tag - start;
    this.length = 0;
    if (length > (LONGEST_WORDS - 1) * 4) return;
    this.#second = second - start;
    const separator = bytes[second + 2];
    const hasDecimals = clockEnd > second + 2 && (separator === DOT || separator === COMMA);
    this.#decimals = hasDecimals ? clockEnd - second - 3 : 0;
    const mask = new Uint8Array(LONGEST_WORDS * 4).fill(0xff, 0, length);
    mask.fill(0, this.#second, this.#second + 2);
    mask.fill(0, this.#second + 3, this.#second + 3 + this.#decimals);
    this.#masks.set(new Int32Array(mask.buffer));
    for (let i = 0; i * 4 < length; i++) {
      this.#words[i] = wordAt(words, start + i * 4) & this.#masks[i];
    }
    this.length = length;
  }

  forget(): void {
    this.length = 0;
  }

  /** Whether the line at `at` begins with this head, at any second of its minute. */
  matches(bytes: Uint8Array, words: Int32Array, at: number, limit: number): boolean {
    const { length } = this;
    if (length === 0 || at + length > limit) return false;
    const own = this.#words;
    const masks = this.#masks;
    const shift = (at & 3) << 3;
    const back = 31 - shift;
    let from = at >> 2;
    let low = words[from];
    for (let i = 0; i * 4 < length; i++) {
      const high = words[++from];
      if ((((low >>> shift) | ((high << 1) << back)) & masks[i]) !== own[i]) return false;
      low = high;
    }
    const second = at + this.#second;
    const tens = bytes[second] - 48;
    const ones = bytes[second + 1] - 48;
    // Second 60 and what is no digit are left to the caller.
    if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return false;
    this.msOfMinute = (tens * 10 + ones) * 1000;
    return this.#decimals === 0 || this.#readDecimals(bytes, second + 3);
  }

  #readDecimals(bytes: Uint8Array, at: number): boolean {
    let unit = 100;
    for (let i = at; i < at + this.#decimals; i++) {
      const digit = bytes[i] - 48;
      if (digit < 0 || digit > 9) return false;
      this.msOfMinute += digit * unit;
      unit = unit === 1 ? 0 : (unit / 10) | 0;
    }
    return true;
  }
}
