import { formatMonitor, type Monitor } from '../../model/monitor.ts';

/** A row of enforce.csv: the totals of one window as they were and as they would have been. */
export interface EnforcedWindowRow {
  readonly series: string;
  readonly monitor: Monitor;
  readonly windowStartMs: number;
  readonly observed: number;
  readonly attempts: number;
  readonly accepted: number;
}

export type Reading = 'observed' | 'attempts' | 'accepted';

interface OpenRow extends EnforcedWindowRow {
  observed: number;
  attempts: number;
  accepted: number;
  readonly leavesMs: number;
  readonly order: number;
}

/** What is counted, in the order in which windows that leave together are written. */
export interface CountedSeries {
  readonly name: string;
  readonly monitor: Monitor;
  /** Windows kept, the present one included. */
  readonly kept: number;
}

/** Joins the windows of the three readings into rows, in the order of windows.csv. */
export class EnforcedWindows {
  readonly #places: ReadonlyMap<string, { readonly order: number; readonly kept: number }>;
  readonly #emit: (row: EnforcedWindowRow) => void;
  readonly #open = new Map<string, OpenRow>();

  constructor(counted: readonly CountedSeries[], emit: (row: EnforcedWindowRow) => void) {
    this.#emit = emit;
    this.#places = new Map(
      counted.map(({ name, monitor, kept }, order) => [seriesKey(name, monitor), { order, kept }]),
    );
  }

  add(reading: Reading, series: string, monitor: Monitor, startMs: number, total: number): void {
    const place = this.#places.get(seriesKey(series, monitor));
    // Windows of sessions are written when they end, the others when they leave the kept range.
    const kept = series === 'sessions' ? 1 : (place?.kept ?? 1);
    const key = `${seriesKey(series, monitor)} ${startMs}`;
    let row = this.#open.get(key);
    if (row === undefined) {
      row = {
        series,
        monitor,
        windowStartMs: startMs,
        observed: 0,
        attempts: 0,
        accepted: 0,
        leavesMs: startMs + kept * monitor.intervalMs,
        order: place?.order ?? -1,
      };
      this.#open.set(key, row);
    }
    row[reading] = total;
  }

  /** Writes the windows that have left by `untilMs`, when all readings have closed theirs. */
  flush(untilMs: number): void {
    const due = [...this.#open].filter(([, { leavesMs }]) => leavesMs <= untilMs);
    due.sort(([, a], [, b]) => a.leavesMs - b.leavesMs || a.order - b.order);
    for (const [key, row] of due) {
      this.#open.delete(key);
      this.#emit(row);
    }
  }
}

function seriesKey(name: string, monitor: Monitor): string {
  return `${name} ${formatMonitor(monitor)}`;
}
