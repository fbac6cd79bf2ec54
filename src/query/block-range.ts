import { maskWord, type Network } from '../model/address.ts';
import type { JournalColumns } from '../series/journal-reader.ts';

/** A half-open range of rows of one family in a journal. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The rows of a journal that lie in a block: neighbours, as rows are sorted. */
export function rowsWithin(columns: JournalColumns, block: Network): RowRange {
  const width = block.family === 4 ? 1 : 4;
  const keys = block.family === 4 ? columns.ipv4 : columns.ipv6;
  const rows = block.family === 4 ? columns.ipv4Rows : columns.ipv6Rows;
  const first = Int32Array.from(block.words);
  const last = first.map((word, index) => word | ~maskWord(block.bits, index));
  return {
    from: firstRow(rows, (row) => compareWords(keys, row * width, first, width) >= 0),
    to: firstRow(rows, (row) => compareWords(keys, row * width, last, width) > 0),
  };
}

/** The first row that `holds` is true of, where it is true of all rows behind one that it holds of. */
function firstRow(rows: number, holds: (row: number) => boolean): number {
  let [low, high] = [0, rows];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function compareWords(keys: Int32Array, at: number, words: Int32Array, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = (keys[at + i] >>> 0) - (words[i] >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
