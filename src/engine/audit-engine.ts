import type { NetworkSet, Prefix } from '../model/address.ts';
import { assert } from '../model/errors.ts';
import { FLAG, type EventBatch } from '../model/event-batch.ts';
import { KIND } from '../model/event.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import { ALL_REPLICATED, type ManagerLog, type Replication } from '../model/replication.ts';
import type { SeriesRow, SeriesSnapshot, SeriesType } from '../model/series-snapshot.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { WindowGrid, type WindowShift } from '../model/window-grid.ts';
import type { AuditState } from './audit-state.ts';
import { DistinctFeed } from './distinct.ts';
import { Cluster } from './nodes/cluster.ts';
import { FeedNodes } from './nodes/feed-nodes.ts';
import { Feed } from './feed.ts';
import { ManagerJournal } from './nodes/manager-journal.ts';
import { NodeWindows } from './nodes/node-windows.ts';
import type {
  AuditSink,
  AuditView,
  BlockQuestion,
  Counter,
  DistinctQuestion,
  MetricName,
  Scope,
  SeriesPlan,
  Subject,
} from './port.ts';
import { addressGauge, type SessionFacts, type SessionGauge } from './session-gauge.ts';
import { SessionGauges } from './session-gauges.ts';
import { WindowCloser } from './window-closer.ts';
import { KeyRegistry } from './tables.ts';

/** The metrics that Momentum keeps for every peer, and the kind each counts. */
export const METRICS = [
  { name: 'connections', kind: KIND.connect },
  { name: 'receptions', kind: KIND.reception },
  { name: 'rejections', kind: KIND.rejection },
] as const;

export interface AuditOptions {
  /** Configured monitors; each keeps the present window and N before it. */
  readonly monitors: readonly Monitor[];
  readonly series: readonly SeriesPlan[];
  /** Peers that are never counted. */
  readonly ignore: NetworkSet;
  readonly vocabulary: Vocabulary;
  /** How many top keys a closed window names. */
  readonly top: number;
  /** Undefined: nobody asks for closed windows, and they are not summed up. */
  readonly sink?: AuditSink | undefined;
  /** Told at a late event, for each thing that it belongs to, whether its window is still kept. */
  readonly onLate?: ((counted: Feed | DistinctFeed, kept: boolean) => void) | undefined;
  /** Whether the count of a key in a window stops at 0 instead of going below. */
  readonly clampNegative?: boolean | undefined;
  /** Calls back for every session that is open, ignored peers' included; in any order. */
  readonly eachOpenSession?: ((take: (facts: SessionFacts) => void) => void) | undefined;
  /** Undefined: windows begin at multiples of their interval. */
  readonly shift?: WindowShift | undefined;
  /** What the nodes tell each other; undefined: everything, at once. */
  readonly replication?: Replication | undefined;
  /** What the manager of the cluster keeps; undefined: nothing. */
  readonly managerLog?: ManagerLog | undefined;
  /** Whether the sink is told of the windows of each node, too. */
  readonly byNode?: boolean | undefined;
}

/** What metrics and the series of scripts have in common. */
const COUNTS_ONE = {
  filter: undefined,
  key: 'ip',
  amount: 1,
  serialize: false,
  replicate: 'none',
} as const;

/** What became of an event: counted (and to be judged), ignored, late, or too late for every window. */
export type Taken = 'counted' | 'ignored' | 'late' | 'too late';

/** Everything that rolls at the same boundaries. */
interface Group {
  readonly intervalMs: number;
  readonly feeds: Feed[];
  readonly distinct: DistinctFeed[];
  readonly journals: ManagerJournal[];
  current: number;
  /** Start of the next window, in milliseconds. */
  boundaryMs: number;
}

/**
 * The audit engine: metrics, named series and session gauges under one simulated clock
 * (semantics, sections 3 and 4). It is told the time and never asks for it.
 */
export class AuditEngine implements AuditView {
  readonly subject: Subject;
  readonly #cluster: Cluster;
  readonly #options: AuditOptions;
  readonly #grid: WindowGrid;
  readonly #registry = new KeyRegistry();
  readonly #groups: Group[] = [];
  readonly #feeds: Feed[] = [];
  readonly #feedsByKind: Feed[][] = [];
  readonly #distinctByKind: DistinctFeed[][] = [];
  /** Keys that are counted by only since some later event. */
  readonly #lateKeys: KeyRegistry[] = [];
  readonly #sessions: SessionGauges;
  /** Undefined: nobody asks for closed windows. */
  readonly #closer: WindowCloser | undefined;
  /** Undefined: nobody asks for those of nodes. */
  readonly #nodeWindows: NodeWindows | undefined;
  #started = false;
  #startMs = 0;
  /** Of the event taken last, or where `reach` came later. */
  #nowMs = 0;
  #keptLate = false;

  constructor(options: AuditOptions, firstBatch: EventBatch) {
    this.#options = options;
    this.#grid = new WindowGrid(options.shift);
    const alarm = { raised: false };
    this.subject = { batch: firstBatch, row: 0, serial: 0, family: 0, at: 0, node: 0, alarm };
    this.#cluster = new Cluster(options.replication ?? ALL_REPLICATED, this.subject);
    const { vocabulary, ignore, eachOpenSession } = options;
    const delayMs = this.replication.sessions;
    this.#sessions = new SessionGauges(
      { subject: this.subject, vocabulary, ignore, eachOpenSession, delayMs },
      this.#registry,
    );
    for (const monitor of options.monitors) {
      for (const { name, kind } of METRICS) {
        const plan = { name, type: 'ip', monitor, kinds: [kind] } as const;
        this.#addFeed({ ...plan, ...COUNTS_ONE }, true);
      }
    }
    for (const series of options.series) this.#addFeed(series, false);
    const { sink, byNode, top } = options;
    this.#nodeWindows = byNode === true ? this.#newNodeWindows() : undefined;
    this.#closer = sink && new WindowCloser(sink, this.#grid, Math.max(1, top), this.#nodeWindows);
  }

  /** The first monitor, whose windows show the peaks of sessions. */
  get firstMonitor(): Monitor {
    return this.#options.monitors[0];
  }

  /** Keys in memory, and the values that `distinct` questions keep. */
  get size(): number {
    let size = this.#registry.size + this.#cluster.size + this.#sessions.size;
    for (const keys of this.#lateKeys) size += keys.size;
    for (const feed of this.#feeds) size += feed.size;
    for (const group of this.#groups) for (const feed of group.distinct) size += feed.size;
    return size;
  }

  /** Notes for the report: series that met events they could not take. */
  get feeds(): readonly Feed[] {
    return this.#feeds;
  }

  /** Names of the nodes that have had an event, sorted. */
  get nodes(): string[] {
    return this.#cluster.names(this.#options.vocabulary.nodes);
  }

  /** What the nodes tell each other. */
  get replication(): Replication {
    return this.#cluster.replication;
  }

  /** Of the event taken last, or where `reach` came later: milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next window begins, in milliseconds. */
  get nextBoundaryMs(): number {
    let next = Infinity;
    for (const group of this.#groups) if (group.boundaryMs < next) next = group.boundaryMs;
    return next;
  }

  metric(
    name: string,
    monitor: Monitor,
    prefix: Prefix,
    windows: WindowRange,
    nodes: Scope,
  ): Counter {
    return this.metricFeed(name, monitor).counter(prefix, windows, nodes, this.subject);
  }

  /** What is counted as a metric under a configured monitor. */
  metricFeed(name: string, monitor: Monitor): Feed {
    const feed = this.#find(name, monitor, true);
    assert(feed !== undefined, `metric ${name} is kept under the monitor`);
    return feed;
  }

  /**
   * The series of this name and monitor that only a script adds to; the first call makes it, which
   * may be at any event.
   */
  scriptFeed(name: string, monitor: Monitor, type: SeriesType = 'ip'): Feed {
    const known = this.#find(name, monitor, false);
    if (known !== undefined) return known;
    const feed = this.#addFeed({ name, type, monitor, kinds: [], ...COUNTS_ONE }, false);
    if (!this.#started) return feed;
    const group = this.#group(monitor.intervalMs);
    if (group.current < 0) this.#enter(group, this.#windowOf(monitor.intervalMs, this.#nowMs));
    else feed.start(group.current);
    return feed;
  }

  #find(name: string, { intervalMs, windows }: Monitor, isMetric: boolean): Feed | undefined {
    return this.#feeds.find(
      (feed) =>
        feed.name === name &&
        feed.isMetric === isMetric &&
        feed.monitor.intervalMs === intervalMs &&
        feed.monitor.windows === windows,
    );
  }

  series(name: string, prefix: Prefix, windows: WindowRange, nodes: Scope): Counter {
    return this.seriesNamed(name).counter(prefix, windows, nodes, this.subject);
  }

  sessions(
    prefix: Prefix,
    service: string | undefined,
    listener: string | undefined,
    nodes: Scope,
  ): SessionGauge {
    return this.#sessions.ask({ prefix, service, listener, scope: nodes });
  }

  /**
   * Open sessions in any block, asked at any moment: of all nodes, of the one at hand, or of all
   * as that one has been told.
   */
  openSessions(
    service: string | undefined,
    listener: string | undefined,
    prefix: Prefix,
    scope: Scope | 'told',
  ): BlockQuestion {
    const isTold = scope === 'told';
    const asked = { prefix, service, listener, scope: isTold ? 'node' : scope } as const;
    const gauge = this.#started
      ? this.#sessions.askLate(asked, this.#lateRegistry())
      : this.#sessions.ask(asked);
    return isTold ? this.#sessions.askTold(gauge, asked, () => this.#lateRegistry()) : gauge;
  }

  distinct(question: DistinctQuestion): DistinctFeed {
    const feed = new DistinctFeed(question, this.subject);
    this.#group(question.monitor.intervalMs).distinct.push(feed);
    for (const kind of question.kinds) (this.#distinctByKind[kind] ??= []).push(feed);
    return feed;
  }

  windowsSinceStart(intervalMs: number): number {
    const group = this.#group(intervalMs);
    return group.current - this.#windowOf(intervalMs, this.#startMs);
  }

  /** Sets the clock. */
  start(timeMs: number): void {
    if (this.#started) return;
    this.#started = true;
    this.#startMs = timeMs;
    for (const group of this.#groups) this.#enter(group, this.#windowOf(group.intervalMs, timeMs));
  }

  /** The moment and the node at hand, where no event is taken: a session ends. */
  reach(timeMs: number, node: number): void {
    this.#nowMs = timeMs;
    this.subject.node = node;
    this.#arrive(timeMs);
  }

  /** Moves every window that begins at or before `timeMs`; sessions and blocks are the caller's. */
  shift(timeMs: number): void {
    for (;;) {
      let next: Group | undefined;
      for (const group of this.#groups) {
        if (group.boundaryMs <= timeMs && (!next || group.boundaryMs < next.boundaryMs))
          next = group;
      }
      if (next === undefined) return;
      this.#roll(next, timeMs);
    }
  }

  /** Counts an event and points the counters at it. */
  take(batch: EventBatch, row: number): Taken {
    const { subject } = this;
    const family = batch.family[row];
    subject.batch = batch;
    subject.row = row;
    subject.family = family;
    subject.at = row * 4;
    subject.node = batch.node[row];
    subject.serial++;
    subject.alarm.raised = false;
    const nowMs = (this.#nowMs = batch.release[row]);
    this.#arrive(nowMs);
    const flags = batch.flags[row];
    if (family !== 0 && this.#options.ignore.has(family, batch.ip, subject.at)) return 'ignored';
    const late = (flags & FLAG.late) !== 0;
    const kind = batch.kind[row];
    const timeMs = late ? batch.time[row] : nowMs;
    let kept = !late;
    let asked = false;
    const feeds = this.#feedsByKind[kind];
    if (feeds !== undefined) {
      for (let i = 0; i < feeds.length; i++) {
        const feed = feeds[i];
        const window = late ? this.#windowOf(feed.monitor.intervalMs, timeMs) : undefined;
        const added = feed.take(subject, window, timeMs, nowMs);
        if (added === undefined) continue;
        asked = true;
        if (added) kept = true;
        if (late) this.#options.onLate?.(feed, added);
      }
    }
    const distinct = this.#distinctByKind[kind];
    if (distinct !== undefined) {
      for (const feed of distinct) {
        const window = late ? this.#windowOf(feed.intervalMs, timeMs) : undefined;
        const added = feed.take(window);
        if (added === undefined) continue;
        asked = true;
        if (added) kept = true;
        if (late) this.#options.onLate?.(feed, added);
      }
    }
    if (!late) return 'counted';
    this.#keptLate = kept;
    return kept || !asked ? 'late' : 'too late';
  }

  /** Whether a series took the late event taken last; it may be that none counts its kind. */
  get keptLate(): boolean {
    return this.#keptLate;
  }

  /** Takes back what the event taken last, which was counted, has added to the present windows. */
  takeBack(): void {
    const { subject } = this;
    const kind = subject.batch.kind[subject.row];
    for (const feed of this.#feedsByKind[kind] ?? []) feed.takeBack(subject);
    for (const feed of this.#distinctByKind[kind] ?? []) feed.takeBack();
  }

  /** A session opened (+1) or ended (-1). False: its peer is ignored. */
  session(facts: SessionFacts, change: 1 | -1, nowMs: number): boolean {
    if (facts.family !== 0 && this.#options.ignore.has(facts.family, facts.words, facts.at)) {
      return false;
    }
    this.#sessions.change(facts, change, nowMs);
    this.#nodeWindows?.session(facts, change);
    return true;
  }

  /** Closes every window that is still kept, oldest first, the present one included. */
  finish(): void {
    if (!this.#started) return;
    this.#closeSessions(this.#group(this.firstMonitor.intervalMs));
    const open: { feed: Feed; window: number }[] = [];
    // In the order in which the clock would close them, were it to run on.
    for (const feed of this.#groups.flatMap((group) => group.feeds)) {
      const kept = feed.kept;
      for (let window = Math.max(0, feed.current - kept + 1); window <= feed.current; window++) {
        open.push({ feed, window });
      }
    }
    const leaves = ({ feed, window }: { feed: Feed; window: number }): number =>
      this.#grid.startOf(window + feed.kept, feed.monitor.intervalMs);
    open.sort((a, b) => leaves(a) - leaves(b));
    for (const each of open) {
      this.#cluster.deliver(leaves(each) - 1);
      this.#closer?.window(each.feed, each.window);
    }
    this.#cluster.deliver(Infinity);
    for (const journal of this.#journals()) {
      for (const snapshot of journal.all()) this.#closer?.interval(snapshot);
    }
  }

  /** What a named series holds now. */
  snapshot(name: string): SeriesSnapshot {
    const feed = this.seriesNamed(name);
    const rows: SeriesRow[] = [];
    const { windows, intervalMs } = feed.monitor;
    for (let age = 0; age < Math.min(windows, feed.current + 1); age++) {
      // Not spread into one call: a window may hold more rows than a call takes arguments.
      for (const row of feed.total.rows(feed.current - age, age)) rows.push(row);
    }
    const windowZeroMs = this.#grid.startOf(Math.max(0, feed.current), intervalMs);
    return { name, type: feed.type, monitor: feed.monitor, windowZeroMs, rows };
  }

  /** What the engine holds, to be restored by a later run. */
  save(): AuditState {
    const { nodes } = this.#options.vocabulary;
    return {
      startMs: this.#startMs,
      sawSession: this.#sessions.saw,
      groups: this.#groups.map(({ intervalMs, current }) => ({ intervalMs, current })),
      feeds: this.#feeds.map((feed) => feed.save(nodes)),
      gauges: this.#sessions.kept.map((gauge) => gauge.save(nodes)),
      distinct: this.#allDistinct().map((feed) => feed.save(nodes)),
      cluster: this.#cluster.save(nodes, (of) =>
        this.#feeds.findIndex((feed) => feed.nodes === of),
      ),
      journals: this.#journals().map(({ name, type, tables }) => {
        return { name, type, windows: tables.save() };
      }),
    };
  }

  /**
   * Goes on where the engine of `state` stood, which was bound to the same policy, after every
   * counter was asked for and before the first event.
   */
  restore(state: AuditState): void {
    const { nodes } = this.#options.vocabulary;
    assert(state.feeds.length === this.#feeds.length, 'a state fits the engine that takes it');
    this.#started = true;
    this.#startMs = state.startMs;
    this.#sessions.restore(state.sawSession);
    for (const { intervalMs, current } of state.groups) {
      const group = this.#group(intervalMs);
      group.current = current;
      group.boundaryMs = this.#grid.startOf(current + 1, intervalMs);
    }
    state.feeds.forEach((saved, index) => {
      // What no rule asks any more is kept all the same.
      if (saved.nodes !== null) this.#feeds[index].byNode();
      this.#feeds[index].restore(saved);
    });
    this.#cluster.restore(state.cluster, nodes, (index) => this.#feeds[index].nodes!);
    state.feeds.forEach((saved, index) => {
      if (saved.nodes !== null)
        this.#feeds[index].nodes!.restore(saved.nodes, saved.current, nodes);
    });
    for (const { name, type, windows } of state.journals) {
      const journal = this.#journals().find((each) => each.name === name && each.type === type);
      journal?.tables.restore(windows, this.#group(this.#options.managerLog!.intervalMs).current);
    }
    this.#sessions.kept.forEach((gauge, index) => gauge.restore(state.gauges[index], nodes));
    this.#allDistinct().forEach((feed, index) => feed.restore(state.distinct[index], nodes));
  }

  #allDistinct(): DistinctFeed[] {
    return this.#groups.flatMap((group) => group.distinct);
  }

  #addFeed(plan: SeriesPlan, isMetric: boolean): Feed {
    const kept = plan.monitor.windows + (isMetric ? 1 : 0);
    const registry = this.#started ? this.#lateRegistry() : this.#registry;
    const clamps = this.#options.clampNegative === true;
    const newNodes = (of: Feed): FeedNodes => this.#newNodes(of);
    const feed = new Feed({ ...plan, isMetric, kept, clamps, newNodes }, registry);
    this.#feeds.push(feed);
    // What a node counts and what is replicated stop at 0 each by itself, whoever asks.
    if (!isMetric && (clamps || plan.replicate !== 'none')) feed.byNode();
    this.#group(plan.monitor.intervalMs).feeds.push(feed);
    for (const kind of plan.kinds) (this.#feedsByKind[kind] ??= []).push(feed);
    return feed;
  }

  /** The node at hand is there, and what others have told it by now. */
  #arrive(timeMs: number): void {
    this.#cluster.enter();
    this.#cluster.deliver(timeMs);
    this.#sessions.deliver(timeMs);
  }

  /** Everything is counted by node, from the first event on. */
  #newNodeWindows(): NodeWindows | undefined {
    const { sink, top } = this.#options;
    if (sink === undefined) return undefined;
    for (const feed of this.#feeds) feed.byNode();
    const newGauge = (): SessionGauge => addressGauge(this.subject, this.#cluster.newKeys());
    return new NodeWindows(this.#cluster, newGauge, sink, Math.max(1, top));
  }

  #newNodes({ name, type, isMetric, kept, monitor, total }: Feed): FeedNodes {
    const { managerLog, sink } = this.#options;
    const { replication } = this.#cluster;
    const delayMs = isMetric ? replication[name as MetricName] : replication.series;
    const managerDelayMs = isMetric ? undefined : replication.manager;
    // Where nobody takes the journals, none are kept.
    const isWanted = !isMetric && sink?.managerJournal !== undefined;
    const isLogged = isWanted && managerLog?.includes(name) === true;
    const spanMs = monitor.intervalMs * kept + Math.max(delayMs ?? 0, managerDelayMs ?? 0);
    const journal = isLogged ? this.#journalOf(name, type, managerLog, spanMs) : undefined;
    const options = { type, kept, isMetric, delayMs, managerDelayMs, manager: journal?.add };
    return new FeedNodes(options, total, this.#cluster);
  }

  /** Series of one name, under whatever monitors, are one in the manager's journals. */
  #journalOf(name: string, type: SeriesType, log: ManagerLog, spanMs: number): ManagerJournal {
    const group = this.#group(log.intervalMs);
    const known = group.journals.find((each) => each.name === name && each.type === type);
    if (known !== undefined) return known;
    const isTaken = group.journals.some((each) => each.name === name);
    const shown = isTaken ? `${name} (${type})` : name;
    const keys = this.#cluster.newKeys();
    const journal = new ManagerJournal(shown, type, log, spanMs, this.#grid, keys);
    group.journals.push(journal);
    if (this.#started) {
      if (group.current < 0) this.#enter(group, this.#windowOf(group.intervalMs, this.#nowMs));
      else journal.tables.start(group.current);
    }
    return journal;
  }

  #journals(): ManagerJournal[] {
    return this.#groups.flatMap((group) => group.journals);
  }

  /** Rows of keys that are alive have their width: what comes late brings its own keys. */
  #lateRegistry(): KeyRegistry {
    const keys = new KeyRegistry();
    this.#lateKeys.push(keys);
    return keys;
  }

  /** A named series of the policy. */
  seriesNamed(name: string): Feed {
    const feed = this.#feeds.find((f) => f.name === name && !f.isMetric);
    assert(feed !== undefined, `series ${name} is defined`);
    return feed;
  }

  #group(intervalMs: number): Group {
    let group = this.#groups.find((g) => g.intervalMs === intervalMs);
    if (group === undefined) {
      group = {
        intervalMs,
        feeds: [],
        distinct: [],
        journals: [],
        current: -1,
        boundaryMs: Infinity,
      };
      this.#groups.push(group);
    }
    return group;
  }

  #windowOf(intervalMs: number, timeMs: number): number {
    return this.#grid.numberAt(timeMs, intervalMs);
  }

  #enter(group: Group, window: number): void {
    group.current = window;
    group.boundaryMs = this.#grid.startOf(window + 1, group.intervalMs);
    for (const feed of group.feeds) feed.start(window);
    for (const feed of group.distinct) feed.start(window);
    for (const { tables } of group.journals) tables.start(window);
  }

  #roll(group: Group, timeMs: number): void {
    const next = group.current + 1;
    // At one instant windows shift first: what is due then finds them shifted.
    this.#cluster.deliver(group.boundaryMs - 1);
    if (group.intervalMs === this.firstMonitor.intervalMs) this.#closeSessions(group);
    let idle = this.#cluster.isQuiet;
    for (const feed of group.feeds) {
      const leaving = next - feed.kept;
      if (leaving >= 0) this.#closer?.window(feed, leaving);
      feed.step();
      if (idle && !feed.empty) idle = false;
    }
    for (const feed of group.distinct) {
      feed.step();
      if (!feed.empty) idle = false;
    }
    for (const { leaving, tables } of group.journals) {
      this.#closer?.interval(leaving);
      tables.step();
      if (!tables.empty) idle = false;
    }
    group.current = next;
    group.boundaryMs = this.#grid.startOf(next + 1, group.intervalMs);
    // Nothing left to count out: a quiet weekend is one jump. Open sessions have a row per window.
    if (idle && this.#sessions.every.empty) {
      const last = this.#windowOf(group.intervalMs, timeMs);
      if (last > next) this.#enter(group, last);
    }
  }

  #closeSessions(group: Group): void {
    if (!this.#sessions.saw) return;
    if (this.#closer === undefined) this.#sessions.every.step();
    else this.#closer.sessions(this.#sessions, this.firstMonitor, group.current);
    this.#sessions.step();
  }
}
