import { assert } from '../model/errors.ts';
import { grown } from '../model/event-batch.ts';
import type { WindowRange } from '../model/monitor.ts';
import type { KeyTable } from './key-table.ts';

const FIRST_RECORDS = 8;
const NO_RECORDS = new Int32Array(0);
/** Window lists longer than this are given back when their window leaves, not kept for the next. */
const KEPT_RECORDS = 65_536;

/**
 * What one window counted: a record for each key it saw, in order of appearance. A window that saw
 * nothing holds no memory: a monitor may have a million of them.
 */
export class WindowList {
  length = 0;
  total = 0;
  /** Pairs (entry, count), side by side in memory. */
  #pairs = NO_RECORDS;
  /** The counts, once one of them is no 32-bit integer. */
  #wide: Float64Array | undefined;
  /** Record of an entry, made when a late event first needs to find one. */
  #recordOf: Map<number, number> | undefined;

  /** Records that the memory held now has room for. */
  get room(): number {
    return this.#pairs.length >> 1;
  }

  entry(record: number): number {
    return this.#pairs[record * 2];
  }

  count(record: number): number {
    return this.#wide === undefined ? this.#pairs[record * 2 + 1] : this.#wide[record];
  }

  append(entry: number, count: number): number {
    const record = this.length++;
    if (record * 2 === this.#pairs.length) this.#grow();
    this.#pairs[record * 2] = entry;
    this.#pairs[record * 2 + 1] = 0;
    if (this.#wide !== undefined) this.#wide[record] = 0;
    this.add(record, count);
    this.#recordOf?.set(entry, record);
    return record;
  }

  /** Adds to a record; the new count. */
  add(record: number, amount: number): number {
    if (this.#wide === undefined) {
      const count = this.#pairs[record * 2 + 1] + amount;
      if (count === (count | 0)) {
        this.#pairs[record * 2 + 1] = count;
        return count;
      }
      this.#widen();
    }
    return (this.#wide![record] += amount);
  }

  /** Index of the entry's record, -1 when the window has none. */
  find(entry: number): number {
    if (this.#recordOf === undefined) {
      this.#recordOf = new Map();
      for (let record = 0; record < this.length; record++) {
        this.#recordOf.set(this.entry(record), record);
      }
    }
    return this.#recordOf.get(entry) ?? -1;
  }

  /** Takes a record out; the last one takes its place. */
  drop(record: number): void {
    this.total -= this.count(record);
    const last = --this.length;
    const moved = this.entry(last);
    this.#recordOf?.delete(this.entry(record));
    this.#pairs[record * 2] = moved;
    this.#pairs[record * 2 + 1] = this.#pairs[last * 2 + 1];
    if (this.#wide !== undefined) this.#wide[record] = this.#wide[last];
    if (record !== last) this.#recordOf?.set(moved, record);
  }

  clear(): void {
    this.length = 0;
    this.total = 0;
    this.#recordOf = undefined;
    this.#wide = undefined;
    if (this.room > KEPT_RECORDS) this.#pairs = NO_RECORDS;
  }

  #grow(): void {
    const room = Math.max(FIRST_RECORDS, this.room + (this.room >> 1));
    this.#pairs = grown(new Int32Array(room * 2), this.#pairs);
    if (this.#wide !== undefined) this.#wide = grown(new Float64Array(room), this.#wide);
  }

  #widen(): void {
    this.#wide = new Float64Array(this.room);
    for (let record = 0; record < this.length; record++) {
      this.#wide[record] = this.#pairs[record * 2 + 1];
    }
  }
}

/** Never added to. */
const NOTHING_SEEN = new WindowList();

/** Raised when a sum that someone watches is above its limit; lowered by whoever looks. */
export interface Alarm {
  raised: boolean;
}

/**
 * Counts per key over rolling windows: the record wheel.
 *
 * Every window keeps an append-only list of (entry, count) records. The first touch in a window
 * appends a record, later ones add to it. Each range of windows that is asked has a sum per entry:
 * an add changes it at once when the range holds window 0, and when the clock enters a window the
 * list that enters a range is added and the list that leaves it is taken out. So an add and a read
 * cost the same whatever the number of windows, memory follows the keys that are alive, and idle
 * keys leave by themselves.
 *
 * Counts are doubles: whole numbers are exact to ±2^53. The state of an entry stands in its row:
 * `[stamp, record]`, the window after that of its newest record and where in that window's list it
 * stands, and a double for each range.
 */
export class Wheel {
  readonly keys: KeyTable;
  readonly kept: number;
  readonly ranges: WindowRange[] = [];
  /** Number of the present window: its start divided by the interval. */
  current = -1;
  /** Some count went below zero. */
  negative = false;
  /** Records in the kept windows. */
  records = 0;

  /** By window modulo `kept`; a window that was never entered or added to has no list yet. */
  readonly #ring: (WindowList | undefined)[];
  #list: WindowList;
  /** Where an entry's state stands in its row, in words. */
  readonly #at: number;
  /** Where the sum of each range stands behind `keys.sumsAt`. */
  readonly #sumAt: number[] = [];
  /** Those of the ranges that hold window 0, and the sums above which each raises the alarm. */
  #heads = new Int32Array(0);
  #limits = new Float64Array(0);
  #alarm: Alarm | undefined;
  /**
   * Entries whose records were dropped. Their rows stay theirs until the next window: within one,
   * an entry may stand for its key elsewhere (`Counter.identity`).
   */
  #dropped: number[] = [];

  /** @param kept number of windows kept, the present one included */
  constructor(keys: KeyTable, kept: number) {
    this.keys = keys;
    this.kept = kept;
    this.#at = keys.reserve(2);
    this.#ring = Array.from<WindowList | undefined>({ length: kept });
    this.#list = this.#listOf(0);
  }

  /** The number of a watched range, -1 when it is not watched. */
  rangeOf(range: WindowRange): number {
    return this.ranges.findIndex((r) => r.start === range.start && r.end === range.end);
  }

  /** Has sums kept for a range inside the kept windows; before the first add. */
  watch(range: WindowRange): number {
    const known = this.rangeOf(range);
    if (known !== -1) return known;
    assert(this.records === 0, 'ranges are watched from the first event on');
    this.ranges.push(range);
    this.#sumAt.push(this.keys.reserveSum());
    if (range.start === 0) {
      this.#heads = Int32Array.of(...this.#heads, this.#sumAt.at(-1)!);
      this.#limits = Float64Array.of(...this.#limits, Infinity);
    }
    return this.ranges.length - 1;
  }

  /** Has the alarm raised by every add that takes a sum of this range, from window 0 on, above `limit`. */
  arm(range: number, limit: number, alarm: Alarm): void {
    const head = this.#heads.indexOf(this.#sumAt[range]);
    this.#limits[head] = Math.min(this.#limits[head], limit);
    this.#alarm = alarm;
  }

  get empty(): boolean {
    return this.records === 0;
  }

  /** The entry's count over a watched range; 0 for entry 0. */
  sum(range: number, entry: number): number {
    return this.keys.sums[(entry >> 1) + this.keys.sumsAt + this.#sumAt[range]];
  }

  /** Whether the entry surely has a record in a window that is kept. */
  isKept(entry: number): boolean {
    return entry !== 0 && this.keys.cells[entry + this.#at] > this.current + 1 - this.kept;
  }

  /** The list of a kept window. */
  list(window: number): WindowList {
    return this.#ring[window % this.kept] ?? NOTHING_SEEN;
  }

  /** Adds to the present window. */
  add(entry: number, amount: number): void {
    const { keys } = this;
    const { cells } = keys;
    const list = this.#list;
    const at = entry + this.#at;
    const stamp = this.current + 1;
    if (cells[at] === stamp) {
      if (list.add(cells[at + 1], amount) < 0) this.negative = true;
    } else {
      cells[at] = stamp;
      cells[at + 1] = list.append(entry, amount);
      keys.use(entry);
      this.records++;
      if (amount < 0) this.negative = true;
    }
    list.total += amount;
    const heads = this.#heads;
    const sums = (entry >> 1) + keys.sumsAt;
    for (let i = 0; i < heads.length; i++) {
      const sum = (keys.sums[sums + heads[i]] += amount);
      if (sum > this.#limits[i]) this.#alarm!.raised = true;
    }
  }

  /** Adds to a window that is still kept: an earlier one, or the present one. */
  addLate(window: number, entry: number, amount: number): void {
    if (window === this.current) {
      this.add(entry, amount);
      return;
    }
    const list = this.#listOf(window);
    const record = list.find(entry);
    if (record === -1) {
      list.append(entry, amount);
      this.keys.use(entry);
      this.records++;
      if (amount < 0) this.negative = true;
    } else if (list.add(record, amount) < 0) this.negative = true;
    list.total += amount;
    this.#addToSums(window, entry, amount);
  }

  /** The entry's count in the present window. */
  present(entry: number): number {
    const at = entry + this.#at;
    const { cells } = this.keys;
    return entry !== 0 && cells[at] === this.current + 1 ? this.#list.count(cells[at + 1]) : 0;
  }

  /** The entry's count in a kept window. */
  countAt(window: number, entry: number): number {
    if (window === this.current) return this.present(entry);
    const list = this.list(window);
    const record = entry === 0 ? -1 : list.find(entry);
    return record === -1 ? 0 : list.count(record);
  }

  /** Takes a record out of a kept window, as if it had never been; the last one takes its place. */
  drop(window: number, record: number): void {
    const list = this.list(window);
    const entry = list.entry(record);
    const count = list.count(record);
    this.#addToSums(window, entry, -count);
    const { cells } = this.keys;
    if (cells[entry + this.#at] === window + 1) cells[entry + this.#at] = 0;
    list.drop(record);
    this.records--;
    this.#dropped.push(entry);
    if (window !== this.current || record === list.length) return;
    cells[list.entry(record) + this.#at + 1] = record;
  }

  /** Takes all records out of all windows. */
  clear(): void {
    for (const list of this.#ring) {
      if (list === undefined) continue;
      for (let record = 0; record < list.length; record++) {
        const entry = list.entry(record);
        this.keys.cells[entry + this.#at] = 0;
        const sums = (entry >> 1) + this.keys.sumsAt;
        for (const sumAt of this.#sumAt) this.keys.sums[sums + sumAt] = 0;
        this.#dropped.push(entry);
      }
      this.records -= list.length;
      list.clear();
    }
  }

  /** Sets the clock of a wheel that has counted nothing. */
  start(window: number): void {
    this.current = window;
    this.#list = this.#listOf(window);
  }

  /** Enters the next window: what leaves the kept range is gone afterwards. */
  step(): void {
    const next = this.current + 1;
    for (let range = 0; range < this.ranges.length; range++) {
      const { start, end } = this.ranges[range];
      if (start > 0) this.#shiftSums(range, next - start, 1);
      this.#shiftSums(range, next - end - 1, -1);
    }
    const leaving = this.#listOf(next);
    const { keys } = this;
    for (const entry of this.#dropped) keys.release(entry);
    this.#dropped = [];
    for (let record = 0; record < leaving.length; record++) keys.release(leaving.entry(record));
    this.records -= leaving.length;
    leaving.clear();
    this.current = next;
    this.#list = leaving;
  }

  #addToSums(window: number, entry: number, amount: number): void {
    const age = this.current - window;
    const sums = (entry >> 1) + this.keys.sumsAt;
    for (let range = 0; range < this.ranges.length; range++) {
      const { start, end } = this.ranges[range];
      if (age >= start && age <= end) this.keys.sums[sums + this.#sumAt[range]] += amount;
    }
  }

  #shiftSums(range: number, window: number, sign: number): void {
    if (window < 0) return;
    const { sums } = this.keys;
    const sumAt = this.keys.sumsAt + this.#sumAt[range];
    const list = this.list(window);
    for (let record = 0; record < list.length; record++) {
      sums[(list.entry(record) >> 1) + sumAt] += sign * list.count(record);
    }
  }

  #listOf(window: number): WindowList {
    return (this.#ring[window % this.kept] ??= new WindowList());
  }
}
