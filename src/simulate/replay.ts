import type { EventSource } from '../clock/event-source.ts';
import { Merge } from '../clock/merge.ts';
import { Correlator, DEFAULT_SESSION_TIMEOUT_MS } from '../correlate/correlator.ts';
import type { SessionEnd } from '../correlate/session-table.ts';
import { AuditEngine, type Taken } from '../engine/audit-engine.ts';
import type { ClosedWindow } from '../engine/port.ts';
import type { SessionFacts } from '../engine/session-gauge.ts';
import { NetworkSet, parseNetwork } from '../model/address.ts';
import { CheckError } from '../model/errors.ts';
import { EventBatch } from '../model/event-batch.ts';
import { KIND, TEXT, type Needs } from '../model/event.ts';
import { peerText } from '../model/field-value.ts';
import { DEFAULT_MONITOR } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import {
  countedName,
  monitorOf,
  RuleEvaluator,
  seriesPlans,
  type Hit,
} from '../policy/rule-evaluator.ts';
import type { Rule, RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy } from '../policy/script-policy.ts';
import { FiringLedger } from './firing-ledger.ts';
import { HeldEvents, saveEvent, type HeldEvent } from './held-events.ts';
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

export interface ReplayOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Undefined: `BARE_POLICY`. */
  readonly policy?: RulePolicy | undefined;
  /** Scripts that judge, beside what `policy` counts. */
  readonly scripts?: ScriptPolicy | undefined;
  /** Whether a place of a script that is not simulated ends the run with a `UserError`. */
  readonly strict?: boolean | undefined;
  /** Half open; events before `fromMs` warm the windows and are not reported. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly sessionTimeoutMs?: number | undefined;
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
  /** Where an earlier replay of the same policy stands: this one goes on from there. */
  readonly state?: ReplayState | undefined;
  /**
   * Whether a later replay is to go on from here: windows that are open stay open, and events that
   * its files may precede are held back.
   */
  readonly pauses?: boolean | undefined;
  /** Whether `ReplayResult.state` is wanted, also of a replay that has closed its windows. */
  readonly keepsState?: boolean | undefined;
}

export interface ReplayResult {
  readonly tally: Tally;
  /** What a named series of the policy holds at the end; made when asked. */
  readonly snapshot: (series: string) => SeriesSnapshot;
  /** Names of the series that are kept at the end: those of the policy, then those of scripts. */
  readonly persisted: readonly string[];
  /** Where the replay stands, for the next one or for questions; undefined unless wanted. */
  readonly state: ReplayState | undefined;
}

/**
 * Streams dated inputs through the simulated clock into the audit engine and judges every event by
 * the policy's rules. Observe mode: verdicts are recorded and change nothing.
 *
 * @throws {CheckError} when `maxKeys` is reached
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const run = new ReplayRun(options);
  await run.advance(Infinity);
  return run.finish();
}

/** A replay that can stand still at any moment of the simulated clock. */
export class ReplayRun {
  readonly #options: ReplayOptions;
  readonly #policy: RulePolicy;
  readonly #engine: AuditEngine;
  readonly #correlator: Correlator;
  readonly #evaluator: RuleEvaluator;
  readonly #ledger: FiringLedger;
  readonly #stopped: StoppedEvents;
  readonly #scripts: ScriptHost | undefined;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #sessionTimeoutMs: number;
  /** By number of the kind: all that a vocabulary can have. */
  readonly #eventsByKind = new Float64Array(0x1_0000);
  /** Kinds of all events, those before `fromMs` included. */
  readonly #seenKinds: boolean[] = [];
  readonly #tally: Tally;
  readonly #sources = new SourceTallies();
  readonly #merge: Merge;
  /** The session at hand; one object, changed per session. */
  readonly #facts = {
    family: 0,
    words: new Int32Array(4),
    at: 0,
    node: 0,
    service: 0,
    listener: 0,
  };
  #rules: readonly RuleTally[];
  /** Nothing is due before this: no window begins, no session times out. */
  #dueMs = -Infinity;
  #nowMs = -Infinity;
  #ended = false;
  /** Clock at the first and last reported event. */
  #firstMs = -Infinity;
  #lastMs = -Infinity;
  #stoppedBy: RuleTally | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const policy = (this.#policy = options.policy ?? BARE_POLICY);
    const { vocabulary, needs, sink, fileOf, top = DEFAULT_TOP } = options;
    this.#fromMs = options.fromMs ?? -Infinity;
    this.#toMs = options.toMs ?? Infinity;
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
    this.#engine = new AuditEngine(
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
          for (const slot of this.#correlator.sessions.slots()) take(this.#factsOf(slot));
        },
      },
      new EventBatch(vocabulary, Buffer.alloc(0)),
    );
    this.#evaluator = new RuleEvaluator(policy, this.#engine, vocabulary);
    this.#correlator = new Correlator({
      needs,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      onSession: (slot, end) => this.#session(slot, end),
    });
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
    this.#tally = emptyTally();
    const { state, pauses } = options;
    const sources: EventSource[] = [...options.sources];
    if (state !== undefined) {
      this.#restore(state);
      sources.push(new HeldEvents(state.held, vocabulary, options.sources.length));
    }
    const floorMs = state?.clockMs ?? -Infinity;
    this.#merge = new Merge(sources, { floorMs, holds: pauses ?? false });
  }

  /** The audit engine; whoever changes its counts changes what the rest of the replay finds. */
  get engine(): AuditEngine {
    return this.#engine;
  }

  /** The moment that the windows stand at, milliseconds UTC; -Infinity before the first event. */
  get clockMs(): number {
    return this.#nowMs;
  }

  /**
   * Lets all events before `untilMs` happen and moves the windows there, if the clock stands earlier.
   * Infinity: to the end of the inputs, where the clock stays at the last event.
   *
   * @throws {CheckError} when `maxKeys` is reached
   */
  async advance(untilMs: number): Promise<void> {
    if (!this.#ended) await this.#merge.run(this.#handle, untilMs);
    if (untilMs === Infinity || untilMs <= this.#nowMs) return;
    this.#advance(untilMs);
    this.#nowMs = untilMs;
  }

  readonly #handle = (batch: EventBatch, from: number, to: number): boolean => {
    const { release, kind } = batch;
    const correlator = this.#correlator;
    const engine = this.#engine;
    const toMs = this.#toMs;
    const fromMs = this.#fromMs;
    const { maxKeys } = this.#options;
    const eventsByKind = this.#eventsByKind;
    const judges = this.#rules.length > 0 || this.#scripts !== undefined;
    for (let row = from; row < to; row++) {
      const nowMs = release[row];
      if (nowMs >= toMs) {
        this.#ended = true;
        return false;
      }
      if (!correlator.admits(batch, row)) {
        this.#sources.addDropped(batch, row);
        continue;
      }
      if (nowMs >= this.#dueMs) this.#advance(nowMs);
      this.#nowMs = nowMs;
      correlator.take(batch, row);
      const taken = engine.take(batch, row);
      this.#seenKinds[kind[row]] = true;
      if (kind[row] === KIND.transaction) this.#stopped.begin(batch, row);
      if (maxKeys !== undefined) this.#checkKeys(maxKeys);
      if (taken !== 'counted') {
        this.#scripts?.pass(batch, row, correlator.session, correlator.message);
      } else if (nowMs < fromMs) this.#runScripts(batch, row, false);
      if (nowMs < fromMs) continue;
      if (this.#lastMs === -Infinity) this.#firstMs = nowMs;
      this.#lastMs = nowMs;
      if (taken === 'counted') {
        eventsByKind[kind[row]]++;
        if (judges) this.#judge(batch, row);
      } else this.#setAside(taken, batch, row);
    }
    return true;
  };

  /** Notes an event that was not counted in the present window. */
  #setAside(taken: Taken, batch: EventBatch, row: number): void {
    const tally = this.#tally;
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
      engine: this.#engine,
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

  finish(): ReplayResult {
    const engine = this.#engine;
    const { pauses } = this.#options;
    if (pauses !== true) {
      this.#ledger.finish();
      engine.finish();
    }
    this.#complete();
    const state = this.#options.keepsState === true ? this.#save() : undefined;
    const own = this.#policy.series.filter(({ persist }) => persist).map(({ name }) => name);
    const persisted = [...own, ...(this.#scripts?.audit.persisted ?? [])];
    return {
      tally: this.#tally,
      snapshot: (series) => engine.snapshot(series),
      persisted,
      state,
    };
  }

  /** Brings the tally up to date with what others count. */
  #complete(): void {
    const tally = this.#tally;
    tally.sessions.unopened = this.#correlator.unopened;
    this.#ledger.countKeys();
    tally.rules = this.#ledger.tallies;
    const { kinds } = this.#options.vocabulary;
    const counts = Array.from(this.#eventsByKind.subarray(0, kinds.size), (count, kind) => {
      return [kinds.name(kind), count] as const;
    }).filter(([, count]) => count > 0);
    counts.sort(([a], [b]) => compareText(a, b));
    tally.events = Object.fromEntries(counts);
    tally.notes = this.#engine.feeds
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

  #save(): ReplayState {
    const { vocabulary, fileOf } = this.#options;
    const held: HeldEvent[] = [];
    this.#merge.takeHeld((batch, row) => {
      const file = batch.text(row, TEXT.file) || fileOf(batch.source);
      held.push(saveEvent(batch, row, file));
    });
    const started = this.#nowMs > -Infinity;
    const seenKinds = this.#seenKinds.flatMap((seen, kind) => {
      return seen ? [vocabulary.kinds.name(kind)] : [];
    });
    return {
      clockMs: started ? this.#nowMs : null,
      seenKinds: seenKinds.sort(compareText),
      tally: { ...this.#tally, bySource: [] },
      ledger: this.#ledger.save(),
      stopped: this.#stopped.save(vocabulary.nodes),
      correlator: this.#correlator.save(vocabulary),
      audit: started ? this.#engine.save() : null,
      held,
    };
  }

  #restore(state: ReplayState): void {
    const { vocabulary } = this.#options;
    const { kinds } = vocabulary;
    for (const name of state.seenKinds) this.#seenKinds[kinds.id(name)!] = true;
    for (const [name, count] of Object.entries(state.tally.events)) {
      this.#eventsByKind[kinds.id(name)!] = count;
    }
    this.#ledger.restore(state.ledger);
    this.#rules = this.#ledger.tallies;
    this.#stopped.restore(state.stopped, vocabulary.nodes);
    this.#correlator.restore(state.correlator, vocabulary);
    if (state.audit !== null) this.#engine.restore(state.audit);
    const { sessions, series, ignored, late, tooLate, firstMs, lastMs } = state.tally;
    Object.assign(this.#tally, { ignored, late, tooLate, sessions: structuredClone(sessions) });
    this.#tally.series = series.map((known) => ({ ...known }));
    this.#firstMs = firstMs ?? -Infinity;
    this.#lastMs = lastMs ?? -Infinity;
    if (state.clockMs === null) return;
    this.#nowMs = state.clockMs;
    this.#dueMs = state.clockMs;
  }

  #unfedRules(): UnfedRule[] {
    const { kinds } = this.#options.vocabulary;
    return this.#policy.rules.flatMap(({ name }, index) => {
      const counted = [...this.#evaluator.kindsOf(index)];
      if (counted.some((kind) => this.#seenKinds[kind])) return [];
      return [{ rule: name, kinds: counted.map((kind) => kinds.name(kind)) }];
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
    const { session, message } = this.#correlator;
    this.#scripts.judge(batch, row, session, message, isReported);
    // A series that a script has just begun may have the next boundary.
    this.#dueMs = Math.min(this.#dueMs, this.#engine.nextBoundaryMs);
  }

  /** Lets everything happen that is due before the events of `nowMs`: windows first, then sessions. */
  #advance(nowMs: number): void {
    const engine = this.#engine;
    if (this.#dueMs === -Infinity) {
      engine.start(nowMs);
      this.#options.onStart?.(engine, nowMs);
    }
    for (;;) {
      const boundaryMs = engine.nextBoundaryMs;
      const timeoutMs = this.#correlator.nextTimeoutMs;
      if (boundaryMs <= timeoutMs && boundaryMs <= nowMs) {
        const until = Math.min(nowMs, timeoutMs);
        this.#ledger.advance(until);
        engine.shift(until);
      } else if (timeoutMs <= nowMs) {
        this.#nowMs = timeoutMs;
        this.#correlator.expire();
      } else break;
    }
    // A session that opens from now on times out later than one that was active just now.
    const timeoutMs = Math.min(this.#correlator.nextTimeoutMs, nowMs + this.#sessionTimeoutMs);
    this.#dueMs = Math.min(engine.nextBoundaryMs, timeoutMs);
  }

  #checkKeys(maxKeys: number): void {
    if (this.#engine.size <= maxKeys) return;
    throw new CheckError(`more than ${maxKeys} keys in memory (--max-keys)`);
  }

  /** A session opened (`end` undefined) or ended; those of ignored peers are not counted. */
  #session(slot: number, end: SessionEnd | undefined): void {
    if (end !== undefined) this.#endScripts(slot);
    if (!this.#engine.session(this.#factsOf(slot), end === undefined ? 1 : -1)) return;
    const tally = this.#tally.sessions;
    tally.openAtEnd += end === undefined ? 1 : -1;
    if (this.#nowMs < this.#fromMs) return;
    if (end === undefined) tally.opened++;
    else tally.ended[end]++;
    // Sessions that were open before the first reported event count from then on.
    const open = tally.openAtEnd + (end === undefined ? 0 : 1);
    if (open > tally.peak) {
      tally.peak = open;
      tally.peakMs = this.#nowMs;
    }
  }

  /** A script that runs then may begin to count sessions or a series. */
  #endScripts(slot: number): void {
    if (this.#scripts === undefined) return;
    this.#scripts.end(slot, this.#factsOf(slot), this.#nowMs, this.#nowMs >= this.#fromMs);
    this.#dueMs = Math.min(this.#dueMs, this.#engine.nextBoundaryMs);
  }

  #factsOf(slot: number): SessionFacts {
    const { sessions } = this.#correlator;
    const facts = this.#facts;
    facts.family = sessions.family[slot];
    facts.words = sessions.words;
    facts.at = slot * 4;
    facts.node = sessions.node[slot];
    facts.service = sessions.service[slot];
    facts.listener = sessions.listener[slot];
    return facts;
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
    const all = this.#tally.series;
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
