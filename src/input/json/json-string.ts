import { decodeText } from '../../model/event-batch.ts';

const QUOTES = 0x2222_2222;
const BACKSLASHES = 0x5c5c_5c5c;
const BLANKS = 0x2020_2020;
const ONES = 0x0101_0101;
const TOPS = 0x8080_8080 | 0;
const BACKSLASH = 92;
const LOWER_U = 117;

/**
 * Where a quote, a backslash or a control character first stands in `[at, end)`, or `end`: four
 * bytes at a time. Marks above the lowest one may be false, those are not looked at.
 */
export function seekSpecial(words: Int32Array, at: number, end: number): number {
  // What stands before `at` in its word does not count.
  let counts = TOPS << ((at & 3) << 3);
  for (let i = at & ~3; i < end; i += 4) {
    const word = words[i >> 2];
    // A borrow comes from a lower byte that is marked itself; those before `at` are made harmless.
    const found = counts === TOPS ? marks(word) : marks(word | before(at));
    if ((found & counts) !== 0) {
      const lowest = found & counts;
      return Math.min(i + ((31 - Math.clz32(lowest & -lowest)) >> 3), end);
    }
    counts = TOPS;
  }
  return end;
}

/** Bit 7 of the bytes that are special; the lowest mark is right. */
function marks(word: number): number {
  const quote = ((word ^ QUOTES) - ONES) | 0;
  const backslash = ((word ^ BACKSLASHES) - ONES) | 0;
  const control = (word - BLANKS) | 0;
  return (quote | backslash | control) & ~word & TOPS;
}

/** Bits that turn the bytes of a word before `at` into no special ones. */
function before(at: number): number {
  return 0x8080_8080 & ~(-1 << ((at & 3) << 3));
}

/** Length of the escape whose backslash stands at `at`; 0 when it is none. */
export function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  switch (bytes[at + 1]) {
    case 34:
    case 47:
    case 92:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return 2;
    case LOWER_U: {
      if (at + 6 > end) return 0;
      for (let i = at + 2; i < at + 6; i++) if (hexDigit(bytes[i]) < 0) return 0;
      return 6;
    }
    default:
      return 0;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

const SHORT: Readonly<Record<number, string>> = {
  34: '"',
  47: '/',
  92: '\\',
  98: '\b',
  102: '\f',
  110: '\n',
  114: '\r',
  116: '\t',
};

/**
 * What the string whose text is `bytes[start, end)` stands for. Bytes that are not UTF-8 come out as
 * `\xHH`, halves of a surrogate pair that stand alone as `\uHHHH`: no two strings become the same,
 * and each can be written to a file.
 */
export function decodeEscaped(bytes: Buffer, start: number, end: number, escaped: boolean): string {
  if (!escaped) return decodeText(bytes, start, end);
  let text = '';
  let plain = start;
  for (let at = start; at < end;) {
    if (bytes[at] !== BACKSLASH) {
      at++;
      continue;
    }
    text += decodeText(bytes, plain, at);
    const next = bytes[at + 1];
    if (next === LOWER_U) {
      let unit = 0;
      for (let i = at + 2; i < at + 6; i++) unit = unit * 16 + hexDigit(bytes[i]);
      text += String.fromCharCode(unit);
      at += 6;
    } else {
      text += SHORT[next];
      at += 2;
    }
    plain = at;
  }
  text += decodeText(bytes, plain, end);
  return text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}
