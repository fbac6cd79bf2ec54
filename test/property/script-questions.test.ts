// Goal: whatever scripts ask and add, and whenever they do so first, the answers are the obvious
// ones, and so is what the windows of their series leave behind.
// Method: random events, sessions and calls through an engine and through plain maps; after each
// step every question asked so far is compared at every address, at the end windows and journals.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { AuditEngine, METRICS } from '../../src/engine/audit-engine.ts';
import type { AskableSeries, BlockQuestion, ClosedWindow } from '../../src/engine/port.ts';
import { ScriptQuestions } from '../../src/engine/script-questions.ts';
import type { SessionFacts } from '../../src/engine/session-gauge.ts';
import { NetworkSet, parseNetwork, readAddressText, type Prefix } from '../../src/model/address.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import { formatMonitor, type Monitor, type WindowRange } from '../../src/model/monitor.ts';
import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyGrainMs,
  anyLateMs,
  anyMonitors,
  anyPrefix,
  anyRange,
  definedOf,
  IGNORED,
  orUndefined,
  rangeIn,
} from '../builders/audit-histories.ts';
import { AuditRecords } from '../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { compareKeys, inBlock, ObviousSessions } from '../builders/obvious-audit.ts';

const TOP = 3;
const LONGEST_MS = 60_000 * 6;

/** `connections` and `sessions` are taken by what every replay counts. */
const SHOWN = {
  a: 'a',
  b: 'b',
  connections: 'connections (series)',
  sessions: 'sessions (series)',
} as const;
const anyService = fc.constantFrom('SMTP', 'ECStream');
const anyListener = fc.constantFrom('25', '587');
/** Often the same ones, so that questions meet that differ in one thing. */
const anyAskedPrefix = fc.oneof(
  fc.constantFrom(
    { ipv4: 24, ipv6: 64 },
    { ipv4: 24, ipv6: 32 },
    { ipv4: 0, ipv6: 64 },
    { ipv4: 32, ipv6: 128 },
  ),
  anyPrefix,
);
const anyName = fc.constantFrom(...(Object.keys(SHOWN) as (keyof typeof SHOWN)[]));

const add = fc.record({
  type: fc.constant('add' as const),
  name: anyName,
  monitor: fc.nat(),
  ip: anyAddress,
  amount: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constant(1),
    // Sums of these are no 32-bit integers.
    fc.constantFrom(2 ** 31, -(2 ** 33)),
  ),
});
const ask = fc.record({
  type: fc.constant('ask' as const),
  name: fc.oneof(anyName, fc.constantFrom(...METRICS.map((metric) => metric.name))),
  isMetric: fc.boolean(),
  monitor: fc.nat(),
  prefix: anyAskedPrefix,
  range: anyRange,
});
const askSessions = fc.record({
  type: fc.constant('sessions' as const),
  service: orUndefined(anyService),
  listener: orUndefined(anyListener),
  prefix: anyAskedPrefix,
});
const serialize = fc.record({
  type: fc.constant('serialize' as const),
  name: anyName,
  monitor: fc.nat(),
});
const anyCall = fc.oneof(
  { weight: 6, arbitrary: add },
  { weight: 3, arbitrary: ask },
  { weight: 1, arbitrary: askSessions },
  { weight: 1, arbitrary: serialize },
);
type Call = typeof anyCall extends fc.Arbitrary<infer T> ? T : never;

const step = fc.record({
  gapMs: anyGapMs,
  lateMs: anyLateMs,
  kind: fc.constantFrom('connect', 'connect', ...ANY_KIND, 'disconnect'),
  ip: orUndefined(anyAddress),
  listener: anyListener,
  service: anyService,
  ends: orUndefined(fc.nat()),
  calls: fc.array(anyCall, { maxLength: 4 }),
});

const history = fc.record({
  monitors: anyMonitors,
  /** Monitors of script series, configured ones or not. */
  own: anyMonitors,
  ahead: fc.array(anyCall, { maxLength: 3 }),
  grainMs: anyGrainMs,
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const PROBED = [
  '192.0.2.1',
  '192.0.2.129',
  '198.51.100.7',
  '64.0.2.1',
  '203.0.113.9',
  '2001:db8::1',
  '2001:db8:0:1::1',
  '3fff::1',
];
/** Not at 0: an address may stand anywhere. */
const PROBES = PROBED.map((ip) => {
  const words = new Int32Array(12).fill(-1);
  const own = words.subarray(8, 12);
  const family = readAddressText(ip, own);
  return { ip, words, at: 8, family };
});

/** A metric, or a series of scripts, as maps: window -> address -> count. */
class PlainCounts {
  readonly name: string;
  readonly monitor: Monitor;
  readonly kept: number;
  readonly windows = new Map<number, Map<string, number>>();
  serialized = false;
  negative = false;

  constructor(name: string, monitor: Monitor, kept: number) {
    this.name = name;
    this.monitor = monitor;
    this.kept = kept;
  }

  windowOf(timeMs: number): number {
    return Math.floor(timeMs / this.monitor.intervalMs);
  }

  add(timeMs: number, ip: string, amount: number): void {
    if (amount === 0) return;
    const window = this.windowOf(timeMs);
    let counts = this.windows.get(window);
    if (counts === undefined) this.windows.set(window, (counts = new Map<string, number>()));
    const count = (counts.get(ip) ?? 0) + amount;
    counts.set(ip, count);
    if (count < 0) this.negative = true;
  }

  sum(nowMs: number, ip: string, prefix: Prefix, { start, end }: WindowRange): number {
    let sum = 0;
    for (let age = start; age <= end; age++) {
      for (const [key, count] of this.windows.get(this.windowOf(nowMs) - age) ?? []) {
        if (inBlock(key, ip, prefix)) sum += count;
      }
    }
    return sum;
  }

  closed(window: number): ClosedWindow {
    const { name: series, monitor } = this;
    const counts = [...this.windows.get(window)!];
    const top = counts
      .map(([key, count]) => ({ key, count }))
      .sort((a, b) => b.count - a.count || compareKeys('ip', a.key, b.key))
      .slice(0, TOP);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const windowStartMs = window * monitor.intervalMs;
    return { series, monitor, windowStartMs, total, keys: counts.length, top };
  }

  journal(window: number): SeriesSnapshot[] {
    const { name, monitor } = this;
    const rows = [...this.windows.get(window)!]
      .filter(([, count]) => count !== 0)
      .sort(([a], [b]) => compareKeys('ip', a, b))
      .map(([key, count]) => ({ window: 0, key, count }));
    const windowZeroMs = window * monitor.intervalMs;
    return rows.length === 0 ? [] : [{ name, type: 'ip', monitor, windowZeroMs, rows }];
  }
}

interface OpenSession {
  readonly ip: string;
  readonly node: string;
  readonly service: string;
  readonly listener: string;
  readonly facts: SessionFacts;
}

const isIgnored = (ip: string | undefined): boolean => ip?.startsWith('203.0.113.') === true;

/** Both engines, driven in step. */
class Twins {
  readonly engine: AuditEngine;
  readonly audit: ScriptQuestions;
  readonly records = new AuditRecords();
  /** All that are open; ignored peers and those without an address are in no count. */
  readonly open = new Set<OpenSession>();
  readonly sessions = new ObviousSessions<OpenSession>();
  readonly closed: ClosedWindow[] = [];
  readonly journals: SeriesSnapshot[] = [];
  readonly asked: {
    readonly question: BlockQuestion;
    readonly expected: (ip: string) => number;
  }[] = [];
  readonly counts: PlainCounts[] = [];
  startMs = Infinity;
  nowMs = NOON_MS;
  readonly #monitors: readonly Monitor[];
  readonly #own: readonly Monitor[];
  readonly #batch: EventBatch;

  constructor({ monitors, own }: History, vocabulary: Vocabulary, batch: EventBatch) {
    this.#monitors = monitors;
    this.#own = own;
    this.#batch = batch;
    const ignore = new NetworkSet([parseNetwork(IGNORED)!]);
    const { records: sink, open } = this;
    const eachOpenSession = (take: (facts: SessionFacts) => void): void => {
      for (const { facts } of open) take(facts);
    };
    const common = { monitors, vocabulary, ignore, sink, eachOpenSession };
    this.engine = new AuditEngine({ ...common, series: [], top: TOP }, batch);
    this.audit = new ScriptQuestions(this.engine, monitors);
    for (const monitor of monitors) {
      const kept = monitor.windows + 1;
      for (const { name } of METRICS) this.counts.push(new PlainCounts(name, monitor, kept));
    }
  }

  /** The clock moves. */
  shift(nowMs: number): void {
    this.nowMs = nowMs;
    this.startMs = Math.min(this.startMs, nowMs);
    this.engine.start(nowMs);
    this.engine.shift(nowMs);
    this.close(nowMs);
  }

  /** Windows that end to be kept by `nowMs`, in the order of their leaving. */
  close(nowMs: number): void {
    const intervals = [...new Set(this.counts.map(({ monitor }) => monitor.intervalMs))];
    const grouped = intervals.flatMap((intervalMs) =>
      this.counts.filter(({ monitor }) => monitor.intervalMs === intervalMs),
    );
    const leaving = grouped.flatMap((counts) =>
      [...counts.windows.keys()].map((window) => {
        return { counts, window, leavesMs: (window + counts.kept) * counts.monitor.intervalMs };
      }),
    );
    const due = leaving.filter(({ leavesMs }) => leavesMs <= nowMs);
    due.sort((a, b) => a.leavesMs - b.leavesMs);
    for (const { counts, window } of due) {
      this.closed.push(counts.closed(window));
      if (counts.serialized) this.journals.push(...counts.journal(window));
      counts.windows.delete(window);
    }
  }

  changeSessions(row: number, event: EventRow, ends: number | undefined): void {
    if (event.kind === 'connect') {
      const { node = '', service = '', listener = '', ip = '' } = event;
      const batch = this.#batch;
      const facts: SessionFacts = {
        family: batch.family[row],
        words: batch.ip.slice(row * 4, row * 4 + 4),
        at: 0,
        node: batch.node[row],
        service: batch.service[row],
        listener: batch.listener[row],
      };
      this.open.add({ ip, node, service, listener, facts });
      this.engine.session(facts, 1, this.nowMs);
      this.#noteSessions();
    }
    if (ends === undefined || this.open.size === 0) return;
    this.end([...this.open][ends % this.open.size]);
  }

  end(session: OpenSession): void {
    this.open.delete(session);
    this.engine.session(session.facts, -1, this.nowMs);
    this.#noteSessions();
  }

  #noteSessions(): void {
    const counted = [...this.open].filter(({ ip }) => ip !== '' && !isIgnored(ip));
    this.sessions.change(counted, this.nowMs);
  }

  take(row: number, { kind, ip, timeMs }: EventRow): void {
    this.engine.take(this.#batch, row);
    if (ip === undefined || isIgnored(ip)) return;
    for (const counts of this.counts) {
      const counted = METRICS.find(({ name }) => name === counts.name);
      if (counted === undefined || kind !== KIND_OF[counted.name]) continue;
      if (counts.windowOf(this.nowMs) - counts.windowOf(timeMs) >= counts.kept) continue;
      counts.add(timeMs, ip, 1);
    }
  }

  call(call: Call): void {
    if (call.type === 'sessions') this.#askSessions(call);
    else if (call.type === 'add') {
      const { family, words, at } = PROBES.find(({ ip }) => ip === call.ip) ?? probeOf(call.ip);
      const [series, counts] = this.#series(call);
      series.add(family, words, at, call.amount, 'none');
      counts.add(this.nowMs, call.ip, call.amount);
    } else if (call.type === 'serialize') {
      const [series, counts] = this.#series(call);
      series.serialize();
      counts.serialized = true;
    } else this.#ask(call);
  }

  #ask({ name, isMetric, monitor, prefix, range }: Call & { readonly type: 'ask' }): void {
    const metric = METRICS.find((one) => isMetric && one.name === name);
    if (metric !== undefined) {
      const configured = this.#monitors[monitor % this.#monitors.length];
      const counts = this.counts.find((one) => {
        return one.name === metric.name && one.monitor === configured;
      })!;
      // The sliding average asks one window more than the monitor has.
      const windows = rangeIn(counts.kept, range);
      const question = this.audit.metric(metric.name, configured, 'node').over(prefix, windows);
      this.#compare(question, (ip) => counts.sum(this.nowMs, ip, prefix, windows));
      return;
    }
    const [series, counts] = this.#series({ name: name in SHOWN ? name : 'a', monitor });
    const windows = rangeIn(counts.kept, range);
    const question = series.over(prefix, windows);
    this.#compare(question, (ip) => counts.sum(this.nowMs, ip, prefix, windows));
  }

  #askSessions({ service, listener, prefix }: Call & { readonly type: 'sessions' }): void {
    const question = this.audit.sessions(service, listener, prefix, 'node');
    const asked = { prefix, service, listener, nodes: 'cluster' };
    this.#compare(question, (ip) =>
      this.sessions.value({ timeMs: this.nowMs, kind: 'connect', ip }, asked),
    );
  }

  #compare(question: BlockQuestion, expected: (ip: string) => number): void {
    this.asked.push({ question, expected });
  }

  #series(call: { readonly name: string; readonly monitor: number }): [AskableSeries, PlainCounts] {
    const monitor = this.#own[call.monitor % this.#own.length];
    const name = SHOWN[call.name as keyof typeof SHOWN];
    let counts = this.counts.find(
      (one) => one.name === name && formatMonitor(one.monitor) === formatMonitor(monitor),
    );
    if (counts === undefined)
      this.counts.push((counts = new PlainCounts(name, monitor, monitor.windows)));
    return [this.audit.series(call.name, monitor), counts];
  }

  /** What all questions answer at all addresses, and without one; and what they should. */
  answers(): { found: number[]; expected: number[] } {
    const found: number[] = [];
    const expected: number[] = [];
    for (const { question, expected: wanted } of this.asked) {
      for (const { ip, family, words, at } of PROBES) {
        found.push(question.count(family, words, at));
        expected.push(wanted(ip));
      }
      found.push(question.count(0, PROBES[0].words, PROBES[0].at));
      expected.push(0);
    }
    return { found, expected };
  }

  /** The next moment at which a window of something that is counted begins. */
  get boundaryMs(): number {
    const begin = this.counts.map(({ monitor: { intervalMs } }) => {
      return (Math.floor(this.nowMs / intervalMs) + 1) * intervalMs;
    });
    return Math.min(...begin);
  }
}

const KIND_OF: Readonly<Record<string, string>> = {
  connections: 'connect',
  receptions: 'reception',
  rejections: 'rejection',
};

function probeOf(ip: string): (typeof PROBES)[number] {
  const words = new Int32Array(4);
  return { ip, words, at: 0, family: readAddressText(ip, words) };
}

/** The steps as rows: a late one keeps its own time and leaves the merge at the clock's. */
function rowsOf({ steps, grainMs }: History): EventRow[] {
  let nowMs = NOON_MS;
  return steps.map(({ gapMs, lateMs, ends: _ends, calls: _calls, ...event }) => {
    nowMs += gapMs - (gapMs % grainMs);
    const row = { ...(definedOf(event) as EventRow), timeMs: nowMs - lateMs };
    return lateMs === 0 ? row : { ...row, releaseMs: nowMs };
  });
}

const isCount = ({ series }: ClosedWindow): boolean => series !== 'sessions';

/** Takes both through a history; `compare` after each change. */
function drive(plan: History, compare: (twins: Twins) => void): Twins {
  const vocabulary = new Vocabulary();
  const rows = rowsOf(plan);
  const batch = batchOf(rows, vocabulary);
  const twins = new Twins(plan, vocabulary, batch);
  for (const call of plan.ahead) if (call.type !== 'add') twins.call(call);
  rows.forEach((event, row) => {
    twins.shift(batch.release[row]);
    twins.changeSessions(row, event, plan.steps[row].ends);
    twins.take(row, event);
    compare(twins);
    for (const call of plan.steps[row].calls) {
      twins.call(call);
      compare(twins);
    }
  });
  return twins;
}

test('scripts are told what maps tell', () => {
  fc.assert(
    fc.property(history, (plan) => {
      const twins = drive(plan, (now) => {
        const { found, expected } = now.answers();
        const { engine, records, boundaryMs, closed } = now;
        expect(found).toEqual(expected);
        expect(engine.nextBoundaryMs).toBe(boundaryMs);
        expect(records.windows.filter(isCount)).toHaveLength(closed.length);
      });
      const { engine, records, counts, nowMs } = twins;
      expect(engine.feeds.map((feed) => feed.total.negative)).toEqual(
        counts.map((one) => one.negative),
      );
      engine.finish();
      twins.close(Infinity);
      expect(records.windows.filter(isCount)).toEqual(twins.closed);
      expect(records.journals).toEqual(twins.journals);
      const peaks = twins.sessions.windows(plan.monitors[0], twins.startMs, nowMs, TOP);
      expect(records.windows.filter((window) => !isCount(window))).toEqual(peaks);
    }),
    { numRuns: 150 },
  );
});

test('keys in memory are counted, also those of questions that came late', () => {
  const monitor = { intervalMs: 60_000, windows: 2 } as const;
  const rows = [{ timeMs: NOON_MS, kind: 'delivery', ip: '192.0.2.1' }];
  const vocabulary = new Vocabulary();
  const batch = batchOf(rows, vocabulary);
  const plan: History = {
    monitors: [monitor],
    own: [monitor],
    ahead: [],
    grainMs: 1,
    steps: [],
  };
  const { engine, audit } = new Twins(plan, vocabulary, batch);
  engine.start(NOON_MS);
  engine.take(batch, 0);
  const series = audit.series('a', monitor);
  for (const { family, words, at } of PROBES) series.add(family, words, at, 1, 'none');
  expect(engine.size).toBe(PROBES.length);
  series.over({ ipv4: 8, ipv6: 16 }, { start: 0, end: 0 });
  // 64/8, 192/8, 198/8, 203/8; 2001::/16, 3fff::/16.
  expect(engine.size).toBe(PROBES.length + 6);
  audit.sessions('SMTP', undefined, { ipv4: 32, ipv6: 128 }, 'node');
  const facts = { family: 4, words: batch.ip, at: 0, node: 0, service: 0, listener: 0 };
  const service = vocabulary.services.id('SMTP')!;
  engine.session({ ...facts, service }, 1, NOON_MS);
  // In the gauge of all sessions and in the one asked for.
  expect(engine.size).toBe(PROBES.length + 6 + 2);
});

test('what nobody counts any more leaves the memory', () => {
  fc.assert(
    fc.property(history, (plan) => {
      const twins = drive(plan, () => undefined);
      for (const session of twins.open) twins.end(session);
      twins.shift(twins.nowMs + LONGEST_MS + 60_000);
      expect(twins.engine.size).toBe(0);
      const { found, expected } = twins.answers();
      expect(found).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
