import { maskWord, type Network } from '../model/address.ts';
import type { AddressCounts } from './bucket-counts.ts';

/**
 * What makes two spans of different length comparable in whole numbers: an address grew by
 * `now * this.now - before * this.before`, in units of 1 / `this.now` of an event.
 */
export interface Weights {
  readonly before: number;
  readonly now: number;
}

/** A block that holds the asked share of the growth around it (semantics, section 10). */
export interface Grower {
  readonly network: Network;
  readonly before: number;
  readonly now: number;
  /** In units of `Weights`; negative when other addresses of the block shrank by more. */
  readonly growth: number;
  /** Different addresses with an event in the later span. */
  readonly addresses: number;
  /** Smaller growers inside, whose addresses are not counted here. */
  readonly apart: number;
}

/** Blocks shorter than this are no answer to "who". */
const SHORTEST = { 4: 8, 6: 32 } as const;

/** Length of the block around one of `bits`, in which its growth must stand out. */
function aroundBits(family: 4 | 6, bits: number): number {
  if (family === 4) return Math.max(SHORTEST[4], bits - 8);
  return bits > 64 ? 64 : Math.max(SHORTEST[6], bits - 16);
}

/**
 * The growers of one family, in the order in which they are found: every address that grew belongs
 * to one of them or to none, never to two (semantics, section 10, has the rule).
 *
 * @param share percent of the growth around a block that it must hold, 1 to 100
 */
export function findGrowers(counts: AddressCounts, weights: Weights, share: number): Grower[] {
  const search = new GrowerSearch(counts, weights, share);
  const { family } = counts;
  const width = family === 4 ? 32 : 128;
  for (let bits = width; bits > SHORTEST[family]; bits--) search.pass(bits);
  return search.growers;
}

class GrowerSearch {
  readonly growers: Grower[] = [];
  readonly #counts: AddressCounts;
  readonly #weights: Weights;
  readonly #share: number;
  readonly #width: number;
  /** Growth of each address where positive, else 0. */
  readonly #gain: Float64Array;
  /** 1: the address belongs to a grower. */
  readonly #taken: Uint8Array;
  /** Addresses that grew and belong to no grower yet, in order. */
  readonly #left: Uint32Array;
  #length = 0;
  /** Leading bits that each of `#left` has in common with the one before it; -1 for the first. */
  readonly #common: Int16Array;
  /** 1: the first address that grew of a grower found. */
  readonly #heads: Uint8Array;

  constructor(counts: AddressCounts, weights: Weights, share: number) {
    this.#counts = counts;
    this.#weights = weights;
    this.#share = share;
    this.#width = counts.family === 4 ? 32 : 128;
    const { size } = counts;
    this.#gain = new Float64Array(size);
    this.#taken = new Uint8Array(size);
    this.#heads = new Uint8Array(size);
    this.#left = new Uint32Array(size);
    this.#common = new Int16Array(size);
    for (let index = 0; index < size; index++) {
      const growth = counts.now[index] * weights.now - counts.before[index] * weights.before;
      if (growth <= 0) continue;
      this.#gain[index] = growth;
      const at = this.#length++;
      this.#left[at] = index;
      this.#common[at] = at === 0 ? -1 : this.#commonBits(this.#left[at - 1], index);
    }
  }

  /** Takes the blocks of `bits` that hold the share of what is left around them. */
  pass(bits: number): void {
    const around = aroundBits(this.#counts.family, bits);
    const common = this.#common;
    let kept = 0;
    let from = 0;
    while (from < this.#length) {
      let to = from + 1;
      while (to < this.#length && common[to] >= around) to++;
      this.#takeBlocks(from, to, bits);
      from = to;
    }
    // Neighbours with others taken between them have in common what all of these had.
    let least = this.#width;
    for (let at = 0; at < this.#length; at++) {
      least = Math.min(least, common[at]);
      const index = this.#left[at];
      if (this.#taken[index] !== 0) continue;
      this.#left[kept] = index;
      common[kept] = kept === 0 ? -1 : least;
      kept++;
      least = this.#width;
    }
    this.#length = kept;
  }

  /** The same within one block around: `#left[from, to)`. The highest gain goes first. */
  #takeBlocks(from: number, to: number, bits: number): void {
    const gain = this.#gain;
    let rest = 0;
    for (let at = from; at < to; at++) rest += gain[this.#left[at]];
    while (rest > 0) {
      let best = 0;
      let bestFrom = from;
      let bestTo = from;
      for (let at = from; at < to;) {
        const first = at;
        let sum = 0;
        do {
          const index = this.#left[at++];
          if (this.#taken[index] === 0) sum += gain[index];
        } while (at < to && this.#common[at] >= bits);
        if (sum <= best) continue;
        best = sum;
        bestFrom = first;
        bestTo = at;
      }
      if (best * 100 < this.#share * rest) return;
      this.#take(bestFrom, bestTo);
      rest -= best;
    }
  }

  /** Makes what is left of `#left[from, to)` a grower, with the longest mask that holds it all. */
  #take(from: number, to: number): void {
    const left = this.#left;
    const taken = this.#taken;
    let at = from;
    while (taken[left[at]] !== 0) at++;
    let lastAt = to - 1;
    while (taken[left[lastAt]] !== 0) lastAt--;
    const first = left[at];
    const bits = this.#commonBits(first, left[lastAt]);
    const { size, before, now } = this.#counts;
    let index = first;
    while (index > 0 && this.#commonBits(index - 1, first) >= bits) index--;
    const sum = { before: 0, now: 0, addresses: 0, apart: 0 };
    for (; index < size && this.#commonBits(index, first) >= bits; index++) {
      sum.apart += this.#heads[index];
      if (taken[index] !== 0) continue;
      taken[index] = 1;
      sum.before += before[index];
      sum.now += now[index];
      if (now[index] > 0) sum.addresses++;
    }
    this.#heads[first] = 1;
    const growth = sum.now * this.#weights.now - sum.before * this.#weights.before;
    this.growers.push({ network: this.#network(first, bits), ...sum, growth });
  }

  #network(index: number, bits: number): Network {
    const { family, words } = this.#counts;
    const word = (at: number): number => (words[index * 4 + at] & maskWord(bits, at)) >>> 0;
    return { family, words: [word(0), word(1), word(2), word(3)], bits };
  }

  #commonBits(a: number, b: number): number {
    const { words } = this.#counts;
    for (let word = 0; word * 32 < this.#width; word++) {
      const differing = words[a * 4 + word] ^ words[b * 4 + word];
      if (differing !== 0) return word * 32 + Math.clz32(differing);
    }
    return this.#width;
  }
}
