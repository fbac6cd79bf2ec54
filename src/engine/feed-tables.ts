import { readAddressText, type Prefix } from '../model/address.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { SeriesRow, SeriesType } from '../model/series-snapshot.ts';
import type { WindowCounts } from './audit-state.ts';
import { BlockKeys } from './block-keys.ts';
import type { BlockQuestion, Subject } from './port.ts';
import { Ranking } from './ranking.ts';
import { locateKey, restoreWindows, saveWindows } from './stored-windows.ts';
import { BlockTable, TextTable, type KeyRegistry } from './tables.ts';
import type { Wheel } from './wheel.ts';

/** The key of one add: an address, or the text of a string series. */
export interface AddKey {
  /** 4 or 6; of a text anything. */
  family: number;
  /** The address stands in `ip[at .. at+3]`. */
  ip: Int32Array;
  at: number;
  text: string;
}

const words = new Int32Array(4);

/**
 * All tables in which one place counts one thing: the cluster as a whole, a node, the manager.
 * There is one of addresses (or texts) for reports and files, and one more for each prefix length
 * that is asked.
 */
export class FeedTables {
  /** The table of a string series. */
  readonly texts: TextTable | undefined;
  readonly #kept: number;
  readonly #registry: KeyRegistry;
  /** The tables that reports and files show: addresses of each family, or texts. */
  readonly #shown: (BlockTable | TextTable)[] = [];
  /** All tables of a family; none when the series does not hold it. */
  readonly #four: BlockTable[] = [];
  readonly #six: BlockTable[] = [];
  /** Of those, the ones that no one else shares: questions that came after the first event. */
  readonly #own: BlockTable[] = [];
  readonly #key: AddKey = { family: 0, ip: new Int32Array(4), at: 0, text: '' };

  /** @param kept windows, the present one included */
  constructor(type: SeriesType, kept: number, registry: KeyRegistry) {
    this.#kept = kept;
    this.#registry = registry;
    if (type === 'string') this.#shown.push((this.texts = new TextTable(kept)));
    if (type === 'ip' || type === 'cidr') this.#shown.push(this.tableOf(4, 32));
    if (type === 'ip' || type === 'cidr_ipv6') this.#shown.push(this.tableOf(6, 128));
  }

  /** The tables of a family, that of its addresses first; none when the series does not hold it. */
  tablesOf(family: number): readonly BlockTable[] {
    return family === 4 ? this.#four : this.#six;
  }

  /** Number of the present window. */
  get current(): number {
    return this.#shown[0].wheel.current;
  }

  /** Whether a count went below zero. */
  get negative(): boolean {
    return this.#shown.some(({ wheel }) => wheel.negative);
  }

  set negative(negative: boolean) {
    this.#shown[0].wheel.negative = negative;
  }

  /** Keys in memory that the registry does not have: texts, and blocks that were asked late. */
  get size(): number {
    let size = this.texts?.keys.table.size ?? 0;
    for (const { keys } of this.#own) size += keys.table.size;
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

  /** Adds the address of the event at hand; a late one to its own window, which is kept. */
  take(subject: Subject, amount: number, lateWindow: number | undefined): void {
    const tables = subject.family === 4 ? this.#four : this.#six;
    for (let i = 0; i < tables.length; i++) {
      const { keys, wheel } = tables[i];
      const entry = keys.locate(subject);
      if (lateWindow === undefined) wheel.add(entry, amount);
      else wheel.addLate(lateWindow, entry, amount);
    }
  }

  /** Adds to a window; nothing where it is no longer kept. */
  add({ family, ip, at, text }: AddKey, amount: number, window: number): void {
    if (window <= this.current - this.#kept) return;
    if (this.texts !== undefined) {
      this.texts.wheel.addLate(window, this.texts.keys.locate(text), amount);
      return;
    }
    const tables = family === 4 ? this.#four : this.#six;
    for (let i = 0; i < tables.length; i++) {
      const { keys, wheel } = tables[i];
      wheel.addLate(window, keys.locateAt(ip, at), amount);
    }
  }

  /** The count of one key in a kept window. */
  countAt({ family, ip, at, text }: AddKey, window: number): number {
    if (this.texts !== undefined) {
      return this.texts.wheel.countAt(window, this.texts.keys.find(text));
    }
    const table = this.tablesOf(family).at(0);
    return table === undefined ? 0 : table.wheel.countAt(window, table.keys.findAt(ip, at));
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

  /** The count of a text over kept windows, each looked up by itself. */
  countText(key: string, { start, end }: WindowRange): number {
    const { keys, wheel } = this.texts!;
    const entry = keys.find(key);
    let sum = 0;
    for (let age = start; age <= end && age <= wheel.current; age++) {
      sum += wheel.countAt(wheel.current - age, entry);
    }
    return sum;
  }

  /** Every count of the kept windows; the key is one object, changed for each. */
  each(take: (key: AddKey, count: number, window: number) => void): void {
    const { current } = this;
    for (let window = Math.max(0, current - this.#kept + 1); window <= current; window++) {
      for (const shown of this.#shown) {
        const list = shown.wheel.list(window);
        for (let record = 0; record < list.length; record++) {
          take(this.keyAt(shown, list.entry(record)), list.count(record), window);
        }
      }
    }
  }

  /** The key of an entry of one of these tables; one object, changed for each. */
  keyAt({ keys }: BlockTable | TextTable, entry: number): AddKey {
    const key = this.#key;
    if (keys instanceof BlockKeys) {
      key.family = keys.family;
      keys.address(entry, key.ip);
    } else key.text = keys.text(entry);
    return key;
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

  save(): WindowCounts[] {
    return saveWindows(this.#shown);
  }

  restore(windows: readonly WindowCounts[], current: number): void {
    restoreWindows(this.#wheels(), current, windows, (key, count) => this.#put(key, count));
  }

  /** The table of a prefix length; before the first event. */
  tableOf(family: 4 | 6, bits: number): BlockTable {
    const tables = family === 4 ? this.#four : this.#six;
    const known = tables.find(({ keys }) => keys.bits === bits);
    if (known !== undefined) return known;
    const table = new BlockTable(this.#registry.blocks(family, bits), this.#kept);
    tables.push(table);
    return table;
  }

  /** Adds to the present window of every table. */
  #put(key: string, amount: number): void {
    if (this.texts !== undefined) {
      this.texts.wheel.add(locateKey(this.texts.keys, key), amount);
      return;
    }
    const tables = readAddressText(key, words) === 4 ? this.#four : this.#six;
    for (const { keys, wheel } of tables) wheel.add(keys.locateAt(words, 0), amount);
  }

  /** A table that watches these windows; one that is made late is filled from what is kept. */
  #askable(
    family: 4 | 6,
    bits: number,
    windows: WindowRange,
  ): { readonly table: BlockTable; readonly range: number } | undefined {
    const tables = family === 4 ? this.#four : this.#six;
    if (tables.length === 0) return undefined;
    if (this.current < 0) {
      const table = this.tableOf(family, bits);
      return { table, range: table.wheel.watch(windows) };
    }
    for (const table of tables) {
      if (table.keys.bits !== bits) continue;
      const range = table.wheel.rangeOf(windows);
      if (range !== -1) return { table, range };
    }
    const table = new BlockTable(new BlockKeys(family, bits), this.#kept);
    const range = table.wheel.watch(windows);
    table.wheel.start(this.current);
    this.each((key, count, window) => {
      if (key.family === family) {
        table.wheel.addLate(window, table.keys.locateAt(key.ip, key.at), count);
      }
    });
    tables.push(table);
    this.#own.push(table);
    return { table, range };
  }

  #wheels(): Wheel[] {
    const tables = [...this.#four, ...this.#six, ...(this.texts ? [this.texts] : [])];
    return tables.map(({ wheel }) => wheel);
  }
}
