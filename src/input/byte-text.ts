/** Reading text in a block of bytes: every function stays inside `[at, end)`. */

/** A piece of text that lines are compared with, of four bytes or more: four bytes at a time. */
export class Phrase {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The last four bytes, over the words before them. */
  readonly last: number;

  constructor(text: string) {
    this.bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    this.length = this.bytes.length;
    const view = new DataView(this.bytes.buffer);
    this.words = Int32Array.from({ length: this.length >> 2 }, (_, word) =>
      view.getInt32(word * 4, true),
    );
    this.last = view.getInt32(this.length - 4, true);
  }
}

export function phrase(text: string): Phrase {
  return new Phrase(text);
}

export function startsWith(view: DataView, at: number, end: number, text: Phrase): boolean {
  const { length, words } = text;
  if (end - at < length) return false;
  for (let word = 0; word < words.length; word++) {
    if (view.getInt32(at + word * 4, true) !== words[word]) return false;
  }
  return view.getInt32(at + length - 4, true) === text.last;
}

export function endsWith(view: DataView, at: number, end: number, text: Phrase): boolean {
  return end - at >= text.length && startsWith(view, end - text.length, end, text);
}

/** Where `text` first starts in `bytes[at, end)`, or -1. */
export function findFirst(bytes: Uint8Array, at: number, end: number, text: Phrase): number {
  const first = text.bytes[0];
  const last = end - text.length;
  for (let i = at; i <= last; i++) {
    if (bytes[i] === first && standsAt(bytes, i, text)) return i;
  }
  return -1;
}

/** Where `text` last starts in `bytes[at, end)`, or -1. */
export function findLast(bytes: Uint8Array, at: number, end: number, text: Phrase): number {
  const first = text.bytes[0];
  for (let i = end - text.length; i >= at; i--) {
    if (bytes[i] === first && standsAt(bytes, i, text)) return i;
  }
  return -1;
}

function standsAt(bytes: Uint8Array, at: number, text: Phrase): boolean {
  const wanted = text.bytes;
  for (let i = 1; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

const ONES = 0x0101_0101;
const HIGHS = 0x8080_8080;

/** Where the byte `wanted` first stands in `view[at, end)`, or `end`: four bytes at a time. */
export function seekByte(view: DataView, at: number, end: number, wanted: number): number {
  const pattern = Math.imul(wanted, ONES);
  let i = at;
  for (const last = end - 4; i <= last; i += 4) {
    // A zero byte of the difference borrows into its highest bit.
    const x = view.getInt32(i, true) ^ pattern;
    if (((x - ONES) & ~x & HIGHS) !== 0) break;
  }
  while (i < end && view.getUint8(i) !== wanted) i++;
  return i;
}

/** The same for the first of two bytes. */
export function seekEither(view: DataView, at: number, end: number, a: number, b: number): number {
  const first = Math.imul(a, ONES);
  const second = Math.imul(b, ONES);
  let i = at;
  for (const last = end - 4; i <= last; i += 4) {
    const word = view.getInt32(i, true);
    const x = word ^ first;
    const y = word ^ second;
    if ((((x - ONES) & ~x) | ((y - ONES) & ~y)) & HIGHS) break;
  }
  for (; i < end; i++) {
    const byte = view.getUint8(i);
    if (byte === a || byte === b) break;
  }
  return i;
}

/** Where the byte `wanted` first stands in `bytes[at, end)`, or `end`. */
export function findByte(bytes: Uint8Array, at: number, end: number, wanted: number): number {
  let i = at;
  while (i < end && bytes[i] !== wanted) i++;
  return i;
}

export function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** The whole number written in `bytes[at, end)`; -1 when it is none or has more than 15 digits. */
export function wholeNumber(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at || end - at > 15) return -1;
  let value = 0;
  for (let i = at; i < end; i++) {
    if (!isDigit(bytes[i])) return -1;
    value = value * 10 + bytes[i] - 48;
  }
  return value;
}

export function sameBytes(
  bytes: Uint8Array,
  at: number,
  end: number,
  otherAt: number,
  otherEnd: number,
): boolean {
  if (end - at !== otherEnd - otherAt) return false;
  for (let i = 0; i < end - at; i++) if (bytes[at + i] !== bytes[otherAt + i]) return false;
  return true;
}

/** Line ends, blanks and the NULs that a crash leaves in a file. */
export function isFiller(byte: number): boolean {
  if (byte > 32) return false;
  return byte === 13 || byte === 32 || byte === 0 || byte === 9 || byte === 10;
}
