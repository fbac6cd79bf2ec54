import type { JournalColumns } from '../series/journal-reader.ts';

/** Blocks of one family and length with their sums, in the order of addresses. */
export interface SortedSums {
  readonly rows: number;
  /** 1 word for each IPv4 block, 4 for each IPv6 block; host bits are 0. */
  readonly keys: Int32Array;
  readonly sums: Float64Array;
}

/** Sums by block of one family and prefix length. */
export interface BlockSums {
  /**
   * Adds rows of one family, `[from, to)` of them.
   *
   * @throws UserError when a sum is beyond ±2^53
   */
  add(columns: JournalColumns, from: number, to: number): void;
  /** All blocks that had a row. */
  sorted(): SortedSums;
}
