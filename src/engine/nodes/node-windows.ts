import type { Cluster } from './cluster.ts';
import { FeedTables } from '../feed-tables.ts';
import type { Feed } from '../feed.ts';
import type { AuditSink, ClosedWindow } from '../port.ts';
import type { SessionFacts, SessionGauge } from '../session-gauge.ts';
import { KeyRegistry } from '../tables.ts';

/** Closed windows once more, as each node has counted them (semantics, section 7). */
export class NodeWindows {
  readonly #cluster: Cluster;
  readonly #newGauge: () => SessionGauge;
  readonly #sink: AuditSink;
  readonly #top: number;
  /** Open sessions, by node. */
  readonly #sessions: SessionGauge[] = [];

  /** @param top how many top keys a window names */
  constructor(cluster: Cluster, newGauge: () => SessionGauge, sink: AuditSink, top: number) {
    this.#cluster = cluster;
    this.#newGauge = newGauge;
    this.#sink = sink;
    this.#top = top;
  }

  /** A session opened (+1) or ended (-1). */
  session(facts: SessionFacts, change: 1 | -1): void {
    (this.#sessions[facts.node] ??= this.#newGauge()).change(facts, change);
  }

  /** Ends a window of the first monitor. */
  closeSessions(closed: Pick<ClosedWindow, 'series' | 'monitor' | 'windowStartMs'>): void {
    // Not every node had a session: `forEach` passes over the holes.
    this.#sessions.forEach((gauge, node) => {
      const summary = gauge.closeWindow(this.#top);
      if (summary.keys > 0) this.#sink.windowClosed({ ...closed, node, ...summary });
    });
  }

  /** A window of a metric or series leaves the kept range. */
  close({ name: series, monitor, type, nodes }: Feed, window: number, windowStartMs: number): void {
    for (const node of this.#cluster.nodes) {
      const places = nodes!.viewOf(node).filter((tables) => tables.saw(window));
      const seen = places.length > 1 ? sumOf(places, type, window) : places.at(0);
      const summary = seen?.summary(window, this.#top);
      if (summary === undefined) continue;
      this.#sink.windowClosed({ series, monitor, windowStartMs, node, ...summary });
    }
  }
}

/** One window of several tables; what two of them have under one key is one count. */
function sumOf(places: readonly FeedTables[], type: Feed['type'], window: number): FeedTables {
  const sum = new FeedTables(type, 1, new KeyRegistry());
  sum.start(window);
  for (const tables of places) {
    tables.eachOf(window, (key, count) => sum.add(key, count, window));
  }
  return sum;
}
