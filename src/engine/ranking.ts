import type { WindowList } from './wheel.ts';

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

  /** @param keys order of the entries at equal counts, and their texts */
  add(
    list: WindowList,
    keys: { compare(a: number, b: number): number; text(entry: number): string },
  ): void {
    if (this.#limit === 0) return;
    const chosen = firstOf(
      list.length,
      this.#limit,
      (a, b) => list.count(b) - list.count(a) || keys.compare(list.entry(a), list.entry(b)),
    );
    const ranked = chosen.map((record) => ({
      count: list.count(record),
      key: keys.text(list.entry(record)),
    }));
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

/**
 * The first `limit` of the indexes 0..`length`-1 in the order of `compare`, without sorting the
 * others: each costs one comparison with the last that is chosen.
 */
export function firstOf(
  length: number,
  limit: number,
  compare: (a: number, b: number) => number,
): number[] {
  const chosen: number[] = [];
  if (length <= limit) {
    for (let index = 0; index < length; index++) chosen.push(index);
    return chosen.sort(compare);
  }
  for (let index = 0; index < length; index++) {
    if (chosen.length === limit) {
      if (limit === 0 || compare(index, chosen[limit - 1]) >= 0) continue;
      chosen.pop();
    }
    let at = chosen.length;
    while (at > 0 && compare(index, chosen[at - 1]) < 0) at--;
    chosen.splice(at, 0, index);
  }
  return chosen;
}
