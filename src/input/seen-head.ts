const LONGEST_WORDS = 64;
/** Decimals of a second that are read; rsyslog writes six, more are left to the caller. */
const MOST_DECIMALS = 9;
const DOT = 46;

/**
 * The head of a syslog line that most lines of a minute share: `Nov 20 18:27:` before the seconds,
 * ` mx1 ` (or `+01:00 mx1 `) behind them. Compared four bytes at a time.
 */
export class SeenHead {
  /** Of the line matched last: where its tag starts, and milliseconds since its minute began. */
  next = 0;
  msOfMinute = 0;

  /** Words of the two pieces; the last word of each stands over the one before it. */
  readonly #minute = new Int32Array(LONGEST_WORDS);
  readonly #rest = new Int32Array(LONGEST_WORDS);
  #minuteLength = 0;
  #restLength = 0;
  /** Bytes that must be readable from the start of a line; 0 when no head is kept. */
  #reach = 0;

  get known(): boolean {
    return this.#reach > 0;
  }

  /** Keeps a head: `second` is where the seconds start, `clockEnd` behind them and their decimals. */
  keep(view: DataView, start: number, second: number, clockEnd: number, tag: number): void {
    this.#minuteLength = second - start;
    this.#restLength = tag - clockEnd;
    const shortest = Math.min(this.#minuteLength, this.#restLength);
    const longest = Math.max(this.#minuteLength, this.#restLength);
    this.#reach = 0;
    if (shortest < 4 || longest >= LONGEST_WORDS * 4) return;
    keepWords(this.#minute, view, start, this.#minuteLength);
    keepWords(this.#rest, view, clockEnd, this.#restLength);
    this.#reach = this.#minuteLength + 3 + MOST_DECIMALS + this.#restLength;
  }

  forget(): void {
    this.#reach = 0;
  }

  /** Whether the line at `at` begins with this head, at any second of its minute. */
  matches(bytes: Uint8Array, view: DataView, at: number, limit: number): boolean {
    if (this.#reach === 0 || at + this.#reach > limit) return false;
    const minuteLength = this.#minuteLength;
    if (!standsAt(this.#minute, view, at, minuteLength)) return false;
    let next = at + minuteLength;
    const tens = bytes[next] - 48;
    const ones = bytes[next + 1] - 48;
    // Second 60 and what is no digit are left to the caller.
    if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return false;
    let ms = (tens * 10 + ones) * 1000;
    next += 2;
    if (bytes[next] === DOT) {
      let unit = 100;
      const last = next + MOST_DECIMALS;
      for (next++; next <= last; next++) {
        const digit = bytes[next] - 48;
        if (digit < 0 || digit > 9) break;
        ms += digit * unit;
        unit = unit === 1 ? 0 : (unit / 10) | 0;
      }
      if (bytes[next - 1] === DOT) return false;
    }
    if (!standsAt(this.#rest, view, next, this.#restLength)) return false;
    this.msOfMinute = ms;
    this.next = next + this.#restLength;
    return true;
  }
}

function keepWords(words: Int32Array, view: DataView, at: number, length: number): void {
  const whole = length >> 2;
  for (let word = 0; word < whole; word++) words[word] = view.getInt32(at + word * 4, true);
  words[whole] = view.getInt32(at + length - 4, true);
}

function standsAt(words: Int32Array, view: DataView, at: number, length: number): boolean {
  const whole = length >> 2;
  for (let word = 0; word < whole; word++) {
    if (view.getInt32(at + word * 4, true) !== words[word]) return false;
  }
  return view.getInt32(at + length - 4, true) === words[whole];
}
