import { SeenBytes } from './seen-bytes.ts';

const LONGEST = 255;
/** Decimals of a second that are read; rsyslog writes six, more are left to the caller. */
const MOST_DECIMALS = 9;

/**
 * The head of a syslog line that most lines of a minute share: `Nov 20 18:27:` before the seconds,
 * ` mx1 ` (or `+01:00 mx1 `) behind them.
 */
export class SeenHead {
  /** Of the line matched last: where its tag starts, and milliseconds since its minute began. */
  next = 0;
  msOfMinute = 0;

  readonly #minute = new SeenBytes(LONGEST);
  readonly #rest = new SeenBytes(LONGEST);
  #reach = 0;

  get known(): boolean {
    return this.#reach > 0;
  }

  /** Keeps a head: `second` is where the seconds start, `clockEnd` behind them and their decimals. */
  keep(view: DataView, start: number, second: number, clockEnd: number, tag: number): void {
    this.#minute.keep(view, start, second - start);
    this.#rest.keep(view, clockEnd, tag - clockEnd);
    const kept = this.#minute.length > 0 && this.#rest.length > 0;
    this.#reach = kept ? this.#minute.length + 3 + MOST_DECIMALS + this.#rest.length : 0;
  }

  forget(): void {
    this.#reach = 0;
  }

  /** Whether the line at `at` begins with this head, at any second of its minute. */
  matches(bytes: Uint8Array, view: DataView, at: number, limit: number): boolean {
    if (this.#reach === 0 || at + this.#reach > limit) return false;
    if (!this.#minute.standsAt(view, at)) return false;
    let next = at + this.#minute.length;
    const tens = bytes[next] - 48;
    const ones = bytes[next + 1] - 48;
    // Second 60 and what is no digit are left to the caller.
    if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return false;
    let ms = (tens * 10 + ones) * 1000;
    next += 2;
    if (bytes[next] === 46) {
      let unit = 100;
      const last = next + MOST_DECIMALS;
      for (next++; next <= last; next++) {
        const digit = bytes[next] - 48;
        if (digit < 0 || digit > 9) break;
        ms += digit * unit;
        unit = unit === 1 ? 0 : (unit / 10) | 0;
      }
      if (bytes[next - 1] === 46) return false;
    }
    if (!this.#rest.standsAt(view, next)) return false;
    this.msOfMinute = ms;
    this.next = next + this.#rest.length;
    return true;
  }
}
