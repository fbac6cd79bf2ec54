import type { SessionEnd } from '../correlate/session-table.ts';
import { AuditEngine, type Taken } from '../engine/audit-engine.ts';
import type { ClosedWindow } from '../engine/port.ts';
import { NetworkSet, parseNetwork } from '../model/address.ts';
import { CheckError } from '../model/errors.ts';
import { EventBatch } from '../model/event-batch.ts';
import { KIND } from '../model/event.ts';
import { peerText } from '../model/field-value.ts';
import { DEFAULT_MONITOR } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import {
  countedName,
  monitorOf,
  RuleEvaluator,
  seriesPlans,
  type Hit,
  type RuleState,
} from '../policy/rule-evaluator.ts';
import type { Rule, RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import type { StreamClock, StreamTaker } from './event-stream.ts';
import { FiringLedger } from './firing-ledger.ts';
import type { ReplayState } from './replay-state.ts';
import { ScriptHost } from './script-host.ts';
import { SourceTallies } from './source-tallies.ts';
import { StoppedEvents } from './stopped-events.ts';
import type { ReplaySink, RuleTally, Tally, UnfedRule, WindowRow } from './tally.ts';

/** How many top keys of a window keys.csv names unless told otherwise. */
const DEFAULT_TOP = 20;

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((text) => parseNetwork(text)!);

/** The policy of a replay without one: the built-in metrics under the default monitor. */
export const BARE_POLICY: RulePolicy = {
  file: '',
  monitors: [DEFAULT_MONITOR],
  ignore: LOOPBACK,
  maintenanceIntervalMs: undefined,
  series: [],
  rules: [],
};

export interface PolicyRunOptions {
  readonly vocabulary: Vocabulary;
  /** Undefined: `BARE_POLICY`. */
  readonly policy?: RulePolicy | undefined;
  /** Scripts that judge, beside what `policy` counts. */
  readonly scripts?: ScriptPolicy | undefined;
  /** Whether a place of a script that is not simulated ends the run with a `UserError`. */
  readonly strict?: boolean | undefined;
  /** Half open; events before `fromMs` warm the windows and are not reported. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Whether the count of a key in a window stops at 0 instead of going below. */
  readonly clampNegative?: boolean | undefined;
  /** Highest number of keys in memory; reaching it ends the run with a `CheckError`. */
  readonly maxKeys?: number | undefined;
  /** Top keys of a window in keys.csv; Infinity: all of them. */
  readonly top?: number | undefined;
  /** Name of an input by rank, for the files and lines of a report. */
  readonly fileOf: (source: number) => string;
  readonly sink?: ReplaySink | undefined;
  /** Told when the first event of all is about to happen: the windows stand at its time, empty. */
  readonly onStart?: ((engine: AuditEngine, nowMs: number) => void) | undefined;
}

/**
 * One policy at work on a stream of events: the audit engine counts, and every event is judged by
 * the policy's rules and scripts. Observe mode: verdicts are recorded and change nothing.
 */
export class PolicyRun implements StreamTaker {
  readonly engine: AuditEngine;
  readonly tally: Tally = emptyTally();
  readonly #options: PolicyRunOptions;
  readonly #policy: RulePolicy;
  readonly #evaluator: RuleEvaluator;
  readonly #ledger: FiringLedger;
  readonly #stopped: StoppedEvents;
  readonly #scripts: ScriptHost | undefined;
  readonly #fromMs: number;
  readonly #toMs: number;
  /** By number of the kind: all that a vocabulary can have. */
  readonly #eventsByKind = new Float64Array(0x1_0000);
  /** Kinds of all events, those before `fromMs` included. */
  readonly #seenKinds: boolean[] = [];
  readonly #sources = new SourceTallies();
  #clock!: StreamClock;
  #rules: readonly RuleTally[];
  /** Clock at the first and last reported event. */
  #firstMs = -Infinity;
  #lastMs = -Infinity;
  #stoppedBy: RuleTally | undefined;

  constructor(options: PolicyRunOptions) {
    this.#options = options;
    const policy = (this.#policy = options.policy ?? BARE_POLICY);
    const { vocabulary, sink, fileOf, top = DEFAULT_TOP } = options;
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#toMs = options.toMs ?? Infinity;
    this.engine = new AuditEngine(
      {
        monitors: policy.monitors,
        series: seriesPlans(policy, vocabulary),
        ignore: new NetworkSet(policy.ignore),
        vocabulary,
        // Without files, only the busiest windows' top keys are shown.
        top: sink === undefined ? 1 : top,
        sink: {
          windowClosed: (window) => this.#windowClosed(window),
          journal: (snapshot) => {
            if (this.#isReported(snapshot.windowZeroMs, snapshot.monitor.intervalMs)) {
              sink?.journal(snapshot);
            }
          },
        },
        clampNegative: options.clampNegative,
        eachOpenSession: (take) => {
          const { correlator } = this.#clock;
          for (const slot of correlator.sessions.slots()) take(this.#clock.factsOf(slot));
        },
      },
      new EventBatch(vocabulary, Buffer.alloc(0)),
    );
    this.#evaluator = new RuleEvaluator(policy, this.engine, vocabulary);
    const rules = policy.rules.map((rule) => ledgerRule(rule, policy));
    this.#ledger = new FiringLedger(
      rules,
      fileOf,
      (rule, batch, row) =>
        rule < rules.length ? this.#evaluator.keyText(rule, batch, row) : peerText(batch, row),
      (row) => sink?.firing(row),
    );
    this.#scripts = this.#bindScripts();
    this.#rules = this.#ledger.tallies;
    this.#stopped = new StoppedEvents(fileOf, (row) => sink?.stopped(row));
  }

  /** Names of the series that are kept at the end: those of the policy, then those of scripts. */
  get persisted(): readonly string[] {
    const own = this.#policy.series.filter(({ persist }) => persist).map(({ name }) => name);
    return [...own, ...(this.#scripts?.audit.persisted ?? [])];
  }

  /** Asked of the event at hand, behind `take`. */
  stateOf(rule: number, batch: EventBatch, row: number): RuleState {
    return this.#evaluator.stateOf(rule, batch, row);
  }

  /** The block or text that a rule counts by, for the event at hand. */
  keyOf(rule: number, batch: EventBatch, row: number): string {
    return this.#evaluator.keyText(rule, batch, row);
  }

  /** The kinds of event that a rule counts. */
  kindsOf(rule: number): ReadonlySet<number> {
    return this.#evaluator.kindsOf(rule);
  }

  get nextDueMs(): number {
    return this.engine.nextBoundaryMs;
  }

  attach(clock: StreamClock): void {
    this.#clock = clock;
  }

  start(nowMs: number): void {
    this.engine.start(nowMs);
    this.#options.onStart?.(this.engine, nowMs);
  }

  advance(untilMs: number): void {
    this.#ledger.advance(untilMs);
    this.engine.shift(untilMs);
  }

  /** Those of ignored peers are not counted. */
  session(slot: number, end: SessionEnd | undefined, nowMs: number): void {
    if (end !== undefined) this.#endScripts(slot, nowMs);
    if (!this.engine.session(this.#clock.factsOf(slot), end === undefined ? 1 : -1)) return;
    const tally = this.tally.sessions;
    tally.openAtEnd += end === undefined ? 1 : -1;
    if (nowMs < this.#fromMs) return;
    if (end === undefined) tally.opened++;
    else tally.ended[end]++;
    // Sessions that were open before the first reported event count from then on.
    const open = tally.openAtEnd + (end === undefined ? 0 : 1);
    if (open > tally.peak) {
      tally.peak = open;
      tally.peakMs = nowMs;
    }
  }

  /** @throws {CheckError} when `maxKeys` is reached */
  take(batch: EventBatch, row: number, nowMs: number): void {
    const kind = batch.kind[row];
    const taken = this.engine.take(batch, row);
    this.#seenKinds[kind] = true;
    if (kind === KIND.transaction) this.#stopped.begin(batch, row);
    const { maxKeys } = this.#options;
    if (maxKeys !== undefined) this.#checkKeys(maxKeys);
    const isReported = nowMs >= this.#fromMs;
    if (taken !== 'counted') {
      const { session, message } = this.#clock.correlator;
      this.#scripts?.pass(batch, row, session, message);
    } else if (!isReported) this.#runScripts(batch, row, false);
    if (!isReported) return;
    if (this.#lastMs === -Infinity) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    if (taken === 'counted') {
      this.#eventsByKind[kind]++;
      if (this.#rules.length > 0 || this.#scripts !== undefined) this.#judge(batch, row);
    } else this.#setAside(taken, batch, row);
  }

  drop(batch: EventBatch, row: number): void {
    this.#sources.addDropped(batch, row);
  }

  /** Closes every window, unless a later run goes on from here, and completes the tally. */
  finish(pauses: boolean): void {
    if (!pauses) {
      this.#ledger.finish();
      this.engine.finish();
    }
    this.#complete();
  }

  /** What a later run of the policy needs, beside what the stream keeps. */
  save(): Pick<ReplayState, 'seenKinds' | 'tally' | 'ledger' | 'stopped' | 'audit'> {
    const { vocabulary } = this.#options;
    const seenKinds = this.#seenKinds.flatMap((seen, kind) => {
      return seen ? [vocabulary.kinds.name(kind)] : [];
    });
    return {
      seenKinds: seenKinds.sort(compareText),
      tally: { ...this.tally, bySource: [] },
      ledger: this.#ledger.save(),
      stopped: this.#stopped.save(vocabulary.nodes),
      audit: this.#clock.nowMs > -Infinity ? this.engine.save() : null,
    };
  }

  restore(state: ReplayState): void {
    const { vocabulary } = this.#options;
    const { kinds } = vocabulary;
    for (const name of state.seenKinds) this.#seenKinds[kinds.id(name)!] = true;
    for (const [name, count] of Object.entries(state.tally.events)) {
      this.#eventsByKind[kinds.id(name)!] = count;
    }
    this.#ledger.restore(state.ledger);
    this.#rules = this.#ledger.tallies;
    this.#stopped.restore(state.stopped, vocabulary.nodes);
    if (state.audit !== null) this.engine.restore(state.audit);
    const { sessions, series, ignored, late, tooLate, firstMs, lastMs } = state.tally;
    Object.assign(this.tally, { ignored, late, tooLate, sessions: structuredClone(sessions) });
    this.tally.series = series.map((known) => ({ ...known }));
    this.#firstMs = firstMs ?? -Infinity;
    this.#lastMs = lastMs ?? -Infinity;
  }

  /** Notes an event that was not counted in the present window. */
  #setAside(taken: Taken, batch: EventBatch, row: number): void {
    const { tally } = this;
    if (taken === 'ignored') tally.ignored++;
    else if (taken === 'late') {
      this.#eventsByKind[batch.kind[row]]++;
      tally.late++;
      this.#sources.addLate(batch);
    } else {
      tally.tooLate++;
      this.#sources.addTooLate(batch);
    }
  }

  /** A rule fires at the event at hand; the first that stops it, in order, is its reason. */
  readonly #onHit = (hit: Hit, batch: EventBatch, row: number): void => {
    this.#ledger.fire(hit, batch, row);
    const { verdict } = this.#policy.rules[hit.rule];
    if (verdict.type === 'reject' || verdict.type === 'disconnect') {
      this.#stoppedBy ??= this.#rules[hit.rule];
    }
  };

  #bindScripts(): ScriptHost | undefined {
    const { scripts: policy, strict = false, fileOf, sink } = this.#options;
    if (policy === undefined) return undefined;
    return new ScriptHost({
      policy,
      engine: this.engine,
      monitors: this.#policy.monitors,
      ledger: this.#ledger,
      onAct: (rule, verdict, batch, row) => {
        this.#ledger.fire({ rule, identity: -1 }, batch, row);
        if (verdict !== 'tarpit') this.#stoppedBy ??= this.#ledger.tallyOf(rule);
      },
      strict,
      fileOf,
      onLogged: (row) => sink?.logged(row),
    });
  }

  #judge(batch: EventBatch, row: number): void {
    this.#stoppedBy = undefined;
    this.#evaluator.evaluate(batch, row, this.#onHit);
    this.#runScripts(batch, row, true);
    if (this.#stoppedBy !== undefined) this.#stopped.add(batch, row, this.#stoppedBy);
  }

  /** Before the span of the report scripts run too: what they add warms the windows. */
  #runScripts(batch: EventBatch, row: number, isReported: boolean): void {
    if (this.#scripts === undefined) return;
    const { session, message } = this.#clock.correlator;
    this.#scripts.judge(batch, row, session, message, isReported);
    // A series that a script has just begun may have the next boundary.
    this.#clock.hasten(this.engine.nextBoundaryMs);
  }

  /** A script that runs then may begin to count sessions or a series. */
  #endScripts(slot: number, nowMs: number): void {
    if (this.#scripts === undefined) return;
    this.#scripts.end(slot, this.#clock.factsOf(slot), nowMs, nowMs >= this.#fromMs);
    this.#clock.hasten(this.engine.nextBoundaryMs);
  }

  /** Brings the tally up to date with what others count. */
  #complete(): void {
    const { tally } = this;
    tally.sessions.unopened = this.#clock.correlator.unopened;
    this.#ledger.countKeys();
    tally.rules = this.#ledger.tallies;
    const { kinds } = this.#options.vocabulary;
    const counts = Array.from(this.#eventsByKind.subarray(0, kinds.size), (count, kind) => {
      return [kinds.name(kind), count] as const;
    }).filter(([, count]) => count > 0);
    counts.sort(([a], [b]) => compareText(a, b));
    tally.events = Object.fromEntries(counts);
    tally.notes = this.engine.feeds
      .filter((feed) => !feed.isMetric)
      .map(({ name, wrongFamily, withoutKey, withoutAmount, negative }) => {
        return { series: name, wrongFamily, withoutKey, withoutAmount, negative };
      })
      .filter(
        (note) => note.negative || note.wrongFamily + note.withoutKey + note.withoutAmount > 0,
      );
    if (this.#lastMs > -Infinity) {
      tally.firstMs = this.#firstMs;
      tally.lastMs = this.#lastMs;
    }
    tally.bySource = this.#sources.tallies;
    tally.unfed = this.#unfedRules();
    tally.scripts = this.#scripts?.tally;
  }

  #unfedRules(): UnfedRule[] {
    const { kinds } = this.#options.vocabulary;
    return this.#policy.rules.flatMap(({ name }, index) => {
      const counted = [...this.#evaluator.kindsOf(index)];
      if (counted.some((kind) => this.#seenKinds[kind])) return [];
      return [{ rule: name, kinds: counted.map((kind) => kinds.name(kind)) }];
    });
  }

  #checkKeys(maxKeys: number): void {
    if (this.engine.size <= maxKeys) return;
    throw new CheckError(`more than ${maxKeys} keys in memory (--max-keys)`);
  }

  #windowClosed(window: ClosedWindow): void {
    const { series, monitor, windowStartMs, total, keys, top } = window;
    const firings = this.#ledger.takeFirings(series, monitor, windowStartMs);
    if (!this.#isReported(windowStartMs, monitor.intervalMs)) return;
    const [first] = top;
    const topKey = first?.key ?? '';
    const topCount = first?.count ?? 0;
    const row = { series, monitor, windowStartMs, total, keys, topKey, topCount, firings };
    this.#sum(row);
    this.#options.sink?.window(row, top.slice(0, this.#options.top ?? DEFAULT_TOP));
  }

  #sum(row: WindowRow): void {
    const { series, monitor, total } = row;
    const all = this.tally.series;
    const known = all.find((tally) => {
      const { intervalMs, windows } = tally.monitor;
      return (
        tally.series === series && intervalMs === monitor.intervalMs && windows === monitor.windows
      );
    });
    if (known === undefined) all.push({ series, monitor, total, windows: 1, busiest: row });
    else {
      known.total += total;
      known.windows++;
      if (total > known.busiest.total) known.busiest = row;
    }
  }

  #isReported(windowStartMs: number, intervalMs: number): boolean {
    return windowStartMs + intervalMs > this.#fromMs && windowStartMs < this.#toMs;
  }
}

function ledgerRule(
  rule: Rule,
  policy: RulePolicy,
): ConstructorParameters<typeof FiringLedger>[0][number] {
  return {
    name: rule.name,
    verdict: rule.verdict.type,
    monitor: monitorOf(rule, policy),
    counted: countedName(rule),
    prefix: rule.per.type === 'prefix' ? rule.per.prefix : undefined,
  };
}

function emptyTally(): Tally {
  return {
    firstMs: undefined,
    lastMs: undefined,
    events: {},
    ignored: 0,
    late: 0,
    tooLate: 0,
    sessions: {
      opened: 0,
      ended: { logged: 0, replaced: 0, restart: 0, timeout: 0 },
      unopened: 0,
      openAtEnd: 0,
      peak: 0,
      peakMs: undefined,
    },
    rules: [],
    notes: [],
    unfed: [],
    series: [],
    scripts: undefined,
    bySource: [],
  };
}
