import type { Prefix } from '../../model/address.ts';
import type { WindowRange } from '../../model/monitor.ts';
import { compareText } from '../../model/order.ts';
import type { Replicate } from '../../model/replication.ts';
import type { SeriesType } from '../../model/series-snapshot.ts';
import type { Words } from '../../model/vocabulary.ts';
import type { FeedNodesState, WindowCounts } from '../audit-state.ts';
import type { Arrival, Cluster } from './cluster.ts';
import { FeedTables, type AddKey } from '../feed-tables.ts';
import type { BlockQuestion } from '../port.ts';
import type { KeyRegistry } from '../tables.ts';

export interface FeedNodesOptions {
  readonly type: SeriesType;
  /** Windows kept, the present one included. */
  readonly kept: number;
  /** A metric belongs to its node, and what is replicated of it is a view beside that. */
  readonly isMetric: boolean;
  /** How long what is replicated to the cluster takes to arrive; undefined: it is not. */
  readonly delayMs: number | undefined;
  /** The same for the manager. */
  readonly managerDelayMs: number | undefined;
  /** Adds to what the manager keeps of the series; undefined: it keeps nothing. */
  readonly manager: ((key: AddKey, amount: number, timeMs: number) => void) | undefined;
}

/** What is asked of blocks, so that the tables of a new node are ready for it. */
interface Asked {
  readonly prefix: Prefix;
  readonly windows: WindowRange;
}

/**
 * One thing that is counted, by the places that count it (semantics, section 7): each node for
 * itself (`own`), and what is replicated: what all have (`spread`) and what only the node has that
 * counted it (`pending`). Of a series a node counts its own and what is replicated; of a metric,
 * which all nodes count for themselves, what is replicated is the cluster's view.
 */
export class FeedNodes {
  readonly #options: FeedNodesOptions;
  readonly #cluster: Cluster;
  /** Every add once, whoever made it. */
  readonly #total: FeedTables;
  /** By node, from when there are several. */
  readonly #own: (FeedTables | undefined)[] = [];
  #spread: FeedTables | undefined;
  readonly #pending: (FeedTables | undefined)[] = [];
  readonly #asked: Asked[] = [];

  constructor(options: FeedNodesOptions, total: FeedTables, cluster: Cluster) {
    this.#options = options;
    this.#total = total;
    this.#cluster = cluster;
    cluster.join(this);
  }

  /** Has nodes count by themselves from now on, also while there is only one. */
  split(): void {
    this.#cluster.split();
  }

  /** The tables of all places. */
  get places(): FeedTables[] {
    const all = [...this.#own, ...this.#pending, this.#spread];
    return all.filter((tables) => tables !== undefined);
  }

  /** The tables of what the node at hand counts. */
  get here(): FeedTables[] {
    return this.viewOf(this.#cluster.node);
  }

  /** The tables of what a node counts. */
  viewOf(node: number): FeedTables[] {
    if (!this.#cluster.isSplit) return [this.#total];
    const own = [this.#own[node]];
    const all = this.#options.isMetric ? own : [...own, this.#pending[node], this.#spread];
    return all.filter((tables) => tables !== undefined);
  }

  /** The tables to which adds of this kind go, those of other nodes too where it is replicated. */
  placesOf(replicate: Replicate): FeedTables[] {
    const { isSplit, node } = this.#cluster;
    const isSpread = this.#isSpread(replicate);
    if (!isSpread && !isSplit) return [this.#total];
    const all = isSpread ? [...this.#pending, this.#spread] : [this.#own[node]];
    return all.filter((tables) => tables !== undefined);
  }

  /** Keys in memory that no registry has. */
  get size(): number {
    return this.places.reduce((size, tables) => size + tables.size, 0);
  }

  get empty(): boolean {
    return this.places.every((tables) => tables.empty);
  }

  start(window: number): void {
    for (const tables of this.places) tables.start(window);
  }

  step(): void {
    for (const tables of this.places) tables.step();
  }

  clear(): void {
    for (const tables of this.places) tables.clear();
    this.forget(() => true);
  }

  /** Has no value of these keys arrive at other nodes any more. */
  forget(isMeant: (key: AddKey) => boolean): void {
    for (const arrival of this.#cluster.onTheWay(this))
      if (isMeant(arrival.key)) arrival.amount = 0;
  }

  /** A node that is new, once nodes count by themselves. */
  addNode(node: number, keys: KeyRegistry): void {
    this.#own[node] = this.#newTables(keys);
  }

  /** The node that was the only one: of the total it has all that is not replicated. */
  fillFirst(node: number): void {
    const own = this.#own[node]!;
    if (own.current < 0) return;
    this.#total.each((key, count, window) => {
      const left = this.#options.isMetric ? count : count - this.#toldAt(node, key, window);
      // A key whose adds sum up to nothing is a key all the same, unless it is replicated.
      if (left !== 0 || count === 0) own.add(key, left, window);
    });
  }

  /** Has the manager's or the cluster's part of an add that the total has taken. */
  add(
    replicate: Replicate,
    key: AddKey,
    amount: number,
    window: number,
    timeMs: number,
    nowMs: number,
  ): void {
    const { isMetric, delayMs, managerDelayMs, manager } = this.#options;
    const { node } = this.#cluster;
    const isSpread = this.#isSpread(replicate);
    // While there is one node, the total is its own count.
    if (isMetric || !isSpread) this.#own[node]?.add(key, amount, window);
    if (isSpread && delayMs === 0) this.#spreadTables().add(key, amount, window);
    else if (isSpread) {
      this.#pendingOf(node).add(key, amount, window);
      this.#cluster.send(this, 'nodes', nowMs + delayMs!, key, amount, window, timeMs);
    }
    const toManagerMs = isSpread ? delayMs : replicate === 'manager' ? managerDelayMs : undefined;
    if (manager === undefined || toManagerMs === undefined) return;
    if (toManagerMs === 0) manager(key, amount, timeMs);
    else this.#cluster.send(this, 'manager', nowMs + toManagerMs, key, amount, window, timeMs);
  }

  /** A value has arrived: everyone has it now, or the manager. */
  arrive({ to, from, key, amount, window, timeMs }: Arrival): void {
    if (amount === 0) return;
    if (to === 'manager') {
      this.#options.manager?.(key, amount, timeMs);
      return;
    }
    this.#pendingOf(from).add(key, -amount, window);
    this.#spreadTables().add(key, amount, window);
  }

  /** The count that an add of this kind changes, of one key and window. */
  countAt(replicate: Replicate, key: AddKey, window: number): number {
    const { node, isSplit } = this.#cluster;
    if (this.#isSpread(replicate)) return this.#toldAt(node, key, window);
    if (isSplit) return this.#own[node]?.countAt(key, window) ?? 0;
    return this.#total.countAt(key, window) - this.#toldAt(node, key, window);
  }

  /** What the node at hand counts. */
  question(prefix: Prefix, windows: WindowRange): BlockQuestion {
    this.#ask(prefix, windows);
    const total = this.#total.question(prefix, windows);
    const own = this.#byNode(this.#own, prefix, windows);
    if (this.#options.isMetric) {
      return {
        count: (family, ip, at) => (this.#cluster.isSplit ? own : total).count(family, ip, at),
      };
    }
    const told = this.#told(prefix, windows);
    return {
      count: (family, ip, at) => {
        if (!this.#cluster.isSplit) return total.count(family, ip, at);
        return own.count(family, ip, at) + told.count(family, ip, at);
      },
    };
  }

  /** What the node at hand knows of the whole cluster; of a metric. */
  clusterQuestion(prefix: Prefix, windows: WindowRange): BlockQuestion {
    const { delayMs } = this.#options;
    if (delayMs === undefined) return this.question(prefix, windows);
    const total = this.#total.question(prefix, windows);
    if (delayMs === 0) return total;
    this.#ask(prefix, windows);
    const told = this.#told(prefix, windows);
    return {
      count: (family, ip, at) => (this.#cluster.isSplit ? told : total).count(family, ip, at),
    };
  }

  /** What the node at hand counts under a text. */
  countText(text: string, windows: WindowRange): number {
    let sum = 0;
    for (const tables of this.here) sum += tables.countText(text, windows);
    return sum;
  }

  save(nodes: Words): FeedNodesState {
    const byNode = (places: readonly (FeedTables | undefined)[]): FeedNodesState['own'] => {
      const saved: { node: string; windows: readonly WindowCounts[] }[] = [];
      places.forEach((tables, node) => {
        if (tables !== undefined) saved.push({ node: nodes.name(node), windows: tables.save() });
      });
      return saved.sort((a, b) => compareText(a.node, b.node));
    };
    return {
      own: byNode(this.#own),
      pending: byNode(this.#pending),
      spread: this.#spread?.save() ?? null,
    };
  }

  /** Behind the cluster's own `restore`, which has made the nodes. */
  restore(state: FeedNodesState, current: number, nodes: Words): void {
    for (const { node, windows } of state.own) {
      this.#own[nodes.id(node)!]!.restore(windows, current);
    }
    for (const { node, windows } of state.pending) {
      this.#pendingOf(nodes.id(node)!).restore(windows, current);
    }
    if (state.spread !== null) this.#spreadTables().restore(state.spread, current);
  }

  /** What a node has of what is replicated. */
  #toldAt(node: number, key: AddKey, window: number): number {
    const spread = this.#spread?.countAt(key, window) ?? 0;
    return spread + (this.#pending[node]?.countAt(key, window) ?? 0);
  }

  #isSpread(replicate: Replicate): boolean {
    const { isMetric, delayMs } = this.#options;
    // Without a delay the cluster's view of a metric is the total.
    if (isMetric) return delayMs !== undefined && delayMs > 0;
    return replicate === 'cluster' && delayMs !== undefined;
  }

  #spreadTables(): FeedTables {
    return (this.#spread ??= this.#newTables(this.#cluster.newKeys()));
  }

  #pendingOf(node: number): FeedTables {
    return (this.#pending[node] ??= this.#newTables(this.#cluster.newKeys()));
  }

  #newTables(keys: KeyRegistry): FeedTables {
    const { type, kept } = this.#options;
    const tables = new FeedTables(type, kept, keys);
    for (const { prefix, windows } of this.#asked) tables.question(prefix, windows);
    if (this.#total.current >= 0) tables.start(this.#total.current);
    return tables;
  }

  #ask(prefix: Prefix, windows: WindowRange): void {
    this.#asked.push({ prefix, windows });
  }

  #byNode(
    places: readonly (FeedTables | undefined)[],
    prefix: Prefix,
    windows: WindowRange,
  ): BlockQuestion {
    const questions: (BlockQuestion | undefined)[] = [];
    return {
      count: (family, ip, at) => {
        const { node } = this.#cluster;
        const question = (questions[node] ??= places[node]?.question(prefix, windows));
        return question === undefined ? 0 : question.count(family, ip, at);
      },
    };
  }

  #told(prefix: Prefix, windows: WindowRange): BlockQuestion {
    const pending = this.#byNode(this.#pending, prefix, windows);
    let spread: BlockQuestion | undefined;
    return {
      count: (family, ip, at) => {
        spread ??= this.#spread?.question(prefix, windows);
        const all = spread === undefined ? 0 : spread.count(family, ip, at);
        return all + pending.count(family, ip, at);
      },
    };
  }
}
