import { ADDRESS, type Prefix } from '../model/address.ts';
import { KIND } from '../model/event.ts';
import { BlockKeys } from './block-keys.ts';
import { compareText } from '../model/order.ts';
import type { Words } from '../model/vocabulary.ts';
import type { GaugeState, LevelsState } from './audit-state.ts';
import type { BlockQuestion, Counter, Scope, Subject } from './port.ts';
import { firstOf } from './ranking.ts';
import { locateKey } from './stored-windows.ts';
import type { KeyRegistry } from './tables.ts';

/** An open or ended session as the gauges see it. */
export interface SessionFacts {
  readonly family: number;
  /** The address at connect stands in `words[at .. at+3]`. */
  readonly words: Int32Array;
  readonly at: number;
  readonly node: number;
  readonly service: number;
  readonly listener: number;
}

/** Open sessions per block of one family; the state of a block is `[open, peak, listed]`. */
class Levels {
  readonly keys: BlockKeys;
  /** Blocks with a session open at some time of the present window: their entries. */
  listed: number[] = [];
  readonly #at: number;

  constructor(keys: BlockKeys) {
    this.keys = keys;
    this.#at = keys.table.reserve(3);
  }

  open(entry: number): number {
    return this.keys.table.cells[entry + this.#at];
  }

  peak(entry: number): number {
    return this.keys.table.cells[entry + this.#at + 1];
  }

  opened(ip: Int32Array, at: number): void {
    const { keys } = this;
    const entry = keys.locateAt(ip, at);
    const { table } = keys;
    const { cells } = table;
    const state = entry + this.#at;
    const open = ++cells[state];
    if (open > cells[state + 1]) cells[state + 1] = open;
    if (cells[state + 2] === 1) return;
    cells[state + 2] = 1;
    this.listed.push(entry);
    table.use(entry);
  }

  ended(ip: Int32Array, at: number): void {
    const { keys } = this;
    keys.table.cells[keys.findAt(ip, at) + this.#at]--;
  }

  /** Brings back a block that `listed` named. */
  restore(key: string, open: number, peak: number): void {
    const { table } = this.keys;
    const entry = locateKey(this.keys, key);
    const state = entry + this.#at;
    table.cells[state] = open;
    table.cells[state + 1] = peak;
    table.cells[state + 2] = 1;
    this.listed.push(entry);
    table.use(entry);
  }

  /** Begins a window: blocks without an open session are forgotten. */
  step(): void {
    const { table } = this.keys;
    const { cells } = table;
    this.listed = this.listed.filter((entry) => {
      const state = entry + this.#at;
      cells[state + 1] = cells[state];
      if (cells[state] > 0) return true;
      cells[state + 2] = 0;
      table.release(entry);
      return false;
    });
  }
}

/** Sessions open now, summed over blocks of one prefix length per family. */
export class SessionGauge implements Counter, BlockQuestion {
  readonly #service: number | undefined;
  readonly #listener: number | undefined;
  readonly #subject: Subject;
  readonly #newLevels: () => readonly [four: Levels, six: Levels];
  /** By node; all in the first where nodes are counted together. */
  readonly #levels: (readonly [four: Levels, six: Levels])[] = [];
  readonly #ofNode: boolean;
  #open = 0;
  #peak = 0;

  constructor(
    prefix: Prefix,
    service: number | undefined,
    listener: number | undefined,
    scope: Scope,
    subject: Subject,
    registry: KeyRegistry,
  ) {
    this.#service = service;
    this.#listener = listener;
    this.#subject = subject;
    this.#ofNode = scope === 'node';
    const { ipv4, ipv6 } = prefix;
    this.#newLevels = () => [
      new Levels(new BlockKeys(4, ipv4)),
      new Levels(new BlockKeys(6, ipv6)),
    ];
    if (this.#ofNode) return;
    const shared = [registry.blocks(4, ipv4), registry.blocks(6, ipv6)] as const;
    this.#levels.push([new Levels(shared[0]), new Levels(shared[1])]);
  }

  /** Keys in memory that no one else has: blocks of single nodes. */
  get size(): number {
    if (!this.#ofNode) return 0;
    let size = 0;
    this.#levels.forEach(([four, six]) => (size += four.keys.table.size + six.keys.table.size));
    return size;
  }

  get empty(): boolean {
    return this.#levels.every(([four, six]) => four.listed.length + six.listed.length === 0);
  }

  value(): number {
    const { family, node } = this.#subject;
    const pair = this.#levels[this.#ofNode ? node : 0];
    if (family === 0 || pair === undefined) return 0;
    const levels = pair[family === 4 ? 0 : 1];
    return levels.open(levels.keys.find(this.#subject));
  }

  /** Open sessions in the block of any address; on the node at hand where nodes are apart. */
  count(family: number, words: Int32Array, at: number): number {
    const pair = this.#levels[this.#ofNode ? this.#subject.node : 0];
    if (family === 0 || pair === undefined) return 0;
    const levels = pair[family === 4 ? 0 : 1];
    return levels.open(levels.keys.findAt(words, at));
  }

  identity(): number {
    return -1;
  }

  /**
   * Every block of the event's family with an open session, on its node alone where nodes are
   * counted apart: how many leading bits it shares with the peer, its first address, its sessions.
   */
  eachOpen(visit: (sharedBits: number, address: string, open: number) => void): void {
    const { family, node } = this.#subject;
    const pair = this.#levels[this.#ofNode ? node : 0];
    if (family === 0 || pair === undefined) return;
    const levels = pair[family === 4 ? 0 : 1];
    const { keys } = levels;
    for (const entry of levels.listed) {
      const open = levels.open(entry);
      if (open > 0) visit(keys.sharedBits(entry, this.#subject), keys.text(entry), open);
    }
  }

  /** Sessions are judged at connects. */
  counted(): boolean {
    return this.#subject.batch.kind[this.#subject.row] === KIND.connect;
  }

  /** @param change +1 at connect, -1 at the end */
  change(session: SessionFacts, change: number): void {
    const { family, words, at } = session;
    if (family === 0) return;
    if (this.#service !== undefined && session.service !== this.#service) return;
    if (this.#listener !== undefined && session.listener !== this.#listener) return;
    const pair = (this.#levels[this.#ofNode ? session.node : 0] ??= this.#newLevels());
    const levels = pair[family === 4 ? 0 : 1];
    this.#open += change;
    if (this.#open > this.#peak) this.#peak = this.#open;
    if (change > 0) levels.opened(words, at);
    else levels.ended(words, at);
  }

  /**
   * Ends a window of the first monitor: the peak of all sessions, the addresses that had one open,
   * and the `top` highest peaks. Addresses without an open session are forgotten.
   */
  closeWindow(top: number): { total: number; keys: number; top: { key: string; count: number }[] } {
    const [[four, six]] = this.#levels;
    const split = four.listed.length;
    const keys = split + six.listed.length;
    const levelsOf = (index: number): Levels => (index < split ? four : six);
    const entryOf = (index: number): number =>
      index < split ? four.listed[index] : six.listed[index - split];
    const peaks = Array.from({ length: keys }, (_, index) => levelsOf(index).peak(entryOf(index)));
    const best = firstOf(keys, top, (a, b) => {
      if (peaks[a] !== peaks[b]) return peaks[b] - peaks[a];
      if (a < split !== b < split) return a < split ? -1 : 1;
      return levelsOf(a).keys.compare(entryOf(a), entryOf(b));
    });
    const result = {
      total: this.#peak,
      keys,
      top: best.map((index) => {
        return { key: levelsOf(index).keys.text(entryOf(index)), count: peaks[index] };
      }),
    };
    this.step();
    return result;
  }

  save(nodes: Words): GaugeState {
    const levels: LevelsState[] = [];
    this.#levels.forEach((pair, node) => {
      const keys: string[] = [];
      const open: number[] = [];
      const peaks: number[] = [];
      for (const own of pair) {
        for (const entry of own.listed.toSorted((a, b) => own.keys.compare(a, b))) {
          keys.push(own.keys.text(entry));
          open.push(own.open(entry));
          peaks.push(own.peak(entry));
        }
      }
      levels.push({ node: this.#ofNode ? nodes.name(node) : '', keys, open, peaks });
    });
    levels.sort((a, b) => compareText(a.node, b.node));
    return { open: this.#open, peak: this.#peak, levels };
  }

  restore(state: GaugeState, nodes: Words): void {
    this.#open = state.open;
    this.#peak = state.peak;
    for (const { node, keys, open, peaks } of state.levels) {
      const pair = (this.#levels[this.#ofNode ? nodes.id(node)! : 0] ??= this.#newLevels());
      keys.forEach((key, index) => {
        pair[key.includes(':') ? 1 : 0].restore(key, open[index], peaks[index]);
      });
    }
  }

  /** Begins a window: blocks without an open session are forgotten. */
  step(): void {
    // Not every node has been seen: `forEach` passes over the holes.
    this.#levels.forEach(([four, six]) => {
      four.step();
      six.step();
    });
    this.#peak = this.#open;
  }
}

/** Every session, per address: what reports show. */
export function addressGauge(subject: Subject, registry: KeyRegistry): SessionGauge {
  return new SessionGauge(ADDRESS, undefined, undefined, 'cluster', subject, registry);
}
