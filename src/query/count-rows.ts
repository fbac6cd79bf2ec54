import { formatNetwork, type Network } from '../model/address.ts';
import type { CountRow } from './answer.ts';
import { compareKeys, type BlockRows } from './block-rows.ts';
import type { CountQuery } from './query.ts';

/** Up to this limit the first rows are picked out of all; beyond it all are sorted. */
const PICKED = 1000;

/** Blocks of one step, all of the same length. */
interface Stretch {
  readonly stepMs: number | undefined;
  readonly blocks: BlockRows;
}

/** Where a row lies: number of the stretch and row in it. */
interface Place {
  readonly stretch: Stretch;
  readonly row: number;
}

/** Gathers the rows of an answer, step by step, and puts them in their order. */
export class CountRows {
  readonly #query: CountQuery;
  readonly #columns: number;
  readonly #width: 1 | 4;
  readonly #places: Place[] = [];

  /** @param columns counts that each row has */
  constructor(query: CountQuery, columns: number) {
    this.#query = query;
    this.#columns = columns;
    this.#width = query.block.family === 4 ? 1 : 4;
  }

  /** Adds what one step counted: blocks of each length. Steps come in the order of time. */
  add(stepMs: number | undefined, lengths: readonly BlockRows[]): void {
    const first = this.#places.length;
    for (const blocks of lengths) {
      const stretch = { stepMs, blocks };
      for (let row = 0; row < blocks.rows; row++) {
        if (this.#counts(blocks, row)) this.#places.push({ stretch, row });
      }
    }
    if (lengths.length === 1) return;
    const step = this.#places.splice(first).sort((a, b) => this.#compareBlocks(a, b));
    for (const place of step) this.#places.push(place);
  }

  /** The rows that the query asks for, in its order. */
  ordered(): readonly Place[] {
    const { order, limit } = this.#query;
    if (order === 'cidr') return this.#places.slice(0, limit);
    const compare = (a: Place, b: Place): number => this.#compareCounts(a, b);
    // The sort is stable, so equal counts stay in the order of time and addresses.
    if (limit > PICKED) return this.#places.toSorted(compare).slice(0, limit);
    return pickFirst(this.#places, limit, compare);
  }

  format({ stretch, row }: Place): CountRow {
    const { stepMs, blocks } = stretch;
    const words = [0, 1, 2, 3].map((i) => {
      return i < this.#width ? blocks.keys[row * this.#width + i] >>> 0 : 0;
    });
    const [a, b, c, d] = words;
    const { family } = this.#query.block;
    const network: Network = { family, words: [a, b, c, d], bits: blocks.bits };
    const at = row * this.#columns;
    const counts = [...blocks.sums.subarray(at, at + this.#columns)];
    return { stepMs, block: formatNetwork(network), counts };
  }

  /** A row is shown when a count of it reaches the threshold, and when it counts anything at all. */
  #counts(blocks: BlockRows, row: number): boolean {
    const { threshold } = this.#query;
    let anything = false;
    let reached = false;
    for (let column = 0; column < this.#columns; column++) {
      const count = blocks.sums[row * this.#columns + column];
      anything ||= count !== 0;
      reached ||= count >= threshold;
    }
    return anything && reached;
  }

  #compareBlocks(a: Place, b: Place): number {
    const [mine, theirs] = [a.stretch.blocks, b.stretch.blocks];
    const order = compareKeys(mine.keys, a.row, theirs.keys, b.row, this.#width);
    return order === 0 ? mine.bits - theirs.bits : order;
  }

  /** The highest count first; with several counts the first that differs decides. */
  #compareCounts(a: Place, b: Place): number {
    for (let column = 0; column < this.#columns; column++) {
      const mine = a.stretch.blocks.sums[a.row * this.#columns + column];
      const theirs = b.stretch.blocks.sums[b.row * this.#columns + column];
      if (mine !== theirs) return theirs - mine;
    }
    return 0;
  }
}

/** What a stable sort would put first, without sorting the rest. */
function pickFirst<T>(all: readonly T[], limit: number, compare: (a: T, b: T) => number): T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length === limit && (limit === 0 || compare(one, first[limit - 1]) >= 0)) continue;
    let [low, high] = [0, first.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(one, first[middle]) < 0) high = middle;
      else low = middle + 1;
    }
    first.splice(low, 0, one);
    if (first.length > limit) first.pop();
  }
  return first;
}
