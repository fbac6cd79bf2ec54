/** Bytes read four at a time: what a line costs is instructions, and a `DataView` takes more. */

/** Room for words that stand over the end of the last bytes. */
const SPARE_BYTES = 64;

/**
 * A buffer of `length` bytes whose words can be read up to its very end.
 *
 * @param isShared whether other threads are to see it
 */
export function allocateBlock(length: number, isShared = false): Buffer {
  const bytes = (length + SPARE_BYTES + 3) & ~3;
  return Buffer.from(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), 0, length);
}

/** The bytes themselves where their words can be read, or a copy where they can. */
export function readableBlock(bytes: Buffer): Buffer {
  if (hasWords(bytes)) return bytes;
  const copy = allocateBlock(bytes.length);
  copy.set(bytes);
  return copy;
}

function hasWords({ buffer, byteOffset, length }: Uint8Array): boolean {
  return (byteOffset & 3) === 0 && byteOffset + ((length + 3) & ~3) <= buffer.byteLength;
}

/** The words of the buffer looked at last, made once for a buffer that `readableBlock` returns. */
export class WordView {
  #bytes: Uint8Array | undefined;
  #words: Int32Array = new Int32Array(0);

  /** Words of `bytes`, little endian; of any other buffer, those of a copy made now. */
  of(bytes: Buffer): Int32Array {
    if (bytes === this.#bytes) return this.#words;
    const block = readableBlock(bytes);
    const { buffer, byteOffset, length } = block;
    const room = Math.min(length + SPARE_BYTES, buffer.byteLength - byteOffset);
    const words = new Int32Array(buffer, byteOffset, room >> 2);
    if (block !== bytes) return words;
    this.#bytes = bytes;
    this.#words = words;
    return words;
  }
}

/** The four bytes at `at`. */
export function wordAt(words: Int32Array, at: number): number {
  const shift = (at & 3) << 3;
  const word = at >> 2;
  // Two shifts, because one by 32 is one by 0.
  return (words[word] >>> shift) | ((words[word + 1] << 1) << (31 - shift));
}

/** By number of bytes: the part of a word that they fill. */
export const PART = Int32Array.of(0, 0xff, 0xffff, 0xff_ffff);

/** Times a byte: a word of four such bytes. */
export const ONES = 0x0101_0101;
const SEVENS = 0x7f7f_7f7f;

/** Bit 7 of every byte of a word that is 0, and no other bit. */
export function zeroBytes(word: number): number {
  return ~(((word & SEVENS) + SEVENS) | word | SEVENS);
}

/** Where the lowest of the bytes that `zeroBytes` marks stands in its word. */
export function lowestMark(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

/** Where one of the bytes `a` and `b` first stands in `[at, end)`, or `end`: eight bytes at a time. */
export function seekEither(
  words: Int32Array,
  at: number,
  end: number,
  a: number,
  b: number,
): number {
  const first = Math.imul(a, ONES);
  const second = Math.imul(b, ONES);
  // What stands before `at` in its word does not count.
  let counts = -1 << ((at & 3) << 3);
  for (let i = at & ~3; i < end; i += 8) {
    const low = words[i >> 2];
    const high = words[(i >> 2) + 1];
    const inLow = (zeroBytes(low ^ first) | zeroBytes(low ^ second)) & counts;
    if (inLow !== 0) return Math.min(i + lowestMark(inLow), end);
    const inHigh = zeroBytes(high ^ first) | zeroBytes(high ^ second);
    if (inHigh !== 0) return Math.min(i + 4 + lowestMark(inHigh), end);
    counts = -1;
  }
  return end;
}

/** Added to a byte below 128, this sets bit 7 from that byte on. */
const atLeast = (byte: number): number => Math.imul(128 - byte, ONES);
const FROM_0 = atLeast(48);
const BEHIND_9 = atLeast(58);
const FROM_A = atLeast(97);
const BEHIND_Z = atLeast(123);
const SMALL = 0x2020_2020;
/** Bit 7 of each byte. */
export const HIGHS = Math.imul(128, ONES);

/** Bit 7 of every byte of a word that is an ASCII letter or digit, and no other bit. */
function alphanumerics(word: number): number {
  const low = word & SEVENS;
  const small = low | SMALL;
  const digits = (low + FROM_0) & ~(low + BEHIND_9);
  const letters = (small + FROM_A) & ~(small + BEHIND_Z);
  return (digits | letters) & ~word & HIGHS;
}

/** Where a byte that is no ASCII letter or digit first stands in `[at, end)`, or `end`. */
export function seekBehindWord(words: Int32Array, at: number, end: number): number {
  let counts = -1 << ((at & 3) << 3);
  for (let i = at & ~3; i < end; i += 4) {
    const others = (alphanumerics(words[i >> 2]) ^ HIGHS) & counts;
    if (others !== 0) return Math.min(i + lowestMark(others), end);
    counts = -1;
  }
  return end;
}

/** Where the byte `wanted` first stands in `[at, end)`, or `end`. */
export function seekByte(words: Int32Array, at: number, end: number, wanted: number): number {
  const pattern = Math.imul(wanted, ONES);
  let counts = -1 << ((at & 3) << 3);
  for (let i = at & ~3; i < end; i += 8) {
    const inLow = zeroBytes(words[i >> 2] ^ pattern) & counts;
    if (inLow !== 0) return Math.min(i + lowestMark(inLow), end);
    const inHigh = zeroBytes(words[(i >> 2) + 1] ^ pattern);
    if (inHigh !== 0) return Math.min(i + 4 + lowestMark(inHigh), end);
    counts = -1;
  }
  return end;
}

/**
 * A piece of text that is compared with the bytes of a block, eight at a time: a turn of a loop
 * costs more than what it does. Behind the text stand words that match anything.
 */
export class Piece {
  /** 0 when nothing is kept. */
  length = 0;
  /** The first six words and masks once more: most pieces have no others, and these need no loop. */
  #word0 = 0;
  #word1 = 0;
  #word2 = 0;
  #word3 = 0;
  #word4 = 0;
  #word5 = 0;
  #mask0 = 0;
  #mask1 = 0;
  #mask2 = 0;
  #mask3 = 0;
  #mask4 = 0;
  #mask5 = 0;
  readonly #words: Int32Array;
  readonly #masks: Int32Array;

  /** @param longest bytes that it can keep */
  constructor(longest: number) {
    const room = ((longest + 7) >> 3) * 2;
    this.#words = new Int32Array(room);
    this.#masks = new Int32Array(room);
  }

  /** Keeps the bytes `[at, at + length)`; nothing when they are too many. */
  keep(words: Int32Array, at: number, length: number): void {
    this.length = 0;
    if (length > this.#words.length * 4) return;
    this.length = length;
    // Words beyond the last pair are never looked at.
    for (let i = 0; i < ((length + 7) >> 3) * 2; i++) {
      const left = length - i * 4;
      this.#masks[i] = left >= 4 ? -1 : PART[Math.max(left, 0)];
      this.#words[i] = this.#masks[i] === 0 ? 0 : wordAt(words, at + i * 4) & this.#masks[i];
    }
    this.#keepFirst();
  }

  /** Leaves `[from, to)` of the text open: any bytes may stand there. */
  open(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      this.#masks[at >> 2] &= ~(0xff << ((at & 3) << 3));
      this.#words[at >> 2] &= this.#masks[at >> 2];
    }
    this.#keepFirst();
  }

  /** Whether the text stands at `at`; never when nothing is kept. */
  standsAt(words: Int32Array, at: number): boolean {
    const { length } = this;
    const shift = (at & 3) << 3;
    const back = 31 - shift;
    const from = at >> 2;
    const b = words[from + 1];
    const c = words[from + 2];
    const word0 = (words[from] >>> shift) | ((b << 1) << back);
    const word1 = (b >>> shift) | ((c << 1) << back);
    if ((((word0 & this.#mask0) ^ this.#word0) | ((word1 & this.#mask1) ^ this.#word1)) !== 0) {
      return false;
    }
    if (length <= 8) return length > 0;
    const d = words[from + 3];
    const e = words[from + 4];
    const word2 = (c >>> shift) | ((d << 1) << back);
    const word3 = (d >>> shift) | ((e << 1) << back);
    if ((((word2 & this.#mask2) ^ this.#word2) | ((word3 & this.#mask3) ^ this.#word3)) !== 0) {
      return false;
    }
    if (length <= 16) return true;
    const f = words[from + 5];
    const g = words[from + 6];
    const word4 = (e >>> shift) | ((f << 1) << back);
    const word5 = (f >>> shift) | ((g << 1) << back);
    if ((((word4 & this.#mask4) ^ this.#word4) | ((word5 & this.#mask5) ^ this.#word5)) !== 0) {
      return false;
    }
    return length <= 24 || this.#restStandsAt(words, at);
  }

  #keepFirst(): void {
    const words = this.#words;
    this.#word0 = words[0];
    this.#word1 = words[1];
    [this.#word2 = 0, this.#word3 = 0, this.#word4 = 0, this.#word5 = 0] = words.subarray(2);
    const masks = this.#masks;
    this.#mask0 = masks[0];
    this.#mask1 = masks[1];
    [this.#mask2 = 0, this.#mask3 = 0, this.#mask4 = 0, this.#mask5 = 0] = masks.subarray(2);
  }

  /** The same for the words behind the sixth. */
  #restStandsAt(words: Int32Array, at: number): boolean {
    const { length } = this;
    const own = this.#words;
    const masks = this.#masks;
    const shift = (at & 3) << 3;
    const back = 31 - shift;
    let from = (at >> 2) + 6;
    let low = words[from];
    for (let i = 6; i * 4 < length; i += 2) {
      const middle = words[from + 1];
      const high = words[from + 2];
      const first = (low >>> shift) | ((middle << 1) << back);
      const second = (middle >>> shift) | ((high << 1) << back);
      if ((((first & masks[i]) ^ own[i]) | ((second & masks[i + 1]) ^ own[i + 1])) !== 0) {
        return false;
      }
      low = high;
      from += 2;
    }
    return true;
  }
}
