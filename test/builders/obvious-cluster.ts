import type { Prefix } from '../../src/model/address.ts';
import type { ClosedWindow } from '../../src/engine/port.ts';
import type { WindowRange } from '../../src/model/monitor.ts';
import type { Replicate, Replication } from '../../src/model/replication.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { compareKeys, inBlock, type ObviousSession } from './obvious-audit.ts';
import {
  Counts,
  isAsked,
  nameOf,
  windowAt,
  type AskedKey,
  type Counted,
} from './obvious-counts.ts';

/** What windows.csv tells of a window that hangs on who counts what. */
export type ClusterWindow = Pick<
  ClosedWindow,
  'series' | 'monitor' | 'windowStartMs' | 'total' | 'keys'
>;

/** Counts and open sessions as somebody knows them. */
class Known {
  readonly counts: Counts;
  sessions: readonly ObviousSession[];

  constructor(counts: Counts, sessions: readonly ObviousSession[] = []) {
    this.counts = counts;
    this.sessions = sessions;
  }
}

interface ObviousNode {
  /** What its own lines and scripts have counted for the node alone. */
  readonly own: Known;
  /** What they have counted for all. */
  readonly sent: Known;
  /** What other nodes have counted, as far as it has arrived. */
  readonly told: Known;
}

const MANAGER = Symbol('the manager');

/** Something that one node has counted and tells the others. */
interface Pending {
  readonly arrivesMs: number;
  /** The node that all others hear from; or it is the manager's. */
  readonly from: string | typeof MANAGER;
  readonly arrive: (known: Known) => void;
  /** The series and key that an add is to. */
  readonly added?: { readonly of: Counted; readonly key: string };
}

/** An add to a named series, by a script or by an event that it counts. */
export interface ClusterAdd {
  readonly of: Counted;
  readonly replicate: Replicate;
  readonly node: string;
  readonly key: string;
  readonly amount: number;
  /** Of the event; undefined: now. */
  readonly timeMs?: number;
  /** Whether a module has defined the series. */
  readonly isLua?: boolean;
}

/** Open sessions behind a change: 1 one that opens, -1 one that ends. */
function changed(
  sessions: readonly ObviousSession[],
  session: ObviousSession,
  change: number,
): readonly ObviousSession[] {
  if (change > 0) return [...sessions, session];
  const text = JSON.stringify(session);
  const at = sessions.findIndex((own) => JSON.stringify(own) === text);
  if (at === -1) throw new Error(`the test ends a session that is not open: ${text}`);
  return sessions.toSpliced(at, 1);
}

/**
 * Nodes that count and tell each other by the text of semantics, section 7, without a thought for
 * speed: each node is maps and lists of its own, and so is the manager. Whoever uses it moves the
 * clock before it lets anything happen.
 */
export class ObviousCluster {
  readonly #replication: Replication;
  readonly #clampNegative: boolean;
  readonly #logIntervalMs: number;
  readonly #nodes = new Map<string, ObviousNode>();
  /** All that was replicated and has arrived: what a node that is new has at once. */
  readonly #arrived = new Known(new Counts());
  /** Every add once, whatever its node. */
  readonly #all = new Known(new Counts());
  /** What the manager has counted: by interval, not by window. */
  readonly #manager = new Known(new Counts());
  readonly #series = new Map<string, Counted>();
  #pending: Pending[] = [];
  #nowMs = -Infinity;

  /** @param logIntervalMs of the manager's journals */
  constructor(replication: Replication, clampNegative = false, logIntervalMs = 60_000) {
    this.#replication = replication;
    this.#clampNegative = clampNegative;
    this.#logIntervalMs = logIntervalMs;
  }

  /** The clock moves: what is due arrives in the order in which it was due. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    const due = this.#pending.filter(({ arrivesMs }) => arrivesMs <= nowMs);
    this.#pending = this.#pending.filter(({ arrivesMs }) => arrivesMs > nowMs);
    for (const { from, arrive } of due.toSorted((a, b) => a.arrivesMs - b.arrivesMs)) {
      if (from === MANAGER) {
        arrive(this.#manager);
        continue;
      }
      arrive(this.#arrived);
      for (const [name, { told }] of this.#nodes) if (name !== from) arrive(told);
    }
  }

  /**
   * An event of a metric.
   *
   * @returns whether its window is still kept; else nothing is counted
   */
  event(of: Counted, node: string, ip: string, timeMs: number): boolean {
    const window = this.#keptWindow(of, timeMs);
    if (window === undefined) return false;
    const take = ({ counts }: Known): void => counts.add(nameOf(of), window, ip, 1);
    take(this.#nodeOf(node).own);
    take(this.#all);
    this.#tell(this.#replication[of.name as 'connections'], node, take);
    return true;
  }

  /** @returns whether the window of the event is still kept; else nothing is counted */
  add(added: ClusterAdd): boolean {
    const { of, replicate, node, key, amount, timeMs = this.#nowMs, isLua = false } = added;
    const { series, manager, isSingleNode } = this.#replication;
    if (isLua && replicate === 'cluster' && isSingleNode === true) return true;
    const window = this.#keptWindow(of, timeMs);
    if (window === undefined) return false;
    const toAllMs = replicate === 'cluster' ? series : undefined;
    const { own, sent, told } = this.#nodeOf(node);
    // What goes to all stops at 0 by itself, and so does what stays here.
    const countedBy = toAllMs === undefined ? [own] : [sent, told];
    const before = countedBy.map(({ counts }) => counts.at(nameOf(of), window, key));
    const known = before.reduce((sum, count) => sum + count, 0);
    // Below 0 it is when two nodes take away what neither knows that the other has taken.
    const taken = this.#clampNegative ? Math.max(amount, Math.min(0, -known)) : amount;
    if (taken === 0) return true;
    const take = ({ counts }: Known): void => counts.add(nameOf(of), window, key, taken);
    take(countedBy[0]);
    take(this.#all);
    this.#tell(toAllMs, node, take, { of, key });
    const toManagerMs = replicate === 'manager' ? manager : toAllMs;
    if (toManagerMs === undefined) return true;
    this.#series.set(nameOf(of), of);
    const interval = Math.floor(timeMs / this.#logIntervalMs);
    // What was counted adds up: an interval alone may be below 0.
    this.#tell(toManagerMs, MANAGER, ({ counts }) => {
      counts.add(nameOf(of), interval, key, taken);
    });
    return true;
  }

  /** A module takes keys out of a series: of its node, or of all where it is the cluster's. */
  remove(of: Counted, replicate: Replicate, node: string, asked: AskedKey): void {
    const name = nameOf(of);
    // Others have left, and are in the report.
    const first = windowAt(of, this.#nowMs) - of.kept + 1;
    if (replicate !== 'cluster' || this.#replication.series === undefined) {
      for (const { window, key, count } of this.#nodeOf(node).own.counts.remove(
        name,
        asked,
        first,
      )) {
        this.#all.counts.add(name, window, key, -count);
      }
      return;
    }
    const nodes = [...this.#nodes.values()].flatMap(({ sent, told }) => [sent, told]);
    for (const { counts } of [...nodes, this.#arrived, this.#all])
      counts.remove(name, asked, first);
    this.#pending = this.#pending.filter(({ added }) => {
      return added === undefined || added.of !== of || !isAsked(added.key, asked);
    });
  }

  /** A session opens (1) or ends (-1). */
  session(session: ObviousSession, change: number): void {
    const take = (known: Known): void => {
      known.sessions = changed(known.sessions, session, change);
    };
    take(this.#nodeOf(session.node).own);
    take(this.#all);
    this.#tell(this.#replication.sessions, session.node, take);
  }

  /** A series: what a node has counted and what it was told. */
  nodeCount(node: string, of: Counted, asked: AskedKey, windows: WindowRange): number {
    const { own, sent, told } = this.#nodeOf(node);
    return [own, sent, told].reduce((sum, { counts }) => {
      return sum + counts.sum(of, asked, windows, this.#nowMs);
    }, 0);
  }

  /** A metric: the events of the node alone. */
  nodeMetric(node: string, of: Counted, asked: AskedKey, windows: WindowRange): number {
    return this.#nodeOf(node).own.counts.sum(of, asked, windows, this.#nowMs);
  }

  /** A metric of the cluster, as the node sees it. */
  clusterMetric(node: string, of: Counted, asked: AskedKey, windows: WindowRange): number {
    return this.nodeCount(node, of, asked, windows);
  }

  /** A metric or series over all nodes, every add once. */
  allCount(of: Counted, asked: AskedKey, windows: WindowRange): number {
    return this.#all.counts.sum(of, asked, windows, this.#nowMs);
  }

  /** Windows of a metric or series that saw something, as windows.csv shows them. */
  allWindows(of: Counted): ClusterWindow[] {
    return [...(this.#all.counts.tables.get(nameOf(of)) ?? [])].map(([window, keys]) => {
      const { name: series, monitor } = of;
      const total = [...keys.values()].reduce((sum, count) => sum + count, 0);
      return {
        series,
        monitor,
        windowStartMs: window * monitor.intervalMs,
        total,
        keys: keys.size,
      };
    });
  }

  /**
   * Open sessions.
   *
   * @param view of the node alone, of the cluster as the node sees it, or of all nodes
   */
  openSessions(
    node: string,
    view: 'node' | 'cluster' | 'all',
    ip: string,
    asked: {
      readonly prefix: Prefix;
      readonly service?: string | undefined;
      readonly listener?: string | undefined;
    },
  ): number {
    const { own, told } = this.#nodeOf(node);
    const known = { node: [own], cluster: [own, told], all: [this.#all] }[view];
    const { prefix, service, listener } = asked;
    return known
      .flatMap(({ sessions }) => sessions)
      .filter((session) => service === undefined || session.service === service)
      .filter((session) => listener === undefined || session.listener === listener)
      .filter((session) => inBlock(session.ip, ip, prefix)).length;
  }

  /** The manager's journals of the series whose names are included, by interval and name. */
  managerJournals(includes: (series: string) => boolean = () => true): SeriesSnapshot[] {
    const monitor = { intervalMs: this.#logIntervalMs, windows: 1 };
    const journals = [...this.#series].flatMap(([known, { name, type }]) =>
      [...this.#manager.counts.tables.get(known)!].map(([interval, keys]) => {
        const rows = [...keys]
          .filter(([, count]) => count !== 0)
          .sort(([a], [b]) => compareKeys(type, a, b))
          .map(([key, count]) => ({ window: 0, key, count }));
        return { name, type, monitor, windowZeroMs: interval * monitor.intervalMs, rows };
      }),
    );
    return inOrder(journals.filter(({ name, rows }) => includes(name) && rows.length > 0));
  }

  #nodeOf(name: string): ObviousNode {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      const { counts, sessions } = this.#arrived;
      const [own, sent] = [new Known(new Counts()), new Known(new Counts())];
      node = { own, sent, told: new Known(counts.copy(), sessions) };
      this.#nodes.set(name, node);
    }
    return node;
  }

  /** Undefined: it has left the kept range. */
  #keptWindow(of: Counted, timeMs: number): number | undefined {
    const window = windowAt(of, timeMs);
    return windowAt(of, this.#nowMs) - window >= of.kept ? undefined : window;
  }

  #tell(
    delayMs: number | undefined,
    from: Pending['from'],
    arrive: Pending['arrive'],
    added?: Pending['added'],
  ): void {
    if (delayMs === undefined) return;
    const arrivesMs = this.#nowMs + delayMs;
    this.#pending.push({ arrivesMs, from, arrive, ...(added && { added }) });
  }
}

/** Journals by interval and name: when they are written is nobody's concern. */
export function inOrder(journals: readonly SeriesSnapshot[]): SeriesSnapshot[] {
  return journals.toSorted(
    (a, b) => a.windowZeroMs - b.windowZeroMs || compareKeys('string', a.name, b.name),
  );
}
