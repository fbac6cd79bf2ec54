import { Piece } from '../model/words.ts';

const LONGEST_BYTES = 256;
const DOT = 46;
const COMMA = 44;

/**
 * The head of a syslog line that the lines of a minute share, all but the digits of its seconds:
 * `Nov 20 18:27:__ mx1 `.
 */
export class SeenHead {
  /** Milliseconds since the minute began, of the line matched last. */
  msOfMinute = 0;

  readonly #text = new Piece(LONGEST_BYTES);
  /** Where the seconds stand in the head, and how many decimals they have. */
  #second = 0;
  #decimals = 0;

  /** Bytes of the head; 0 when none is kept. */
  get length(): number {
    return this.#text.length;
  }

  /** Keeps a head: `second` is where the seconds start, `clockEnd` behind them and their decimals. */
  keep(
    bytes: Uint8Array,
    words: Int32Array,
    start: number,
    second: number,
    clockEnd: number,
    tag: number,
  ): void {
    this.#text.keep(words, start, tag - start);
    if (this.length === 0) return;
    const separator = bytes[second + 2];
    const hasDecimals = clockEnd > second + 2 && (separator === DOT || separator === COMMA);
    this.#decimals = hasDecimals ? clockEnd - second - 3 : 0;
    this.#second = second - start;
    this.#text.open(this.#second, this.#second + 2);
    this.#text.open(this.#second + 3, this.#second + 3 + this.#decimals);
  }

  forget(): void {
    this.#text.length = 0;
  }

  /** Whether the line at `at` begins with this head, at any second of its minute. */
  matches(bytes: Uint8Array, words: Int32Array, at: number, limit: number): boolean {
    if (at + this.length > limit || !this.#text.standsAt(words, at)) return false;
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
