import type { Replication } from '../../model/replication.ts';
import { compareText } from '../../model/order.ts';
import type { Words } from '../../model/vocabulary.ts';
import type { ArrivalState, ClusterState } from '../audit-state.ts';
import { DueQueue } from './due-queue.ts';
import type { FeedNodes } from './feed-nodes.ts';
import type { AddKey } from '../feed-tables.ts';
import type { Subject } from '../port.ts';
import { KeyRegistry } from '../tables.ts';

/** A replicated value that the others do not have yet. Used again when it has arrived. */
export interface Arrival {
  dueMs: number;
  of: FeedNodes;
  to: 'nodes' | 'manager';
  from: number;
  readonly key: AddKey;
  /** 0 once the key was removed. */
  amount: number;
  /** Window of the event, and its time: that is where a value goes. */
  window: number;
  timeMs: number;
}

/**
 * The nodes of a replay: which the log has shown, and what is on its way between them. As long as
 * there is only one, what it counts is the total, and nothing is counted twice.
 */
export class Cluster {
  readonly replication: Replication;
  readonly #subject: Subject;
  readonly #joined: FeedNodes[] = [];
  /** By node; undefined: not seen yet. */
  readonly #keys: (KeyRegistry | undefined)[] = [];
  /** Of places that are no node, and of what came late. */
  readonly #otherKeys: KeyRegistry[] = [];
  #entered = -1;
  #isSplit = false;
  #onTheWay = new DueQueue<Arrival>();
  /** Those that have arrived: a log has millions of them. */
  readonly #arrived: Arrival[] = [];

  constructor(replication: Replication, subject: Subject) {
    this.replication = replication;
    this.#subject = subject;
  }

  /** The node of the event, or of the session's end, at hand. */
  get node(): number {
    return this.#subject.node;
  }

  /** Whether nodes count by themselves: there are several. */
  get isSplit(): boolean {
    return this.#isSplit;
  }

  /** The nodes that have had an event. */
  get nodes(): number[] {
    return [...this.#keys.keys()].filter((node) => this.#keys[node] !== undefined);
  }

  /** Their names, sorted. */
  names(words: Words): string[] {
    return this.nodes.map((node) => words.name(node)).sort(compareText);
  }

  /** Keys in memory. */
  get size(): number {
    let size = 0;
    for (const keys of this.#keys) size += keys?.size ?? 0;
    for (const keys of this.#otherKeys) size += keys.size;
    return size;
  }

  /** Whether nothing is on its way. */
  get isQuiet(): boolean {
    return this.#onTheWay.isEmpty;
  }

  /** Something is counted by node from now on. */
  join(nodes: FeedNodes): void {
    this.#joined.push(nodes);
    if (!this.#isSplit) return;
    // Rows of keys that are alive have their width: what comes late brings its own keys.
    for (const node of this.nodes) nodes.addNode(node, this.newKeys());
  }

  newKeys(): KeyRegistry {
    const keys = new KeyRegistry();
    this.#otherKeys.push(keys);
    return keys;
  }

  /** The node at hand: one that is new begins with nothing of its own. */
  enter(): void {
    const { node } = this;
    if (node === this.#entered) return;
    this.#entered = node;
    if (this.#keys[node] !== undefined) return;
    if (this.#keys.length > 0) this.split();
    this.#add(node);
  }

  /** Has nodes count by themselves from now on: the only one so far has counted the total. */
  split(): void {
    if (this.#isSplit) return;
    this.#isSplit = true;
    this.#keys.forEach((keys, node) => {
      // All tables that share keys are made before the first key.
      for (const nodes of this.#joined) nodes.addNode(node, keys!);
      for (const nodes of this.#joined) nodes.fillFirst(node);
    });
  }

  #add(node: number): void {
    const keys = (this.#keys[node] = new KeyRegistry());
    if (!this.#isSplit) return;
    for (const nodes of this.#joined) nodes.addNode(node, keys);
  }

  /** Has a value of the node at hand arrive at others. */
  send(
    of: FeedNodes,
    to: Arrival['to'],
    dueMs: number,
    { family, ip, at, text }: AddKey,
    amount: number,
    window: number,
    timeMs: number,
  ): void {
    const arrival = this.#arrived.pop() ?? newArrival(of);
    arrival.dueMs = dueMs;
    arrival.of = of;
    arrival.to = to;
    arrival.from = this.node;
    arrival.amount = amount;
    arrival.window = window;
    arrival.timeMs = timeMs;
    const { key } = arrival;
    key.family = family;
    key.text = text;
    for (let word = 0; word < 4; word++) key.ip[word] = ip[at + word];
    this.#onTheWay.add(arrival);
  }

  /** What is on its way to other nodes. */
  onTheWay(of: FeedNodes): Arrival[] {
    return this.#onTheWay.items.filter((arrival) => arrival.of === of && arrival.to === 'nodes');
  }

  /** Has everything arrive that is due at or before `timeMs`. */
  deliver(timeMs: number): void {
    for (;;) {
      const arrival = this.#onTheWay.take(timeMs);
      if (arrival === undefined) return;
      arrival.of.arrive(arrival);
      this.#arrived.push(arrival);
    }
  }

  save(nodes: Words, feedOf: (nodes: FeedNodes) => number): ClusterState {
    return {
      nodes: this.names(nodes),
      isSplit: this.#isSplit,
      onTheWay: this.#onTheWay.items.map(({ of, from, key, ...arrival }): ArrivalState => ({
        ...arrival,
        feed: feedOf(of),
        from: nodes.name(from),
        key: { family: key.family, ip: [...key.ip.subarray(key.at, key.at + 4)], text: key.text },
      })),
    };
  }

  /** What has joined before is filled by whoever restores it. */
  restore(state: ClusterState, nodes: Words, nodesOf: (feed: number) => FeedNodes): void {
    this.#isSplit = state.isSplit;
    for (const name of state.nodes) this.#add(nodes.id(name)!);
    this.#onTheWay = new DueQueue(
      state.onTheWay.map(({ feed, from, key, ...arrival }) => ({
        ...arrival,
        of: nodesOf(feed),
        from: nodes.id(from)!,
        key: { ...key, ip: Int32Array.from(key.ip), at: 0 },
      })),
    );
  }
}

function newArrival(of: FeedNodes): Arrival {
  const key = { family: 0, ip: new Int32Array(4), at: 0, text: '' };
  return { dueMs: 0, of, to: 'nodes', from: 0, key, amount: 0, window: 0, timeMs: 0 };
}
