import type { ManagerLog } from '../../model/replication.ts';
import type { SeriesSnapshot, SeriesType } from '../../model/series-snapshot.ts';
import type { WindowGrid } from '../../model/window-grid.ts';
import { FeedTables, type AddKey } from '../feed-tables.ts';
import type { KeyRegistry } from '../tables.ts';

/**
 * What the manager of a cluster counts of the series of one name, by the intervals of `as_logger`:
 * each begins at 0 and becomes a file (semantics, section 7).
 */
export class ManagerJournal {
  readonly name: string;
  readonly type: SeriesType;
  readonly tables: FeedTables;
  readonly #intervalMs: number;
  /** Intervals kept, so that what is late or delayed still finds its own. */
  readonly #kept: number;
  readonly #grid: WindowGrid;

  /** @param spanMs how far back something may be added */
  constructor(
    name: string,
    type: SeriesType,
    { intervalMs }: ManagerLog,
    spanMs: number,
    grid: WindowGrid,
    keys: KeyRegistry,
  ) {
    this.name = name;
    this.type = type;
    this.#intervalMs = intervalMs;
    this.#kept = Math.ceil(spanMs / intervalMs) + 1;
    this.#grid = grid;
    this.tables = new FeedTables(type, this.#kept, keys);
  }

  readonly add = (key: AddKey, amount: number, timeMs: number): void => {
    this.tables.add(key, amount, this.#grid.numberAt(timeMs, this.#intervalMs));
  };

  /** The oldest interval, which leaves with the next one; undefined: it saw nothing. */
  get leaving(): SeriesSnapshot | undefined {
    return this.#rowsOf(this.tables.current + 1 - this.#kept);
  }

  /** All intervals that are kept and saw something, oldest first. */
  all(): SeriesSnapshot[] {
    const { current } = this.tables;
    const ages = Array.from({ length: this.#kept }, (_, at) => current + 1 - this.#kept + at);
    return ages.map((interval) => this.#rowsOf(interval)).filter((rows) => rows !== undefined);
  }

  #rowsOf(interval: number): SeriesSnapshot | undefined {
    const rows = interval < 0 ? [] : this.tables.rows(interval, 0);
    if (rows.length === 0) return undefined;
    const intervalMs = this.#intervalMs;
    const windowZeroMs = this.#grid.startOf(interval, intervalMs);
    const monitor = { intervalMs, windows: 1 };
    return { name: this.name, type: this.type, monitor, windowZeroMs, rows };
  }
}
