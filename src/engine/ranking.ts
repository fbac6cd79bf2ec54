import type { WindowList } from './counter-table.ts';

interface Ranked {
  readonly count: number;
  readonly key: string;
}

/** Keeps the highest counts of some lists; earlier lists and earlier keys win ties. */
export class Ranking {
  readonly #limit: number;
  #best: Ranked[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(
    list: WindowList,
    order: (a: number, b: number) => number,
    text: (entry: number) => string,
  ): void {
    if (this.#limit === 0) return;
    const { entries, counts } = list;
    const chosen: number[] = [];
    const above = (a: number, b: number): number =>
      counts[b] - counts[a] || order(entries[a], entries[b]);
    if (list.length <= this.#limit) {
      for (let record = 0; record < list.length; record++) chosen.push(record);
      chosen.sort(above);
    } else {
      for (let record = 0; record < list.length; record++) {
        const last = chosen[chosen.length - 1];
        if (chosen.length === this.#limit) {
          if (counts[record] < counts[last] || above(record, last) > 0) continue;
          chosen.pop();
        }
        let at = chosen.length;
        while (at > 0 && above(record, chosen[at - 1]) < 0) at--;
        chosen.splice(at, 0, record);
      }
    }
    const ranked = chosen.map((record) => ({ count: counts[record], key: text(entries[record]) }));
    this.#best = mergeRanked(this.#best, ranked).slice(0, this.#limit);
  }

  result(): Ranked[] {
    return this.#best;
  }
}

function mergeRanked(first: readonly Ranked[], second: readonly Ranked[]): Ranked[] {
  if (first.length === 0) return [...second];
  const merged: Ranked[] = [];
  let a = 0;
  let b = 0;
  while (a < first.length || b < second.length) {
    if (b === second.length || (a < first.length && first[a].count >= second[b].count)) {
      merged.push(first[a++]);
    } else merged.push(second[b++]);
  }
  return merged;
}
