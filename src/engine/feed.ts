import type { Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { fieldValue } from '../model/field-value.ts';
import type { EventField } from '../model/event.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { SeriesRow, SeriesType } from '../model/series-snapshot.ts';
import { BlockTable } from './block-table.ts';
import type { CounterTable, WindowList } from './counter-table.ts';
import { BlockCounter, NodeBlockCounter, NodeTextCounter, TextCounter } from './counters.ts';
import { NodeTables, NodeTexts } from './node-tables.ts';
import type { Counter, EventFilter, Scope, Subject } from './port.ts';
import { Ranking } from './ranking.ts';
import { TextTable } from './text-table.ts';

export interface FeedOptions {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Windows kept, the present one included: N for a named series, N + 1 for a configured monitor. */
  readonly kept: number;
  readonly filter: EventFilter | undefined;
  readonly key: EventField;
  readonly amount: number | 'recipients' | 'size';
  readonly serialize: boolean;
}

/**
 * One thing that is counted under one monitor: a metric or a named series. It keeps a table of
 * addresses (or texts) for reports and files, and one more table for each prefix length that a
 * policy asks.
 */
export class Feed {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly serialize: boolean;
  /** `serial` of the event that was added last; says whether the event at hand was. */
  lastAdded = -1;
  /** Events not added because the series holds the other family, or the event has no key or amount. */
  wrongFamily = 0;
  withoutKey = 0;
  withoutAmount = 0;

  readonly #options: FeedOptions;
  readonly #base4: BlockTable | undefined;
  readonly #base6: BlockTable | undefined;
  readonly #texts: TextTable | undefined;
  readonly #tables4: BlockTable[] = [];
  readonly #tables6: BlockTable[] = [];
  readonly #nodeTables: NodeTables[] = [];
  readonly #nodeTexts: NodeTexts[] = [];

  constructor(options: FeedOptions) {
    const { name, type, monitor, serialize, kept } = options;
    this.name = name;
    this.type = type;
    this.monitor = monitor;
    this.serialize = serialize;
    this.#options = options;
    if (type === 'string') this.#texts = new TextTable(kept);
    if (type === 'ip' || type === 'cidr')
      this.#tables4.push((this.#base4 = new BlockTable(4, 32, kept)));
    if (type === 'ip' || type === 'cidr_ipv6') {
      this.#tables6.push((this.#base6 = new BlockTable(6, 128, kept)));
    }
  }

  /** Number of the present window. */
  get current(): number {
    return this.#anyTable().current;
  }

  /** Whether a count went below zero. */
  get negative(): boolean {
    return this.#baseTables().some((table) => table.negative);
  }

  /** Keys in memory, over all tables. */
  get size(): number {
    let size = 0;
    for (const table of this.#allTables()) size += table.size;
    return size;
  }

  get empty(): boolean {
    return this.#baseTables().every((table) => table.empty);
  }

  start(window: number): void {
    for (const table of this.#allTables()) table.start(window);
  }

  step(): void {
    for (const table of this.#allTables()) table.step();
  }

  /**
   * Adds the event; a late event goes to its own window. False: too late for it. Undefined: the
   * series does not count the event.
   */
  take(subject: Subject, lateWindow: number | undefined): boolean | undefined {
    const { batch, row } = subject;
    const { filter } = this.#options;
    if (filter !== undefined && !filter(batch, row)) return undefined;
    const amount = this.#amount(batch, row);
    if (amount === 0) return undefined;
    const tooLate = lateWindow !== undefined && lateWindow <= this.current - this.#options.kept;
    if (this.#texts !== undefined) {
      return this.#takeText(this.#texts, subject, amount, lateWindow, tooLate);
    }
    const { family, at } = subject;
    const tables = family === 4 ? this.#tables4 : this.#tables6;
    if (family === 0 || tables.length === 0) {
      if (family === 0) this.withoutKey++;
      else this.wrongFamily++;
      return undefined;
    }
    if (tooLate) return false;
    const { ip } = batch;
    for (let i = 0; i < tables.length; i++) {
      if (lateWindow === undefined) tables[i].add(ip, at, amount);
      else tables[i].addLate(lateWindow, ip, at, amount);
    }
    for (let i = 0; i < this.#nodeTables.length; i++) {
      this.#nodeTables[i].take(subject, amount, lateWindow, this.current);
    }
    if (lateWindow === undefined) this.lastAdded = subject.serial;
    return true;
  }

  /** A counter over the peer's block, or over the event's key in a string series. */
  counter(prefix: Prefix, windows: WindowRange, nodes: Scope, subject: Subject): Counter {
    const { kept, key } = this.#options;
    if (this.#texts !== undefined && nodes === 'node') {
      const texts = new NodeTexts(kept, windows);
      this.#nodeTexts.push(texts);
      return new NodeTextCounter(this, subject, texts, key);
    }
    if (this.#texts !== undefined) {
      return new TextCounter(this, subject, this.#texts, key, windows);
    }
    if (nodes === 'node') {
      const tables = new NodeTables(prefix, kept, windows, this.type);
      this.#nodeTables.push(tables);
      return new NodeBlockCounter(this, subject, tables);
    }
    const four = this.#base4 && this.#tableOf(this.#tables4, 4, prefix.ipv4);
    const six = this.#base6 && this.#tableOf(this.#tables6, 6, prefix.ipv6);
    return new BlockCounter(this, subject, four, six, windows);
  }

  /** Rows of one kept window, sorted by key. */
  rows(window: number, number: number): SeriesRow[] {
    const rows: SeriesRow[] = [];
    const collect = (
      table: CounterTable,
      order: (a: number, b: number) => number,
      text: (e: number) => string,
    ) => {
      const list = table.list(window);
      const records = Array.from({ length: list.length }, (_, record) => record)
        .filter((record) => list.counts[record] !== 0)
        .sort((a, b) => order(list.entries[a], list.entries[b]));
      for (const record of records) {
        rows.push({ window: number, key: text(list.entries[record]), count: list.counts[record] });
      }
    };
    for (const base of [this.#base4, this.#base6]) {
      if (base)
        collect(
          base.table,
          (a, b) => base.compare(a, b),
          (e) => base.address(e),
        );
    }
    const texts = this.#texts;
    if (texts) {
      collect(
        texts.table,
        (a, b) => compareText(texts.text(a), texts.text(b)),
        (e) => texts.text(e),
      );
    }
    return rows;
  }

  /** Total, number of keys and the `top` highest keys of a kept window; undefined: it saw nothing. */
  summary(
    window: number,
    top: number,
  ): { total: number; keys: number; top: { key: string; count: number }[] } | undefined {
    const ranked = new Ranking(top);
    let total = 0;
    let keys = 0;
    const visit = (
      list: WindowList,
      order: (a: number, b: number) => number,
      text: (e: number) => string,
    ) => {
      total += list.total;
      keys += list.length;
      ranked.add(list, order, text);
    };
    for (const base of [this.#base4, this.#base6]) {
      if (base)
        visit(
          base.table.list(window),
          (a, b) => base.compare(a, b),
          (e) => base.address(e),
        );
    }
    const texts = this.#texts;
    if (texts) {
      visit(
        texts.table.list(window),
        (a, b) => compareText(texts.text(a), texts.text(b)),
        (e) => texts.text(e),
      );
    }
    return keys === 0 ? undefined : { total, keys, top: ranked.result() };
  }

  #takeText(
    texts: TextTable,
    subject: Subject,
    amount: number,
    lateWindow: number | undefined,
    tooLate: boolean,
  ): boolean | undefined {
    const key = fieldValue(subject.batch, subject.row, this.#options.key);
    if (key === '') {
      this.withoutKey++;
      return undefined;
    }
    if (tooLate) return false;
    if (lateWindow === undefined) {
      texts.add(key, amount);
      this.lastAdded = subject.serial;
    } else texts.addLate(lateWindow, key, amount);
    for (const textsOfNode of this.#nodeTexts) {
      textsOfNode.take(subject.node, key, amount, lateWindow, this.current);
    }
    return true;
  }

  #amount(batch: EventBatch, row: number): number {
    const { amount } = this.#options;
    if (typeof amount === 'number') return amount;
    const value = amount === 'size' ? batch.size[row] : batch.recipients[row];
    if (value >= 0) return value;
    this.withoutAmount++;
    return 0;
  }

  #tableOf(tables: BlockTable[], family: 4 | 6, bits: number): BlockTable {
    const known = tables.find((table) => table.bits === bits);
    if (known !== undefined) return known;
    const table = new BlockTable(family, bits, this.#options.kept);
    tables.push(table);
    return table;
  }

  #baseTables(): CounterTable[] {
    return [this.#base4?.table, this.#base6?.table, this.#texts?.table].filter(
      (t) => t !== undefined,
    );
  }

  #anyTable(): CounterTable {
    return (this.#base4?.table ?? this.#base6?.table ?? this.#texts?.table)!;
  }

  #allTables(): CounterTable[] {
    const tables = [...this.#tables4, ...this.#tables6].map((block) => block.table);
    if (this.#texts) tables.push(this.#texts.table);
    for (const ofNode of this.#nodeTables) tables.push(...ofNode.tables());
    for (const ofNode of this.#nodeTexts) tables.push(...ofNode.tables());
    return tables;
  }
}
