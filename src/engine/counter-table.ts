import { assert } from '../model/errors.ts';
import { grown } from '../model/event-batch.ts';
import type { WindowRange } from '../model/monitor.ts';

const INITIAL_ENTRIES = 256;
const FIRST_RECORDS = 8;
const NO_ENTRIES = new Int32Array(0);
const NO_COUNTS = new Float64Array(0);
/** Window lists longer than this are given back when their window leaves, not kept for the next. */
const KEPT_RECORDS = 65_536;

/**
 * What one window counted: a record for each key it saw, in order of appearance. A window that saw
 * nothing holds no memory: a monitor may have a million of them.
 */
export class WindowList {
  entries = NO_ENTRIES;
  counts = NO_COUNTS;
  length = 0;
  total = 0;
  /** Record of an entry, made when a late event first needs to find one. */
  #recordOf: Map<number, number> | undefined;

  append(entry: number, count: number): number {
    const record = this.length++;
    if (record === this.entries.length) {
      const room = Math.max(FIRST_RECORDS, record * 2);
      this.entries = grown(new Int32Array(room), this.entries);
      this.counts = grown(new Float64Array(room), this.counts);
    }
    this.entries[record] = entry;
    this.counts[record] = count;
    this.#recordOf?.set(entry, record);
    return record;
  }

  /** Index of the entry's record, -1 when the window has none. */
  find(entry: number): number {
    if (this.#recordOf === undefined) {
      this.#recordOf = new Map();
      for (let record = 0; record < this.length; record++) {
        this.#recordOf.set(this.entries[record], record);
      }
    }
    return this.#recordOf.get(entry) ?? -1;
  }

  clear(): void {
    this.length = 0;
    this.total = 0;
    this.#recordOf = undefined;
    if (this.entries.length > KEPT_RECORDS) {
      this.entries = NO_ENTRIES;
      this.counts = NO_COUNTS;
    }
  }
}

/**
 * Counts per key over rolling windows: the record wheel.
 *
 * An open-addressing index leads to dense entries; every window keeps an append-only list of
 * (entry, count) records. The first touch in a window appends a record, later ones add to it. Each
 * range of windows that is asked has a sum per entry: an add changes it at once when the range
 * holds window 0, and when the clock enters a window the list that enters a range is added and the
 * list that leaves it is taken out. So an add and a read cost the same whatever the number of
 * windows, memory follows the keys that are alive, and idle keys leave by themselves.
 *
 * Keys are 1, 2 or 4 words. Entry 0 stands for "no such key". Counts are doubles: whole numbers
 * are exact to ±2^53.
 *
 * All facts of an entry lie side by side, because what an add costs is the lines of memory it
 * touches: `[key…, stamp, record, records, sums…]`, the words as 32-bit integers, the sums as
 * doubles in the same buffer. `stamp` is the window of the entry's newest record, `record` where in
 * that window's list it stands, `records` how many kept windows have one (0: dead, -1: free).
 */
export class CounterTable {
  readonly kept: number;
  readonly keyWords: number;
  readonly ranges: WindowRange[] = [];
  /** Number of the present window: its start divided by the interval. */
  current = -1;
  /** Some count went below zero. */
  negative = false;
  /** Entry of the last `add`. */
  lastEntry = 0;
  /** Called when an entry's key has left the table for good. */
  onForget: ((entry: number) => void) | undefined;

  /** By window modulo `kept`; a window that was never entered or added to has no list yet. */
  readonly #ring: (WindowList | undefined)[];
  #list: WindowList;
  #index = new Int32Array(INITIAL_ENTRIES * 2);
  #indexMask = INITIAL_ENTRIES * 2 - 1;
  /** Entries in the index, dead ones that were not swept yet included. */
  #indexUsed = 0;
  #alive = 0;
  #capacity = INITIAL_ENTRIES;
  #entries = 0;
  #free = 0;
  #cells: Int32Array;
  /** The same bytes as `#cells`. */
  #sums: Float64Array;
  /** log2 of an entry's width in words. */
  #shift: number;
  /** Where an entry's sums begin, in doubles behind its start. */
  readonly #sumsAt: number;
  /** Ranges that hold window 0. */
  #heads = new Int32Array(0);

  /**
   * @param keyWords 1 (IPv4, string ids), 2 (IPv6 up to /64) or 4
   * @param kept number of windows kept, the present one included
   */
  constructor(keyWords: 1 | 2 | 4, kept: number) {
    this.keyWords = keyWords;
    this.kept = kept;
    this.#sumsAt = (keyWords + 4) >> 1;
    this.#shift = widthBits(keyWords + STATE_WORDS);
    this.#cells = new Int32Array(INITIAL_ENTRIES << this.#shift);
    this.#sums = new Float64Array(this.#cells.buffer);
    this.#ring = Array.from<WindowList | undefined>({ length: kept });
    this.#list = this.#listOf(0);
  }

  /** Has sums kept for a range inside the kept windows; before the first add. */
  watch(range: WindowRange): number {
    const known = this.ranges.findIndex((r) => r.start === range.start && r.end === range.end);
    if (known !== -1) return known;
    assert(this.#entries === 0, 'ranges are watched from the first event on');
    this.ranges.push(range);
    const indexes = this.ranges.map((_, index) => index);
    this.#heads = Int32Array.from(indexes.filter((index) => this.ranges[index].start === 0));
    this.#shift = widthBits((this.#sumsAt + this.ranges.length) * 2);
    this.#cells = new Int32Array(INITIAL_ENTRIES << this.#shift);
    this.#sums = new Float64Array(this.#cells.buffer);
    return this.ranges.length - 1;
  }

  /** Keys that are alive: some kept window has a record of them. */
  get size(): number {
    return this.#alive;
  }

  get empty(): boolean {
    return this.#alive === 0;
  }

  /** Word `word` of an entry's key. */
  key(entry: number, word: number): number {
    return this.#cells[(entry << this.#shift) + word];
  }

  /** The entry's count over a watched range; 0 for entry 0. */
  sum(range: number, entry: number): number {
    return this.#sums[((entry << this.#shift) >> 1) + this.#sumsAt + range];
  }

  /** Whether some kept window has a record of the entry; a dead one may be given to another key. */
  isAlive(entry: number): boolean {
    return this.#cells[this.#recordsAt(entry)] > 0;
  }

  /** The list of a kept window. */
  list(window: number): WindowList {
    return this.#ring[window % this.kept] ?? NOTHING_SEEN;
  }

  /** The entry of a key, 0 when it is not alive. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const index = this.#index;
    const mask = this.#indexMask;
    const cells = this.#cells;
    const shift = this.#shift;
    const words = this.keyWords;
    let slot = hash(k0, k1, k2, k3, words) & mask;
    for (;;) {
      const entry = index[slot];
      if (entry === 0) return 0;
      const at = entry << shift;
      if (
        cells[at] === k0 &&
        (words === 1 ||
          (cells[at + 1] === k1 && (words === 2 || (cells[at + 2] === k2 && cells[at + 3] === k3))))
      ) {
        return entry;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Adds to the present window. */
  add(k0: number, k1: number, k2: number, k3: number, amount: number): void {
    let entry = this.find(k0, k1, k2, k3);
    if (entry === 0) entry = this.#insert(k0, k1, k2, k3);
    this.lastEntry = entry;
    const list = this.#list;
    const cells = this.#cells;
    const at = entry << this.#shift;
    const state = at + this.keyWords;
    if (cells[state] === (this.current | 0) && cells[state + 2] > 0) {
      const record = cells[state + 1];
      const count = list.counts[record] + amount;
      list.counts[record] = count;
      if (count < 0) this.negative = true;
    } else {
      cells[state] = this.current;
      cells[state + 1] = list.append(entry, amount);
      if (cells[state + 2]++ === 0) this.#alive++;
      if (amount < 0) this.negative = true;
    }
    list.total += amount;
    const heads = this.#heads;
    const sums = (at >> 1) + this.#sumsAt;
    for (let i = 0; i < heads.length; i++) this.#sums[sums + heads[i]] += amount;
  }

  /** Adds to a window that is still kept: an earlier one, or the present one. */
  addLate(window: number, k0: number, k1: number, k2: number, k3: number, amount: number): void {
    if (window === this.current) {
      this.add(k0, k1, k2, k3, amount);
      return;
    }
    let entry = this.find(k0, k1, k2, k3);
    if (entry === 0) entry = this.#insert(k0, k1, k2, k3);
    const list = this.#listOf(window);
    const record = list.find(entry);
    if (record === -1) {
      list.append(entry, amount);
      if (this.#cells[this.#recordsAt(entry)]++ === 0) this.#alive++;
      if (amount < 0) this.negative = true;
    } else if ((list.counts[record] += amount) < 0) this.negative = true;
    list.total += amount;
    const age = this.current - window;
    const sums = ((entry << this.#shift) >> 1) + this.#sumsAt;
    for (let range = 0; range < this.ranges.length; range++) {
      const { start, end } = this.ranges[range];
      if (age >= start && age <= end) this.#sums[sums + range] += amount;
    }
  }

  /** Takes a key out of all windows. */
  remove(k0: number, k1: number, k2: number, k3: number): void {
    const entry = this.find(k0, k1, k2, k3);
    if (entry === 0) return;
    for (const list of this.#ring) {
      const record = list?.find(entry) ?? -1;
      if (list === undefined || record === -1) continue;
      list.total -= list.counts[record];
      list.counts[record] = 0;
    }
    this.#clearSums(entry);
  }

  /** Sets the clock of an empty table. */
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
    for (let record = 0; record < leaving.length; record++) {
      if (--this.#cells[this.#recordsAt(leaving.entries[record])] === 0) this.#alive--;
    }
    leaving.clear();
    this.current = next;
    this.#list = leaving;
  }

  #shiftSums(range: number, window: number, sign: number): void {
    if (window < 0) return;
    const list = this.list(window);
    const sums = this.#sums;
    const shift = this.#shift;
    const offset = this.#sumsAt + range;
    const { entries, counts } = list;
    for (let record = 0; record < list.length; record++) {
      sums[((entries[record] << shift) >> 1) + offset] += sign * counts[record];
    }
  }

  #listOf(window: number): WindowList {
    return (this.#ring[window % this.kept] ??= new WindowList());
  }

  #recordsAt(entry: number): number {
    return (entry << this.#shift) + this.keyWords + 2;
  }

  #clearSums(entry: number): void {
    const sums = ((entry << this.#shift) >> 1) + this.#sumsAt;
    this.#sums.fill(0, sums, sums + this.ranges.length);
  }

  #insert(k0: number, k1: number, k2: number, k3: number): number {
    if ((this.#indexUsed + 1) * 4 > this.#index.length * 3) this.#sweep();
    let entry = this.#free;
    if (entry !== 0) this.#free = this.#cells[this.#recordsAt(entry) - 1];
    else {
      entry = ++this.#entries;
      if (entry === this.#capacity) this.#growEntries();
    }
    const cells = this.#cells;
    const at = entry << this.#shift;
    cells[at] = k0;
    if (this.keyWords > 1) cells[at + 1] = k1;
    if (this.keyWords > 2) {
      cells[at + 2] = k2;
      cells[at + 3] = k3;
    }
    cells[this.#recordsAt(entry)] = 0;
    this.#clearSums(entry);
    this.#place(entry, hash(k0, k1, k2, k3, this.keyWords));
    this.#indexUsed++;
    return entry;
  }

  #place(entry: number, hashed: number): void {
    const mask = this.#indexMask;
    let slot = hashed & mask;
    while (this.#index[slot] !== 0) slot = (slot + 1) & mask;
    this.#index[slot] = entry;
  }

  /** Frees the dead entries, and doubles the index when more than a third of it is alive. */
  #sweep(): void {
    const alive = this.#alive;
    for (let entry = 1; entry <= this.#entries; entry++) {
      const records = this.#recordsAt(entry);
      if (this.#cells[records] !== 0) continue;
      this.onForget?.(entry);
      this.#cells[records] = -1;
      this.#cells[records - 1] = this.#free;
      this.#free = entry;
    }
    const size = alive * 3 > this.#index.length ? this.#index.length * 2 : this.#index.length;
    this.#index = size === this.#index.length ? this.#index.fill(0) : new Int32Array(size);
    this.#indexMask = size - 1;
    const cells = this.#cells;
    for (let entry = 1; entry <= this.#entries; entry++) {
      if (cells[this.#recordsAt(entry)] <= 0) continue;
      const at = entry << this.#shift;
      const hashed = hash(cells[at], cells[at + 1], cells[at + 2], cells[at + 3], this.keyWords);
      this.#place(entry, hashed);
    }
    this.#indexUsed = alive;
  }

  #growEntries(): void {
    this.#capacity *= 2;
    this.#cells = grown(new Int32Array(this.#capacity << this.#shift), this.#cells);
    this.#sums = new Float64Array(this.#cells.buffer);
  }
}

/** Never added to. */
const NOTHING_SEEN = new WindowList();

/** Words of an entry beside its key and sums: stamp, record, records. */
const STATE_WORDS = 3;

/** log2 of the smallest power of two that holds `words`, an even number at least. */
function widthBits(words: number): number {
  return Math.max(1, 32 - Math.clz32(words - 1));
}

/** Mixes the words of a key; prefixes end in zeros, so the high bits must reach the low ones. */
function hash(k0: number, k1: number, k2: number, k3: number, words: number): number {
  let h = Math.imul(k0, 0x9e3779b1);
  if (words > 1) {
    h = Math.imul(h ^ (h >>> 15) ^ k1, 0x85ebca6b);
    if (words > 2) {
      h = Math.imul(h ^ (h >>> 13) ^ k2, 0xc2b2ae35);
      h = Math.imul(h ^ (h >>> 16) ^ k3, 0x9e3779b1);
    }
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}
