import type { Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { fieldValue } from '../model/field-value.ts';
import type { EventField } from '../model/event.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { SeriesRow, SeriesType } from '../model/series-snapshot.ts';
import { BlockTable } from './block-table.ts';
import type { CounterTable, WindowList } from './counter-table.ts';
import type { Counter, EventFilter, Scope, Subject } from './port.ts';
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
  /** Number of the event that was added last; says whether the event at hand was. */
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

  /** Adds the event if the series counts it; a late event goes to its own window. False: too late. */
  take(subject: Subject, serial: number, lateWindow: number | undefined): boolean {
    const { batch, row } = subject;
    const { filter } = this.#options;
    if (filter !== undefined && !filter(batch, row)) return true;
    const amount = this.#amount(batch, row);
    if (amount === 0) return true;
    if (lateWindow !== undefined && lateWindow <= this.current - this.#options.kept) return false;
    if (this.#texts !== undefined) return this.#takeText(subject, serial, amount, lateWindow);
    const tables = subject.family === 4 ? this.#tables4 : subject.family === 6 ? this.#tables6 : [];
    if (tables.length === 0) {
      if (subject.family === 0) this.withoutKey++;
      else this.wrongFamily++;
      return true;
    }
    const { ip } = batch;
    for (let i = 0; i < tables.length; i++) {
      if (lateWindow === undefined) tables[i].add(ip, subject.at, amount);
      else tables[i].addLate(lateWindow, ip, subject.at, amount);
    }
    for (const tablesOfNode of this.#nodeTables) {
      tablesOfNode.take(subject, amount, lateWindow, this.current);
    }
    if (lateWindow === undefined) this.lastAdded = serial;
    return true;
  }

  /** A counter over the peer's block, or over the event's key in a string series. */
  counter(
    prefix: Prefix,
    windows: WindowRange,
    nodes: Scope,
    subject: Subject,
    serial: () => number,
  ): Counter {
    const counted = (): boolean => this.lastAdded === serial();
    if (this.#texts !== undefined) {
      return new TextCounter(this.#texts, this.#options.key, windows, subject, counted);
    }
    if (nodes === 'node') {
      const tables = new NodeTables(prefix, this.#options.kept, windows, this.type);
      this.#nodeTables.push(tables);
      return new NodeCounter(tables, subject, counted);
    }
    const four = this.#base4 && this.#tableOf(this.#tables4, 4, prefix.ipv4);
    const six = this.#base6 && this.#tableOf(this.#tables6, 6, prefix.ipv6);
    return new BlockCounter(four, six, windows, subject, counted);
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
    subject: Subject,
    serial: number,
    amount: number,
    lateWindow: number | undefined,
  ): boolean {
    const key = fieldValue(subject.batch, subject.row, this.#options.key);
    if (key === '') {
      this.withoutKey++;
      return true;
    }
    if (lateWindow === undefined) {
      this.#texts!.add(key, amount);
      this.lastAdded = serial;
    } else this.#texts!.addLate(lateWindow, key, amount);
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
    return tables;
  }
}

/** One table per node and family, made when a node is first seen. */
class NodeTables {
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

class BlockCounter implements Counter {
  readonly counted: () => boolean;
  readonly #subject: Subject;
  readonly #four: BlockTable | undefined;
  readonly #six: BlockTable | undefined;
  readonly #range4: number;
  readonly #range6: number;

  constructor(
    four: BlockTable | undefined,
    six: BlockTable | undefined,
    windows: WindowRange,
    subject: Subject,
    counted: () => boolean,
  ) {
    this.#four = four;
    this.#six = six;
    this.#range4 = four?.table.watch(windows) ?? 0;
    this.#range6 = six?.table.watch(windows) ?? 0;
    this.#subject = subject;
    this.counted = counted;
  }

  value(): number {
    const subject = this.#subject;
    if (subject.family === 4) {
      const block = this.#four;
      if (block === undefined) return 0;
      return block.table.sums[this.#range4][block.find(subject.batch.ip, subject.at)];
    }
    const block = this.#six;
    if (block === undefined || subject.family !== 6) return 0;
    return block.table.sums[this.#range6][block.find(subject.batch.ip, subject.at)];
  }

  identity(): number {
    const { family, batch, at } = this.#subject;
    const block = family === 4 ? this.#four : this.#six;
    if (block === undefined) return -1;
    const entry = block.find(batch.ip, at);
    // An entry that is dead may be given to another key within the window.
    return entry === 0 || this.value() === 0 ? -1 : entry * 2 + (family === 4 ? 0 : 1);
  }
}

class NodeCounter implements Counter {
  readonly counted: () => boolean;
  readonly #tables: NodeTables;
  readonly #subject: Subject;

  constructor(tables: NodeTables, subject: Subject, counted: () => boolean) {
    this.#tables = tables;
    this.#subject = subject;
    this.counted = counted;
  }

  value(): number {
    if (this.#subject.family === 0) return 0;
    const block = this.#tables.of(this.#subject);
    return block === undefined
      ? 0
      : block.table.sums[0][block.find(this.#subject.batch.ip, this.#subject.at)];
  }

  identity(): number {
    return -1;
  }
}

class TextCounter implements Counter {
  readonly counted: () => boolean;
  readonly #texts: TextTable;
  readonly #key: EventField;
  readonly #range: number;
  readonly #subject: Subject;

  constructor(
    texts: TextTable,
    key: EventField,
    windows: WindowRange,
    subject: Subject,
    counted: () => boolean,
  ) {
    this.#texts = texts;
    this.#key = key;
    this.#range = texts.table.watch(windows);
    this.#subject = subject;
    this.counted = counted;
  }

  value(): number {
    const { batch, row } = this.#subject;
    const entry = this.#texts.find(fieldValue(batch, row, this.#key));
    return this.#texts.table.sums[this.#range][entry];
  }

  identity(): number {
    return -1;
  }
}

interface Ranked {
  readonly count: number;
  readonly key: string;
}

/** Keeps the highest counts of some lists; earlier lists and earlier keys win ties. */
class Ranking {
  readonly #limit: number;
  #best: Ranked[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(
    list: WindowList,
    order: (a: number, b: number) => number,
    text: (entry: number) => string,
  ): void {
    if (this.#limit === 0) return;
    const { entries, counts } = list;
    const chosen: number[] = [];
    const above = (a: number, b: number): number =>
      counts[b] - counts[a] || order(entries[a], entries[b]);
    if (list.length <= this.#limit) {
      for (let record = 0; record < list.length; record++) chosen.push(record);
      chosen.sort(above);
    } else {
      for (let record = 0; record < list.length; record++) {
        const last = chosen[chosen.length - 1];
        if (chosen.length === this.#limit) {
          if (counts[record] < counts[last] || above(record, last) > 0) continue;
          chosen.pop();
        }
        let at = chosen.length;
        while (at > 0 && above(record, chosen[at - 1]) < 0) at--;
        chosen.splice(at, 0, record);
      }
    }
    const ranked = chosen.map((record) => ({ count: counts[record], key: text(entries[record]) }));
    this.#best = mergeRanked(this.#best, ranked).slice(0, this.#limit);
  }

  result(): Ranked[] {
    return this.#best;
  }
}

function mergeRanked(first: readonly Ranked[], second: readonly Ranked[]): Ranked[] {
  if (first.length === 0) return [...second];
  const merged: Ranked[] = [];
  let a = 0;
  let b = 0;
  while (a < first.length || b < second.length) {
    if (b === second.length || (a < first.length && first[a].count >= second[b].count)) {
      merged.push(first[a++]);
    } else merged.push(second[b++]);
  }
  return merged;
}
