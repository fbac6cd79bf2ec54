/** Bytes read four at a time: what a line costs is instructions, and a `DataView` takes too many. */

/** Room for words that stand over the end of the last bytes. */
const SPARE_BYTES = 8;

/** A buffer of `length` bytes whose words can be read up to its very end. */
export function allocateBlock(length: number): Buffer {
  const room = new ArrayBuffer((length + SPARE_BYTES + 3) & ~3);
  return Buffer.from(room, 0, length);
}

/** The words of the buffer looked at last, made once for each buffer that `allocateBlock` made. */
export class WordView {
  #bytes: Uint8Array | undefined;
  #words: Int32Array = new Int32Array(0);

  /** Words of `bytes`, little endian; those of a buffer of another origin are a copy of its bytes. */
  of(bytes: Uint8Array): Int32Array {
    if (bytes === this.#bytes) return this.#words;
    const { buffer, byteOffset, length } = bytes;
    const room = (length + SPARE_BYTES) & ~3;
    if ((byteOffset & 3) === 0 && byteOffset + room <= buffer.byteLength) {
      this.#bytes = bytes;
      this.#words = new Int32Array(buffer, byteOffset, room >> 2);
      return this.#words;
    }
    const copy = allocateBlock(length);
    copy.set(bytes);
    return new Int32Array(copy.buffer, 0, room >> 2);
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

/** A piece of text that is compared with the bytes of a block, four at a time. */
export class Piece {
  /** 0 when nothing is kept. */
  length = 0;
  readonly #words: Int32Array;

  /** @param longest bytes that it can keep */
  constructor(longest: number) {
    this.#words = new Int32Array((longest + 3) >> 2);
  }

  /** Keeps the bytes `[at, at + length)`; nothing when they are too many. */
  keep(words: Int32Array, at: number, length: number): void {
    this.length = 0;
    if (length > this.#words.length * 4) return;
    this.length = length;
    const whole = length >> 2;
    for (let i = 0; i < whole; i++) this.#words[i] = wordAt(words, at + i * 4);
    if ((length & 3) !== 0) this.#words[whole] = wordAt(words, at + whole * 4) & PART[length & 3];
  }

  /** Whether the text stands at `at`; never when nothing is kept. */
  standsAt(words: Int32Array, at: number): boolean {
    const { length } = this;
    if (length === 0) return false;
    const own = this.#words;
    const shift = (at & 3) << 3;
    const back = 31 - shift;
    const whole = length >> 2;
    let from = at >> 2;
    let low = words[from];
    for (let i = 0; i < whole; i++) {
      const high = words[++from];
      if (((low >>> shift) | ((high << 1) << back)) !== own[i]) return false;
      low = high;
    }
    const rest = length & 3;
    if (rest === 0) return true;
    const last = (low >>> shift) | ((words[from + 1] << 1) << back);
    return (last & PART[rest]) === own[whole];
  }
}
