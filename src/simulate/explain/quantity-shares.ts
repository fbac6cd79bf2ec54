import type { AuditEngine } from '../../engine/audit-engine.ts';
import type { DistinctFeed } from '../../engine/distinct.ts';
import type { Feed } from '../../engine/feed.ts';
import type { FeedNodes } from '../../engine/nodes/feed-nodes.ts';
import type { FeedTables } from '../../engine/feed-tables.ts';
import { firstOf } from '../../engine/ranking.ts';
import type { SessionGauge } from '../../engine/session-gauge.ts';
import { ADDRESS, readAddressText } from '../../model/address.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { EventField } from '../../model/event.ts';
import type { WindowRange } from '../../model/monitor.ts';
import { compareText } from '../../model/order.ts';
import type { Contributors } from './explanation.ts';

/** Addresses that an explanation names, and values of `distinct`. */
const TOP_ADDRESSES = 5;
const FIRST_VALUES = 10;

/** How the count for the event at hand comes about, and what it would be by other settings. */
export interface Shares {
  /** By number of the window, those of the range that hold something, ascending. */
  readonly windows: ReadonlyMap<number, number>;
  /** `[e]`: the count over windows `start..start+e`, as far as they are kept; empty: no windows. */
  readonly byEnd: Float64Array;
  /** `[b]`: the count over the block of `b` bits; empty: not counted by blocks. */
  readonly byBits: Float64Array;
  readonly contributors: Contributors | undefined;
  readonly values: { readonly total: number; readonly first: readonly string[] } | undefined;
}

/**
 * Looks up what a count is made of, at the event that the engine took last: a second way to the
 * numbers of the rules, by the addresses that the engine keeps, without their sums.
 */
export interface QuantityShares {
  /** @param bits of the block that is asked; of a text anything */
  ask(bits: number, range: WindowRange): Shares;
}

const NOTHING = new Float64Array(0);

/** A metric or series. */
export class FeedShares implements QuantityShares {
  readonly #engine: AuditEngine;
  readonly #feed: Feed;
  readonly #key: EventField;
  readonly #nodes: FeedNodes | undefined;

  /** @param key the field that a string series counts by */
  constructor(engine: AuditEngine, feed: Feed, key: EventField, scope: 'cluster' | 'node') {
    this.#engine = engine;
    this.#feed = feed;
    this.#key = key;
    this.#nodes = scope === 'node' ? feed.byNode() : undefined;
  }

  ask(bits: number, range: WindowRange): Shares {
    const ends = this.#feed.monitor.windows - range.start;
    if (this.#feed.type === 'string') return this.#askText(range, ends);
    if (this.#engine.subject.family === 0) return nothingIn(ends, this.#width);
    return this.#askBlocks(bits, range, ends);
  }

  get #width(): number {
    return this.#engine.subject.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  }

  /** What is counted together: by all nodes, or by the one at hand. */
  get #places(): readonly FeedTables[] {
    return this.#nodes?.here ?? [this.#feed.total];
  }

  #askText(range: WindowRange, ends: number): Shares {
    const { batch, row } = this.#engine.subject;
    const text = fieldValue(batch, row, this.#key);
    const byEnd = new Float64Array(ends);
    const windows = new Map<number, number>();
    for (let end = 0; end < ends; end++) {
      const age = range.start + end;
      let count = 0;
      for (const tables of this.#places) count += tables.countText(text, { start: age, end: age });
      byEnd[end] = (byEnd[end - 1] ?? 0) + count;
      if (count !== 0 && age <= range.end) windows.set(age, count);
    }
    return { windows, byEnd, byBits: NOTHING, contributors: undefined, values: undefined };
  }

  #askBlocks(bits: number, range: WindowRange, ends: number): Shares {
    const { subject } = this.#engine;
    const windows = new Map<number, number>();
    const byEnd = new Float64Array(ends);
    const byBits = new Float64Array(this.#width + 1);
    const inBlock = new Map<string, number>();
    for (const tables of this.#places) {
      const table = tables.tablesOf(subject.family).at(0);
      if (table === undefined) continue;
      const { keys, wheel } = table;
      for (let end = 0; end < ends && range.start + end <= wheel.current; end++) {
        const age = range.start + end;
        const list = wheel.list(wheel.current - age);
        for (let record = 0; record < list.length; record++) {
          const entry = list.entry(record);
          const count = list.count(record);
          const shared = keys.sharedBits(entry, subject);
          if (age <= range.end) byBits[shared] += count;
          if (shared < bits || count === 0) continue;
          byEnd[end] += count;
          if (age > range.end) continue;
          windows.set(age, (windows.get(age) ?? 0) + count);
          const address = keys.text(entry);
          inBlock.set(address, (inBlock.get(address) ?? 0) + count);
        }
      }
    }
    for (const [age, count] of windows) if (count === 0) windows.delete(age);
    for (const [address, count] of inBlock) if (count === 0) inBlock.delete(address);
    return {
      windows,
      byEnd: summed(byEnd),
      byBits: summedDown(byBits),
      contributors: addressesOf(inBlock),
      values: undefined,
    };
  }
}

/** Open sessions, which have no windows. */
export class SessionShares implements QuantityShares {
  readonly #engine: AuditEngine;
  readonly #gauge: SessionGauge;

  /** @param gauge counts by address what the rule counts by blocks */
  constructor(engine: AuditEngine, gauge: SessionGauge) {
    this.#engine = engine;
    this.#gauge = gauge;
  }

  ask(bits: number): Shares {
    const { family } = this.#engine.subject;
    const byBits = new Float64Array((family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6) + 1);
    const open = new Map<string, number>();
    this.#gauge.eachOpen((shared, address, sessions) => {
      byBits[shared] += sessions;
      if (shared >= bits) open.set(address, sessions);
    });
    return {
      windows: new Map(),
      byEnd: NOTHING,
      byBits: summedDown(byBits),
      contributors: addressesOf(open),
      values: undefined,
    };
  }
}

/** Different values, of which two windows or two addresses may have the same. */
export class DistinctShares implements QuantityShares {
  readonly #engine: AuditEngine;
  readonly #feed: DistinctFeed;
  readonly #per: EventField | undefined;
  readonly #kept: number;

  /**
   * @param feed keeps the values of each address (or of each value of `per`) over all windows
   * @param kept number of its windows
   */
  constructor(engine: AuditEngine, feed: DistinctFeed, per: EventField | undefined, kept: number) {
    this.#engine = engine;
    this.#feed = feed;
    this.#per = per;
    this.#kept = kept;
  }

  ask(bits: number, range: WindowRange): Shares {
    const sharedBits = this.#sharedBits();
    const width = this.#engine.subject.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
    const ends = this.#kept - range.start;
    /** Of a value: its newest window in the block, and the most bits that one who has it shares. */
    const youngest = new Map<string, number>();
    const nearest = new Map<string, number>();
    const byWindow = new Map<number, Set<string>>();
    const byAddress = new Map<string, Set<string>>();
    this.#feed.eachSeen((key, value, age) => {
      const shared = sharedBits(key);
      if (shared < 0 || age < range.start) return;
      if (age <= range.end) nearest.set(value, Math.max(nearest.get(value) ?? 0, shared));
      if (this.#per === undefined && shared < bits) return;
      youngest.set(value, Math.min(youngest.get(value) ?? Infinity, age));
      if (age > range.end) return;
      addTo(byWindow, age, value);
      if (this.#per === undefined) addTo(byAddress, addressOf(key), value);
    });
    const byEnd = new Float64Array(ends);
    for (const age of youngest.values()) byEnd[age - range.start]++;
    const byBits = this.#per === undefined ? new Float64Array(width + 1) : NOTHING;
    if (this.#per === undefined) for (const shared of nearest.values()) byBits[shared]++;
    const values = [...youngest].filter(([, age]) => age <= range.end).map(([value]) => value);
    const numbers = new Map([...byAddress].map(([key, own]) => [key, own.size]));
    return {
      windows: new Map([...byWindow].map(([age, own]) => [age, own.size])),
      byEnd: summed(byEnd),
      byBits: summedDown(byBits),
      contributors: this.#per === undefined ? addressesOf(numbers) : undefined,
      values: { total: values.length, first: values.sort(compareText).slice(0, FIRST_VALUES) },
    };
  }

  /** How many bits a key shares with the peer, or 0 for the very text; -1: not asked about. */
  #sharedBits(): (key: string) => number {
    const { subject } = this.#engine;
    const { batch, row, family, at } = subject;
    if (this.#per !== undefined) {
      const own = fieldValue(batch, row, this.#per);
      return (key) => (key === own ? 0 : -1);
    }
    const known = new Map<string, number>();
    return (key) => {
      let shared = known.get(key);
      if (shared !== undefined) return shared;
      const own = readAddressText(addressOf(key), words);
      shared = own === family ? commonBits(own, batch.ip, at) : -1;
      known.set(key, shared);
      return shared;
    };
  }
}

const words = new Int32Array(4);

/** `192.0.2.7` of the block `192.0.2.7/32`. */
const addressOf = (block: string): string => block.slice(0, block.indexOf('/'));

/** How many leading bits the address in `words` shares with another one. */
function commonBits(family: number, ip: Int32Array, at: number): number {
  const width = family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  for (let word = 0; word * 32 < width; word++) {
    const differing = words[word] ^ ip[at + word];
    if (differing !== 0) return word * 32 + Math.clz32(differing);
  }
  return width;
}

function addTo<Key>(sets: Map<Key, Set<string>>, key: Key, value: string): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}

/** @param counts by address, all of one family */
function addressesOf(counts: ReadonlyMap<string, number>): Contributors {
  const addresses = Array.from(counts, ([key, count]) => {
    readAddressText(key, words);
    return { key, count, order: Uint32Array.from(words) };
  });
  const top = firstOf(addresses.length, TOP_ADDRESSES, (first, second) => {
    const [a, b] = [addresses[first], addresses[second]];
    if (a.count !== b.count) return b.count - a.count;
    const word = a.order.findIndex((part, at) => part !== b.order[at]);
    return word === -1 ? 0 : a.order[word] - b.order[word];
  });
  return {
    total: addresses.length,
    top: top.map((index) => ({ key: addresses[index].key, count: addresses[index].count })),
  };
}

function nothingIn(ends: number, width: number): Shares {
  return {
    windows: new Map(),
    byEnd: new Float64Array(ends),
    byBits: width === 0 ? NOTHING : new Float64Array(width + 1),
    contributors: width === 0 ? undefined : { total: 0, top: [] },
    values: undefined,
  };
}

/** Each number and all before it. */
function summed(numbers: Float64Array): Float64Array {
  for (let at = 1; at < numbers.length; at++) numbers[at] += numbers[at - 1];
  return numbers;
}

/** Each number and all behind it. */
function summedDown(numbers: Float64Array): Float64Array {
  for (let at = numbers.length - 2; at >= 0; at--) numbers[at] += numbers[at + 1];
  return numbers;
}
