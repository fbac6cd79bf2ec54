import { maskWord } from '../model/address.ts';
import type { SortedSums } from './block-sums.ts';
import { exactSum } from './exact-sum.ts';

/** Blocks of one length with a sum for each column, in the order of addresses. */
export interface BlockRows {
  readonly bits: number;
  readonly rows: number;
  /** `width` words for each row. */
  readonly keys: Int32Array;
  /** `columns` numbers for each row. */
  readonly sums: Float64Array;
}

/** Order of two blocks by their words, as unsigned numbers. */
function compareKeys(
  a: Int32Array,
  rowA: number,
  b: Int32Array,
  rowB: number,
  width: number,
): number {
  for (let i = 0; i < width; i++) {
    const difference = (a[rowA * width + i] >>> 0) - (b[rowB * width + i] >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The columns side by side: a block that one of them does not have counts 0 there. */
export function joinColumns(
  columns: readonly SortedSums[],
  bits: number,
  width: number,
): BlockRows {
  if (columns.length === 1) return { bits, ...columns[0] };
  const room = columns.reduce((sum, { rows }) => sum + rows, 0);
  const keys = new Int32Array(room * width);
  const sums = new Float64Array(room * columns.length);
  const at = columns.map(() => 0);
  let rows = 0;
  for (;;) {
    let least = -1;
    columns.forEach((column, index) => {
      if (at[index] === column.rows) return;
      const ahead =
        least !== -1 &&
        compareKeys(column.keys, at[index], columns[least].keys, at[least], width) >= 0;
      if (!ahead) least = index;
    });
    if (least === -1) break;
    const from = at[least] * width;
    keys.set(columns[least].keys.subarray(from, from + width), rows * width);
    columns.forEach((column, index) => {
      if (at[index] === column.rows) return;
      if (compareKeys(column.keys, at[index], keys, rows, width) !== 0) return;
      sums[rows * columns.length + index] = column.sums[at[index]++];
    });
    rows++;
  }
  return { bits, rows, keys, sums };
}

/**
 * The same sums by shorter blocks.
 *
 * @throws UserError when a sum is beyond ±2^53
 */
export function widen(blocks: BlockRows, bits: number, width: number, columns: number): BlockRows {
  const masks = Array.from({ length: width }, (_, index) => maskWord(bits, index));
  const keys = new Int32Array(blocks.rows * width);
  const sums = new Float64Array(blocks.rows * columns);
  let rows = 0;
  for (let row = 0; row < blocks.rows; row++) {
    masks.forEach((mask, i) => {
      keys[rows * width + i] = blocks.keys[row * width + i] & mask;
    });
    if (rows === 0 || compareKeys(keys, rows - 1, keys, rows, width) !== 0) rows++;
    for (let column = 0; column < columns; column++) {
      const at = (rows - 1) * columns + column;
      sums[at] = exactSum(sums[at], blocks.sums[row * columns + column]);
    }
  }
  return { bits, rows, keys, sums };
}
