import fc from 'fast-check';
import { expect, test } from 'vitest';

import { AuditEngine, METRICS } from '../../src/engine/audit-engine.ts';
import type { Counter, SeriesPlan } from '../../src/engine/port.ts';
import type { SessionFacts } from '../../src/engine/session-gauge.ts';
import { NetworkSet, parseNetwork } from '../../src/model/address.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import type { Monitor } from '../../src/model/monitor.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { AuditRecords } from '../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../builders/event-batches.ts';
import {
  compareKeys,
  inBlock,
  ObviousCount,
  ObviousDistinct,
  type ObviousFeed,
} from '../builders/obvious-audit.ts';

const KINDS = ['connect', 'reception', 'rejection', 'auth_failure', 'honeypot_hit'] as const;
const METRIC_KINDS = { connections: 'connect', receptions: 'reception', rejections: 'rejection' };
const IGNORED = '203.0.113.0/24';

/** Few addresses that share prefixes of many lengths. */
const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.2',
  '192.0.2.129',
  '198.51.100.7',
  '64.0.2.1',
  '203.0.113.9',
  '2001:db8::1',
  '2001:db8::2',
  '2001:db8:0:1::1',
  '2001:db8:8000::1',
  '3fff::1',
];
const TEXTS = ['a', 'b', 'é', '📨', '\uffee', 'user@example.com', 'a-rather-long-user@example.net'];

const orUndefined = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 5 });

const monitor = fc.record({
  intervalMs: fc.constantFrom(1000, 7000, 60_000),
  windows: fc.integer({ min: 1, max: 5 }),
});
const prefix = fc.record({
  ipv4: fc.oneof(fc.constantFrom(0, 1, 24, 25, 31, 32), fc.nat(32)),
  ipv6: fc.oneof(fc.constantFrom(0, 32, 33, 64, 65, 127, 128), fc.nat(128)),
});
const nodes = fc.constantFrom('cluster', 'node');
const gapMs = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 1, 999) },
  { weight: 4, arbitrary: fc.nat(9000) },
  { weight: 1, arbitrary: fc.constantFrom(7000, 60_000, 1_000_000) },
);

/** One step of a history: an event, maybe late, and what happens to sessions before it. */
const step = fc.record({
  gapMs,
  /** How far a late event lies before the clock; 0: not late. */
  lateMs: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 900 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30_000 }) },
  ),
  kind: fc.constantFrom('connect', ...KINDS),
  ip: orUndefined(fc.constantFrom(...ADDRESSES.slice(0, 3), ...ADDRESSES)),
  node: fc.constantFrom('mx1', 'mx2'),
  listener: fc.constantFrom('25', '587'),
  service: fc.constantFrom('SMTP', 'ECStream'),
  user: orUndefined(fc.constantFrom(...TEXTS)),
  recipient: orUndefined(fc.constantFrom(...TEXTS)),
  sender: orUndefined(fc.constantFrom(...TEXTS)),
  code: fc.constantFrom(0, 450, 550),
  size: orUndefined(fc.integer({ min: 0, max: 10_000 })),
  recipients: orUndefined(fc.integer({ min: 0, max: 50 })),
  reinjected: fc.constantFrom(false, false, false, true),
  /** Ends an open session, this one of them. */
  ends: orUndefined(fc.nat()),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const seriesPlan = fc.record({
  type: fc.constantFrom('ip', 'cidr', 'cidr_ipv6', 'string'),
  monitor,
  kinds: fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 3 }),
  code: orUndefined(fc.constantFrom(550, 450)),
  text: fc.constantFrom('user', 'recipient'),
  amount: fc.oneof(
    fc.constantFrom('recipients', 'size'),
    fc.integer({ min: -3, max: 3 }),
    fc.constant(1),
  ),
  serialize: fc.boolean(),
});

const range = fc.tuple(fc.nat(20), fc.nat(20));
const question = fc.record({ feed: fc.nat(), prefix, range, nodes });
const distinct = fc.record({
  field: fc.constantFrom('user', 'recipient'),
  kinds: fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 3 }),
  per: fc.oneof(prefix, fc.constant('sender' as const)),
  monitor,
  range,
  nodes,
});
const gauge = fc.record({
  prefix,
  service: orUndefined(fc.constantFrom('SMTP', 'ECStream')),
  listener: orUndefined(fc.constantFrom('25', '587')),
  nodes,
});

const history = fc.record({
  monitors: fc.uniqueArray(monitor, {
    selector: (m) => `${m.intervalMs} ${m.windows}`,
    minLength: 1,
    maxLength: 3,
  }),
  series: fc.array(seriesPlan, { maxLength: 3 }),
  questions: fc.array(question, { minLength: 1, maxLength: 8 }),
  distinct: fc.array(distinct, { maxLength: 2 }),
  gauges: fc.array(gauge, { maxLength: 3 }),
  top: fc.constantFrom(1, 2, 3, Infinity),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** Folds two random numbers into a range inside `kept` windows. */
function rangeIn(kept: number, [a, b]: readonly [number, number]): { start: number; end: number } {
  const [x, y] = [a % kept, b % kept];
  return { start: Math.min(x, y), end: Math.max(x, y) };
}

interface Asked {
  readonly counter: Counter;
  readonly expected: (event: EventRow, nowMs: number) => number;
}

interface OpenSession {
  readonly ip: string;
  readonly node: string;
  readonly service: string;
  readonly listener: string;
  readonly facts: SessionFacts;
}

/** Both engines, driven in step. */
class Twins {
  readonly engine: AuditEngine;
  readonly records = new AuditRecords();
  readonly counts: ObviousCount[] = [];
  readonly distincts: ObviousDistinct[] = [];
  readonly asked: Asked[] = [];
  readonly batch: EventBatch;
  readonly #plan: History;
  readonly #series: readonly (SeriesPlan & { readonly feed: ObviousFeed })[];
  #sessions: OpenSession[] = [];
  /** Open sessions after each change. */
  readonly #levels: { timeMs: number; open: readonly OpenSession[] }[] = [];

  constructor(plan: History, rows: readonly EventRow[]) {
    this.#plan = plan;
    const vocabulary = new Vocabulary();
    this.batch = batchOf(rows, vocabulary);
    this.#series = plan.series.map((series, index) => seriesOf(series, `s${index}`, vocabulary));
    this.engine = new AuditEngine(
      {
        monitors: plan.monitors,
        series: this.#series,
        ignore: new NetworkSet([parseNetwork(IGNORED)!]),
        vocabulary,
        top: plan.top,
        sink: this.records,
      },
      this.batch,
    );
    for (const own of plan.monitors) {
      for (const { name } of METRICS) this.counts.push(new ObviousCount(metricOf(name, own)));
    }
    for (const { feed } of this.#series) this.counts.push(new ObviousCount(feed));
    for (const asked of plan.questions) this.#ask(asked);
    for (const asked of plan.distinct) this.#askDistinct(asked, vocabulary);
    for (const asked of plan.gauges) this.#askGauge(asked);
  }

  #ask({ feed: index, prefix: own, range: pair, nodes: scope }: History['questions'][number]): void {
    const count = this.counts[index % this.counts.length];
    const { name, monitor: of, kept } = count.feed;
    const windows = rangeIn(kept, pair);
    const metric = METRICS.some((m) => m.name === name);
    const counter = metric
      ? this.engine.metric(name, of, own, windows, scope)
      : this.engine.series(name, own, windows, scope);
    const asked = { prefix: own, windows, nodes: scope };
    this.asked.push({ counter, expected: (event, nowMs) => count.value(event, nowMs, asked) });
  }

  #askDistinct(plan: History['distinct'][number], vocabulary: Vocabulary): void {
    const kinds = plan.kinds.map((kind) => vocabulary.kinds.id(kind)!);
    const windows = rangeIn(plan.monitor.windows, plan.range);
    const asked = { ...plan, kinds, windows, filter: undefined };
    const twin = new ObviousDistinct(asked, plan.kinds, plan.field);
    this.distincts.push(twin);
    const counter = this.engine.distinct(asked);
    this.asked.push({ counter, expected: (event, nowMs) => twin.value(event, nowMs) });
  }

  #askGauge(plan: History['gauges'][number]): void {
    const { service, listener, nodes: scope } = plan;
    const counter = this.engine.sessions(plan.prefix, service, listener, scope);
    const expected = (event: EventRow): number =>
      this.#sessions.filter((session) => {
        if (event.ip === undefined || !inBlock(event.ip, session.ip, plan.prefix)) return false;
        if (service !== undefined && session.service !== service) return false;
        if (listener !== undefined && session.listener !== listener) return false;
        return scope === 'cluster' || session.node === event.node;
      }).length;
    this.asked.push({ counter, expected });
  }

  /** Opens a session for a connect, and maybe ends one. */
  sessions(row: number, event: EventRow, ends: number | undefined, nowMs: number): void {
    const { batch } = this;
    if (event.kind === 'connect' && event.ip !== undefined) {
      const facts: SessionFacts = {
        family: batch.family[row],
        words: batch.ip.slice(row * 4, row * 4 + 4),
        at: 0,
        node: batch.node[row],
        service: batch.service[row],
        listener: batch.listener[row],
      };
      const { ip, node, service, listener } = event;
      const session = { ip, node: node!, service: service!, listener: listener!, facts };
      this.engine.session(facts, 1);
      if (!ip.startsWith('203.')) this.#sessions = [...this.#sessions, session];
      this.#levels.push({ timeMs: nowMs, open: this.#sessions });
    }
    if (ends === undefined || this.#sessions.length === 0) return;
    const ended = this.#sessions[ends % this.#sessions.length];
    this.engine.session(ended.facts, -1);
    this.#sessions = this.#sessions.filter((session) => session !== ended);
    this.#levels.push({ timeMs: nowMs, open: this.#sessions });
  }

  /** What became of an event, by the obvious engine. */
  take(event: EventRow, nowMs: number): string {
    if (event.reinjected === true || event.ip?.startsWith('203.') === true) return 'ignored';
    const taken = [...this.counts, ...this.distincts].map((twin) => twin.take(event, nowMs));
    if (event.releaseMs === undefined) return 'counted';
    return taken.includes(false) && !taken.includes(true) ? 'too late' : 'late';
  }

  /** Windows that have left by `nowMs`, in the order of their leaving. */
  closedWindows(nowMs: number): unknown[] {
    return this.#left(nowMs).map(({ count, window }) => count.closed(window, this.#plan.top));
  }

  journals(nowMs: number): unknown[] {
    return this.#left(nowMs).flatMap(({ count, window }) => {
      const { name, type, monitor: own } = count.feed;
      const series = this.#series.find((plan) => plan.name === name);
      const rows = count.rows(window, 0);
      if (series?.serialize !== true || rows.length === 0) return [];
      return [{ name, type, monitor: own, windowZeroMs: window * own.intervalMs, rows }];
    });
  }

  /** At one boundary all that has the interval leaves together, the first defined interval first. */
  #left(nowMs: number): { count: ObviousCount; window: number; leavesMs: number }[] {
    const intervals = [...new Set(this.counts.map(({ feed }) => feed.monitor.intervalMs))];
    const grouped = intervals.flatMap((intervalMs) =>
      this.counts.filter(({ feed }) => feed.monitor.intervalMs === intervalMs),
    );
    const windows = grouped.flatMap((count) => {
      const { kept, monitor: own } = count.feed;
      return count
        .windows()
        .map((window) => ({ count, window, leavesMs: (window + kept) * own.intervalMs }));
    });
    return windows
      .filter(({ leavesMs }) => leavesMs <= nowMs)
      .sort((a, b) => a.leavesMs - b.leavesMs);
  }

  snapshots(nowMs: number): unknown[] {
    return this.#series.map(({ name, type, monitor: own }, index) => {
      const count = this.counts[this.#plan.monitors.length * METRICS.length + index];
      const current = Math.floor(nowMs / own.intervalMs);
      const rows = Array.from({ length: own.windows }, (_, age) => count.rows(current - age, age));
      return { name, type, monitor: own, windowZeroMs: current * own.intervalMs, rows: rows.flat() };
    });
  }

  /** Peaks of open sessions in the windows of the first monitor that began by `nowMs`. */
  sessionWindows(startMs: number, nowMs: number): unknown[] {
    const [first] = this.#plan.monitors;
    const { intervalMs } = first;
    const rows: unknown[] = [];
    for (
      let windowStartMs = Math.floor(startMs / intervalMs) * intervalMs;
      windowStartMs <= nowMs;
      windowStartMs += intervalMs
    ) {
      const before = this.#levels.filter(({ timeMs }) => timeMs < windowStartMs).at(-1);
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
      const top = peaks.slice(0, this.#plan.top);
      rows.push({ series: 'sessions', monitor: first, windowStartMs, total, keys: ips.length, top });
    }
    return rows;
  }
}

function metricOf(name: keyof typeof METRIC_KINDS, own: Monitor): ObviousFeed {
  const kinds = [METRIC_KINDS[name]];
  const kept = own.windows + 1;
  return { name, type: 'ip', monitor: own, kept, kinds, code: undefined, key: 'ip', amount: 1 };
}

function seriesOf(
  plan: History['series'][number],
  name: string,
  vocabulary: Vocabulary,
): SeriesPlan & { readonly feed: ObviousFeed } {
  const { type, monitor: own, code, amount, serialize } = plan;
  const key = type === 'string' ? plan.text : 'ip';
  const kept = own.windows;
  return {
    name,
    type,
    monitor: own,
    kinds: plan.kinds.map((kind) => vocabulary.kinds.id(kind)!),
    filter: code === undefined ? undefined : (batch, row) => batch.code[row] === code,
    key,
    amount,
    serialize,
    feed: { name, type, monitor: own, kept, kinds: plan.kinds, code, key, amount },
  };
}

/** The steps as rows: a late one keeps its own time and leaves the merge at the clock's. */
function rowsOf(steps: readonly Step[]): EventRow[] {
  let nowMs = NOON_MS + 123;
  return steps.map(({ gapMs: gap, lateMs, ends: _, ...event }) => {
    nowMs += gap;
    const set = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
    const row = { ...(set as unknown as EventRow), timeMs: nowMs - lateMs };
    return lateMs === 0 ? row : { ...row, releaseMs: nowMs };
  });
}

const withoutSessions = (windows: readonly { readonly series: string }[]): unknown[] =>
  windows.filter(({ series }) => series !== 'sessions');

// Goal: every number that the engine gives equals the obvious one, at every moment.
// Method: a random history and random questions through both; after each event every counter is
// compared, and what has been closed so far; at the end journals, files and the peaks of sessions.
test('the engine agrees with filter and sum', () => {
  fc.assert(
    fc.property(history, (plan) => {
      const rows = rowsOf(plan.steps);
      const twins = new Twins(plan, rows);
      const { engine, records, batch } = twins;
      const startMs = batch.release[0];
      let nowMs = startMs;
      rows.forEach((event, row) => {
        nowMs = batch.release[row];
        engine.start(nowMs);
        engine.shift(nowMs);
        twins.sessions(row, event, plan.steps[row].ends, nowMs);
        engine.look(batch, row);
        expect(engine.take()).toBe(twins.take(event, nowMs));
        const values = twins.asked.map(({ counter }) => counter.value());
        expect(values).toEqual(twins.asked.map(({ expected }) => expected(event, nowMs)));
        const closed = twins.closedWindows(nowMs);
        expect(withoutSessions(records.windows)).toHaveLength(closed.length);
      });
      expect(plan.series.map((_, index) => engine.snapshot(`s${index}`))).toEqual(
        twins.snapshots(nowMs),
      );
      engine.finish();
      expect(withoutSessions(records.windows)).toEqual(twins.closedWindows(Infinity));
      expect(records.journals).toEqual(twins.journals(Infinity));
      expect(records.windows.filter(({ series }) => series === 'sessions')).toEqual(
        twins.sessionWindows(startMs, nowMs),
      );
    }),
    { numRuns: 300 },
  );
});
