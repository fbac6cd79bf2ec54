import { formatMonitor, type Monitor } from '../../model/monitor.ts';
import { compareText } from '../../model/order.ts';

/** A row of enforce.csv: the totals of one window as they were and as they would have been. */
export interface EnforcedWindowRow {
  readonly series: string;
  readonly monitor: Monitor;
  readonly windowStartMs: number;
  readonly observed: number;
  readonly attempts: number;
  /** Undefined for a series that scripts keep: they count attempts alone. */
  readonly accepted: number | undefined;
}

export type Reading = 'observed' | 'attempts' | 'accepted';

interface OpenRow extends EnforcedWindowRow {
  observed: number;
  attempts: number;
  accepted: number | undefined;
  readonly leavesMs: number;
}

/** What an engine counts, in the order in which windows that leave together are written. */
export interface CountedSeries {
  readonly name: string;
  readonly monitor: Monitor;
  /** Windows kept, the present one included. */
  readonly kept: number;
}

/** Joins the windows of the three readings into rows, in the order of windows.csv. */
export class EnforcedWindows {
  readonly #counted: Readonly<Record<'attempts' | 'accepted', readonly CountedSeries[]>>;
  readonly #emit: (row: EnforcedWindowRow) => void;
  readonly #open = new Map<string, OpenRow>();
  /** By series of the attempts: its place; those that scripts begin come later. */
  readonly #places = new Map<string, number>();

  /** @param counted of the two readings in force; what scripts begin to count is added there */
  constructor(
    counted: Readonly<Record<'attempts' | 'accepted', readonly CountedSeries[]>>,
    emit: (row: EnforcedWindowRow) => void,
  ) {
    this.#counted = counted;
    this.#emit = emit;
  }

  add(reading: Reading, series: string, monitor: Monitor, startMs: number, total: number): void {
    const key = `${seriesKey(series, monitor)} ${startMs}`;
    let row = this.#open.get(key);
    if (row === undefined) {
      const known = this.#counted.accepted.find((one) => isSeries(one, series, monitor));
      const isSessions = series === 'sessions';
      // Windows of sessions are written when they end, the others when they leave the kept range.
      const kept = isSessions ? 1 : (known?.kept ?? monitor.windows);
      row = {
        series,
        monitor,
        windowStartMs: startMs,
        observed: 0,
        attempts: 0,
        accepted: isSessions || known !== undefined ? 0 : undefined,
        leavesMs: startMs + kept * monitor.intervalMs,
      };
      this.#open.set(key, row);
    }
    row[reading] = total;
  }

  /** Writes the windows that have left by `untilMs`, when all readings have closed theirs. */
  flush(untilMs: number): void {
    const due = [...this.#open].filter(([, { leavesMs }]) => leavesMs <= untilMs);
    if (due.length === 0) return;
    due.sort(
      ([, a], [, b]) =>
        a.leavesMs - b.leavesMs ||
        this.#placeOf(a) - this.#placeOf(b) ||
        compareText(seriesKey(a.series, a.monitor), seriesKey(b.series, b.monitor)),
    );
    for (const [key, row] of due) {
      this.#open.delete(key);
      this.#emit(row);
    }
  }

  /** Sessions stand first; last what a script counts on the log as it was and never in force. */
  #placeOf({ series, monitor }: EnforcedWindowRow): number {
    if (series === 'sessions') return -1;
    const { attempts } = this.#counted;
    const places = this.#places;
    for (let at = places.size; at < attempts.length; at++) {
      places.set(seriesKey(attempts[at].name, attempts[at].monitor), at);
    }
    return places.get(seriesKey(series, monitor)) ?? attempts.length;
  }
}

function isSeries(one: CountedSeries, name: string, { intervalMs, windows }: Monitor): boolean {
  const { monitor } = one;
  return one.name === name && monitor.intervalMs === intervalMs && monitor.windows === windows;
}

function seriesKey(name: string, monitor: Monitor): string {
  return `${name} ${formatMonitor(monitor)}`;
}
