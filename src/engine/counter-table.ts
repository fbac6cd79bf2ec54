import { grown } from '../model/event-batch.ts';
import type { WindowRange } from '../model/monitor.ts';

const INITIAL_ENTRIES = 256;
const INITIAL_RECORDS = 64;
/** Window lists longer than this are given back when their window leaves, not kept for the next. */
const KEPT_RECORDS = 65_536;

/** What one window counted: a record for each key it saw, in order of appearance. */
export class WindowList {
  entries = new Int32Array(INITIAL_RECORDS);
  counts = new Float64Array(INITIAL_RECORDS);
  length = 0;
  total = 0;
  /** Record of an entry, made when a late event first needs to find one. */
  #recordOf: Map<number, number> | undefined;

  append(entry: number, count: number): number {
    const record = this.length++;
    if (record === this.entries.length) {
      this.entries = grown(new Int32Array(record * 2), this.entries);
      this.counts = grown(new Float64Array(record * 2), this.counts);
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
      this.entries = new Int32Array(INITIAL_RECORDS);
      this.counts = new Float64Array(INITIAL_RECORDS);
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
 */
export class CounterTable {
  readonly kept: number;
  readonly keyWords: number;
  readonly ranges: WindowRange[] = [];
  /** One array a range, indexed by entry. */
  readonly sums: Float64Array[] = [];
  /** Number of the present window: its start divided by the interval. */
  current = -1;
  /** Some count went below zero. */
  negative = false;
  /** Called when an entry's key has left the table for good. */
  onForget: ((entry: number) => void) | undefined;

  readonly #ring: WindowList[];
  #list: WindowList;
  #index = new Int32Array(INITIAL_ENTRIES * 2);
  #indexMask = INITIAL_ENTRIES * 2 - 1;
  #indexUsed = 0;
  #capacity = INITIAL_ENTRIES;
  #entries = 0;
  #free = 0;
  #keys: Int32Array;
  /** Window of the entry's newest record, and where in that window's list it stands. */
  #stamp = new Uint32Array(INITIAL_ENTRIES);
  #record = new Int32Array(INITIAL_ENTRIES);
  /** Records of the entry in all kept windows; an entry with none is dead. -1: on the free list. */
  #records = new Int32Array(INITIAL_ENTRIES);

  /**
   * @param keyWords 1 (IPv4, string ids), 2 (IPv6 up to /64) or 4
   * @param kept number of windows kept, the present one included
   */
  constructor(keyWords: 1 | 2 | 4, kept: number) {
    this.keyWords = keyWords;
    this.kept = kept;
    this.#keys = new Int32Array(INITIAL_ENTRIES * keyWords);
    this.#ring = Array.from({ length: kept }, () => new WindowList());
    this.#list = this.#ring[0];
  }

  /** Has sums kept for a range inside the kept windows; call before the first add. */
  watch(range: WindowRange): number {
    const known = this.ranges.findIndex((r) => r.start === range.start && r.end === range.end);
    if (known !== -1) return known;
    this.ranges.push(range);
    this.sums.push(new Float64Array(this.#capacity));
    return this.ranges.length - 1;
  }

  /** Entries in use, dead ones that were not swept yet included. */
  get size(): number {
    return this.#indexUsed;
  }

  get empty(): boolean {
    return this.#ring.every((list) => list.length === 0);
  }

  /** Word `word` of an entry's key. */
  key(entry: number, word: number): number {
    return this.#keys[entry * this.keyWords + word];
  }

  /** The list of a kept window. */
  list(window: number): WindowList {
    return this.#ring[window % this.kept];
  }

  /** The entry of a key, 0 when it is not alive. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const index = this.#index;
    const mask = this.#indexMask;
    let slot = hash(k0, k1, k2, k3, this.keyWords) & mask;
    for (;;) {
      const entry = index[slot];
      if (entry === 0 || this.#holds(entry, k0, k1, k2, k3)) return entry;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds to the present window and returns the key's entry. */
  add(k0: number, k1: number, k2: number, k3: number, amount: number): number {
    let entry = this.find(k0, k1, k2, k3);
    if (entry === 0) entry = this.#insert(k0, k1, k2, k3);
    const list = this.#list;
    if (this.#stamp[entry] === this.current && this.#records[entry] > 0) {
      const record = this.#record[entry];
      const count = list.counts[record] + amount;
      list.counts[record] = count;
      if (count < 0) this.negative = true;
    } else {
      this.#stamp[entry] = this.current;
      this.#record[entry] = list.append(entry, amount);
      this.#records[entry]++;
      if (amount < 0) this.negative = true;
    }
    list.total += amount;
    const ranges = this.ranges;
    for (let range = 0; range < ranges.length; range++) {
      if (ranges[range].start === 0) this.sums[range][entry] += amount;
    }
    return entry;
  }

  /** Adds to an earlier window, which must still be kept. */
  addLate(window: number, k0: number, k1: number, k2: number, k3: number, amount: number): void {
    let entry = this.find(k0, k1, k2, k3);
    if (entry === 0) entry = this.#insert(k0, k1, k2, k3);
    const list = this.#ring[window % this.kept];
    const record = list.find(entry);
    if (record === -1) {
      list.append(entry, amount);
      this.#records[entry]++;
    } else list.counts[record] += amount;
    list.total += amount;
    const age = this.current - window;
    for (let range = 0; range < this.ranges.length; range++) {
      const { start, end } = this.ranges[range];
      if (age >= start && age <= end) this.sums[range][entry] += amount;
    }
  }

  /** Takes a key out of all windows. */
  remove(k0: number, k1: number, k2: number, k3: number): void {
    const entry = this.find(k0, k1, k2, k3);
    if (entry === 0) return;
    for (const list of this.#ring) {
      const record = list.find(entry);
      if (record === -1) continue;
      list.total -= list.counts[record];
      list.counts[record] = 0;
    }
    for (const sums of this.sums) sums[entry] = 0;
  }

  /** Sets the clock of an empty table. */
  start(window: number): void {
    this.current = window;
    this.#list = this.#ring[window % this.kept];
  }

  /** Enters the next window: what leaves the kept range is gone afterwards. */
  step(): void {
    const next = this.current + 1;
    for (let range = 0; range < this.ranges.length; range++) {
      const { start, end } = this.ranges[range];
      if (start > 0) this.#shiftSums(range, next - start, 1);
      this.#shiftSums(range, next - end - 1, -1);
    }
    const leaving = this.#ring[next % this.kept];
    for (let record = 0; record < leaving.length; record++)
      this.#records[leaving.entries[record]]--;
    leaving.clear();
    this.current = next;
    this.#list = leaving;
  }

  #shiftSums(range: number, window: number, sign: number): void {
    if (window < 0) return;
    const list = this.#ring[window % this.kept];
    const sums = this.sums[range];
    const { entries, counts } = list;
    for (let record = 0; record < list.length; record++)
      sums[entries[record]] += sign * counts[record];
  }

  #holds(entry: number, k0: number, k1: number, k2: number, k3: number): boolean {
    const keys = this.#keys;
    const words = this.keyWords;
    if (words === 1) return keys[entry] === k0;
    const at = entry * words;
    if (keys[at] !== k0 || keys[at + 1] !== k1) return false;
    return words === 2 || (keys[at + 2] === k2 && keys[at + 3] === k3);
  }

  #insert(k0: number, k1: number, k2: number, k3: number): number {
    if ((this.#indexUsed + 1) * 4 > this.#index.length * 3) this.#sweep();
    let entry = this.#free;
    if (entry !== 0) this.#free = this.#record[entry];
    else {
      entry = ++this.#entries;
      if (entry === this.#capacity) this.#growEntries();
    }
    const at = entry * this.keyWords;
    this.#keys[at] = k0;
    if (this.keyWords > 1) this.#keys[at + 1] = k1;
    if (this.keyWords > 2) {
      this.#keys[at + 2] = k2;
      this.#keys[at + 3] = k3;
    }
    this.#records[entry] = 0;
    for (const sums of this.sums) sums[entry] = 0;
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
    let alive = 0;
    for (let entry = 1; entry <= this.#entries; entry++) {
      if (this.#records[entry] > 0) alive++;
      else if (this.#records[entry] === 0) {
        this.onForget?.(entry);
        this.#records[entry] = -1;
        this.#record[entry] = this.#free;
        this.#free = entry;
      }
    }
    const size = alive * 3 > this.#index.length ? this.#index.length * 2 : this.#index.length;
    this.#index = size === this.#index.length ? this.#index.fill(0) : new Int32Array(size);
    this.#indexMask = size - 1;
    for (let entry = 1; entry <= this.#entries; entry++) {
      if (this.#records[entry] <= 0) continue;
      const at = entry * this.keyWords;
      const keys = this.#keys;
      this.#place(entry, hash(keys[at], keys[at + 1], keys[at + 2], keys[at + 3], this.keyWords));
    }
    this.#indexUsed = alive;
  }

  #growEntries(): void {
    this.#capacity *= 2;
    this.#keys = grown(new Int32Array(this.#capacity * this.keyWords), this.#keys);
    this.#stamp = grown(new Uint32Array(this.#capacity), this.#stamp);
    this.#record = grown(new Int32Array(this.#capacity), this.#record);
    this.#records = grown(new Int32Array(this.#capacity), this.#records);
    for (let range = 0; range < this.sums.length; range++) {
      this.sums[range] = grown(new Float64Array(this.#capacity), this.sums[range]);
    }
  }
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
