/**
 * A piece of text seen before, compared with a block four bytes at a time: the stamp, host and tag
 * of a line mostly repeat, and byte by byte the comparison costs more than the rest of the header.
 */
export class SeenBytes {
  /** 0 when nothing is kept. */
  length = 0;
  readonly #words: Int32Array;
  #last = 0;

  /** @param longest longest text that can be kept, in bytes */
  constructor(longest: number) {
    this.#words = new Int32Array(longest >> 2);
  }

  /** Keeps `view[at, at + length)`; nothing when it is shorter than 4 bytes or too long. */
  keep(view: DataView, at: number, length: number): void {
    if (length < 4 || length > this.#words.length * 4) {
      this.length = 0;
      return;
    }
    this.length = length;
    const words = length >> 2;
    for (let i = 0; i < words; i++) this.#words[i] = view.getInt32(at + i * 4, true);
    this.#last = view.getInt32(at + length - 4, true);
  }

  /** Whether the kept text stands at `at`; `at + length` must lie inside the view. */
  standsAt(view: DataView, at: number): boolean {
    const { length } = this;
    // The end first: stamps and tags differ there.
    if (length === 0 || view.getInt32(at + length - 4, true) !== this.#last) return false;
    const words = this.#words;
    for (let i = 0; i < length >> 2; i++) {
      if (view.getInt32(at + i * 4, true) !== words[i]) return false;
    }
    return true;
  }
}
