import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { AuditEngine, METRICS } from '../../src/engine/audit-engine.ts';
import type { Counter, SeriesPlan } from '../../src/engine/port.ts';
import type { SessionFacts } from '../../src/engine/session-gauge.ts';
import { NetworkSet, parseNetwork } from '../../src/model/address.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyGrainMs,
  anyLateMs,
  anyMonitor,
  anyMonitors,
  anyPrefix,
  anyRange,
  anyScope,
  anySeries,
  anyText,
  definedOf,
  IGNORED,
  orUndefined,
  rangeIn,
  type AnySeries,
} from '../builders/audit-histories.ts';
import { AuditRecords } from '../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../builders/event-batches.ts';
import {
  metricFeed,
  ObviousCount,
  ObviousDistinct,
  ObviousSessions,
  type ObviousFeed,
  type ObviousSession,
} from '../builders/obvious-audit.ts';

/** One step of a history: an event, maybe late, and what happens to sessions before it. */
const step = fc.record({
  gapMs: anyGapMs,
  lateMs: anyLateMs,
  kind: fc.constantFrom('connect', ...ANY_KIND),
  ip: orUndefined(anyAddress),
  node: fc.constantFrom('mx1', 'mx2'),
  listener: fc.constantFrom('25', '587'),
  service: fc.constantFrom('SMTP', 'ECStream'),
  user: orUndefined(anyText),
  recipient: orUndefined(anyText),
  sender: orUndefined(anyText),
  code: fc.constantFrom(0, 450, 550),
  size: orUndefined(fc.integer({ min: 0, max: 10_000 })),
  recipients: orUndefined(fc.integer({ min: 0, max: 50 })),
  /** Ends an open session, one that has just opened among them. */
  ends: orUndefined(fc.nat()),
});

const question = fc.record({ feed: fc.nat(), prefix: anyPrefix, range: anyRange, nodes: anyScope });
const distinct = fc.record({
  field: fc.constantFrom('user', 'recipient'),
  kinds: fc.uniqueArray(fc.constantFrom(...ANY_KIND), { minLength: 1, maxLength: 3 }),
  per: fc.oneof(anyPrefix, fc.constant('sender' as const)),
  monitor: anyMonitor,
  range: anyRange,
  nodes: anyScope,
});
const gauge = fc.record({
  prefix: anyPrefix,
  service: orUndefined(fc.constantFrom('SMTP', 'ECStream')),
  listener: orUndefined(fc.constantFrom('25', '587')),
  nodes: anyScope,
});

const history = fc.record({
  monitors: anyMonitors,
  series: fc.array(anySeries, { maxLength: 3 }),
  questions: fc.array(question, { minLength: 1, maxLength: 8 }),
  distinct: fc.array(distinct, { maxLength: 2 }),
  gauges: fc.array(gauge, { maxLength: 3 }),
  top: fc.constantFrom(1, 2, 3, Infinity),
  grainMs: anyGrainMs,
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

interface Asked {
  readonly counter: Counter;
  readonly expected: (event: EventRow, nowMs: number) => number;
}

type OpenSession = ObviousSession & { readonly facts: SessionFacts };

/** Both engines, driven in step. */
class Twins {
  readonly engine: AuditEngine;
  readonly records = new AuditRecords();
  readonly sessions = new ObviousSessions<OpenSession>();
  readonly asked: Asked[] = [];
  readonly batch: EventBatch;
  readonly #counts: ObviousCount[] = [];
  readonly #distincts: ObviousDistinct[] = [];
  readonly #plan: History;
  readonly #series: readonly (SeriesPlan & { readonly feed: ObviousFeed })[];

  constructor(plan: History, rows: readonly EventRow[]) {
    this.#plan = plan;
    const vocabulary = new Vocabulary();
    this.batch = batchOf(rows, vocabulary);
    this.#series = plan.series.map((series, index) => planOf(series, `s${index}`, vocabulary));
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
    for (const monitor of plan.monitors) {
      for (const { name } of METRICS)
        this.#counts.push(new ObviousCount(metricFeed(name, monitor)));
    }
    for (const { feed } of this.#series) this.#counts.push(new ObviousCount(feed));
    for (const asked of plan.questions) this.#ask(asked);
    for (const asked of plan.distinct) this.#askDistinct(asked, vocabulary);
    for (const asked of plan.gauges) {
      const { prefix, service, listener, nodes } = asked;
      const counter = this.engine.sessions(prefix, service, listener, nodes);
      this.asked.push({ counter, expected: (event) => this.sessions.value(event, asked) });
    }
  }

  #ask({ feed, prefix, range, nodes }: History['questions'][number]): void {
    const count = this.#counts[feed % this.#counts.length];
    const { name, monitor, kept } = count.feed;
    const windows = rangeIn(kept, range);
    const isMetric = METRICS.some((m) => m.name === name);
    const counter = isMetric
      ? this.engine.metric(name, monitor, prefix, windows, nodes)
      : this.engine.series(name, prefix, windows, nodes);
    const asked = { prefix, windows, nodes };
    this.asked.push({ counter, expected: (event, nowMs) => count.value(event, nowMs, asked) });
  }

  #askDistinct(plan: History['distinct'][number], vocabulary: Vocabulary): void {
    const kinds = plan.kinds.map((kind) => vocabulary.kinds.id(kind)!);
    const windows = rangeIn(plan.monitor.windows, plan.range);
    const asked = { ...plan, kinds, windows, filter: undefined };
    const twin = new ObviousDistinct(asked, plan.kinds, plan.field);
    this.#distincts.push(twin);
    const counter = this.engine.distinct(asked);
    this.asked.push({ counter, expected: (event, nowMs) => twin.value(event, nowMs) });
  }

  /** Opens a session for a connect, and maybe ends one. */
  changeSessions(row: number, event: EventRow, ends: number | undefined, nowMs: number): void {
    const { batch, sessions } = this;
    const { ip, node = '', service = '', listener = '' } = event;
    if (event.kind === 'connect' && ip !== undefined) {
      const facts: SessionFacts = {
        family: batch.family[row],
        words: batch.ip.slice(row * 4, row * 4 + 4),
        at: 0,
        node: batch.node[row],
        service: batch.service[row],
        listener: batch.listener[row],
      };
      this.engine.session(facts, 1, nowMs);
      const own = { ip, node, service, listener, facts };
      sessions.change(isIgnored(event) ? sessions.open : [...sessions.open, own], nowMs);
    }
    if (ends === undefined || sessions.open.length === 0) return;
    const ended = sessions.open[ends % sessions.open.length];
    this.engine.session(ended.facts, -1, nowMs);
    sessions.change(
      sessions.open.filter((session) => session !== ended),
      nowMs,
    );
  }

  /** What became of an event, by the obvious engine. */
  take(event: EventRow, nowMs: number): string {
    if (isIgnored(event)) return 'ignored';
    const taken = [...this.#counts, ...this.#distincts].map((twin) => twin.take(event, nowMs));
    if (event.releaseMs === undefined) return 'counted';
    return taken.includes(false) && !taken.includes(true) ? 'too late' : 'late';
  }

  /** Windows that have left by `nowMs`, in the order of their leaving. */
  closedWindows(nowMs: number): unknown[] {
    return this.#left(nowMs).map(({ count, window }) => count.closed(window, this.#plan.top));
  }

  journals(nowMs: number): unknown[] {
    return this.#left(nowMs).flatMap(({ count, window }) => {
      const { name, type, monitor } = count.feed;
      const series = this.#series.find((plan) => plan.name === name);
      const rows = count.rows(window, 0);
      if (series?.serialize !== true || rows.length === 0) return [];
      return [{ name, type, monitor, windowZeroMs: window * monitor.intervalMs, rows }];
    });
  }

  snapshots(nowMs: number): unknown[] {
    return this.#series.map(({ name, type, monitor }) => {
      const count = this.#counts.find(({ feed }) => feed.name === name)!;
      const current = Math.floor(nowMs / monitor.intervalMs);
      const ages = Array.from({ length: monitor.windows }, (_, age) => age);
      const rows = ages.flatMap((age) => count.rows(current - age, age));
      return { name, type, monitor, windowZeroMs: current * monitor.intervalMs, rows };
    });
  }

  /** At one boundary the intervals leave in the order in which they were first defined. */
  #left(nowMs: number): { count: ObviousCount; window: number; leavesMs: number }[] {
    const intervals = [...new Set(this.#counts.map(({ feed }) => feed.monitor.intervalMs))];
    const grouped = intervals.flatMap((intervalMs) =>
      this.#counts.filter(({ feed }) => feed.monitor.intervalMs === intervalMs),
    );
    const windows = grouped.flatMap((count) => {
      const { kept, monitor } = count.feed;
      return count
        .windows()
        .map((window) => ({ count, window, leavesMs: (window + kept) * monitor.intervalMs }));
    });
    return windows
      .filter(({ leavesMs }) => leavesMs <= nowMs)
      .sort((a, b) => a.leavesMs - b.leavesMs);
  }
}

const isIgnored = (event: EventRow): boolean => event.ip?.startsWith('203.0.113.') === true;

function planOf(
  plan: AnySeries,
  name: string,
  vocabulary: Vocabulary,
): SeriesPlan & { readonly feed: ObviousFeed } {
  const { type, monitor, code, amount, serialize, replicate } = plan;
  const toldAfterMs = replicate === 'cluster' ? 0 : undefined;
  const key = type === 'string' ? plan.text : 'ip';
  const kept = monitor.windows;
  return {
    name,
    type,
    monitor,
    kinds: plan.kinds.map((kind) => vocabulary.kinds.id(kind)!),
    filter: code === undefined ? undefined : (batch, row) => batch.code[row] === code,
    key,
    amount,
    serialize,
    replicate,
    feed: { name, type, monitor, kept, kinds: plan.kinds, code, key, amount, toldAfterMs },
  };
}

/** The steps as rows: a late one keeps its own time and leaves the merge at the clock's. */
function rowsOf({ steps, grainMs }: History): EventRow[] {
  let nowMs = NOON_MS;
  return steps.map(({ gapMs, lateMs, ends: _ends, ...event }) => {
    nowMs += gapMs - (gapMs % grainMs);
    const row = { ...(definedOf(event) as EventRow), timeMs: nowMs - lateMs };
    return lateMs === 0 ? row : { ...row, releaseMs: nowMs };
  });
}

const isSessions = ({ series }: { readonly series: string }): boolean => series === 'sessions';
const isCount = (window: { readonly series: string }): boolean => !isSessions(window);

// Goal: every number that the engine gives equals the obvious one, at every moment.
// Method: a random history and random questions through both; after each event every counter is
// compared, and what has been closed so far; at the end journals, files and the peaks of sessions.
test('the engine agrees with filter and sum', () => {
  fc.assert(
    fc.property(history, (plan) => {
      const rows = rowsOf(plan);
      const twins = new Twins(plan, rows);
      const { engine, records, batch } = twins;
      const startMs = batch.release[0];
      let nowMs = startMs;
      rows.forEach((event, row) => {
        nowMs = batch.release[row];
        engine.start(nowMs);
        engine.shift(nowMs);
        twins.changeSessions(row, event, plan.steps[row].ends, nowMs);
        expect(engine.take(batch, row)).toBe(twins.take(event, nowMs));
        const values = twins.asked.map(({ counter }) => counter.value());
        expect(values).toEqual(twins.asked.map(({ expected }) => expected(event, nowMs)));
        expect(records.windows.filter(isCount)).toHaveLength(twins.closedWindows(nowMs).length);
      });
      expect(plan.series.map((_, index) => engine.snapshot(`s${index}`))).toEqual(
        twins.snapshots(nowMs),
      );
      engine.finish();
      expect(records.windows.filter(isCount)).toEqual(twins.closedWindows(Infinity));
      expect(records.journals).toEqual(twins.journals(Infinity));
      expect(records.windows.filter(isSessions)).toEqual(
        twins.sessions.windows(plan.monitors[0], startMs, nowMs, plan.top),
      );
    }),
    { numRuns: 300 },
  );
});
