import type { Prefix } from '../model/address.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { SeriesType } from '../model/series-snapshot.ts';
import { BlockTable } from './block-table.ts';
import type { CounterTable } from './counter-table.ts';
import type { Subject } from './port.ts';
import { TextTable } from './text-table.ts';

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

  tables(): CounterTable[] {
    return [...this.#four, ...this.#six].filter((t) => t !== undefined).map((block) => block.table);
  }

  of(subject: Subject): BlockTable | undefined {
    return (subject.family === 4 ? this.#four : this.#six)[subject.node];
  }

  take(subject: Subject, amount: number, lateWindow: number | undefined, current: number): void {
    const { family, node, at } = subject;
    if (family === 4 ? this.#type === 'cidr_ipv6' : this.#type === 'cidr') return;
    const tables = family === 4 ? this.#four : this.#six;
    let block = tables[node];
    if (block === undefined) {
      const bits = family === 4 ? this.#prefix.ipv4 : this.#prefix.ipv6;
      block = new BlockTable(family === 4 ? 4 : 6, bits, this.#kept);
      block.table.watch(this.#windows);
      block.table.start(current);
      tables[node] = block;
    }
    if (lateWindow === undefined) block.add(subject.batch.ip, at, amount);
    else block.addLate(lateWindow, subject.batch.ip, at, amount);
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

  tables(): CounterTable[] {
    return this.#tables.filter((t) => t !== undefined).map((texts) => texts.table);
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
      texts.table.watch(this.#windows);
      texts.table.start(current);
      this.#tables[node] = texts;
    }
    if (lateWindow === undefined) texts.add(key, amount);
    else texts.addLate(lateWindow, key, amount);
  }

  value(node: number, key: string): number {
    const texts = this.#tables[node];
    return texts === undefined ? 0 : texts.table.sum(0, texts.find(key));
  }
}
