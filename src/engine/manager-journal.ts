import type { SeriesType } from '../model/series-snapshot.ts';
import type { WindowCounts } from './audit-state.ts';
import { FeedTables, type AddKey } from './feed-tables.ts';
import type { KeyRegistry } from './tables.ts';

/**
 * What the manager of a cluster counts of the series of one name, by the intervals of `as_logger`:
 * each begins at 0 and becomes a file (semantics, section 7).
 */
export class ManagerJournal {
  readonly name: string;
  readonly type: SeriesType;
  readonly intervalMs: number;
  /** Intervals kept, so that what is late or delayed still finds its own. */
  readonly kept: number;
  readonly tables: FeedTables;

  /** @param spanMs how far back something may be added */
  constructor(
    name: string,
    type: SeriesType,
    intervalMs: number,
    spanMs: number,
    keys: KeyRegistry,
  ) {
    this.name = name;
    this.type = type;
    this.intervalMs = intervalMs;
    this.kept = Math.ceil(spanMs / intervalMs) + 1;
    this.tables = new FeedTables(type, this.kept, keys);
  }

  add(key: AddKey, amount: number, interval: number): void {
    this.tables.add(key, amount, interval);
  }

  save(): readonly WindowCounts[] {
    return this.tables.save();
  }
}
