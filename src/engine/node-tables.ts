import type { Prefix } from '../model/address.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { SeriesType } from '../model/series-snapshot.ts';
import { BlockKeys } from './block-keys.ts';
import type { Subject } from './port.ts';
import { BlockTable, TextTable } from './tables.ts';
import type { Wheel } from './wheel.ts';

/** One table per node and family, made when a node is first seen. */
export class NodeTables {
  readonly #prefix: Prefix;
  readonly #kept: number;
  readonly #windows: WindowRange;
  readonly #type: SeriesType;
  readonly #four: (BlockTable | undefined)[] = [];
  readonly #six: (BlockTable | undefined)[] = [];

  constructor(prefix: Prefix, kept: number, windows: WindowRange, type: SeriesType) {
    this.#prefix = prefix;
    this.#kept = kept;
    this.#windows = windows;
    this.#type = type;
  }

  /** The tables of all nodes. */
  all(): BlockTable[] {
    return [...this.#four, ...this.#six].filter((table) => table !== undefined);
  }

  wheels(): Wheel[] {
    return this.all().map(({ wheel }) => wheel);
  }

  /** Keys in memory. */
  get size(): number {
    return this.wheels().reduce((size, { keys }) => size + keys.size, 0);
  }

  of(subject: Subject): BlockTable | undefined {
    return (subject.family === 4 ? this.#four : this.#six)[subject.node];
  }

  take(subject: Subject, amount: number, lateWindow: number | undefined, current: number): void {
    const { family, node } = subject;
    if (family === 4 ? this.#type === 'cidr_ipv6' : this.#type === 'cidr') return;
    const tables = family === 4 ? this.#four : this.#six;
    let block = tables[node];
    if (block === undefined) {
      const bits = family === 4 ? this.#prefix.ipv4 : this.#prefix.ipv6;
      block = new BlockTable(new BlockKeys(family === 4 ? 4 : 6, bits), this.#kept);
      block.wheel.watch(this.#windows);
      block.wheel.start(current);
      tables[node] = block;
    }
    const entry = block.keys.locate(subject);
    if (lateWindow === undefined) block.wheel.add(entry, amount);
    else block.wheel.addLate(lateWindow, entry, amount);
  }
}

/** One table of texts per node, made when a node is first seen. */
export class NodeTexts {
  readonly #kept: number;
  readonly #windows: WindowRange;
  readonly #tables: (TextTable | undefined)[] = [];

  constructor(kept: number, windows: WindowRange) {
    this.#kept = kept;
    this.#windows = windows;
  }

  /** The tables of all nodes. */
  all(): TextTable[] {
    return this.#tables.filter((table) => table !== undefined);
  }

  wheels(): Wheel[] {
    return this.all().map(({ wheel }) => wheel);
  }

  /** Keys in memory. */
  get size(): number {
    return this.wheels().reduce((size, { keys }) => size + keys.size, 0);
  }

  take(
    node: number,
    key: string,
    amount: number,
    lateWindow: number | undefined,
    current: number,
  ): void {
    let texts = this.#tables[node];
    if (texts === undefined) {
      texts = new TextTable(this.#kept);
      texts.wheel.watch(this.#windows);
      texts.wheel.start(current);
      this.#tables[node] = texts;
    }
    const entry = texts.keys.locate(key);
    if (lateWindow === undefined) texts.wheel.add(entry, amount);
    else texts.wheel.addLate(lateWindow, entry, amount);
  }

  value(node: number, key: string): number {
    const texts = this.#tables[node];
    return texts === undefined ? 0 : texts.wheel.sum(0, texts.keys.find(key));
  }
}
