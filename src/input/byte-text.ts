import { Piece, WordView } from '../model/words.ts';

/** Reading text in a block of bytes: every function stays inside `[at, end)`. */

/** A piece of text that lines are compared with. */
export class Phrase extends Piece {
  readonly bytes: Uint8Array;

  constructor(text: string) {
    super(text.length);
    const bytes = Buffer.from(text, 'latin1');
    this.bytes = bytes;
    this.keep(new WordView().of(bytes), 0, text.length);
  }
}

export function phrase(text: string): Phrase {
  return new Phrase(text);
}

export function startsWith(words: Int32Array, at: number, end: number, text: Phrase): boolean {
  return end - at >= text.length && text.standsAt(words, at);
}

export function endsWith(words: Int32Array, at: number, end: number, text: Phrase): boolean {
  return end - at >= text.length && text.standsAt(words, end - text.length);
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
