import { maskWord } from '../model/address.ts';
import type { JournalColumns } from '../series/journal-reader.ts';
import type { BlockSums, SortedSums } from './block-sums.ts';
import { exactSum } from './exact-sum.ts';

const LEAST_SLOTS = 1024;

/** Sums up to this, either way, are kept in a slot; what is beyond is carried away from it. */
const MAX_KEPT = 2 ** 29;

/**
 * Sums by IPv4 block, with open addressing. What an add costs is the memory that it touches, so a
 * slot has 8 bytes: the word of the block, and twice its sum plus 1, so that 0 is a free slot.
 * Sums that a slot cannot hold are carried to a map and begin at 0 again.
 */
export class Ipv4Sums implements BlockSums {
  readonly #mask: number;
  #slots = new Int32Array(LEAST_SLOTS * 2);
  #rows = 0;
  readonly #carried = new Map<number, number>();

  /** @param bits length of the blocks, 0 to 32 */
  constructor(bits: number) {
    this.#mask = maskWord(bits, 0);
  }

  add({ ipv4, counts }: JournalColumns, from: number, to: number): void {
    const mask = this.#mask;
    let slots = this.#slots;
    let last = slots.length - 2;
    let row = from;
    while (row < to) {
      const key = ipv4[row] & mask;
      let count = counts[row++];
      // Rows are sorted, so those of one block are neighbours.
      while (row < to && (ipv4[row] & mask) === key) count = exactSum(count, counts[row++]);
      let at = (mix(key) << 1) & last;
      while (slots[at + 1] !== 0 && slots[at] !== key) at = (at + 2) & last;
      if (slots[at + 1] === 0) {
        if (++this.#rows * 16 > slots.length * 7) {
          this.#grow();
          slots = this.#slots;
          last = slots.length - 2;
          at = freeSlot(slots, key);
        }
        slots[at] = key;
        slots[at + 1] = 1;
      }
      const kept = slots[at + 1] >> 1;
      const sum = kept + count;
      if (sum <= MAX_KEPT && sum >= -MAX_KEPT) slots[at + 1] = sum * 2 + 1;
      else {
        this.#carried.set(key, exactSum(this.#carried.get(key) ?? 0, exactSum(kept, count)));
        slots[at + 1] = 1;
      }
    }
  }

  sorted(): SortedSums {
    const slots = this.#slots;
    const blocks = new Uint32Array(this.#rows);
    let rows = 0;
    for (let at = 0; at < slots.length; at += 2) {
      if (slots[at + 1] !== 0) blocks[rows++] = slots[at];
    }
    blocks.sort();
    const keys = new Int32Array(blocks.buffer);
    const sums = new Float64Array(rows);
    const last = slots.length - 2;
    for (let row = 0; row < rows; row++) {
      const key = keys[row];
      let at = (mix(key) << 1) & last;
      while (slots[at] !== key || slots[at + 1] === 0) at = (at + 2) & last;
      sums[row] = slots[at + 1] >> 1;
    }
    if (this.#carried.size > 0) {
      keys.forEach((key, row) => {
        sums[row] = exactSum(sums[row], this.#carried.get(key) ?? 0);
      });
    }
    return { rows, keys, sums };
  }

  /** Twice the slots. */
  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    for (let old = 0; old < before.length; old += 2) {
      if (before[old + 1] === 0) continue;
      const at = freeSlot(this.#slots, before[old]);
      this.#slots[at] = before[old];
      this.#slots[at + 1] = before[old + 1];
    }
  }
}

/** Where a block that has no slot gets one. */
function freeSlot(slots: Int32Array, key: number): number {
  const last = slots.length - 2;
  let at = (mix(key) << 1) & last;
  while (slots[at + 1] !== 0) at = (at + 2) & last;
  return at;
}

/** Every bit of the result depends on every bit of the word (the finalizer of MurmurHash3). */
export function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
