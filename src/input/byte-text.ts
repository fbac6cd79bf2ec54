/** Reading text in a block of bytes: every function stays inside `[at, end)`. */

/** The bytes of an ASCII word, to be compared with a block. */
export function ascii(word: string): Uint8Array {
  return Uint8Array.from(word, (char) => char.charCodeAt(0));
}

export function startsWith(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  const length = word.length;
  if (end - at < length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

export function endsWith(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  return end - at >= word.length && startsWith(bytes, end - word.length, end, word);
}

/** Where `word` first starts in `bytes[at, end)`, or -1. */
export function findFirst(bytes: Uint8Array, at: number, end: number, word: Uint8Array): number {
  const first = word[0];
  const last = end - word.length;
  for (let i = at; i <= last; i++) {
    if (bytes[i] === first && startsWith(bytes, i, end, word)) return i;
  }
  return -1;
}

/** Where `word` last starts in `bytes[at, end)`, or -1. */
export function findLast(bytes: Uint8Array, at: number, end: number, word: Uint8Array): number {
  const first = word[0];
  for (let i = end - word.length; i >= at; i--) {
    if (bytes[i] === first && startsWith(bytes, i, end, word)) return i;
  }
  return -1;
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
