import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { AuditEngine } from '../../src/engine/audit-engine.ts';
import {
  addTo,
  countIn,
  presentCount,
  removeFrom,
  replaceRows,
  type KeyRange,
} from '../../src/engine/feed-changes.ts';
import type { Feed } from '../../src/engine/feed.ts';
import type { ClosedWindow, Counter, SeriesPlan } from '../../src/engine/port.ts';
import { NetworkSet, parseNetwork, type Prefix } from '../../src/model/address.ts';
import type { WindowRange } from '../../src/model/monitor.ts';
import type { SeriesRow } from '../../src/model/series-snapshot.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyLateMs,
  anyPrefix,
  anyRange,
  anyScope,
  anySeries,
  anyText,
  rangeIn,
  type AnySeries,
} from '../builders/audit-histories.ts';
import { AuditRecords } from '../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { compareKeys, inBlock } from '../builders/obvious-audit.ts';

const PROBED = ['192.0.2.1', '192.0.2.129', '198.51.100.7', '2001:db8::1', '2001:db8:0:1::1'];
const PROBED_TEXTS = ['a', 'é', 'user@example.com'];

const event = fc.record({
  type: fc.constant('event' as const),
  gapMs: anyGapMs,
  lateMs: anyLateMs,
  kind: fc.constantFrom(...ANY_KIND),
  ip: anyAddress,
  node: fc.constantFrom('mx1', 'mx2'),
  user: anyText,
  recipient: anyText,
});
const keyed = { series: fc.nat(5), ip: anyAddress, text: anyText };
const add = fc.record({
  type: fc.constant('add' as const),
  ...keyed,
  age: fc.nat(4),
  amount: fc.integer({ min: -9, max: 9 }),
});
const remove = fc.record({ type: fc.constant('remove' as const), ...keyed, prefix: anyPrefix });
const load = fc.record({
  type: fc.constant('load' as const),
  series: fc.nat(5),
  rows: fc.uniqueArray(
    fc.record({ window: fc.nat(4), ip: anyAddress, text: anyText, count: fc.integer() }),
    { maxLength: 5, selector: ({ window, ip, text }) => `${window} ${ip} ${text}` },
  ),
});
const history = fc.record({
  series: fc.array(anySeries, { minLength: 1, maxLength: 3 }),
  questions: fc.array(
    fc.record({ series: fc.nat(5), prefix: anyPrefix, range: anyRange, nodes: anyScope }),
    { minLength: 1, maxLength: 6 },
  ),
  actions: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: event },
      { weight: 2, arbitrary: add },
      { weight: 2, arbitrary: remove },
      { weight: 1, arbitrary: load },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;
type Change = Exclude<History['actions'][number], { readonly type: 'event' }>;

interface NodeCount {
  readonly window: number;
  readonly node: string;
  readonly key: string;
  readonly amount: number;
}

/** A series as maps: window -> key -> count, and for each question by node what it has seen. */
class ObviousSeries {
  readonly plan: AnySeries;
  readonly name: string;
  readonly windows = new Map<number, Map<string, number>>();
  readonly ofNodes: { counts: NodeCount[] }[] = [];
  nowMs = 0;

  constructor(plan: AnySeries, name: string) {
    this.plan = plan;
    this.name = name;
  }

  get current(): number {
    return Math.floor(this.nowMs / this.plan.monitor.intervalMs);
  }

  keyOf(of: { readonly ip?: string; readonly user?: string; readonly recipient?: string }): string {
    return (this.plan.type === 'string' ? of[this.plan.text] : of.ip) ?? '';
  }

  holds(key: string): boolean {
    const { type } = this.plan;
    return type === 'string' || type === 'ip' || (type === 'cidr') !== key.includes(':');
  }

  take(row: EventRow): void {
    const { kinds, code, amount, monitor } = this.plan;
    const key = this.keyOf(row);
    const size = typeof amount === 'number' ? amount : 0;
    if (!kinds.some((kind) => kind === row.kind) || code !== undefined || size === 0) return;
    if (!this.holds(key)) return;
    const window = Math.floor(row.timeMs / monitor.intervalMs);
    if (this.current - window >= monitor.windows) return;
    this.add(window, key, size);
    for (const { counts } of this.ofNodes) {
      counts.push({ window, node: row.node!, key, amount: size });
    }
  }

  add(window: number, key: string, amount: number): void {
    const counts = this.windows.get(window) ?? new Map<string, number>();
    this.windows.set(window, counts.set(key, (counts.get(key) ?? 0) + amount));
  }

  inside(key: string, wanted: string, prefix: Prefix): boolean {
    return this.plan.type === 'string' ? key === wanted : inBlock(key, wanted, prefix);
  }

  kept(): number[] {
    return Array.from({ length: this.plan.monitor.windows }, (_, age) => this.current - age);
  }

  remove(wanted: string, prefix: Prefix): { keys: number; count: number } {
    const keys = new Set<string>();
    let count = 0;
    for (const window of this.kept()) {
      for (const [key, had] of this.windows.get(window) ?? []) {
        if (!this.inside(key, wanted, prefix)) continue;
        this.windows.get(window)!.delete(key);
        keys.add(key);
        count += had;
      }
    }
    for (const ofNode of this.ofNodes) {
      ofNode.counts = ofNode.counts.filter(({ key }) => !this.inside(key, wanted, prefix));
    }
    return { keys: keys.size, count };
  }

  clear(): void {
    for (const window of this.kept()) this.windows.delete(window);
    for (const ofNode of this.ofNodes) ofNode.counts = [];
  }

  sum(wanted: string, prefix: Prefix, { start, end }: WindowRange): number {
    if (wanted === '' || !this.holds(wanted)) return 0;
    let sum = 0;
    for (const window of this.kept().slice(start, end + 1)) {
      for (const [key, count] of this.windows.get(window) ?? []) {
        if (this.inside(key, wanted, prefix)) sum += count;
      }
    }
    return sum;
  }

  rows(): SeriesRow[] {
    return this.kept().flatMap((window, age) => {
      const counts = [...(this.windows.get(window) ?? [])].filter(([, count]) => count !== 0);
      counts.sort(([a], [b]) => compareKeys(this.plan.type, a, b));
      return counts.map(([key, count]) => ({ window: age, key, count }));
    });
  }

  closed(): ClosedWindow[] {
    const { type, monitor } = this.plan;
    const windows = [...this.windows].filter(([, counts]) => counts.size > 0);
    return windows.map(([window, counts]) => ({
      series: this.name,
      monitor,
      windowStartMs: window * monitor.intervalMs,
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      keys: counts.size,
      top: [...counts]
        .map(([key, count]) => ({ key, count }))
        .sort((a, b) => b.count - a.count || compareKeys(type, a.key, b.key))
        .slice(0, 3),
    }));
  }
}

/** Both engines, driven in step. */
class Twins {
  readonly engine: AuditEngine;
  readonly records = new AuditRecords();
  readonly series: ObviousSeries[];
  readonly asked: { counter: Counter; expected: (probe: EventRow) => number }[] = [];

  constructor(plan: History, vocabulary: Vocabulary, batch: ReturnType<typeof batchOf>) {
    this.series = plan.series.map((each, index) => new ObviousSeries(each, `s${index}`));
    const plans = this.series.map(({ plan: own, name }): SeriesPlan => {
      const kinds = own.kinds.map((kind) => vocabulary.kinds.id(kind)!);
      const filter = own.code === undefined ? undefined : (): boolean => false;
      const amount = typeof own.amount === 'number' ? own.amount : 0;
      const key = own.type === 'string' ? own.text : 'ip';
      return { ...own, name, kinds, filter, amount, key, replicate: 'none' };
    });
    const monitors = [{ intervalMs: 60_000, windows: 3 }];
    const ignore = new NetworkSet([]);
    const options = { monitors, series: plans, ignore, vocabulary, top: 3, sink: this.records };
    this.engine = new AuditEngine(options, batch);
    for (const question of plan.questions) this.#ask(question);
  }

  #ask({ series, prefix, range, nodes }: History['questions'][number]): void {
    const twin = this.at(series);
    const windows = rangeIn(twin.plan.monitor.windows, range);
    const counter = this.engine.series(twin.name, prefix, windows, nodes);
    if (nodes === 'cluster') {
      const expected = (probe: EventRow): number => twin.sum(twin.keyOf(probe), prefix, windows);
      this.asked.push({ counter, expected });
      return;
    }
    const ofNode = { counts: [] as NodeCount[] };
    twin.ofNodes.push(ofNode);
    const expected = (probe: EventRow): number => {
      const wanted = twin.keyOf(probe);
      const asked = ofNode.counts.filter(({ window, node, key }) => {
        const age = twin.current - window;
        if (node !== probe.node || age < windows.start || age > windows.end) return false;
        return wanted !== '' && twin.inside(key, wanted, prefix);
      });
      return asked.reduce((sum, { amount }) => sum + amount, 0);
    };
    this.asked.push({ counter, expected });
  }

  at(index: number): ObviousSeries {
    return this.series[index % this.series.length];
  }

  feed(twin: ObviousSeries): Feed {
    return this.engine.feeds.find(({ name }) => name === twin.name)!;
  }

  change(action: Change): void {
    const twin = this.at(action.series);
    const feed = this.feed(twin);
    const isString = twin.plan.type === 'string';
    const { windows } = twin.plan.monitor;
    if (action.type === 'load') {
      const rows = action.rows
        .map(({ window, ip, text, count }) => ({ window, key: isString ? text : ip, count }))
        .filter(({ window, key }) => twin.holds(key) && window < windows);
      replaceRows(feed, rows);
      twin.clear();
      for (const { window, key, count } of rows) twin.add(twin.current - window, key, count);
      return;
    }
    const key = isString ? action.text : action.ip;
    if (action.type === 'add') {
      if (!twin.holds(key)) return;
      const age = action.age % windows;
      addTo(feed, isString ? key : parseNetwork(key)!, age, action.amount);
      twin.add(twin.current - age, key, action.amount);
      return;
    }
    const removed = removeFrom(feed, rangeOf(twin, key, action.prefix));
    const wanted = twin.holds(key) ? twin.remove(key, action.prefix) : { keys: 0, count: 0 };
    if (removed.keys === wanted.keys && removed.count === wanted.count) return;
    throw new Error(`removed ${JSON.stringify(removed)}, wanted ${JSON.stringify(wanted)}`);
  }
}

function rangeOf(twin: ObviousSeries, key: string, prefix: Prefix): KeyRange {
  if (twin.plan.type === 'string') return key;
  return parseNetwork(`${key}/${key.includes(':') ? prefix.ipv6 : prefix.ipv4}`)!;
}

/** Events that no series counts; they point the counters at an address, a node and a text. */
const PROBES: EventRow[] = ['mx1', 'mx2'].flatMap((node) =>
  PROBED.map((ip, index) => {
    const text = PROBED_TEXTS[index % PROBED_TEXTS.length];
    return { timeMs: NOON_MS, kind: 'removed', ip, node, user: text, recipient: text };
  }),
);

function rowsOf({ actions }: History): EventRow[] {
  let nowMs = NOON_MS;
  const rows = actions.flatMap((action): EventRow[] => {
    if (action.type !== 'event') return [];
    const { type: _type, gapMs, lateMs, ...fields } = action;
    nowMs += gapMs;
    return [
      lateMs === 0
        ? { ...fields, timeMs: nowMs }
        : { ...fields, timeMs: nowMs - lateMs, releaseMs: nowMs },
    ];
  });
  return [...rows, ...PROBES];
}

const byPlace = (a: ClosedWindow, b: ClosedWindow): number =>
  a.series < b.series ? -1 : a.series > b.series ? 1 : a.windowStartMs - b.windowStartMs;

// Goal: changes by hand reach every table, and after them events, windows and counters go on as if
// the counts had always been so.
// Method: random events, adds, removals and loads through an engine and through maps; after each
// step every counter and scans over other blocks are compared, at the end what windows held.
test('changes by hand agree with a map of (key, window) -> count', () => {
  fc.assert(
    fc.property(history, fc.nat(32), fc.nat(128), (plan, ipv4, ipv6) => {
      const vocabulary = new Vocabulary();
      const rows = rowsOf(plan);
      const batch = batchOf(rows, vocabulary);
      const twins = new Twins(plan, vocabulary, batch);
      const { engine } = twins;
      engine.start(NOON_MS);
      for (const twin of twins.series) twin.nowMs = NOON_MS;
      let row = 0;
      for (const action of plan.actions) {
        if (action.type === 'event') {
          const nowMs = batch.release[row];
          engine.shift(nowMs);
          engine.take(batch, row);
          for (const twin of twins.series) {
            twin.nowMs = nowMs;
            twin.take(rows[row]);
          }
          row++;
        } else twins.change(action);
        compare(twins, batch, rows.length - PROBES.length, { ipv4, ipv6 });
      }
      engine.finish();
      const closed = twins.records.windows.filter(({ series }) => /^s\d/.test(series));
      expect(closed.sort(byPlace)).toEqual(
        twins.series.flatMap((twin) => twin.closed()).sort(byPlace),
      );
    }),
    { numRuns: 200 },
  );
});

function compare(
  twins: Twins,
  batch: ReturnType<typeof batchOf>,
  firstProbe: number,
  prefix: Prefix,
): void {
  PROBES.forEach((probe, index) => {
    twins.engine.take(batch, firstProbe + index);
    const values = twins.asked.map(({ counter }) => counter.value());
    expect(values).toEqual(twins.asked.map(({ expected }) => expected(probe)));
  });
  for (const twin of twins.series) {
    const { windows } = twin.plan.monitor;
    const feed = twins.feed(twin);
    expect(twins.engine.snapshot(twin.name).rows).toEqual(twin.rows());
    for (const [index, probe] of PROBES.slice(0, PROBED.length).entries()) {
      const key = twin.keyOf(probe);
      const range = { start: index % windows, end: windows - 1 };
      const counted = countIn(feed, rangeOf(twin, key, prefix), range);
      expect(counted).toBe(twin.sum(key, prefix, range));
      const address = { ipv4: 32, ipv6: 128 };
      const present = presentCount(feed, rangeOf(twin, key, address));
      expect(present).toBe(twin.sum(key, address, { start: 0, end: 0 }));
    }
  }
}
