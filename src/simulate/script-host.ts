import { ScriptQuestions } from '../engine/script-questions.ts';
import type { AuditEngine } from '../engine/audit-engine.ts';
import { ADDRESS } from '../model/address.ts';
import { UserError } from '../model/errors.ts';
import { KIND, TEXT } from '../model/event.ts';
import { EventBatch } from '../model/event-batch.ts';
import { peerText } from '../model/field-value.ts';
import type { Monitor } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import type { Coverage } from '../policy/coverage.ts';
import type {
  CounterClass,
  NoteKind,
  ScriptEffect,
  ScriptEvent,
  ScriptPlace,
  ScriptPolicy,
  ScriptRunner,
  ScriptSession,
  ScriptVerdict,
  ScriptWorld,
} from '../policy/script-policy.ts';
import type { StreamClock } from './event-stream.ts';
import type { LedgerRule } from './firing-ledger.ts';
import type { RunReport } from './run-report.ts';
import { newSession, ScriptSessions } from './script-sessions.ts';
import type { LoggedRow, ScriptTally, StatsRow } from './tally.ts';

/** Logged lines that the summary shows; log.csv has them all. */
const FIRST_LOGGED = 10;

export interface ScriptHostOptions {
  readonly policy: ScriptPolicy;
  readonly engine: AuditEngine;
  readonly monitors: readonly Monitor[];
  /** Its ledger gets a rule for each place that may act. */
  readonly report: Pick<RunReport, 'ledger' | 'isReported'>;
  /** A rule acts on the event at hand, for the first time at this event. */
  readonly onAct: (rule: number, verdict: ScriptVerdict, effect: ScriptEffect) => void;
  /** A place reached that is not simulated ends the run. */
  readonly strict: boolean;
  readonly fileOf: (source: number) => string;
  readonly coverage: Coverage | undefined;
  readonly onLogged: (row: LoggedRow) => void;
}

/** The replay as scripts see it, and what they tell. */
export class ScriptHost implements ScriptWorld {
  readonly audit: ScriptQuestions;
  readonly event: ScriptEvent;
  readonly #options: ScriptHostOptions;
  #clock!: StreamClock;
  readonly #runner: ScriptRunner;
  readonly #sessions: ScriptSessions | undefined;
  readonly #verdicts: ScriptVerdict[] = [];
  /** By rule: number of the event at which it acted last. */
  readonly #acted: number[] = [];
  readonly #notes = new Map<string, ScriptTally['notes'][number]>();
  /** By phase, counter and class, one in the other: no key is made of them at each event. */
  readonly #stats = new Map<string, Map<string, Map<CounterClass, StatsRow>>>();
  readonly #firstLogged: LoggedRow[] = [];
  #logged = 0;
  /** One row that stands for the end of a session. */
  readonly #ending: EventBatch;
  /** Whether the event at hand lies in the span of the report. */
  #isReported = true;
  /** Rank of the input, and line, of the event that happened last. */
  #source = 0;
  #line = 0;

  constructor(options: ScriptHostOptions) {
    const { policy, engine, monitors } = options;
    this.#options = options;
    this.audit = new ScriptQuestions(engine, monitors);
    const { batch, row } = engine.subject;
    this.event = { batch, row, nowMs: 0, session: newSession() };
    this.#ending = new EventBatch(batch.vocabulary, Buffer.alloc(0));
    this.#ending.push(0, KIND.disconnect, 0, 0);
    this.#sessions = policy.keepsSessions ? new ScriptSessions() : undefined;
    this.#runner = policy.bind(this, options.coverage);
  }

  /** Told once, before anything else, whose events the scripts judge. */
  attach(clock: StreamClock): void {
    this.#clock = clock;
  }

  /** Runs the scripts at an event that was counted; what is not reported only counts. */
  judge(batch: EventBatch, row: number): void {
    const { event } = this;
    event.batch = batch;
    event.row = row;
    this.stand(batch, row);
    event.session = this.#sessionAt(batch, row) ?? event.session;
    this.#begin(batch.release[row]);
    this.#runner.judge();
    this.#hasten();
  }

  /** Takes over what an event tells that is not judged: one that is late, say. */
  pass(batch: EventBatch, row: number): void {
    this.stand(batch, row);
    this.#sessionAt(batch, row);
  }

  /** The line at hand, for what is logged when a session ends: its batch may be gone by then. */
  stand(batch: EventBatch, row: number): void {
    this.#source = batch.source;
    this.#line = batch.line[row];
  }

  /** A session ended, by a line of the log or by its timeout. */
  end(slot: number, nowMs: number): void {
    const facts = this.#clock.factsOf(slot);
    this.#options.engine.reach(nowMs, facts.node);
    const session = this.#sessions?.end(slot);
    if (session === undefined) return;
    const { event } = this;
    const ending = this.#ending;
    ending.source = this.#source;
    ending.line[0] = this.#line;
    ending.time[0] = nowMs;
    ending.release[0] = nowMs;
    ending.family[0] = facts.family;
    for (let word = 0; word < 4; word++) ending.ip[word] = facts.words[facts.at + word];
    ending.node[0] = facts.node;
    ending.service[0] = facts.service;
    ending.listener[0] = facts.listener;
    event.batch = ending;
    event.row = 0;
    event.session = session;
    this.#begin(nowMs);
    this.#runner.ended(session);
    this.#hasten();
  }

  get tally(): ScriptTally {
    const stats = [...this.#stats.values()].flatMap((counters) =>
      [...counters.values()].flatMap((classes) => [...classes.values()]),
    );
    stats.sort(
      (a, b) =>
        this.#runner.orderOf(a.phase) - this.#runner.orderOf(b.phase) ||
        compareText(a.counter, b.counter) ||
        compareText(a.kind, b.kind),
    );
    const notes = [...this.#notes.values()];
    return { notes, stats, logged: this.#logged, firstLogged: this.#firstLogged };
  }

  declare(place: ScriptPlace, verdict: ScriptVerdict): number {
    const { report, monitors } = this.#options;
    const rule = report.ledger.add(scriptRule(nameOf(place), verdict, monitors[0]));
    this.#verdicts[rule] = verdict;
    this.#acted[rule] = -1;
    return rule;
  }

  /** Makes rules of the places that have acted in another run of the same policy. */
  know(rules: readonly { readonly name: string; readonly verdict: string }[]): void {
    const { report, monitors } = this.#options;
    const own = report.ledger.tallies.map((rule) => ruleKey(rule));
    for (const rule of rules) {
      const at = own.indexOf(ruleKey(rule));
      if (at === -1) report.ledger.add(scriptRule(rule.name, rule.verdict, monitors[0]));
      else own.splice(at, 1);
    }
  }

  act(rule: number, effect: ScriptEffect): void {
    const { serial } = this.#options.engine.subject;
    if (!this.#isReported || this.#acted[rule] === serial) return;
    this.#acted[rule] = serial;
    const { batch, row } = this.event;
    this.#options.report.ledger.fire({ rule, identity: -1 }, batch, row);
    this.#options.onAct(rule, this.#verdicts[rule], effect);
  }

  count(phase: string, counter: string, kind: CounterClass): void {
    if (!this.#isReported) return;
    let counters = this.#stats.get(phase);
    if (counters === undefined)
      this.#stats.set(phase, (counters = new Map<string, Map<CounterClass, StatsRow>>()));
    let classes = counters.get(counter);
    if (classes === undefined) counters.set(counter, (classes = new Map<CounterClass, StatsRow>()));
    const known = classes.get(kind);
    if (known === undefined) classes.set(kind, { phase, counter, kind, count: 1 });
    else known.count++;
  }

  log(place: ScriptPlace, file: string, text: string): void {
    if (!this.#isReported) return;
    const { batch, row } = this.event;
    const logged = {
      timeMs: batch.time[row],
      place: nameOf(place),
      target: file,
      text,
      ip: peerText(batch, row),
      file: batch.text(row, TEXT.file) || this.#options.fileOf(batch.source),
      line: batch.line[row],
    };
    this.#logged++;
    if (this.#firstLogged.length < FIRST_LOGGED) this.#firstLogged.push(logged);
    this.#options.onLogged(logged);
  }

  note(place: ScriptPlace, kind: NoteKind, text: string): void {
    if (!this.#isReported) return;
    const name = nameOf(place);
    if (kind === 'not-simulated' && this.#options.strict) {
      throw new UserError(`${name}: '${text}' is not simulated (--strict)`);
    }
    const key = `${name} ${kind}`;
    const known = this.#notes.get(key);
    if (known === undefined) this.#notes.set(key, { place: name, kind, text, times: 1 });
    else known.times++;
  }

  #sessionAt(batch: EventBatch, row: number): ScriptSession | undefined {
    const { session, message } = this.#clock.correlator;
    return this.#sessions?.at(batch, row, session, message);
  }

  #begin(nowMs: number): void {
    this.event.nowMs = nowMs;
    this.#isReported = this.#options.report.isReported(nowMs);
  }

  /** A series that a script has just begun may have the next boundary. */
  #hasten(): void {
    this.#clock.hasten(this.#options.engine.nextBoundaryMs);
  }
}

/** Of several actions on a line that do the same, the reports show one name. */
function ruleKey({ name, verdict }: { readonly name: string; readonly verdict: string }): string {
  return `${verdict} ${name}`;
}

function nameOf({ script, line }: ScriptPlace): string {
  return `${script}:${line}`;
}

/** A place in a script as a rule of the report: its keys are addresses (docs/policy.md). */
function scriptRule(name: string, verdict: string, monitor: Monitor): LedgerRule {
  return { name, verdict, monitor, counted: undefined, prefix: ADDRESS };
}
