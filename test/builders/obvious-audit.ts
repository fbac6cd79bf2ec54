import ipaddr from 'ipaddr.js';

import type { ClosedWindow, DistinctQuestion } from '../../src/engine/port.ts';
import type { Prefix } from '../../src/model/address.ts';
import type { Monitor, WindowRange } from '../../src/model/monitor.ts';
import type { SeriesRow, SeriesType } from '../../src/model/series-snapshot.ts';
import type { EventRow } from './event-batches.ts';

/** What is counted under one monitor: a metric or a named series. */
export interface ObviousFeed {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  /** Windows kept, the present one included. */
  readonly kept: number;
  readonly kinds: readonly string[];
  /** Only events with this code. */
  readonly code: number | undefined;
  readonly key: 'ip' | 'user' | 'recipient';
  readonly amount: number | 'recipients' | 'size';
  /** When other nodes know of what one has counted; undefined: never. */
  readonly toldAfterMs?: number | undefined;
}

const METRIC_KINDS = {
  connections: 'connect',
  receptions: 'reception',
  rejections: 'rejection',
} as const;

/** A metric under a configured monitor, which keeps one window more. */
export function metricFeed(name: keyof typeof METRIC_KINDS, monitor: Monitor): ObviousFeed {
  const kinds = [METRIC_KINDS[name]];
  const kept = monitor.windows + 1;
  return { name, type: 'ip', monitor, kept, kinds, code: undefined, key: 'ip', amount: 1 };
}

/** By how much windows of an interval begin later than at its multiples. */
export type LaterMs = (intervalMs: number) => number;

const onTime: LaterMs = () => 0;

interface Addition {
  readonly window: number;
  /** Address or text. */
  readonly key: string;
  readonly node: string;
  readonly amount: number;
  /** When other nodes know of it. */
  readonly toldMs: number;
}

/** Which additions someone knows of. */
type Knows = (addition: Pick<Addition, 'node' | 'toldMs'>) => boolean;

const everything: Knows = () => true;

const known = new Map<string, string>();

/** An address as 32 or 128 binary digits: a block is a common beginning. */
function bitsOf(ip: string): string {
  let bits = known.get(ip);
  if (bits === undefined) {
    const bytes = ipaddr.parse(ip).toByteArray();
    bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
    known.set(ip, bits);
  }
  return bits;
}

export function inBlock(a: string, b: string, prefix: Prefix): boolean {
  const [x, y] = [bitsOf(a), bitsOf(b)];
  const length = x.length === 32 ? prefix.ipv4 : prefix.ipv6;
  return x.length === y.length && x.slice(0, length) === y.slice(0, length);
}

/** IPv4 before IPv6 and by number; texts by their bytes. */
export function compareKeys(type: SeriesType, a: string, b: string): number {
  if (type === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  const [x, y] = [bitsOf(a), bitsOf(b)];
  return x.length - y.length || (x < y ? -1 : Number(x > y));
}

/**
 * The audit engine without a thought for speed: it keeps every addition for ever, and each answer
 * is a filter and a sum.
 */
export class ObviousCount {
  readonly feed: ObviousFeed;
  readonly #laterMs: number;
  #additions: Addition[] = [];

  constructor(feed: ObviousFeed, later = onTime) {
    this.feed = feed;
    this.#laterMs = later(feed.monitor.intervalMs);
  }

  /** True: added. False: too late. Undefined: not counted. */
  take(event: EventRow, nowMs: number): boolean | undefined {
    const { kinds, code, type, key: field, kept } = this.feed;
    if (!kinds.includes(event.kind)) return undefined;
    if (code !== undefined && event.code !== code) return undefined;
    const amount =
      typeof this.feed.amount === 'number' ? this.feed.amount : (event[this.feed.amount] ?? 0);
    const key = event[field];
    if (amount === 0 || key === undefined || key === '') return undefined;
    if (type === 'cidr' && key.includes(':')) return undefined;
    if (type === 'cidr_ipv6' && !key.includes(':')) return undefined;
    const window = this.#windowAt(event.timeMs);
    if (this.#windowAt(nowMs) - window >= kept) return false;
    const toldMs = nowMs + (this.feed.toldAfterMs ?? Infinity);
    this.#additions.push({ window, key, node: event.node ?? '', amount, toldMs });
    return true;
  }

  /** What a script adds to the present window. */
  put(addition: Omit<Addition, 'window'>, nowMs: number): void {
    this.#additions.push({ ...addition, window: this.#windowAt(nowMs) });
  }

  /** Takes the last addition back. */
  undo(): void {
    this.#additions.pop();
  }

  value(
    event: EventRow,
    nowMs: number,
    question: { prefix: Prefix; windows: WindowRange; nodes: string },
  ): number {
    const key = event[this.feed.key];
    if (key === undefined || key === '') return 0;
    const current = this.#windowAt(nowMs);
    const { windows, nodes, prefix } = question;
    const asked = this.#additions.filter((addition) => {
      const age = current - addition.window;
      if (age < windows.start || age > windows.end) return false;
      const isKnown = addition.node === (event.node ?? '') || addition.toldMs <= nowMs;
      if (nodes === 'node' && !isKnown) return false;
      return this.feed.type === 'string'
        ? addition.key === key
        : inBlock(addition.key, key, prefix);
    });
    return asked.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Windows that saw an event, oldest first. */
  windows(): number[] {
    return [...new Set(this.#additions.map(({ window }) => window))].sort((a, b) => a - b);
  }

  /** When a window leaves the kept range. */
  leavesMs(window: number): number {
    return (window + this.feed.kept) * this.feed.monitor.intervalMs + this.#laterMs;
  }

  closed(window: number, top: number, knows = everything): ClosedWindow {
    const counts = this.#counts(window, knows);
    const ranked = counts
      .map(([key, count]) => ({ key, count }))
      .sort((a, b) => b.count - a.count || compareKeys(this.feed.type, a.key, b.key));
    return {
      series: this.feed.name,
      monitor: this.feed.monitor,
      windowStartMs: window * this.feed.monitor.intervalMs + this.#laterMs,
      total: counts.reduce((sum, [, count]) => sum + count, 0),
      keys: counts.length,
      top: ranked.slice(0, top),
    };
  }

  /** Rows of a window as files have them. */
  rows(window: number, number: number): SeriesRow[] {
    return this.#counts(window)
      .filter(([, count]) => count !== 0)
      .sort(([a], [b]) => compareKeys(this.feed.type, a, b))
      .map(([key, count]) => ({ window: number, key, count }));
  }

  #windowAt(timeMs: number): number {
    return Math.floor((timeMs - this.#laterMs) / this.feed.monitor.intervalMs);
  }

  #counts(window: number, knows = everything): [string, number][] {
    const counts = new Map<string, number>();
    for (const addition of this.#additions) {
      if (addition.window !== window || !knows(addition)) continue;
      counts.set(addition.key, (counts.get(addition.key) ?? 0) + addition.amount);
    }
    return [...counts];
  }
}

/** Different values of a field, as a set over all additions. */
export class ObviousDistinct {
  readonly #question: Pick<DistinctQuestion, 'per' | 'monitor' | 'windows' | 'nodes'>;
  readonly #kinds: readonly string[];
  readonly #field: 'user' | 'recipient';
  readonly #laterMs: number;
  readonly #seen: { window: number; value: string; event: EventRow }[] = [];

  constructor(
    question: Pick<DistinctQuestion, 'per' | 'monitor' | 'windows' | 'nodes'>,
    kinds: readonly string[],
    field: 'user' | 'recipient',
    later = onTime,
  ) {
    this.#question = question;
    this.#laterMs = later(question.monitor.intervalMs);
    this.#kinds = kinds;
    this.#field = field;
  }

  take(event: EventRow, nowMs: number): boolean | undefined {
    const value = event[this.#field];
    if (!this.#kinds.includes(event.kind) || value === undefined || value === '') return undefined;
    if (!this.#sameKey(event, event)) return undefined;
    const window = this.#windowAt(event.timeMs);
    if (this.#windowAt(nowMs) - window > this.#question.windows.end) return false;
    this.#seen.push({ window, value, event });
    return true;
  }

  /** Takes the last addition back. */
  undo(): void {
    this.#seen.pop();
  }

  value(event: EventRow, nowMs: number, windows = this.#question.windows): number {
    const current = this.#windowAt(nowMs);
    const asked = this.#seen.filter((seen) => {
      const age = current - seen.window;
      return age >= windows.start && age <= windows.end && this.#sameKey(seen.event, event);
    });
    return new Set(asked.map(({ value }) => value)).size;
  }

  #windowAt(timeMs: number): number {
    return Math.floor((timeMs - this.#laterMs) / this.#question.monitor.intervalMs);
  }

  #sameKey(a: EventRow, b: EventRow): boolean {
    const { per, nodes } = this.#question;
    if (nodes === 'node' && (a.node ?? '') !== (b.node ?? '')) return false;
    if (typeof per !== 'string') {
      return a.ip !== undefined && b.ip !== undefined && inBlock(a.ip, b.ip, per);
    }
    if (per !== 'sender') throw new Error('the test asks by sender only');
    return (a.sender ?? '') !== '' && a.sender === b.sender;
  }
}

/** A session as its connect line shows it. */
export interface ObviousSession {
  readonly ip: string;
  readonly node: string;
  readonly service: string;
  readonly listener: string;
}

/** Open sessions: a list, and what it was after each change. */
export class ObviousSessions<S extends ObviousSession = ObviousSession> {
  open: readonly S[] = [];
  readonly #levels: { readonly timeMs: number; readonly open: readonly S[] }[] = [];

  change(open: readonly S[], timeMs: number): void {
    this.open = open;
    this.#levels.push({ timeMs, open });
  }

  value(
    event: EventRow,
    question: {
      readonly prefix: Prefix;
      readonly service: string | undefined;
      readonly listener: string | undefined;
      readonly nodes: string;
    },
  ): number {
    const { prefix, service, listener, nodes } = question;
    const asked = this.open.filter((session) => {
      if (event.ip === undefined || !inBlock(event.ip, session.ip, prefix)) return false;
      if (service !== undefined && session.service !== service) return false;
      if (listener !== undefined && session.listener !== listener) return false;
      return nodes === 'cluster' || session.node === (event.node ?? '');
    });
    return asked.length;
  }

  /** Peaks of the windows that begin from `startMs`'s window to `nowMs`. */
  windows(
    monitor: Monitor,
    startMs: number,
    nowMs: number,
    limit: number,
    laterMs = 0,
  ): ClosedWindow[] {
    const { intervalMs } = monitor;
    const rows: ClosedWindow[] = [];
    const firstMs = Math.floor((startMs - laterMs) / intervalMs) * intervalMs + laterMs;
    for (let windowStartMs = firstMs; windowStartMs <= nowMs; windowStartMs += intervalMs) {
      const before = this.#levels.findLast(({ timeMs }) => timeMs < windowStartMs);
      const within = this.#levels.filter(
        ({ timeMs }) => timeMs >= windowStartMs && timeMs < windowStartMs + intervalMs,
      );
      const moments = [before?.open ?? [], ...within.map(({ open }) => open)];
      const ips = [...new Set(moments.flat().map(({ ip }) => ip))];
      if (ips.length === 0) continue;
      const peaks = ips.map((key) => ({
        key,
        count: Math.max(...moments.map((open) => open.filter(({ ip }) => ip === key).length)),
      }));
      peaks.sort((a, b) => b.count - a.count || compareKeys('ip', a.key, b.key));
      const total = Math.max(...moments.map((open) => open.length));
      const top = peaks.slice(0, limit);
      rows.push({ series: 'sessions', monitor, windowStartMs, total, keys: ips.length, top });
    }
    return rows;
  }
}
