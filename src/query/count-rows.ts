import { formatNetwork, maskWord, type Network } from '../model/address.ts';
import type { CountRow } from './answer.ts';
import type { BlockRows } from './block-rows.ts';
import type { CountQuery } from './query.ts';

/** Up to this limit the highest counts are picked as rows come; beyond it all are sorted. */
const PICKED = 1000;

/** Blocks of one step, all of the same length. */
interface Stretch {
  /** Milliseconds since the epoch; undefined where one step holds everything. */
  readonly stepMs: number | undefined;
  readonly blocks: BlockRows;
}

/** Where a row lies. */
interface Place {
  readonly stretch: Stretch;
  readonly row: number;
}

/** Gathers the rows of an answer, step by step, and puts them in their order. */
export class CountRows {
  readonly #query: CountQuery;
  readonly #columns: number;
  readonly #width: 1 | 4;
  readonly #picks: boolean;
  #places: Place[] = [];

  /** @param columns counts that each row has */
  constructor(query: CountQuery, columns: number) {
    this.#query = query;
    this.#columns = columns;
    this.#width = query.block.family === 4 ? 1 : 4;
    this.#picks = query.order === 'count' && query.limit <= PICKED;
  }

  /**
   * Adds what one step counted: blocks of each length, the shortest first. Steps come in the order
   * of time.
   */
  add(stepMs: number | undefined, lengths: readonly BlockRows[]): void {
    const stretches = lengths.map((blocks): Stretch => ({ stepMs, blocks }));
    const smallest = lengths[lengths.length - 1];
    const shown = stretches.map(() => 0);
    // Each block stands before its parts: before the first of the smallest blocks that lie in it.
    for (let row = 0; row < smallest.rows; row++) {
      for (let i = 0; i < stretches.length; i++) {
        const { blocks } = stretches[i];
        if (shown[i] === blocks.rows || !this.#holds(blocks, shown[i], smallest, row)) continue;
        this.#take(stretches[i], shown[i]++);
      }
    }
  }

  /** The rows that the query asks for, in its order. */
  ordered(): readonly Place[] {
    const { order, limit } = this.#query;
    if (order === 'count' && !this.#picks) {
      // The sort is stable, so equal counts stay in the order of time and addresses.
      this.#places.sort((a, b) => this.#compareCounts(a.stretch, a.row, b));
    }
    return this.#places.slice(0, limit);
  }

  format({ stretch, row }: Place): CountRow {
    const { stepMs, blocks } = stretch;
    const [a, b = 0, c = 0, d = 0] = [
      ...blocks.keys.subarray(row * this.#width, (row + 1) * this.#width),
    ].map((word) => word >>> 0);
    const { family } = this.#query.block;
    const network: Network = { family, words: [a, b, c, d], bits: blocks.bits };
    const at = row * this.#columns;
    const counts = [...blocks.sums.subarray(at, at + this.#columns)];
    return { stepMs, block: formatNetwork(network), counts };
  }

  #take(stretch: Stretch, row: number): void {
    if (!this.#counts(stretch.blocks, row)) return;
    if (this.#picks) this.#pick(stretch, row);
    else this.#places.push({ stretch, row });
  }

  /** Keeps a row at its place when it is among the first, as a stable sort would. */
  #pick(stretch: Stretch, row: number): void {
    const places = this.#places;
    const { limit } = this.#query;
    const full = places.length === limit;
    if (full && (limit === 0 || this.#compareCounts(stretch, row, places[limit - 1]) >= 0)) return;
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareCounts(stretch, row, places[middle]) < 0) high = middle;
      else low = middle + 1;
    }
    if (full) places.pop();
    places.splice(low, 0, { stretch, row });
  }

  /** A row is shown when it counts anything, and when a count of it reaches the threshold. */
  #counts({ sums }: BlockRows, row: number): boolean {
    const { threshold } = this.#query;
    let anything = false;
    let reached = false;
    for (let at = row * this.#columns; at < (row + 1) * this.#columns; at++) {
      anything ||= sums[at] !== 0;
      reached ||= sums[at] >= threshold;
    }
    return anything && reached;
  }

  /** Whether one block is, or lies in, another. */
  #holds(wide: BlockRows, wideRow: number, narrow: BlockRows, narrowRow: number): boolean {
    for (let i = 0; i < this.#width; i++) {
      const word = narrow.keys[narrowRow * this.#width + i] & maskWord(wide.bits, i);
      if (wide.keys[wideRow * this.#width + i] !== word) return false;
    }
    return true;
  }

  /** The highest count first; with several counts the first that differs decides. */
  #compareCounts({ blocks }: Stretch, row: number, other: Place): number {
    for (let column = 0; column < this.#columns; column++) {
      const mine = blocks.sums[row * this.#columns + column];
      const theirs = other.stretch.blocks.sums[other.row * this.#columns + column];
      if (mine !== theirs) return theirs - mine;
    }
    return 0;
  }
}
