import type { SessionEnd } from '../../correlate/session-table.ts';
import { AuditEngine, type Taken } from '../../engine/audit-engine.ts';
import type { AuditSink } from '../../engine/port.ts';
import type { SessionFacts } from '../../engine/session-gauge.ts';
import { EventBatch } from '../../model/event-batch.ts';
import { KIND, PHASE } from '../../model/event.ts';
import { auditPlan } from '../../policy/audit-plan.ts';
import { evaluatorOf } from '../../policy/rule-coverage.ts';
import type { Hit, RuleEvaluator } from '../../policy/rule-evaluator.ts';
import { isRefusal, type RulePolicy } from '../../policy/rule-policy.ts';
import type { ScriptEffect, ScriptVerdict } from '../../policy/script-policy.ts';
import { Blocks } from './blocks.ts';
import { EnforcedWindows, type Reading } from './enforced-windows.ts';
import type { StreamClock, StreamTaker } from '../event-stream.ts';
import { HeldSessions } from './held-sessions.ts';
import { MadeRejection } from './made-rejection.ts';
import { refuseKeys, type PolicyRunOptions } from '../policy-run.ts';
import { BLOCKED, delayOf, replyOf, replyOfScript, type Reply } from './reply.ts';
import { Retries } from './retries.ts';
import { RunReport } from '../run-report.ts';
import { ScriptHost } from '../script-host.ts';
import { NOBODY, TakenTraffic } from '../taken-traffic.ts';
import type { ClosedTotals, EnforcedTally, ReplaySink, Tally } from '../tally.ts';

export interface EnforcedRunOptions extends Omit<PolicyRunOptions, 'policy'> {
  readonly policy: RulePolicy;
  /** After how long a client comes back that was refused with 4xx; undefined: it does not. */
  readonly retryMs: number | undefined;
}

/** One policy in force on a stream: what it refuses no longer happens (semantics, section 6). */
export class EnforcedRun implements StreamTaker {
  /** Counts what is attempted; the report shows it. */
  readonly engine: AuditEngine;
  readonly returning: Retries | undefined;
  readonly #accepted: AuditEngine;
  readonly #options: EnforcedRunOptions;
  readonly #policy: RulePolicy;
  readonly #evaluator: RuleEvaluator;
  readonly #report: RunReport;
  readonly #windows: EnforcedWindows;
  readonly #taken = new TakenTraffic();
  readonly #blocks: Blocks;
  readonly #rejection: MadeRejection;
  readonly #held = new HeldSessions();
  /** By slot: whether a session is open and counted, and how long a tarpit delays its end. */
  readonly #isOpen: boolean[] = [];
  readonly #delayMs: number[] = [];
  /** Events that no rule refused, by number of the kind. */
  readonly #acceptedByKind: number[] = [];
  readonly #blockedByRule: number[];
  #tarpitted = 0;
  #tarpitMs = 0;
  #clock!: StreamClock;
  readonly #scripts: ScriptHost | undefined;
  /** The first rule in order that refuses the event at hand, and what it answers. */
  #refusedBy = NOBODY;
  #reply: Reply = BLOCKED;

  constructor(options: EnforcedRunOptions) {
    this.#options = options;
    const { policy, vocabulary, retryMs, fileOf } = options;
    const { fromMs, toMs, top, sink, collateral } = options;
    this.#policy = policy;
    const report = (this.#report = new RunReport({
      vocabulary,
      policy,
      fromMs,
      toMs,
      top,
      fileOf,
      sink: sink && this.#watched(sink),
      onFiring: options.onFiring,
      collateral,
      keyText: (rule, batch, row) => this.#evaluator.keyText(rule, batch, row),
    }));
    this.engine = this.#newEngine(report.auditSink, report.topKeys);
    this.#accepted = this.#newEngine(
      {
        windowClosed: ({ series, monitor, windowStartMs, total }) => {
          if (!report.covers(windowStartMs, monitor.intervalMs)) return;
          this.closed('accepted', { series, monitor, windowStartMs, total });
        },
        journal: () => undefined,
      },
      1,
    );
    this.#evaluator = evaluatorOf(
      options.coverage?.rules,
      policy,
      this.engine,
      vocabulary,
      this.#accepted,
    );
    this.#scripts = this.#bindScripts();
    this.#windows = new EnforcedWindows(
      { attempts: this.engine.feeds, accepted: this.#accepted.feeds },
      (row) => sink?.enforced(row),
    );
    this.#blocks = new Blocks(policy.rules);
    this.#rejection = new MadeRejection(vocabulary);
    this.#blockedByRule = policy.rules.map(() => 0);
    this.returning = retryMs === undefined ? undefined : new Retries(retryMs, vocabulary, fileOf);
  }

  get tally(): Tally {
    return this.#report.tally;
  }

  get persisted(): readonly string[] {
    const own = this.#policy.series.filter(({ persist }) => persist).map(({ name }) => name);
    return [...own, ...(this.#scripts?.audit.persisted ?? [])];
  }

  get nextDueMs(): number {
    return Math.min(this.engine.nextBoundaryMs, this.#accepted.nextBoundaryMs, this.#held.nextMs);
  }

  attach(clock: StreamClock): void {
    this.#clock = clock;
    this.#scripts?.attach(clock);
  }

  start(nowMs: number): void {
    this.engine.start(nowMs);
    this.#accepted.start(nowMs);
    this.#options.onStart?.(this.engine, nowMs);
  }

  /** Windows first, then the sessions that a tarpit has held. */
  advance(untilMs: number): void {
    for (;;) {
      const boundaryMs = Math.min(this.engine.nextBoundaryMs, this.#accepted.nextBoundaryMs);
      const heldMs = this.#held.nextMs;
      if (boundaryMs <= heldMs && boundaryMs <= untilMs) this.#shift(Math.min(untilMs, heldMs));
      else if (heldMs <= untilMs) {
        const held = this.#held.release();
        this.#end(held, held.end, heldMs);
      } else break;
    }
    this.#windows.flush(untilMs);
  }

  /** A window of any reading has closed: a part of a row of enforce.csv. */
  closed(reading: Reading, { series, monitor, windowStartMs, total }: ClosedTotals): void {
    this.#windows.add(reading, series, monitor, windowStartMs, total);
  }

  session(slot: number, end: SessionEnd | undefined, nowMs: number): void {
    const facts = this.#clock.factsOf(slot);
    if (end === undefined) {
      this.#taken.opened(slot);
      this.returning?.opened(slot);
      this.#delayMs[slot] = 0;
      this.#isOpen[slot] = this.engine.session(facts, 1, nowMs);
      this.#accepted.session(facts, 1, nowMs);
      if (this.#isOpen[slot]) this.#report.session(undefined, nowMs);
    } else {
      this.#scripts?.end(slot, nowMs);
      if (this.#isOpen[slot]) this.#close(slot, end, nowMs);
    }
  }

  /** @throws {CheckError} when `maxKeys` is reached */
  take(batch: EventBatch, row: number, nowMs: number): void {
    const report = this.#report;
    const { correlator } = this.#clock;
    report.see(batch, row);
    const owner = this.#taken.ownerOf(batch, row, correlator);
    const isReported = report.isReported(nowMs);
    if (owner !== NOBODY) {
      report.reach(nowMs);
      this.#scripts?.stand(batch, row);
      report.collateral?.count(owner, batch, row);
      this.returning?.gone(batch, row, correlator);
      this.#clock.hasten(this.returning?.nextMs ?? Infinity);
      return;
    }
    if (batch.kind[row] === KIND.transaction || correlator.begins) {
      this.returning?.began(correlator.queued);
    }
    const taken = this.engine.take(batch, row);
    const { maxKeys } = this.#options;
    if (maxKeys !== undefined) refuseKeys(this.engine.size + this.#accepted.size, maxKeys);
    if (taken === 'counted' && isReported) {
      this.#judge(batch, row, nowMs);
      return;
    }
    const accepted = this.#accepted.take(batch, row);
    if (taken === 'counted') this.#scripts?.judge(batch, row);
    else this.#scripts?.pass(batch, row);
    if (!isReported || taken === 'counted') return;
    const aside = taken === 'ignored' ? taken : this.#lateness(taken, accepted);
    report.setAside(aside, batch, row, nowMs);
    if (aside !== 'late') return;
    this.#accept(batch, row);
    report.collateral?.count(NOBODY, batch, row);
  }

  drop(batch: EventBatch, row: number): void {
    this.#report.drop(batch, row);
  }

  /**
   * Closes every window and completes the tally.
   *
   * @param observed what a run that only observed has found, for who wants to see both
   */
  finish(observed: Tally = this.tally): void {
    const report = this.#report;
    report.ledger.finish();
    this.engine.finish();
    this.#accepted.finish();
    this.#windows.flush(Infinity);
    this.#scripts?.know(observed.rules);
    report.complete(this.engine, this.#evaluator, this.#clock.correlator.unopened);
    report.tally.scripts = this.#scripts?.tally;
    report.tally.enforced = this.#enforced(observed);
  }

  /** Of a late event: each reading has series of its own, those of `distinct` rules. */
  #lateness(taken: Taken, accepted: Taken): 'late' | 'too late' {
    if (this.engine.keptLate || this.#accepted.keptLate) return 'late';
    return taken === 'too late' || accepted === 'too late' ? 'too late' : 'late';
  }

  #enforced(observed: Tally): EnforcedTally {
    const { kinds } = this.#options.vocabulary;
    const accepted = this.#acceptedByKind.flatMap((count, kind) => {
      return count === undefined ? [] : [[kinds.name(kind), count] as const];
    });
    return {
      observed,
      accepted: Object.fromEntries(accepted),
      blocks: this.#policy.rules.flatMap(({ name, blockMs }, rule) => {
        if (blockMs === undefined) return [];
        return [
          { rule: name, begun: this.#blocks.begun[rule], refused: this.#blockedByRule[rule] },
        ];
      }),
      tarpits: {
        sessions: this.#tarpitted,
        seconds: this.#tarpitMs / 1000,
        heldAtEnd: this.#held.size,
      },
      retries: this.returning?.tally,
    };
  }

  #newEngine(sink: AuditSink, top: number): AuditEngine {
    const { vocabulary, clampNegative } = this.#options;
    return new AuditEngine(
      {
        ...auditPlan(this.#policy, vocabulary),
        top,
        sink,
        clampNegative,
        eachOpenSession: (take) => this.#eachOpenSession(take),
      },
      new EventBatch(vocabulary, Buffer.alloc(0)),
    );
  }

  /** The sink, beside which the windows of the attempts go into enforce.csv. */
  #watched(sink: ReplaySink): ReplaySink {
    return {
      window: (row, top) => {
        this.closed('attempts', row);
        sink.window(row, top);
      },
      firing: (row) => sink.firing(row),
      stopped: (row) => sink.stopped(row),
      journal: (snapshot) => sink.journal(snapshot),
      managerJournal: (snapshot) => sink.managerJournal(snapshot),
      logged: (row) => sink.logged(row),
      enforced: (row) => sink.enforced(row),
    };
  }

  #shift(untilMs: number): void {
    this.#report.ledger.advance(untilMs);
    this.engine.shift(untilMs);
    this.#accepted.shift(untilMs);
    this.#blocks.expire(untilMs);
  }

  #judge(batch: EventBatch, row: number, nowMs: number): void {
    const report = this.#report;
    report.count(batch, row, nowMs);
    this.#refusedBy = NOBODY;
    if (batch.kind[row] === KIND.connect) {
      this.#blocks.refusing(batch, row, nowMs, (rule) => {
        this.#refuses(rule, () => {
          const { verdict } = this.#policy.rules[rule];
          return isRefusal(verdict) ? replyOf(verdict) : BLOCKED;
        });
      });
      if (this.#refusedBy !== NOBODY) {
        this.#blockedByRule[this.#refusedBy]++;
        this.#refuse(batch, row, nowMs);
        return;
      }
    }
    this.#accepted.take(batch, row);
    this.#evaluator.evaluate(batch, row, this.#onHit);
    this.#scripts?.judge(batch, row);
    if (this.#refusedBy === NOBODY) {
      this.#accept(batch, row);
      report.collateral?.count(NOBODY, batch, row);
    } else if (this.#reply.discards) this.#discard(batch, row);
    else {
      this.#accepted.takeBack();
      this.#refuse(batch, row, nowMs);
    }
  }

  readonly #onHit = (hit: Hit, batch: EventBatch, row: number): void => {
    const nowMs = batch.release[row];
    this.#report.ledger.fire(hit, batch, row);
    this.#blocks.fired(hit.rule, batch, row, nowMs);
    const { verdict } = this.#policy.rules[hit.rule];
    if (verdict.type === 'tarpit') this.#tarpit(verdict.seconds * 1000);
    // An event without a phase has no answer that could refuse it.
    if (!isRefusal(verdict) || batch.phase[row] === PHASE.none) return;
    this.#refuses(hit.rule, () => replyOf(verdict));
  };

  /** A place of a script acts on the event at hand. */
  readonly #onAct = (rule: number, verdict: ScriptVerdict, effect: ScriptEffect): void => {
    if ('seconds' in effect) {
      this.#tarpit(delayOf(effect));
      return;
    }
    const { batch, row } = this.engine.subject;
    if (batch.phase[row] === PHASE.none) return;
    this.#refuses(rule, () => replyOfScript(verdict, effect));
  };

  /** A rule refuses the event at hand, or discards it; the first in order answers. */
  #refuses(rule: number, reply: () => Reply): void {
    this.#report.overlap.add(rule);
    if (this.#refusedBy !== NOBODY) return;
    this.#reply = reply();
    this.#refusedBy = rule;
  }

  #bindScripts(): ScriptHost | undefined {
    const { scripts: policy, strict = false, fileOf, sink } = this.#options;
    if (policy === undefined) return undefined;
    return new ScriptHost({
      policy,
      engine: this.engine,
      monitors: this.#policy.monitors,
      report: this.#report,
      onAct: this.#onAct,
      strict,
      fileOf,
      coverage: this.#options.coverage?.scripts,
      onLogged: (row) => sink?.logged(row),
    });
  }

  /** Those that a tarpit holds have a place too. */
  #eachOpenSession(take: (facts: SessionFacts) => void): void {
    for (const slot of this.#clock.slotsOf(this)) {
      if (this.#isOpen[slot]) take(this.#clock.factsOf(slot));
    }
    this.#held.each(take);
  }

  #tarpit(delayMs: number): void {
    const { session } = this.#clock.correlator;
    if (session === 0 || !this.#isOpen[session]) return;
    if (this.#delayMs[session] === 0) this.#tarpitted++;
    this.#delayMs[session] += delayMs;
    this.#tarpitMs += delayMs;
  }

  /** The rule `#refusedBy` takes the event at hand. */
  #stop(batch: EventBatch, row: number): void {
    const rule = this.#refusedBy;
    const { overlap, stopped, ledger, collateral } = this.#report;
    overlap.close();
    stopped.add(batch, row, ledger.tallyOf(rule));
    collateral?.count(rule, batch, row);
  }

  /** The client is told that all is well; what is left of its message goes with it. */
  #discard(batch: EventBatch, row: number): void {
    const { correlator } = this.#clock;
    this.#stop(batch, row);
    this.#accept(batch, row);
    this.#taken.discard(this.#refusedBy, batch, row, correlator);
    this.returning?.discarded(batch, row, correlator);
  }

  /** The rule `#refusedBy` refuses the event at hand, with what goes with it. */
  #refuse(batch: EventBatch, row: number, nowMs: number): void {
    const rule = this.#refusedBy;
    const reply = this.#reply;
    const report = this.#report;
    const { correlator } = this.#clock;
    const { session } = correlator;
    this.#stop(batch, row);
    const closes = reply.closes || batch.kind[row] === KIND.connect;
    const begun = closes ? this.#taken.begunOf(session) : 0;
    this.returning?.refused(batch, row, correlator, reply.code, closes, begun);
    this.#clock.hasten(this.returning?.nextMs ?? Infinity);
    this.#taken.take(rule, closes, batch, row, correlator);
    if (batch.kind[row] !== KIND.rejection) {
      const rejection = this.#rejection;
      rejection.answer(batch, row, reply);
      this.engine.take(rejection.batch, rejection.row);
      report.count(rejection.batch, rejection.row, nowMs);
    }
    if (!closes || session === 0) return;
    // Of its scripts the session ends now: whatever the log tells of it later no longer happens.
    this.#scripts?.end(session, nowMs);
    if (this.#isOpen[session]) this.#close(session, 'refused', nowMs);
  }

  #accept(batch: EventBatch, row: number): void {
    const kind = batch.kind[row];
    this.#acceptedByKind[kind] = (this.#acceptedByKind[kind] ?? 0) + 1;
  }

  /** A session is over; a tarpit may keep its place. */
  #close(slot: number, end: SessionEnd | 'refused', nowMs: number): void {
    this.#isOpen[slot] = false;
    const facts = this.#clock.factsOf(slot);
    const delayMs = this.#delayMs[slot];
    if (delayMs === 0) this.#end(facts, end, nowMs);
    else {
      this.#held.hold(facts, end, nowMs + delayMs);
      this.#clock.hasten(nowMs + delayMs);
    }
  }

  #end(facts: SessionFacts, end: SessionEnd | 'refused', nowMs: number): void {
    this.engine.session(facts, -1, nowMs);
    this.#accepted.session(facts, -1, nowMs);
    this.#report.session(end, nowMs);
  }
}
