import { maskWord } from '../model/address.ts';
import type { JournalColumns } from '../series/journal-reader.ts';
import type { BlockSums, SortedSums } from './block-sums.ts';
import { exactSum, PLAIN } from './exact-sum.ts';

const LEAST_SLOTS = 1024;

/**
 * Sums by IPv4 block. Open addressing; a slot has 16 bytes: the word of the block, whether it is
 * taken, and the sum. What an add costs is the lines of memory that it touches, and so it is one.
 */
export class Ipv4Sums implements BlockSums {
  readonly #mask: number;
  /** Four words a slot: block, 1 where it is taken, and two of the sum. */
  #words: Int32Array;
  /** The same memory: the sum is the second of two numbers a slot. */
  #numbers: Float64Array;
  #slots = LEAST_SLOTS;
  #rows = 0;

  /** @param bits length of the blocks, 0 to 32 */
  constructor(bits: number) {
    this.#mask = maskWord(bits, 0);
    const memory = new ArrayBuffer(LEAST_SLOTS * 16);
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
  }

  add({ ipv4, counts }: JournalColumns, from: number, to: number): void {
    const mask = this.#mask;
    let at = -1;
    let last = 0;
    let numbers = this.#numbers;
    for (let row = from; row < to; row++) {
      const key = ipv4[row] & mask;
      // Rows are sorted, so those of one block are neighbours.
      if (at === -1 || key !== last) {
        at = this.#slotOf(key) * 2 + 1;
        last = key;
        numbers = this.#numbers;
      }
      const count = counts[row];
      const sum = numbers[at] + count;
      numbers[at] = sum > PLAIN || sum < -PLAIN ? exactSum(numbers[at], count) : sum;
    }
  }

  sorted(): SortedSums {
    const blocks = new Uint32Array(this.#rows);
    let rows = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#words[slot * 4 + 1] !== 0) blocks[rows++] = this.#words[slot * 4];
    }
    blocks.sort();
    const keys = new Int32Array(blocks.buffer);
    const sums = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      sums[row] = this.#numbers[this.#slotOf(keys[row]) * 2 + 1];
    }
    return { rows, keys, sums };
  }

  /** The slot of a block, taken now if it was not. */
  #slotOf(key: number): number {
    const words = this.#words;
    const last = this.#slots - 1;
    let slot = mix(key) & last;
    while (words[slot * 4 + 1] !== 0) {
      if (words[slot * 4] === key) return slot;
      slot = (slot + 1) & last;
    }
    if (this.#rows * 4 >= this.#slots * 3) {
      this.#grow();
      return this.#slotOf(key);
    }
    words[slot * 4] = key;
    words[slot * 4 + 1] = 1;
    this.#rows++;
    return slot;
  }

  /** Twice the slots. */
  #grow(): void {
    const [words, numbers] = [this.#words, this.#numbers];
    this.#slots *= 2;
    const memory = new ArrayBuffer(this.#slots * 16);
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
    const last = this.#slots - 1;
    for (let old = 0; old * 4 < words.length; old++) {
      if (words[old * 4 + 1] === 0) continue;
      let slot = mix(words[old * 4]) & last;
      while (this.#words[slot * 4 + 1] !== 0) slot = (slot + 1) & last;
      this.#words[slot * 4] = words[old * 4];
      this.#words[slot * 4 + 1] = 1;
      this.#numbers[slot * 2 + 1] = numbers[old * 2 + 1];
    }
  }
}

/** Every bit of the result depends on every bit of the word (the finalizer of MurmurHash3). */
export function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
