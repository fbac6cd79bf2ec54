// Goal: the windows of each node hold what the node has counted when they leave: its own adds, late
// ones too, and those of others that are replicated and have arrived by then.
// Method: random events and adds of three nodes, some first seen late, through the engine and
// through the obvious count, which keeps every addition with its node and its time; sessions too.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { AuditEngine, METRICS } from '../../src/engine/audit-engine.ts';
import type { AskableSeries, ClosedWindow } from '../../src/engine/port.ts';
import { ScriptQuestions } from '../../src/engine/script-questions.ts';
import type { SessionFacts } from '../../src/engine/session-gauge.ts';
import { NetworkSet, parseNetwork } from '../../src/model/address.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import type { Monitor } from '../../src/model/monitor.ts';
import { ALL_REPLICATED, REPLICATES } from '../../src/model/replication.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyGrainMs,
  anyLateMs,
  anyMonitors,
  anySeries,
  anyText,
  definedOf,
  IGNORED,
  isIgnored,
  orUndefined,
  plannedSeries,
} from '../builders/audit-histories.ts';
import { AuditRecords } from '../builders/audit-records.ts';
import { batchOf, NOON_MS, type EventRow } from '../builders/event-batches.ts';
import {
  metricFeed,
  ObviousCount,
  ObviousSessions,
  type ObviousSession,
} from '../builders/obvious-audit.ts';

const NODES = ['mx1', 'mx2', ''];

const step = fc.record({
  gapMs: anyGapMs,
  lateMs: anyLateMs,
  kind: fc.constantFrom('connect', ...ANY_KIND),
  ip: orUndefined(anyAddress),
  /** Of those in use: the others come into use one after another. */
  node: fc.nat(2),
  user: orUndefined(anyText),
  recipient: orUndefined(anyText),
  code: fc.constantFrom(0, 450, 550),
  size: orUndefined(fc.integer({ min: 0, max: 10_000 })),
  recipients: orUndefined(fc.integer({ min: 0, max: 50 })),
  /** Ends an open session. */
  ends: orUndefined(fc.nat()),
  /** What a script adds to its series, under the address of the event. */
  adds: orUndefined(fc.tuple(fc.constantFrom(-1, 1, 2), fc.constantFrom(...REPLICATES))),
});

const history = fc.record({
  monitors: anyMonitors,
  series: fc.array(anySeries, { maxLength: 3 }),
  /** Of values that are replicated; longer than some windows are kept. */
  delayMs: fc.constantFrom(undefined, 0, 1, 1500, 20_000),
  top: fc.constantFrom(1, 3, Infinity),
  grainMs: anyGrainMs,
  /** At which steps the second and the third node are seen first. */
  begins: fc.tuple(fc.nat(30), fc.nat(60)),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

function rowsOf({ steps, grainMs, begins }: History): EventRow[] {
  let nowMs = NOON_MS;
  return steps.map(({ gapMs, lateMs, ends: _ends, adds: _adds, node, ...event }, index) => {
    nowMs += gapMs - (gapMs % grainMs);
    const used = 1 + begins.filter((first) => first <= index).length;
    const row = { ...(definedOf(event) as EventRow), node: NODES[node % used] };
    const late = lateMs === 0 ? {} : { releaseMs: nowMs };
    return { ...row, timeMs: nowMs - lateMs, ...late };
  });
}

type OpenSession = ObviousSession & { readonly facts: SessionFacts };

/** The engine and what it should know, driven in step. */
class Twins {
  readonly records = new AuditRecords();
  readonly engine: AuditEngine;
  readonly #plan: History;
  readonly #batch: EventBatch;
  readonly #script: AskableSeries;
  readonly #counts: readonly ObviousCount[];
  readonly #scriptCount: ObviousCount;
  readonly #sessions = NODES.map(() => new ObviousSessions<OpenSession>());
  readonly #open: OpenSession[] = [];
  /** When each node is seen first. */
  readonly #firstMs = new Map<string, number>();

  constructor(plan: History, batch: EventBatch) {
    const { monitors, delayMs, top } = plan;
    const { vocabulary } = batch;
    this.#plan = plan;
    this.#batch = batch;
    const series = plan.series.map((own, index) => {
      return plannedSeries(own, `s${index}`, vocabulary, delayMs ?? Infinity);
    });
    this.engine = new AuditEngine(
      {
        monitors,
        series,
        ignore: new NetworkSet([parseNetwork(IGNORED)!]),
        vocabulary,
        top,
        sink: this.records,
        replication: { ...ALL_REPLICATED, connections: delayMs, series: delayMs },
        byNode: true,
      },
      batch,
    );
    const [monitor] = monitors;
    this.#script = new ScriptQuestions(this.engine, monitors).series('script', monitor);
    this.#scriptCount = new ObviousCount(scriptFeed(monitor));
    const metrics = monitors.flatMap((own) => METRICS.map(({ name }) => metricFeed(name, own)));
    const feeds = [...metrics, ...series.map(({ feed }) => feed)];
    this.#counts = [...feeds.map((feed) => new ObviousCount(feed)), this.#scriptCount];
  }

  take(event: EventRow, row: number): void {
    const nowMs = this.#batch.release[row];
    const { ends, adds } = this.#plan.steps[row];
    this.engine.start(nowMs);
    this.engine.shift(nowMs);
    if (event.kind === 'connect') this.#connect(event, row, nowMs);
    if (ends !== undefined && this.#open.length > 0) {
      this.#change(this.#open[ends % this.#open.length], -1, nowMs);
    }
    this.engine.take(this.#batch, row);
    const { node = '', ip: key } = event;
    if (!this.#firstMs.has(node)) this.#firstMs.set(node, nowMs);
    if (isIgnored(event)) return;
    for (const count of this.#counts) count.take(event, nowMs);
    if (adds === undefined || key === undefined) return;
    const [amount, replicate] = adds;
    const { family, ip } = this.#batch;
    this.#script.add(family[row], ip, row * 4, amount, replicate);
    const { delayMs = Infinity } = this.#plan;
    const toldMs = replicate === 'cluster' ? nowMs + delayMs : Infinity;
    this.#scriptCount.put({ key, node, amount, toldMs }, nowMs);
  }

  /** Windows of a node that is there by the time they leave, sorted by name. */
  windowsOf(node: string, lastMs: number): ClosedWindow[] {
    const { monitors, top } = this.#plan;
    const windows = this.#counts.flatMap((count) =>
      count.windows().flatMap((window) => {
        const leavesMs = count.leavesMs(window);
        if ((this.#firstMs.get(node) ?? Infinity) >= leavesMs) return [];
        const closed = count.closed(window, top, (addition) => {
          return addition.node === node || addition.toldMs < leavesMs;
        });
        return closed.keys === 0 ? [] : [closed];
      }),
    );
    const startMs = this.#batch.release[0];
    const sessions = this.#sessions[NODES.indexOf(node)];
    return sorted([...windows, ...sessions.windows(monitors[0], startMs, lastMs, top)]);
  }

  #connect(event: EventRow, row: number, nowMs: number): void {
    const { ip, node = '' } = event;
    if (ip === undefined || isIgnored(event)) return;
    const words = this.#batch.ip.slice(row * 4, row * 4 + 4);
    const peer = { family: this.#batch.family[row], words, at: 0, node: this.#batch.node[row] };
    const facts = { ...peer, service: 0, listener: 0 };
    this.#change({ ip, node, service: '', listener: '', facts }, 1, nowMs);
  }

  #change(session: OpenSession, by: 1 | -1, nowMs: number): void {
    const open = this.#open;
    this.engine.session(session.facts, by, nowMs);
    if (by > 0) open.push(session);
    else open.splice(open.indexOf(session), 1);
    const { node } = session;
    const own = open.filter((each) => each.node === node);
    this.#sessions[NODES.indexOf(node)].change(own, nowMs);
  }
}

/** The series of a script counts no event by itself. */
function scriptFeed(monitor: Monitor): ObviousCount['feed'] {
  const feed = { ...metricFeed('connections', monitor), kept: monitor.windows };
  return { ...feed, name: 'script', kinds: [] };
}

const nameOf = ({ series, monitor, windowStartMs }: ClosedWindow): string =>
  `${series} ${monitor.intervalMs},${monitor.windows} ${windowStartMs}`;

function sorted(windows: readonly ClosedWindow[]): ClosedWindow[] {
  return windows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

test('a window of a node is what the node counts when the window leaves', () => {
  let others = 0;
  const property = fc.property(history, (plan) => {
    const vocabulary = new Vocabulary();
    const rows = rowsOf(plan);
    const batch = batchOf(rows, vocabulary);
    const twins = new Twins(plan, batch);
    rows.forEach((event, row) => twins.take(event, row));
    twins.engine.finish();
    const { windows } = twins.records;
    const whole = windows.filter(({ node }) => node === undefined).map(nameOf);
    for (const name of NODES) {
      const id = vocabulary.nodes.id(name);
      const own = windows.flatMap(({ node, ...window }) => (node === id ? [window] : []));
      expect(sorted(own)).toEqual(twins.windowsOf(name, batch.release[rows.length - 1]));
      // They leave in the order of those of all nodes together.
      const places = own.map((window) => whole.indexOf(nameOf(window)));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      if (name !== NODES[0]) others += own.length;
    }
  });
  fc.assert(property, { numRuns: 300 });
  expect(others).toBeGreaterThan(2000);
});
