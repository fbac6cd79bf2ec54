import type { Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import type { WindowGrid } from '../model/window-grid.ts';
import type { Feed } from './feed.ts';
import type { NodeWindows } from './nodes/node-windows.ts';
import type { AuditSink } from './port.ts';
import type { SessionGauges } from './session-gauges.ts';

/** Tells a sink of the windows that close. */
export class WindowCloser {
  readonly #sink: AuditSink;
  readonly #grid: WindowGrid;
  /** How many top keys a window names. */
  readonly #top: number;
  /** Undefined: nobody asks for the windows of nodes. */
  readonly #nodes: NodeWindows | undefined;

  constructor(sink: AuditSink, grid: WindowGrid, top: number, nodes: NodeWindows | undefined) {
    this.#sink = sink;
    this.#grid = grid;
    this.#top = top;
    this.#nodes = nodes;
  }

  /** A window of open sessions ends; `monitor` is the first one. */
  sessions({ every }: SessionGauges, monitor: Monitor, window: number): void {
    const { total, keys, top } = every.closeWindow(this.#top);
    if (keys === 0) return;
    const windowStartMs = this.#grid.startOf(window, monitor.intervalMs);
    const closed = { series: 'sessions', monitor, windowStartMs };
    this.#sink.windowClosed({ ...closed, total, keys, top });
    this.#nodes?.closeSessions(closed);
  }

  /** A window of a metric or series leaves the kept range. */
  window(feed: Feed, window: number): void {
    const summary = feed.total.summary(window, this.#top);
    if (summary === undefined) return;
    const { name, monitor, type, serialize } = feed;
    const windowStartMs = this.#grid.startOf(window, monitor.intervalMs);
    this.#sink.windowClosed({ series: name, monitor, windowStartMs, ...summary });
    this.#nodes?.close(feed, window, windowStartMs);
    if (!serialize) return;
    const rows = feed.total.rows(window, 0);
    if (rows.length > 0) {
      this.#sink.journal({ name, type, monitor, windowZeroMs: windowStartMs, rows });
    }
  }

  /** An interval of the manager leaves; undefined: it saw nothing. */
  interval(snapshot: SeriesSnapshot | undefined): void {
    if (snapshot !== undefined) this.#sink.managerJournal?.(snapshot);
  }
}
