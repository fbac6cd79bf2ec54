import type { Prefix } from '../model/address.ts';
import type { WindowRange } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { SeriesType } from '../model/series-snapshot.ts';
import type { Words } from '../model/vocabulary.ts';
import type { NodeTablesState, NodeTableState } from './audit-state.ts';
import { BlockKeys } from './block-keys.ts';
import type { Subject } from './port.ts';
import { locateKey, restoreWindows, saveWindows } from './stored-windows.ts';
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
    const block = (tables[node] ??= this.#newTable(family === 4 ? 4 : 6, current));
    const entry = block.keys.locate(subject);
    if (lateWindow === undefined) block.wheel.add(entry, amount);
    else block.wheel.addLate(lateWindow, entry, amount);
  }

  save(nodes: Words): NodeTablesState {
    const tables = [...saveTables(this.#four, 4, nodes), ...saveTables(this.#six, 6, nodes)];
    return { prefix: this.#prefix, range: this.#windows, tables };
  }

  restore({ node, family, windows }: NodeTableState, current: number, nodes: Words): void {
    const block = this.#newTable(family === 4 ? 4 : 6, current);
    restoreTable(block, current, windows);
    (family === 4 ? this.#four : this.#six)[nodes.id(node)!] = block;
  }

  #newTable(family: 4 | 6, current: number): BlockTable {
    const bits = family === 4 ? this.#prefix.ipv4 : this.#prefix.ipv6;
    const block = new BlockTable(new BlockKeys(family, bits), this.#kept);
    block.wheel.watch(this.#windows);
    block.wheel.start(current);
    return block;
  }
}

/** In the order of the nodes' names. */
function saveTables(
  tables: readonly (BlockTable | TextTable | undefined)[],
  family: 0 | 4 | 6,
  nodes: Words,
): NodeTableState[] {
  const saved: NodeTableState[] = [];
  tables.forEach((table, node) => {
    if (table !== undefined) {
      saved.push({ node: nodes.name(node), family, windows: saveWindows([table]) });
    }
  });
  return saved.sort((a, b) => compareText(a.node, b.node));
}

function restoreTable(
  { keys, wheel }: BlockTable | TextTable,
  current: number,
  windows: NodeTableState['windows'],
): void {
  restoreWindows([wheel], current, windows, (key, count) => {
    wheel.add(locateKey(keys, key), count);
  });
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
    const texts = (this.#tables[node] ??= this.#newTable(current));
    const entry = texts.keys.locate(key);
    if (lateWindow === undefined) texts.wheel.add(entry, amount);
    else texts.wheel.addLate(lateWindow, entry, amount);
  }

  save(nodes: Words): NodeTablesState {
    return { range: this.#windows, tables: saveTables(this.#tables, 0, nodes) };
  }

  restore({ node, windows }: NodeTableState, current: number, nodes: Words): void {
    const texts = this.#newTable(current);
    restoreTable(texts, current, windows);
    this.#tables[nodes.id(node)!] = texts;
  }

  #newTable(current: number): TextTable {
    const texts = new TextTable(this.#kept);
    texts.wheel.watch(this.#windows);
    texts.wheel.start(current);
    return texts;
  }

  of({ node }: Subject): TextTable | undefined {
    return this.#tables[node];
  }

  value(node: number, key: string): number {
    const texts = this.#tables[node];
    return texts === undefined ? 0 : texts.wheel.sum(0, texts.keys.find(key));
  }
}
