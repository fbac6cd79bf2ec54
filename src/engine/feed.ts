import { ADDRESS, readAddressText, type Prefix } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { fieldValue } from '../model/field-value.ts';
import type { EventField } from '../model/event.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../model/monitor.ts';
import type { SeriesRow, SeriesType } from '../model/series-snapshot.ts';
import type { Words } from '../model/vocabulary.ts';
import type { FeedState } from './audit-state.ts';
import { BlockCounter, NodeBlockCounter, NodeTextCounter, TextCounter } from './counters.ts';
import { NodeTables, NodeTexts } from './node-tables.ts';
import { BlockKeys } from './block-keys.ts';
import type { BlockQuestion, Counter, EventFilter, Scope, Subject } from './port.ts';
import { Ranking } from './ranking.ts';
import { locateKey, restoreWindows, saveWindows } from './stored-windows.ts';
import { BlockTable, TextTable, type KeyRegistry } from './tables.ts';
import type { Wheel } from './wheel.ts';

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
  /** Whether the count of a key in a window stops at 0 instead of going below. */
  readonly clamps: boolean;
}

const words = new Int32Array(4);

/**
 * One thing that is counted under one monitor: a metric or a named series. It keeps a wheel of
 * addresses (or texts) for reports and files, and one more for each prefix length that a policy
 * asks; feeds that count by the same blocks share the keys.
 */
export class Feed {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly isMetric: boolean;
  /** Whether windows that close are written as journals. */
  serialize: boolean;
  /** `serial` of the event that was added last; says whether the event at hand was. */
  lastAdded = -1;
  /** What that event added. */
  #lastAmount = 0;
  /** The same for late events, which nobody judges. */
  lastLate = -1;
  /** Events not added because the series holds the other family, or the event has no key or amount. */
  wrongFamily = 0;
  withoutKey = 0;
  withoutAmount = 0;

  readonly #options: FeedOptions;
  readonly #registry: KeyRegistry;
  /** The tables that reports and files show: addresses of each family, or texts. */
  readonly #shown: (BlockTable | TextTable)[] = [];
  readonly #texts: TextTable | undefined;
  /** All tables of a family; none when the series does not hold it. */
  readonly #tables4: BlockTable[] = [];
  readonly #tables6: BlockTable[] = [];
  /** Of those, the ones that no other feed shares: questions that came after the first event. */
  readonly #own: BlockTable[] = [];
  readonly #nodeTables: NodeTables[] = [];
  readonly #nodeTexts: NodeTexts[] = [];

  constructor(options: FeedOptions, registry: KeyRegistry) {
    const { name, isMetric, type, monitor, serialize, kept } = options;
    this.name = name;
    this.isMetric = isMetric;
    this.type = type;
    this.monitor = monitor;
    this.serialize = serialize;
    this.#options = options;
    this.#registry = registry;
    if (type === 'string') this.#shown.push((this.#texts = new TextTable(kept)));
    if (type === 'ip' || type === 'cidr') this.#shown.push(this.#tableOf(4, 32));
    if (type === 'ip' || type === 'cidr_ipv6') this.#shown.push(this.#tableOf(6, 128));
  }

  /** Windows kept, the present one included. */
  get kept(): number {
    return this.#options.kept;
  }

  /** The table of a string series. */
  get texts(): TextTable | undefined {
    return this.#texts;
  }

  /** The tables of a family, that of its addresses first; none when the series does not hold it. */
  tablesOf(family: 4 | 6): readonly BlockTable[] {
    return family === 4 ? this.#tables4 : this.#tables6;
  }

  /** What is counted by node: blocks, and the texts of a string series. */
  get ofNodes(): readonly (NodeTables | NodeTexts)[] {
    return [...this.#nodeTables, ...this.#nodeTexts];
  }

  /** Number of the present window. */
  get current(): number {
    return this.#shown[0].wheel.current;
  }

  /** Whether a count went below zero. */
  get negative(): boolean {
    return this.#shown.some(({ wheel }) => wheel.negative);
  }

  /** Keys in memory that no other feed has: texts, and blocks of single nodes. */
  get size(): number {
    let size = this.#texts?.keys.table.size ?? 0;
    for (const { keys } of this.#own) size += keys.table.size;
    for (const ofNode of this.ofNodes) size += ofNode.size;
    return size;
  }

  get empty(): boolean {
    if (!this.#shown.every(({ wheel }) => wheel.empty)) return false;
    // Blocks may hold records of addresses that were removed by hand.
    return this.#wheels().every((wheel) => wheel.empty);
  }

  start(window: number): void {
    for (const wheel of this.#wheels()) wheel.start(window);
  }

  step(): void {
    for (const wheel of this.#wheels()) wheel.step();
  }

  /** Takes everything out of all windows. */
  clear(): void {
    for (const wheel of this.#wheels()) wheel.clear();
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
    const { family } = subject;
    const tables = family === 4 ? this.#tables4 : this.#tables6;
    if (family === 0 || tables.length === 0) {
      if (family === 0) this.withoutKey++;
      else this.wrongFamily++;
      return undefined;
    }
    if (tooLate) return false;
    const added = this.#added(tables[0], tables[0].keys.find(subject), lateWindow, amount);
    if (added === 0) return undefined;
    for (let i = 0; i < tables.length; i++) {
      const { keys, wheel } = tables[i];
      const entry = keys.locate(subject);
      if (lateWindow === undefined) wheel.add(entry, added);
      else wheel.addLate(lateWindow, entry, added);
    }
    for (let i = 0; i < this.#nodeTables.length; i++) {
      this.#nodeTables[i].take(subject, added, lateWindow, this.current);
    }
    if (lateWindow === undefined) {
      this.lastAdded = subject.serial;
      this.#lastAmount = added;
    } else this.lastLate = subject.serial;
    return true;
  }

  /** Takes back what the event at hand has added, if it has: its key stays, with what is left. */
  takeBack(subject: Subject): void {
    if (this.lastAdded !== subject.serial) return;
    const amount = -this.#lastAmount;
    if (this.#texts !== undefined) {
      const key = fieldValue(subject.batch, subject.row, this.#options.key);
      this.#texts.wheel.add(this.#texts.keys.locate(key), amount);
      for (const ofNode of this.#nodeTexts) {
        ofNode.take(subject.node, key, amount, undefined, this.current);
      }
      return;
    }
    const tables = subject.family === 4 ? this.#tables4 : this.#tables6;
    for (const { keys, wheel } of tables) wheel.add(keys.locate(subject), amount);
    for (const ofNode of this.#nodeTables) ofNode.take(subject, amount, undefined, this.current);
  }

  /** A counter over the peer's block, or over the event's key in a string series. */
  counter(prefix: Prefix, windows: WindowRange, nodes: Scope, subject: Subject): Counter {
    const { key } = this.#options;
    if (this.#texts !== undefined && nodes === 'node') {
      return new NodeTextCounter(this, subject, this.#newNodeTexts(windows), key);
    }
    if (this.#texts !== undefined) {
      return new TextCounter(this, subject, this.#texts, key, windows);
    }
    if (nodes === 'node') {
      return new NodeBlockCounter(this, subject, this.#newNodeTables(prefix, windows));
    }
    const four = this.#tables4.length > 0 ? this.#tableOf(4, prefix.ipv4) : undefined;
    const six = this.#tables6.length > 0 ? this.#tableOf(6, prefix.ipv6) : undefined;
    return new BlockCounter(this, subject, four, six, windows);
  }

  /** The addresses or texts of each node by themselves; asked for before the first event. */
  keysByNode(): NodeTables | NodeTexts {
    const now = { start: 0, end: 0 };
    return this.#texts === undefined ? this.#newNodeTables(ADDRESS, now) : this.#newNodeTexts(now);
  }

  /** A question over blocks, at any time. */
  question(prefix: Prefix, windows: WindowRange): BlockQuestion {
    const four = this.#askable(4, prefix.ipv4, windows);
    const six = this.#askable(6, prefix.ipv6, windows);
    return {
      count: (family, ip, at) => {
        const asked = family === 4 ? four : family === 6 ? six : undefined;
        if (asked === undefined) return 0;
        const { table, range } = asked;
        return table.wheel.sum(range, table.keys.findAt(ip, at));
      },
    };
  }

  /** Adds to window 0 of an address, for all nodes together. */
  addPresent(family: number, ip: Int32Array, at: number, amount: number): void {
    const tables = family === 4 ? this.#tables4 : this.#tables6;
    const added = this.#added(tables[0], tables[0].keys.findAt(ip, at), undefined, amount);
    if (added === 0) return;
    for (let i = 0; i < tables.length; i++) {
      const { keys, wheel } = tables[i];
      wheel.add(keys.locateAt(ip, at), added);
    }
  }

  /** Adds to window 0 of a text, for all nodes together. */
  addPresentText(key: string, amount: number): void {
    const texts = this.#texts!;
    const added = this.#added(texts, texts.keys.find(key), undefined, amount);
    if (added !== 0) texts.wheel.add(texts.keys.locate(key), added);
  }

  /** The count of a text over kept windows, each looked up by itself. */
  countText(key: string, { start, end }: WindowRange): number {
    const { keys, wheel } = this.#texts!;
    const entry = keys.find(key);
    let sum = 0;
    for (let age = start; age <= end && age <= wheel.current; age++) {
      sum += wheel.countAt(wheel.current - age, entry);
    }
    return sum;
  }

  /** Rows of one kept window, sorted by key. */
  rows(window: number, number: number): SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const { keys, wheel } of this.#shown) {
      const list = wheel.list(window);
      const records = Array.from({ length: list.length }, (_, record) => record)
        .filter((record) => list.count(record) !== 0)
        .sort((a, b) => keys.compare(list.entry(a), list.entry(b)));
      for (const record of records) {
        const key = keys.text(list.entry(record));
        rows.push({ window: number, key, count: list.count(record) });
      }
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
    let number = 0;
    for (const { keys, wheel } of this.#shown) {
      const list = wheel.list(window);
      total += list.total;
      number += list.length;
      ranked.add(list, keys);
    }
    return number === 0 ? undefined : { total, keys: number, top: ranked.result() };
  }

  save(nodes: Words): FeedState {
    const { name, isMetric, type, current, negative, wrongFamily, withoutKey, withoutAmount } =
      this;
    return {
      name,
      isMetric,
      type,
      monitor: formatMonitor(this.monitor),
      current,
      negative,
      wrongFamily,
      withoutKey,
      withoutAmount,
      windows: saveWindows(this.#shown),
      byNode: [...this.#nodeTables, ...this.#nodeTexts].map((each) => each.save(nodes)),
    };
  }

  /** Brings back a saved state. Tables by node that no rule asked for are made, to be kept. */
  restore(state: FeedState, nodes: Words): void {
    const wheels = this.#wheels();
    restoreWindows(wheels, state.current, state.windows, (key, count) => this.#put(key, count));
    if (state.negative) this.#shown[0].wheel.negative = true;
    this.wrongFamily = state.wrongFamily;
    this.withoutKey = state.withoutKey;
    this.withoutAmount = state.withoutAmount;
    const { kept } = this.#options;
    state.byNode.forEach(({ prefix, range, tables }, index) => {
      if (prefix === undefined) {
        const texts = (this.#nodeTexts[index] ??= new NodeTexts(kept, range));
        for (const table of tables) texts.restore(table, state.current, nodes);
      } else {
        const blocks = (this.#nodeTables[index] ??= new NodeTables(prefix, kept, range, this.type));
        for (const table of tables) blocks.restore(table, state.current, nodes);
      }
    });
  }

  /** Adds to the present window of every table that is not by node. */
  #put(key: string, amount: number): void {
    if (this.#texts !== undefined) {
      this.#texts.wheel.add(locateKey(this.#texts.keys, key), amount);
      return;
    }
    const tables = readAddressText(key, words) === 4 ? this.#tables4 : this.#tables6;
    for (const { keys, wheel } of tables) wheel.add(keys.locateAt(words, 0), amount);
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
    const added = this.#added(texts, texts.keys.find(key), lateWindow, amount);
    if (added === 0) return undefined;
    const entry = texts.keys.locate(key);
    if (lateWindow === undefined) {
      texts.wheel.add(entry, added);
      this.lastAdded = subject.serial;
      this.#lastAmount = added;
    } else {
      texts.wheel.addLate(lateWindow, entry, added);
      this.lastLate = subject.serial;
    }
    for (const textsOfNode of this.#nodeTexts) {
      textsOfNode.take(subject.node, key, added, lateWindow, this.current);
    }
    return true;
  }

  /** What of an amount is added to a key of the table that shows them; 0: nothing. */
  #added(
    { wheel }: BlockTable | TextTable,
    entry: number,
    lateWindow: number | undefined,
    amount: number,
  ): number {
    if (amount >= 0 || !this.#options.clamps) return amount;
    const count = wheel.countAt(lateWindow ?? wheel.current, entry);
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

  #newNodeTables(prefix: Prefix, windows: WindowRange): NodeTables {
    const tables = new NodeTables(prefix, this.#options.kept, windows, this.type);
    this.#nodeTables.push(tables);
    return tables;
  }

  #newNodeTexts(windows: WindowRange): NodeTexts {
    const texts = new NodeTexts(this.#options.kept, windows);
    this.#nodeTexts.push(texts);
    return texts;
  }

  #tableOf(family: 4 | 6, bits: number): BlockTable {
    const tables = family === 4 ? this.#tables4 : this.#tables6;
    const known = tables.find(({ keys }) => keys.bits === bits);
    if (known !== undefined) return known;
    const table = new BlockTable(this.#registry.blocks(family, bits), this.#options.kept);
    tables.push(table);
    return table;
  }

  /** A table that watches these windows; one that is made late is filled from what is kept. */
  #askable(
    family: 4 | 6,
    bits: number,
    windows: WindowRange,
  ): { readonly table: BlockTable; readonly range: number } | undefined {
    const tables = family === 4 ? this.#tables4 : this.#tables6;
    if (tables.length === 0) return undefined;
    if (this.current < 0) {
      const table = this.#tableOf(family, bits);
      return { table, range: table.wheel.watch(windows) };
    }
    for (const table of tables) {
      if (table.keys.bits !== bits) continue;
      const range = table.wheel.rangeOf(windows);
      if (range !== -1) return { table, range };
    }
    const table = new BlockTable(new BlockKeys(family, bits), this.#options.kept);
    const range = table.wheel.watch(windows);
    table.wheel.start(this.current);
    fillFrom(tables[0], table);
    tables.push(table);
    this.#own.push(table);
    return { table, range };
  }

  #wheels(): Wheel[] {
    const tables = [...this.#tables4, ...this.#tables6, ...(this.#texts ? [this.#texts] : [])];
    return [...tables.map(({ wheel }) => wheel), ...this.ofNodes.flatMap((each) => each.wheels())];
  }
}

/** Counts all that the addresses have in the kept windows by the blocks of another table. */
function fillFrom(addresses: BlockTable, blocks: BlockTable): void {
  const { wheel } = addresses;
  const { table } = addresses.keys;
  for (
    let window = Math.max(0, wheel.current - wheel.kept + 1);
    window <= wheel.current;
    window++
  ) {
    const list = wheel.list(window);
    for (let record = 0; record < list.length; record++) {
      const entry = list.entry(record);
      for (let word = 0; word < 4; word++) {
        words[word] = word < table.keyWords ? table.key(entry, word) : 0;
      }
      blocks.wheel.addLate(window, blocks.keys.locateAt(words, 0), list.count(record));
    }
  }
}
