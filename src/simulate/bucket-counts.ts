import { KeyTable } from '../engine/key-table.ts';
import { grown } from '../model/event-batch.ts';

const FIRST_RECORDS = 16;

/** One bucket: the addresses that it saw and how often, an address at most a few times. */
class Bucket {
  readonly serial: number;
  entries = new Int32Array(FIRST_RECORDS);
  counts = new Uint32Array(FIRST_RECORDS);
  length = 0;

  constructor(serial: number) {
    this.serial = serial;
  }

  append(entry: number): number {
    const { length } = this;
    if (length === this.entries.length) {
      this.entries = grown(new Int32Array(length * 2), this.entries);
      this.counts = grown(new Uint32Array(length * 2), this.counts);
    }
    this.entries[length] = entry;
    this.counts[length] = 1;
    return this.length++;
  }
}

/** Buckets `[from, to)`. */
export interface BucketRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Addresses in order, with their events in two ranges of buckets; those without any in both are
 * left out.
 */
export interface AddressCounts {
  readonly family: 4 | 6;
  readonly size: number;
  /** Four words an address, network order, signed; an IPv4 address is in the first. */
  readonly words: Int32Array;
  readonly before: Float64Array;
  readonly now: Float64Array;
}

/**
 * Events by address and bucket of time, one family. Memory follows the pairs of address and bucket
 * that are kept, not the events: a second event of an address in a bucket raises the first record.
 */
export class BucketCounts {
  readonly #family: 4 | 6;
  readonly #keys: KeyTable;
  /** State of a key: serial of the bucket that has its newest record, and which one it is. */
  readonly #state: number;
  readonly #buckets = new Map<number, Bucket>();
  #serials = 0;
  #lastNumber = Number.NaN;
  #lastBucket = new Bucket(0);

  constructor(family: 4 | 6) {
    this.#family = family;
    this.#keys = new KeyTable(family === 4 ? 1 : 4);
    this.#state = this.#keys.reserve(2);
    this.#keys.reserveSum();
    this.#keys.reserveSum();
  }

  /** Counts an event of the address at `ip[at .. at+3]`. */
  add(ip: Int32Array, at: number, number: number): void {
    const bucket = number === this.#lastNumber ? this.#lastBucket : this.#bucket(number);
    const keys = this.#keys;
    const entry = keys.locate(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]);
    const { cells } = keys;
    const state = entry + this.#state;
    if (cells[state] === bucket.serial) {
      bucket.counts[cells[state + 1]]++;
      return;
    }
    keys.use(entry);
    cells[state] = bucket.serial;
    cells[state + 1] = bucket.append(entry);
  }

  /** Forgets the buckets from 0 to below `number`, and the addresses that stand in no other. */
  dropBelow(number: number): void {
    for (const [own, { entries, length }] of this.#buckets) {
      if (own < 0 || own >= number) continue;
      for (let record = 0; record < length; record++) this.#keys.release(entries[record]);
      this.#buckets.delete(own);
      if (own === this.#lastNumber) this.#lastNumber = Number.NaN;
    }
  }

  /** Sums two ranges of buckets by address; to be called once. */
  sum(before: BucketRange, now: BucketRange): AddressCounts {
    const touched: number[] = [];
    const keys = this.#keys;
    const { sums } = keys;
    for (const [number, { entries, counts, length }] of this.#buckets) {
      const column = isIn(now, number) ? 1 : 0;
      if (column === 0 && !isIn(before, number)) continue;
      for (let record = 0; record < length; record++) {
        const at = (entries[record] >> 1) + keys.sumsAt;
        if (sums[at] + sums[at + 1] === 0) touched.push(entries[record]);
        sums[at + column] += counts[record];
      }
    }
    const order = Int32Array.from(touched).sort((a, b) => this.#compare(a, b));
    const { keyWords } = keys;
    const words = new Int32Array(order.length * 4);
    const columns = [new Float64Array(order.length), new Float64Array(order.length)] as const;
    for (const [index, entry] of order.entries()) {
      for (let word = 0; word < keyWords; word++) words[index * 4 + word] = keys.key(entry, word);
      const at = (entry >> 1) + keys.sumsAt;
      columns[0][index] = sums[at];
      columns[1][index] = sums[at + 1];
    }
    const [first, second] = columns;
    return { family: this.#family, size: order.length, words, before: first, now: second };
  }

  #bucket(number: number): Bucket {
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = new Bucket(++this.#serials);
      this.#buckets.set(number, bucket);
    }
    this.#lastNumber = number;
    this.#lastBucket = bucket;
    return bucket;
  }

  #compare(a: number, b: number): number {
    const keys = this.#keys;
    for (let word = 0; word < keys.keyWords; word++) {
      const difference = (keys.key(a, word) >>> 0) - (keys.key(b, word) >>> 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

function isIn({ from, to }: BucketRange, number: number): boolean {
  return number >= from && number < to;
}
