import type { LuaHost, LuaTable, LuaValue } from '../value.ts';

export type Less = (a: LuaValue, b: LuaValue) => boolean;

/** What comparing and moving one element costs. */
const ELEMENT_STEPS = 2;

/**
 * Sorts the elements `first` to `last` of a table in place, as Lua 5.1 does: the quicksort of
 * Sedgewick, with the median of three as pivot. The same algorithm, because it decides the order
 * of elements that are equal and which wrong comparators are noticed.
 */
export function sortElements(
  host: LuaHost,
  table: LuaTable,
  less: Less,
  first: number,
  last: number,
): void {
  let low = first;
  let high = last;
  while (low < high) {
    orderPair(table, less, low, high);
    if (high - low === 1) return;
    const middle = Math.floor((low + high) / 2);
    if (!orderPair(table, less, low, middle)) orderPair(table, less, middle, high);
    if (high - low === 2) return;
    const pivot = table.get(middle);
    swap(table, middle, high - 1);
    const border = partition(host, table, less, { low, high, pivot });
    swap(table, high - 1, border);
    // The smaller side by a call, the larger one by the loop: no deeper than the logarithm.
    if (border - low < high - border) {
      sortElements(host, table, less, low, border - 1);
      low = border + 1;
    } else {
      sortElements(host, table, less, border + 1, high);
      high = border - 1;
    }
  }
}

interface Stretch {
  readonly low: number;
  readonly high: number;
  /** Stands at `high - 1`. */
  readonly pivot: LuaValue;
}

/** @returns where the pivot belongs: what is before is not greater, what is behind is not less */
function partition(host: LuaHost, table: LuaTable, less: Less, stretch: Stretch): number {
  const { low, high, pivot } = stretch;
  let left = low;
  let right = high - 1;
  for (;;) {
    host.spend(ELEMENT_STEPS);
    while (less(table.get(++left), pivot)) {
      host.spend(ELEMENT_STEPS);
      if (left > high) return refuse(host);
    }
    while (less(pivot, table.get(--right))) {
      host.spend(ELEMENT_STEPS);
      if (right < low) return refuse(host);
    }
    if (right < left) return left;
    swap(table, left, right);
  }
}

function refuse(host: LuaHost): never {
  return host.fail('invalid order function for sorting');
}

/** @returns whether the two were out of order and changed places */
function orderPair(table: LuaTable, less: Less, before: number, behind: number): boolean {
  if (!less(table.get(behind), table.get(before))) return false;
  swap(table, before, behind);
  return true;
}

function swap(table: LuaTable, a: number, b: number): void {
  const held = table.get(a);
  table.set(a, table.get(b));
  table.set(b, held);
}
