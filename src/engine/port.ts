import type { Network, Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { EventField } from '../model/event.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import type { Replicate, Replication } from '../model/replication.ts';
import type { SeriesSnapshot, SeriesType } from '../model/series-snapshot.ts';

/** The event at hand: what a counter's block or key is taken from. One object, changed per event. */
export interface Subject {
  batch: EventBatch;
  row: number;
  /** Number of the event: it grows by one with each event looked at. */
  serial: number;
  /** 4, 6 or 0. */
  family: number;
  /** Where the address stands in `batch.ip`. */
  at: number;
  node: number;
  /** Whether the event took a count above a limit that it was armed with. */
  readonly alarm: { raised: boolean };
}

/** A count that a policy asked for before the replay, ready at every event. */
export interface Counter {
  /** The count for the block or key of the event at hand; 0 where it has none. */
  value(): number;
  /**
   * A number that stands for the block or key of the event at hand while the present window lasts,
   * or -1 when only its text tells.
   */
  identity(): number;
  /** Whether the event at hand was added to what this counts. */
  counted(): boolean;
  /**
   * Has `subject.alarm` raised by every event that is added to what this counts and leaves its
   * count above `limit`; false, or absent, when the counter cannot tell.
   */
  arm?(limit: number): boolean;
}

/** Tells whether an event is one that a series counts. */
export type EventFilter = (batch: EventBatch, row: number) => boolean;

/** A named series as the engine keeps it. */
export interface SeriesPlan {
  readonly name: string;
  readonly type: 'ip' | 'cidr' | 'cidr_ipv6' | 'string';
  readonly monitor: Monitor;
  readonly kinds: readonly number[];
  /** Undefined: every event of these kinds. */
  readonly filter: EventFilter | undefined;
  /** The field that gives the key of a string series. */
  readonly key: EventField;
  readonly amount: number | 'recipients' | 'size';
  readonly serialize: boolean;
  readonly replicate: Replicate;
}

/** What a policy may ask; every question is declared before the first event. */
export interface AuditView {
  readonly subject: Subject;
  /** Sum of a metric in the block of the peer. */
  metric(
    name: string,
    monitor: Monitor,
    prefix: Prefix,
    windows: WindowRange,
    nodes: Scope,
  ): Counter;
  /** Sum of a named series in the block of the peer, or under the event's key in a string series. */
  series(name: string, prefix: Prefix, windows: WindowRange, nodes: Scope): Counter;
  /** Open sessions in the block of the peer; undefined service or listener: all of them. */
  sessions(
    prefix: Prefix,
    service: string | undefined,
    listener: string | undefined,
    nodes: Scope,
  ): Counter;
  /** Different values of a field under the block or another field of the event. */
  distinct(question: DistinctQuestion): Counter;
  /** Number of the window that the monitor's window 0 has been since the first event. */
  windowsSinceStart(intervalMs: number): number;
}

/** One question, the same at every event: the count over a block that holds an address. */
export interface BlockQuestion {
  /**
   * @param family 4 or 6; 0, no address, counts 0
   * @param words the address, in `words[at .. at+3]`
   */
  count(family: number, words: Int32Array, at: number): number;
}

/**
 * Counts that may be asked at any moment, by any block and windows: those of the node at hand, or
 * of the cluster as that node sees it.
 */
export interface Askable {
  /**
   * A question over the blocks of these prefix lengths. Cheapest before the first event; later it
   * looks once at all that is kept.
   */
  over(prefix: Prefix, windows: WindowRange): BlockQuestion;
}

/** A named series that a script adds to. */
export interface AskableSeries extends Askable {
  /** Adds to window 0 of an address. */
  add(family: number, words: Int32Array, at: number, amount: number, replicate: Replicate): void;
  /** Has the windows that close from now on written as journals. */
  serialize(): void;
}

/** A named series of one type that a script has defined, by which it asks and adds. */
export interface DefinedSeries {
  /** Adds to window 0 of an address; nothing where the series does not hold its family. */
  add(family: number, words: Int32Array, at: number, amount: number): void;
  over(prefix: Prefix, windows: WindowRange): BlockQuestion;
  /** The same for the texts of a string series. */
  addText(key: string, amount: number): void;
  countText(key: string, windows: WindowRange): number;
  /** Takes a block or a text out of all windows of the node, or of the cluster it is replicated to. */
  remove(key: Network | string): void;
}

/** What scripts ask and change: everything comes into being with its first use. */
export interface ScriptAudit {
  /** Configured monitors; never empty. */
  readonly monitors: readonly Monitor[];
  /** What nodes tell each other: views of the cluster that are not there are those of the node. */
  readonly replication: Replication;
  metric(name: MetricName, monitor: Monitor, scope: Scope): Askable;
  /** The series of this name and monitor: one name under two monitors is two series. */
  series(name: string, monitor: Monitor): AskableSeries;
  /**
   * The series of this name, type and monitor, made by the first call.
   *
   * @returns undefined where there is one of that name and monitor with another type
   */
  define(plan: DefinedPlan): DefinedSeries | undefined;
  /** Open sessions; undefined service or listener: all of them. */
  sessions(
    service: string | undefined,
    listener: string | undefined,
    prefix: Prefix,
    scope: Scope,
  ): BlockQuestion;
}

export interface DefinedPlan {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Whether closed windows are written as journals. */
  readonly serialize: boolean;
  /** Whether what it holds at the end is kept. */
  readonly persist: boolean;
  readonly replicate: Replicate;
}

export type MetricName = 'connections' | 'receptions' | 'rejections';

/** Whether nodes are counted together or each apart. */
export type Scope = 'cluster' | 'node';

export interface DistinctQuestion {
  readonly field: EventField;
  readonly kinds: readonly number[];
  readonly filter: EventFilter | undefined;
  readonly per: Prefix | EventField;
  readonly monitor: Monitor;
  readonly windows: WindowRange;
  readonly nodes: Scope;
}

/** A window of a metric or series that has left the kept range, late events included. */
export interface ClosedWindow {
  readonly series: string;
  readonly monitor: Monitor;
  readonly windowStartMs: number;
  readonly total: number;
  readonly keys: number;
  /** The keys with the highest counts, highest first; equal counts in the order of keys. */
  readonly top: readonly { readonly key: string; readonly count: number }[];
}

/** Where the engine's results go while the clock runs. */
export interface AuditSink {
  windowClosed(window: ClosedWindow): void;
  /** A closed window of a series that is serialized: one window, number 0. */
  journal(snapshot: SeriesSnapshot): void;
  /** The same of an interval that the manager of a cluster has counted. */
  managerJournal?(snapshot: SeriesSnapshot): void;
}
