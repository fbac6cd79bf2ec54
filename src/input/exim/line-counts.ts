import { wordAt, PART } from '../../model/words.ts';

const INITIAL_SLOTS = 1024;

/**
 * How often lines stand in a log, by 64 bits of their content: a line is a few hundred bytes, and
 * there may be millions.
 */
export class LineCounts {
  #size = 0;
  #low: Int32Array;
  #high: Int32Array;
  /** 0: the slot is free; n: the line was seen n - 1 times. */
  #counts: Uint32Array;
  #lowHash = 0;
  #highHash = 0;

  constructor(slots = INITIAL_SLOTS) {
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
    this.#counts = new Uint32Array(slots);
  }

  /** Makes the line known, as one that was not counted yet. */
  know(words: Int32Array, start: number, end: number): void {
    this.#hash(words, start, end);
    const slot = this.#find();
    if (this.#counts[slot] !== 0) return;
    this.#low[slot] = this.#lowHash;
    this.#high[slot] = this.#highHash;
    this.#counts[slot] = 1;
    if (++this.#size * 2 > this.#counts.length) this.#grow();
  }

  /** Counts the line when it is known. */
  count(words: Int32Array, start: number, end: number): void {
    this.#hash(words, start, end);
    const slot = this.#find();
    if (this.#counts[slot] !== 0) this.#counts[slot]++;
  }

  /** Takes one of the line's counts away; false when it has none left. */
  take(words: Int32Array, start: number, end: number): boolean {
    this.#hash(words, start, end);
    const slot = this.#find();
    if (this.#counts[slot] < 2) return false;
    this.#counts[slot]--;
    return true;
  }

  /** The same counts, to be taken from anew. */
  copy(): LineCounts {
    const copy = new LineCounts(this.#counts.length);
    copy.#size = this.#size;
    copy.#low = this.#low;
    copy.#high = this.#high;
    copy.#counts = this.#counts.slice();
    return copy;
  }

  #find(): number {
    const mask = this.#counts.length - 1;
    let slot = (this.#lowHash ^ (this.#highHash >>> 7)) & mask;
    while (
      this.#counts[slot] !== 0 &&
      (this.#low[slot] !== this.#lowHash || this.#high[slot] !== this.#highHash)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #hash(words: Int32Array, start: number, end: number): void {
    let low = Math.imul(end - start, 0x9e3779b1);
    let high = end - start;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = wordAt(words, at);
      low = Math.imul(low ^ word, 0x85ebca6b);
      low ^= low >>> 15;
      high = Math.imul(high + word, 0xc2b2ae35);
      high ^= high >>> 13;
    }
    if (at < end) {
      const word = wordAt(words, at) & PART[end - at];
      low = Math.imul(low ^ word, 0x85ebca6b);
      high = Math.imul(high + word, 0xc2b2ae35);
    }
    this.#lowHash = low ^ (low >>> 16);
    this.#highHash = high ^ (high >>> 16);
  }

  #grow(): void {
    const low = this.#low;
    const high = this.#high;
    const counts = this.#counts;
    this.#low = new Int32Array(counts.length * 2);
    this.#high = new Int32Array(counts.length * 2);
    this.#counts = new Uint32Array(counts.length * 2);
    for (let old = 0; old < counts.length; old++) {
      if (counts[old] === 0) continue;
      this.#lowHash = low[old];
      this.#highHash = high[old];
      const slot = this.#find();
      this.#low[slot] = low[old];
      this.#high[slot] = high[old];
      this.#counts[slot] = counts[old];
    }
  }
}
