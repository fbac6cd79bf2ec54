import type { Prefix } from '../../src/model/address.ts';
import type { Monitor, WindowRange } from '../../src/model/monitor.ts';
import type { SeriesType } from '../../src/model/series-snapshot.ts';
import { inBlock } from './obvious-audit.ts';

/** A metric under a configured monitor, or a named series. */
export interface Counted {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Windows kept, the present one included. */
  readonly kept: number;
}

/** What a count is asked for: a block around an address; without a prefix a text. */
export interface AskedKey {
  readonly key: string;
  readonly prefix?: Prefix;
}

/** What somebody counts: series -> window -> key -> count. */
type Tables = Map<string, Map<number, Map<string, number>>>;

/** A metric or series as a test names it in its maps. */
export const nameOf = ({ name, monitor }: Counted): string =>
  `${name} ${monitor.intervalMs} ${monitor.windows}`;

export const windowAt = ({ monitor }: Counted, timeMs: number): number =>
  Math.floor(timeMs / monitor.intervalMs);

/** Whether a key is one that is asked for. */
export const isAsked = (own: string, { key, prefix }: AskedKey): boolean =>
  prefix === undefined ? own === key : inBlock(own, key, prefix);

/** Windows that leave the kept range are not forgotten, only never asked for again. */
export class Counts {
  readonly tables: Tables;

  constructor(tables: Tables = new Map()) {
    this.tables = tables;
  }

  at(series: string, window: number, key: string): number {
    return this.tables.get(series)?.get(window)?.get(key) ?? 0;
  }

  add(series: string, window: number, key: string, amount: number): void {
    const windows = this.tables.get(series) ?? new Map<number, Map<string, number>>();
    const keys = windows.get(window) ?? new Map<string, number>();
    keys.set(key, (keys.get(key) ?? 0) + amount);
    windows.set(window, keys);
    this.tables.set(series, windows);
  }

  /**
   * Takes keys out of the windows from `first` on.
   *
   * @returns what was there
   */
  remove(
    series: string,
    asked: AskedKey,
    first: number,
  ): { window: number; key: string; count: number }[] {
    const removed: { window: number; key: string; count: number }[] = [];
    for (const [window, keys] of this.tables.get(series) ?? []) {
      for (const [key, count] of keys) {
        if (window < first || !isAsked(key, asked)) continue;
        removed.push({ window, key, count });
        keys.delete(key);
      }
    }
    return removed;
  }

  sum(of: Counted, asked: AskedKey, { start, end }: WindowRange, nowMs: number): number {
    let sum = 0;
    for (let age = start; age <= end; age++) {
      const keys = this.tables.get(nameOf(of))?.get(windowAt(of, nowMs) - age);
      for (const [key, count] of keys ?? []) if (isAsked(key, asked)) sum += count;
    }
    return sum;
  }

  copy(): Counts {
    return new Counts(structuredClone(this.tables));
  }
}
