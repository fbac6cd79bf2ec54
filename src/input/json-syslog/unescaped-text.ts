import { allocateBlock } from '../../model/words.ts';

const BACKSLASH = 92;
const LOWER_U = 117;
/** By the byte behind the backslash; 0 where it is none of the short escapes. */
const SHORT = new Uint8Array(256);
for (const [escape, byte] of ['""', '//', '\\\\', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  SHORT[escape.charCodeAt(0)] = byte.charCodeAt(0);
}

/**
 * The bytes that a JSON string stands for, in a buffer that is used again, and where in the string
 * each piece without escapes stands.
 */
export class UnescapedText {
  /** `bytes[0, length)` is the text. */
  bytes = allocateBlock(4096);
  length = 0;
  /** Escapes in the text: where each begins and ends, and how much further the string was there. */
  #escapes = 0;
  #from = new Uint32Array(64);
  #to = new Uint32Array(64);
  #ahead = new Uint32Array(64);
  /** Where the string begins, -1 when the text stands in none. */
  #origin = -1;

  /** Takes the string without its quotes, `source[start, end)`, which holds no malformed escape. */
  decode(source: Uint8Array, start: number, end: number): void {
    const bytes = this.#room(end - start);
    this.#escapes = 0;
    this.#origin = start;
    let length = 0;
    for (let at = start; at < end;) {
      const byte = source[at];
      if (byte !== BACKSLASH) {
        bytes[length++] = byte;
        at++;
        continue;
      }
      const from = length;
      const next = source[at + 1];
      if (next === LOWER_U) {
        const pair = surrogatePair(source, at, end);
        const size = pair === 0 ? 6 : 12;
        const point = pair === 0 ? codeUnit(source, at) : pair;
        // Half a pair stands for no character: it is left as it was written.
        if (point >= 0xd800 && point <= 0xdfff) {
          for (let i = 0; i < 6; i++) bytes[length++] = source[at + i];
        } else length = putUtf8(bytes, length, point);
        at += size;
      } else {
        bytes[length++] = SHORT[next];
        at += 2;
      }
      this.#note(from, length, at - start - length);
    }
    this.length = length;
  }

  /** Takes bytes that stand in no string. */
  take(bytes: Uint8Array): void {
    this.#room(bytes.length).set(bytes);
    this.#escapes = 0;
    this.#origin = -1;
    this.length = bytes.length;
  }

  /** Adds bytes behind the text, which do not belong to it, and returns where they end. */
  append(at: number, source: Uint8Array, start: number, end: number): number {
    const behind = at + end - start;
    if (behind > this.bytes.length) {
      const { bytes } = this;
      this.bytes = allocateBlock(behind * 2);
      this.bytes.set(bytes);
    }
    for (let i = start; i < end; i++) this.bytes[at + i - start] = source[i];
    return behind;
  }

  /** Where the piece `[from, to)` of the text begins in the source; -1 when it stands there otherwise. */
  sourceOf(from: number, to: number): number {
    if (this.#origin < 0 || to > this.length) return -1;
    let low = 0;
    let high = this.#escapes;
    // The first escape that ends behind `from`.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#to[middle] <= from) low = middle + 1;
      else high = middle;
    }
    if (low < this.#escapes && this.#from[low] < to) return -1;
    return this.#origin + from + (low === 0 ? 0 : this.#ahead[low - 1]);
  }

  #note(from: number, to: number, ahead: number): void {
    const n = this.#escapes++;
    if (n === this.#from.length) {
      this.#from = doubled(this.#from);
      this.#to = doubled(this.#to);
      this.#ahead = doubled(this.#ahead);
    }
    this.#from[n] = from;
    this.#to[n] = to;
    this.#ahead[n] = ahead;
  }

  #room(length: number): Buffer {
    if (length > this.bytes.length) this.bytes = allocateBlock(length * 2);
    return this.bytes;
  }
}

function doubled(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** The UTF-16 unit of `\uHHHH` at `at`. */
function codeUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const byte = bytes[i];
    unit = unit * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
  }
  return unit;
}

/** The character of two escapes `\uD83D\uDE00` at `at`; 0 when they are none. */
function surrogatePair(bytes: Uint8Array, at: number, end: number): number {
  if (at + 12 > end || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== LOWER_U) return 0;
  const high = codeUnit(bytes, at);
  const low = codeUnit(bytes, at + 6);
  if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff) return 0;
  return 0x1_0000 + ((high - 0xd800) << 10) + low - 0xdc00;
}

/** Writes a character; the index behind it. */
function putUtf8(bytes: Uint8Array, at: number, point: number): number {
  let length = at;
  if (point < 0x80) {
    bytes[length++] = point;
    return length;
  }
  if (point < 0x800) bytes[length++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x1_0000) bytes[length++] = 0xe0 | (point >> 12);
    else {
      bytes[length++] = 0xf0 | (point >> 18);
      bytes[length++] = 0x80 | ((point >> 12) & 63);
    }
    bytes[length++] = 0x80 | ((point >> 6) & 63);
  }
  bytes[length++] = 0x80 | (point & 63);
  return length;
}
