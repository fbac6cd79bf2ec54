import type { Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { fieldValue } from '../model/field-value.ts';
import type { EventField } from '../model/event.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../model/monitor.ts';
import type { Replicate } from '../model/replication.ts';
import type { SeriesType } from '../model/series-snapshot.ts';
import type { Words } from '../model/vocabulary.ts';
import type { FeedState } from './audit-state.ts';
import { BlockCounter, NodeBlockCounter, NodeTextCounter, TextCounter } from './counters.ts';
import type { FeedNodes } from './nodes/feed-nodes.ts';
import { FeedTables, type AddKey } from './feed-tables.ts';
import type { Counter, EventFilter, Scope, Subject } from './port.ts';
import type { KeyRegistry } from './tables.ts';

export interface FeedOptions {
  readonly name: string;
  /** One of `METRICS`; all others are named series. */
  readonly isMetric: boolean;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Windows kept, the present one included: N for a named series, N + 1 for a configured monitor. */
  readonly kept: number;
  readonly filter: EventFilter | undefined;
  readonly key: EventField;
  readonly amount: number | 'recipients' | 'size';
  readonly serialize: boolean;
  /** Where the adds of events go; scripts say it themselves. */
  readonly replicate: Replicate;
  /** Whether the count of a key in a window stops at 0 instead of going below. */
  readonly clamps: boolean;
  /** Makes what counts by node, with the first question that needs it. */
  readonly newNodes: (feed: Feed) => FeedNodes;
}

/**
 * One thing that is counted under one monitor: a metric or a named series. All nodes together are
 * counted always, for reports and files; each by itself where that is asked.
 */
export class Feed {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly isMetric: boolean;
  /** Every add once. */
  readonly total: FeedTables;
  /** Whether windows that close are written as journals. */
  serialize: boolean;
  /** `serial` of the event that was added last; says whether the event at hand was. */
  lastAdded = -1;
  /** What that event added, and when. */
  #lastAmount = 0;
  #lastMs = 0;
  /** The same for late events, which nobody judges. */
  lastLate = -1;
  /** Events not added because the series holds the other family, or the event has no key or amount. */
  wrongFamily = 0;
  withoutKey = 0;
  withoutAmount = 0;

  readonly #options: FeedOptions;
  #nodes: FeedNodes | undefined;
  /** The key at hand. */
  readonly #key: AddKey = { family: 0, ip: new Int32Array(4), at: 0, text: '' };

  constructor(options: FeedOptions, registry: KeyRegistry) {
    const { name, isMetric, type, monitor, serialize, kept } = options;
    this.name = name;
    this.isMetric = isMetric;
    this.type = type;
    this.monitor = monitor;
    this.serialize = serialize;
    this.#options = options;
    this.total = new FeedTables(type, kept, registry);
  }

  /** Windows kept, the present one included. */
  get kept(): number {
    return this.#options.kept;
  }

  /** Number of the present window. */
  get current(): number {
    return this.total.current;
  }

  /** What counts by node; undefined: nobody has asked. */
  get nodes(): FeedNodes | undefined {
    return this.#nodes;
  }

  /** Keys in memory that no registry has. */
  get size(): number {
    return this.total.size + (this.#nodes?.size ?? 0);
  }

  get empty(): boolean {
    return this.total.empty && (this.#nodes === undefined || this.#nodes.empty);
  }

  start(window: number): void {
    this.total.start(window);
    this.#nodes?.start(window);
  }

  step(): void {
    this.total.step();
    this.#nodes?.step();
  }

  /** Takes everything out of all windows. */
  clear(): void {
    this.total.clear();
    this.#nodes?.clear();
  }

  /** Has each node counted by itself from now on. */
  byNode(): FeedNodes {
    return (this.#nodes ??= this.#options.newNodes(this));
  }

  /**
   * Adds the event; a late event goes to its own window. False: too late for it. Undefined: the
   * series does not count the event.
   *
   * @param timeMs of the event; a late one's own
   */
  take(
    subject: Subject,
    lateWindow: number | undefined,
    timeMs: number,
    nowMs: number,
  ): boolean | undefined {
    const { batch, row } = subject;
    const { filter } = this.#options;
    if (filter !== undefined && !filter(batch, row)) return undefined;
    const amount = this.#amount(batch, row);
    if (amount === 0) return undefined;
    const tooLate = lateWindow !== undefined && lateWindow <= this.current - this.#options.kept;
    if (this.type === 'string') {
      const text = fieldValue(batch, row, this.#options.key);
      if (text === '') {
        this.withoutKey++;
        return undefined;
      }
      this.#key.text = text;
    } else {
      const { family } = subject;
      if (family === 0 || this.total.tablesOf(family).length === 0) {
        if (family === 0) this.withoutKey++;
        else this.wrongFamily++;
        return undefined;
      }
    }
    if (tooLate) return false;
    const window = lateWindow ?? this.current;
    const { replicate } = this.#options;
    let added = amount;
    if (this.#nodes !== undefined) {
      this.#point(subject.family, batch.ip, subject.at);
      added = this.#clamped(this.#nodes, replicate, amount, window);
      if (added === 0) return undefined;
      this.#nodes.add(replicate, this.#key, added, window, timeMs, nowMs);
    }
    if (this.type === 'string') this.total.add(this.#key, added, window);
    else this.total.take(subject, added, lateWindow);
    if (lateWindow === undefined) {
      this.lastAdded = subject.serial;
      this.#lastAmount = added;
      this.#lastMs = nowMs;
    } else this.lastLate = subject.serial;
    return true;
  }

  /** Takes back what the event at hand has added, if it has: its key stays, with what is left. */
  takeBack(subject: Subject): void {
    if (this.lastAdded !== subject.serial) return;
    const amount = -this.#lastAmount;
    if (this.type === 'string') {
      this.#key.text = fieldValue(subject.batch, subject.row, this.#options.key);
    }
    this.#point(subject.family, subject.batch.ip, subject.at);
    this.total.add(this.#key, amount, this.current);
    const { replicate } = this.#options;
    this.#nodes?.add(replicate, this.#key, amount, this.current, this.#lastMs, this.#lastMs);
  }

  /** A counter over the peer's block, or over the event's key in a string series. */
  counter(prefix: Prefix, windows: WindowRange, nodes: Scope, subject: Subject): Counter {
    const { key } = this.#options;
    const { texts } = this.total;
    if (texts !== undefined && nodes === 'node') {
      return new NodeTextCounter(this, subject, this.byNode(), key, windows);
    }
    if (texts !== undefined) return new TextCounter(this, subject, texts, key, windows);
    if (nodes === 'node') {
      return new NodeBlockCounter(this, subject, this.byNode().question(prefix, windows));
    }
    const tableOf = (family: 4 | 6, bits: number) =>
      this.total.tablesOf(family).length > 0 ? this.total.tableOf(family, bits) : undefined;
    const [four, six] = [tableOf(4, prefix.ipv4), tableOf(6, prefix.ipv6)];
    return new BlockCounter(this, subject, four, six, windows);
  }

  /** Adds to window 0 of an address, by a script of the node at hand. */
  addPresent(
    family: number,
    ip: Int32Array,
    at: number,
    amount: number,
    replicate: Replicate,
    nowMs: number,
  ): void {
    this.#point(family, ip, at);
    this.#addPresent(amount, replicate, nowMs);
  }

  /** Adds to window 0 of a text, by a script of the node at hand. */
  addPresentText(text: string, amount: number, replicate: Replicate, nowMs: number): void {
    this.#key.text = text;
    this.#addPresent(amount, replicate, nowMs);
  }

  save(nodes: Words): FeedState {
    const { name, isMetric, type, current, wrongFamily, withoutKey, withoutAmount } = this;
    return {
      name,
      isMetric,
      type,
      monitor: formatMonitor(this.monitor),
      current,
      negative: this.total.negative,
      wrongFamily,
      withoutKey,
      withoutAmount,
      windows: this.total.save(),
      nodes: this.#nodes?.save(nodes) ?? null,
    };
  }

  /** Brings back a saved state. What counts by node is restored behind it. */
  restore(state: FeedState): void {
    this.total.restore(state.windows, state.current);
    if (state.negative) this.total.negative = true;
    this.wrongFamily = state.wrongFamily;
    this.withoutKey = state.withoutKey;
    this.withoutAmount = state.withoutAmount;
  }

  #point(family: number, ip: Int32Array, at: number): void {
    const key = this.#key;
    key.family = family;
    key.ip = ip;
    key.at = at;
  }

  /** Adds to the key at hand. */
  #addPresent(amount: number, replicate: Replicate, nowMs: number): void {
    const nodes = this.byNode();
    const added = this.#clamped(nodes, replicate, amount, this.current);
    if (added === 0) return;
    nodes.add(replicate, this.#key, added, this.current, nowMs, nowMs);
    this.total.add(this.#key, added, this.current);
  }

  /** What of an amount is added to the key at hand; 0: nothing. */
  #clamped(nodes: FeedNodes, replicate: Replicate, amount: number, window: number): number {
    if (amount >= 0 || !this.#options.clamps) return amount;
    const count = nodes.countAt(replicate, this.#key, window);
    return count > 0 ? Math.max(amount, -count) : 0;
  }

  #amount(batch: EventBatch, row: number): number {
    const { amount } = this.#options;
    if (typeof amount === 'number') return amount;
    const value = amount === 'size' ? batch.size[row] : batch.recipients[row];
    if (value >= 0) return value;
    this.withoutAmount++;
    return 0;
  }
}
