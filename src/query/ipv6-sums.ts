import { maskWord } from '../model/address.ts';
import type { JournalColumns } from '../series/journal-reader.ts';
import type { BlockSums, SortedSums } from './block-sums.ts';
import { exactSum, PLAIN } from './exact-sum.ts';
import { mix } from './ipv4-sums.ts';

const LEAST_SLOTS = 1024;

/**
 * Sums by IPv6 block: an index with open addressing leads from the four words of a block to its
 * row. At most half of the slots are taken.
 */
export class Ipv6Sums implements BlockSums {
  readonly #masks: readonly number[];
  /** Row + 1; 0 is a free slot. */
  #index = new Int32Array(LEAST_SLOTS);
  #keys = new Int32Array(LEAST_SLOTS * 2);
  #sums = new Float64Array(LEAST_SLOTS / 2);
  #rows = 0;

  /** @param bits length of the blocks, 0 to 128 */
  constructor(bits: number) {
    this.#masks = [0, 1, 2, 3].map((index) => maskWord(bits, index));
  }

  add({ ipv4Rows, ipv6, counts }: JournalColumns, from: number, to: number): void {
    const [m0, m1, m2, m3] = this.#masks;
    for (let i = from; i < to; i++) {
      const k = i * 4;
      const row = this.#rowOf(ipv6[k] & m0, ipv6[k + 1] & m1, ipv6[k + 2] & m2, ipv6[k + 3] & m3);
      const count = counts[ipv4Rows + i];
      const before = this.#sums[row];
      const sum = before + count;
      this.#sums[row] = sum > PLAIN || sum < -PLAIN ? exactSum(before, count) : sum;
    }
  }

  sorted(): SortedSums {
    const order = Uint32Array.from({ length: this.#rows }, (_, row) => row);
    order.sort((a, b) => compareIpv6(this.#keys, a, this.#keys, b));
    const keys = new Int32Array(this.#rows * 4);
    const sums = new Float64Array(this.#rows);
    order.forEach((row, at) => {
      keys.set(this.#keys.subarray(row * 4, row * 4 + 4), at * 4);
      sums[at] = this.#sums[row];
    });
    return { rows: this.#rows, keys, sums };
  }

  /** The row of a block, a new one if it had none. */
  #rowOf(a: number, b: number, c: number, d: number): number {
    const [index, keys] = [this.#index, this.#keys];
    const last = index.length - 1;
    let slot = mixFour(a, b, c, d) & last;
    for (let row = index[slot] - 1; row !== -1; row = index[slot] - 1) {
      const k = row * 4;
      if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return row;
      slot = (slot + 1) & last;
    }
    if (this.#rows * 2 === index.length) {
      this.#grow();
      return this.#rowOf(a, b, c, d);
    }
    index[slot] = this.#rows + 1;
    const k = this.#rows * 4;
    keys[k] = a;
    keys[k + 1] = b;
    keys[k + 2] = c;
    keys[k + 3] = d;
    return this.#rows++;
  }

  /** Twice the slots and rows. */
  #grow(): void {
    const slots = this.#index.length * 2;
    const keys = new Int32Array(slots * 2);
    keys.set(this.#keys);
    const sums = new Float64Array(slots / 2);
    sums.set(this.#sums);
    this.#keys = keys;
    this.#sums = sums;
    this.#index = new Int32Array(slots);
    for (let row = 0; row < this.#rows; row++) {
      const k = row * 4;
      let slot = mixFour(keys[k], keys[k + 1], keys[k + 2], keys[k + 3]) & (slots - 1);
      while (this.#index[slot] !== 0) slot = (slot + 1) & (slots - 1);
      this.#index[slot] = row + 1;
    }
  }
}

function mixFour(a: number, b: number, c: number, d: number): number {
  return mix(mix(mix(mix(a) ^ b) ^ c) ^ d);
}

/** Order of two IPv6 rows, as unsigned numbers: negative, 0 or positive. */
function compareIpv6(a: Int32Array, rowA: number, b: Int32Array, rowB: number): number {
  for (let i = 0; i < 4; i++) {
    const difference = (a[rowA * 4 + i] >>> 0) - (b[rowB * 4 + i] >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
