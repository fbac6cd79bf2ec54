import type { SessionEnd } from '../correlate/session-table.ts';
import { AuditEngine, type Taken } from '../engine/audit-engine.ts';
import { ADDRESS, parseNetwork, type Prefix } from '../model/address.ts';
import { CheckError } from '../model/errors.ts';
import { EventBatch } from '../model/event-batch.ts';
import { PHASE } from '../model/event.ts';
import { DEFAULT_MONITOR } from '../model/monitor.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { WindowShift } from '../model/window-grid.ts';
import { auditPlan } from '../policy/audit-plan.ts';
import { evaluatorOf, type RunCoverage } from '../policy/rule-coverage.ts';
import type { Hit, RuleEvaluator, RuleState } from '../policy/rule-evaluator.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import type { ScriptPolicy, ScriptVerdict } from '../policy/script-policy.ts';
import type { Labels } from './collateral.ts';
import type { StreamClock, StreamTaker } from './event-stream.ts';
import type { OneFiring } from './firing-ledger.ts';
import type { ReplayState } from './replay-state.ts';
import type { NodeSink } from './node-reports.ts';
import { RunReport } from './run-report.ts';
import { ScriptHost } from './script-host.ts';
import { NOBODY, TakenTraffic } from './taken-traffic.ts';
import type { ReplaySink, Tally } from './tally.ts';

/** Whom a policy ignores unless it says otherwise. */
export const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((text) => parseNetwork(text)!);

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
  /** Where the rows of each node go, beside those of all; undefined: nodes are not told apart. */
  readonly nodeSink?: ((node: string) => NodeSink) | undefined;
  /** Whether what rules take is counted, and who is labelled; undefined: it is not. */
  readonly collateral?: { readonly labels: Labels | undefined } | undefined;
  /** Undefined: windows begin at multiples of their interval. */
  readonly shift?: WindowShift | undefined;
  /** Told of each firing that is reported, as it happens. */
  readonly onFiring?: ((firing: OneFiring) => void) | undefined;
  /** Marks which branches of the policy are reached; undefined: nobody asks. */
  readonly coverage?: RunCoverage | undefined;
  /** Told when the first event of all is about to happen: the windows stand at its time, empty. */
  readonly onStart?: ((engine: AuditEngine, nowMs: number) => void) | undefined;
}

/** What became of the event at hand. */
export interface Judgement {
  /** Whether the policy counts it, late ones included; else it neither judges nor takes it. */
  isCounted: boolean;
  /** The rule that took it, now or with its session or message; `NOBODY`: none. */
  takenBy: number;
  /** What has the greatest effect: of verdicts that refuse the first in order, else tarpit, else tag. */
  verdict: JudgedVerdict;
  /** The rule that gave the verdict; `NOBODY`: there is none. */
  rule: number;
}

export type JudgedVerdict = ScriptVerdict | 'tag' | 'none';

/** Of verdicts on one event the one with the greatest effect counts, of equal ones the first. */
const EFFECT: Readonly<Record<JudgedVerdict, number>> = {
  none: 0,
  tag: 1,
  tarpit: 2,
  reject: 3,
  disconnect: 3,
  discard: 3,
};

/**
 * One policy at work on a stream of events: the audit engine counts, and every event is judged by
 * the policy's rules and scripts. Observe mode: verdicts are recorded and change nothing.
 */
export class PolicyRun implements StreamTaker {
  readonly engine: AuditEngine;
  readonly #options: PolicyRunOptions;
  readonly #policy: RulePolicy;
  readonly #evaluator: RuleEvaluator;
  readonly #report: RunReport;
  readonly #scripts: ScriptHost | undefined;
  #clock!: StreamClock;
  /** The rule that refuses the event at hand. */
  #refusedBy = NOBODY;
  readonly #judged: Judgement = {
    isCounted: false,
    takenBy: NOBODY,
    verdict: 'none',
    rule: NOBODY,
  };
  /** Undefined where nobody asks what rules take. */
  readonly #taken: TakenTraffic | undefined;

  constructor(options: PolicyRunOptions) {
    this.#options = options;
    const policy = (this.#policy = options.policy ?? BARE_POLICY);
    const { vocabulary, fromMs, toMs, top, fileOf, sink, collateral } = options;
    const report = (this.#report = new RunReport({
      vocabulary,
      policy,
      fromMs,
      toMs,
      top,
      fileOf,
      sink,
      nodeSink: options.nodeSink,
      shift: options.shift,
      onFiring: options.onFiring,
      collateral,
      keyText: (rule, batch, row) => this.#evaluator.keyText(rule, batch, row),
    }));
    this.engine = new AuditEngine(
      {
        ...auditPlan(policy, vocabulary),
        top: report.topKeys,
        sink: report.auditSink,
        byNode: options.nodeSink !== undefined,
        clampNegative: options.clampNegative,
        shift: options.shift,
        eachOpenSession: (take) => {
          for (const slot of this.#clock.slotsOf(this)) take(this.#clock.factsOf(slot));
        },
      },
      new EventBatch(vocabulary, Buffer.alloc(0)),
    );
    this.#evaluator = evaluatorOf(options.coverage?.rules, policy, this.engine, vocabulary);
    this.#scripts = this.#bindScripts();
    this.#taken = collateral && new TakenTraffic();
  }

  get tally(): Tally {
    return this.#report.tally;
  }

  /** What became of the event taken last; one object, changed per event. Without `collateral` nobody takes. */
  get judged(): Readonly<Judgement> {
    return this.#judged;
  }

  /** A rule's name, and the blocks that it counts by; addresses where it counts by a text. */
  ruleOf(rule: number): { readonly name: string; readonly prefix: Prefix } {
    const { name, prefix = ADDRESS } = this.#report.ledger.ruleOf(rule);
    return { name, prefix };
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
    this.#scripts?.attach(clock);
  }

  start(nowMs: number): void {
    this.engine.start(nowMs);
    this.#options.onStart?.(this.engine, nowMs);
  }

  advance(untilMs: number): void {
    this.#report.advance(untilMs);
    this.engine.shift(untilMs);
  }

  /** Those of ignored peers are not counted. */
  session(slot: number, end: SessionEnd | undefined, nowMs: number): void {
    if (end === undefined) this.#taken?.opened(slot);
    else this.#scripts?.end(slot, nowMs);
    const facts = this.#clock.factsOf(slot);
    if (!this.engine.session(facts, end === undefined ? 1 : -1, nowMs)) return;
    this.#report.session(end, facts.node, nowMs);
  }

  /** @throws {CheckError} when `maxKeys` is reached */
  take(batch: EventBatch, row: number, nowMs: number): void {
    const report = this.#report;
    const taken = this.engine.take(batch, row);
    if (this.#taken !== undefined) this.#begin(this.#taken, taken, batch, row);
    report.see(batch, row);
    const { maxKeys } = this.#options;
    if (maxKeys !== undefined) refuseKeys(this.engine.size, maxKeys);
    const isReported = report.isReported(nowMs);
    if (taken !== 'counted') {
      this.#scripts?.pass(batch, row);
    } else if (!isReported) this.#scripts?.judge(batch, row);
    if (!isReported) return;
    if (taken === 'counted') {
      report.count(batch, row, nowMs);
      if (this.#policy.rules.length > 0 || this.#scripts !== undefined) this.#judge(batch, row);
    } else report.setAside(taken, batch, row, nowMs);
    const { collateral } = report;
    if (collateral === undefined || !this.#judged.isCounted) return;
    collateral.count(this.#judged.takenBy, batch, row);
  }

  /** Of an event that was just counted: who has taken it before, and that nobody has judged it. */
  #begin(traffic: TakenTraffic, taken: Taken, batch: EventBatch, row: number): void {
    const judged = this.#judged;
    judged.verdict = 'none';
    judged.rule = NOBODY;
    judged.isCounted = taken === 'counted' || taken === 'late';
    const owner = traffic.ownerOf(batch, row, this.#clock.correlator);
    judged.takenBy = judged.isCounted ? owner : NOBODY;
  }

  drop(batch: EventBatch, row: number): void {
    this.#report.drop(batch, row);
  }

  /** Closes every window, unless a later run goes on from here, and completes the tally. */
  finish(pauses: boolean): void {
    const report = this.#report;
    if (!pauses) {
      report.finish();
      this.engine.finish();
    }
    report.complete(this.engine, this.#evaluator, this.#clock.correlator.unopened);
    report.tally.scripts = this.#scripts?.tally;
  }

  /** What a later run of the policy needs, beside what the stream keeps. */
  save(): Pick<ReplayState, 'seenKinds' | 'tally' | 'ledger' | 'stopped' | 'audit'> {
    const audit = this.#clock.nowMs > -Infinity ? this.engine.save() : null;
    return { ...this.#report.save(), audit };
  }

  restore(state: ReplayState): void {
    this.#report.restore(state);
    if (state.audit !== null) this.engine.restore(state.audit);
  }

  /** A rule fires at the event at hand. */
  readonly #onHit = (hit: Hit, batch: EventBatch, row: number): void => {
    this.#report.fire(hit, batch, row);
    this.#act(hit.rule, this.#policy.rules[hit.rule].verdict.type, batch, row);
  };

  /** A verdict on the event at hand; of those that refuse it the first in order counts. */
  #act(rule: number, verdict: ScriptVerdict | 'tag', batch: EventBatch, row: number): void {
    const judged = this.#judged;
    const refuses = verdict !== 'tag' && verdict !== 'tarpit';
    if (refuses) {
      // An event without a phase has no answer that could refuse it.
      if (batch.phase[row] === PHASE.none) return;
      this.#report.overlap.add(rule);
      if (this.#refusedBy !== NOBODY) return;
      this.#refusedBy = rule;
    } else if (this.#refusedBy !== NOBODY || EFFECT[verdict] <= EFFECT[judged.verdict]) return;
    judged.verdict = verdict;
    judged.rule = rule;
  }

  #bindScripts(): ScriptHost | undefined {
    const { scripts: policy, strict = false, fileOf, sink } = this.#options;
    if (policy === undefined) return undefined;
    return new ScriptHost({
      policy,
      engine: this.engine,
      monitors: this.#policy.monitors,
      report: this.#report,
      onAct: (rule, verdict) => {
        const { batch, row } = this.engine.subject;
        this.#act(rule, verdict, batch, row);
      },
      strict,
      fileOf,
      coverage: this.#options.coverage?.scripts,
      onLogged: (row) => sink?.logged(row),
    });
  }

  #judge(batch: EventBatch, row: number): void {
    this.#refusedBy = NOBODY;
    this.#evaluator.evaluate(batch, row, this.#onHit);
    this.#scripts?.judge(batch, row);
    const rule = this.#refusedBy;
    if (rule === NOBODY) return;
    this.#report.stop(rule, batch, row);
    const judged = this.#judged;
    if (this.#taken === undefined || judged.takenBy !== NOBODY) return;
    judged.takenBy = rule;
    const { correlator } = this.#clock;
    if (judged.verdict === 'discard') this.#taken.discard(rule, batch, row, correlator);
    else this.#taken.take(rule, judged.verdict === 'disconnect', batch, row, correlator);
  }
}

/** @throws {CheckError} when more keys are in memory than the user allows */
export function refuseKeys(size: number, maxKeys: number): void {
  if (size <= maxKeys) return;
  throw new CheckError(`more than ${maxKeys} keys in memory (--max-keys)`);
}
