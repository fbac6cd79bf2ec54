import type { EventSource } from '../../clock/event-source.ts';
import type { SessionEnd } from '../../correlate/session-table.ts';
import type { SessionFacts } from '../../engine/session-gauge.ts';
import { maskWord, NetworkSet, type Network, type Prefix } from '../../model/address.ts';
import { FLAG, type EventBatch } from '../../model/event-batch.ts';
import { PHASES, TEXT, type EventField, type Needs } from '../../model/event.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { countedSessions, monitorOf, type RuleState } from '../../policy/rule-evaluator.ts';
import type { Rule, RulePolicy } from '../../policy/rule-policy.ts';
import { AskedRule, firstRange, lineKey } from './asked-rule.ts';
import { EventStream, type StreamClock, type StreamTaker } from '../event-stream.ts';
import type {
  ExplainedEvent,
  ExplainedRule,
  Explanation,
  NotJudged,
  SourceLine,
  SourceLines,
} from './explanation.ts';
import { PolicyRun } from '../policy-run.ts';
import { CountedLines, SessionLines } from './source-lines.ts';
import type { SourceTally } from '../tally.ts';

/** An event that has just been counted and judged. */
export interface Moment {
  readonly batch: EventBatch;
  readonly row: number;
  /** The clock, milliseconds UTC. */
  readonly nowMs: number;
  /** What each rule finds, in order; undefined where the event is late or ignored. */
  states(): readonly RuleState[] | undefined;
  /** The block or text that a rule counts by. */
  keyOf(rule: number): string;
  /** Its log line. */
  place(): SourceLine;
  explain(): Explanation;
}

export interface ExplainOptions {
  readonly sources: readonly EventSource[];
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly policy: RulePolicy;
  readonly sessionTimeoutMs?: number | undefined;
  readonly clampNegative?: boolean | undefined;
  /** Name of an input by rank. */
  readonly fileOf: (source: number) => string;
  /** Source lines shown for each rule. */
  readonly lines: number;
  /** Holds the peers of all events that may be explained; undefined: it may be any. */
  readonly around?: Network | undefined;
  /** Looks at every event, in order; false: it was the last one. */
  readonly look: (moment: Moment) => boolean;
}

export interface ExplainedRun {
  readonly bySource: readonly SourceTally[];
}

/**
 * Replays a policy and explains decisions on the way. Observe mode: nothing is changed by it, and
 * nothing behind the last event that `look` wants is read.
 */
export async function explainEvents(options: ExplainOptions): Promise<ExplainedRun> {
  const { sources, needs, sessionTimeoutMs } = options;
  const run = new PolicyRun(options);
  const takers = [run, new Explainer(run, options)];
  const stream = new EventStream({ sources, needs, takers, sessionTimeoutMs });
  await stream.advance(Infinity);
  run.finish(true);
  return { bySource: run.tally.bySource };
}

/** Stands behind a policy at work and knows where its numbers come from. */
class Explainer implements StreamTaker, Moment {
  readonly nextDueMs = Infinity;
  batch!: EventBatch;
  row = 0;
  nowMs = -Infinity;
  readonly #run: PolicyRun;
  readonly #options: ExplainOptions;
  readonly #rules: readonly AskedRule[];
  /** By rule; undefined where sessions are counted, or no line is asked for. */
  readonly #lines: readonly (CountedLines | undefined)[];
  readonly #sessions = new SessionLines();
  readonly #ignored: NetworkSet;
  readonly #keepsSessions: boolean;
  #clock!: StreamClock;
  /** Slot of a session that the event at hand opens; its line is not known yet. */
  #opening: number | undefined;

  constructor(run: PolicyRun, options: ExplainOptions) {
    const { policy, vocabulary, lines } = options;
    this.#run = run;
    this.#options = options;
    this.#ignored = new NetworkSet(policy.ignore);
    this.#rules = policy.rules.map((rule) => new AskedRule(rule, policy, run.engine, vocabulary));
    this.#lines = policy.rules.map(({ conditions: [first] }) => {
      return first.of.type === 'sessions' ? undefined : new CountedLines(lines, firstRange(first));
    });
    this.#keepsSessions = this.#lines.includes(undefined);
  }

  attach(clock: StreamClock): void {
    this.#clock = clock;
  }

  start(): void {
    // Counts begin in the policy run.
  }

  advance(): void {
    // Nothing is due here.
  }

  drop(): void {
    // Noted by the policy run.
  }

  session(slot: number, end: SessionEnd | undefined): void {
    if (!this.#keepsSessions) return;
    if (end === undefined) this.#opening = slot;
    else this.#sessions.end(slot);
  }

  take(batch: EventBatch, row: number, nowMs: number): void {
    this.batch = batch;
    this.row = row;
    this.nowMs = nowMs;
    this.#keepLines();
    if (!this.#options.look(this)) this.#clock.stop();
  }

  states(): readonly RuleState[] | undefined {
    const { batch, row } = this;
    if (this.#isLate || this.#isIgnored) return undefined;
    return this.#rules.map((_, index) => this.#run.stateOf(index, batch, row));
  }

  keyOf(rule: number): string {
    return this.#run.keyOf(rule, this.batch, this.row);
  }

  place(): SourceLine {
    const { batch, row } = this;
    const file = batch.text(row, TEXT.file) || this.#options.fileOf(batch.source);
    return { file, line: batch.line[row], timeMs: batch.time[row], text: batch.lineText(row) };
  }

  explain(): Explanation {
    const states = this.states();
    const rules = this.#rules.map((asked, index) => this.#explained(asked, index, states?.[index]));
    const refused = this.#rules.find(({ rule }, index) => {
      return rules[index].fired && ['reject', 'disconnect'].includes(rule.verdict.type);
    });
    return { event: this.#event(), refusedBy: refused?.rule.name, rules };
  }

  get #isLate(): boolean {
    return (this.batch.flags[this.row] & FLAG.late) !== 0;
  }

  get #isIgnored(): boolean {
    const { batch, row } = this;
    return this.#ignored.has(batch.family[row], batch.ip, row * 4);
  }

  #keepLines(): void {
    const { batch, row } = this;
    let line: SourceLine | undefined;
    if (this.#opening !== undefined) {
      const facts = this.#clock.factsOf(this.#opening);
      // Sessions without an address have no block, and ignored ones no gauge.
      if (facts.family !== 0 && !this.#ignored.has(facts.family, facts.words, facts.at)) {
        line = this.place();
        this.#sessions.open(this.#opening, facts, line);
      }
      this.#opening = undefined;
    }
    if (this.#isIgnored) return;
    for (let index = 0; index < this.#rules.length; index++) {
      const window = this.#rules[index].countedIn();
      if (window === undefined) continue;
      const { rule } = this.#rules[index];
      if (!mayShareBlock(rule, batch.family[row], batch.ip, row * 4, this.#options.around)) {
        continue;
      }
      const own = this.#lines[index]!;
      own.add(this.#lineKey(index), window, this.#currentOf(index), (line ??= this.place()));
    }
  }

  #explained(asked: AskedRule, index: number, state: RuleState | undefined): ExplainedRule {
    const { rule } = asked;
    const { name, verdict, scope } = rule;
    const notJudged = this.#reasonNot(rule, index, state);
    const facts = { name, verdict: verdict.type, fired: state?.fires ?? false, notJudged };
    if (state === undefined || notJudged !== undefined) {
      const lines = { total: 0, newest: [] };
      return { ...facts, key: '', node: undefined, conditions: [], changes: [], lines };
    }
    return {
      ...facts,
      key: this.keyOf(index),
      node: scope === 'node' ? this.#field('node') : undefined,
      ...asked.explain(state),
      lines: this.#linesOf(rule, index),
    };
  }

  #reasonNot(rule: Rule, index: number, state: RuleState | undefined): NotJudged | undefined {
    const { batch, row } = this;
    if (state === undefined) {
      const network = this.#options.policy.ignore.find((own) => {
        return new NetworkSet([own]).has(batch.family[row], batch.ip, row * 4);
      });
      return network === undefined ? { type: 'late' } : { type: 'ignored', network };
    }
    if (!state.due && rule.at !== undefined) return { type: 'phase', at: rule.at };
    if (!state.due) {
      const kinds = this.#run.kindsOf(index);
      if (kinds.has(batch.kind[row])) return { type: 'not-counted' };
      const { kinds: words } = this.#options.vocabulary;
      return { type: 'kind', kinds: Array.from(kinds, (kind) => words.name(kind)) };
    }
    return state.exempt;
  }

  #linesOf(rule: Rule, index: number): SourceLines {
    const { of } = rule.conditions[0];
    const own = this.#lines[index];
    if (own !== undefined) return own.of(this.#lineKey(index), this.#currentOf(index));
    if (of.type !== 'sessions' || rule.per.type !== 'prefix') return { total: 0, newest: [] };
    const { batch, row } = this;
    const { prefix } = rule.per;
    const { services, listeners } = this.#options.vocabulary;
    const { service, nodes } = countedSessions(of, rule);
    const serviceId = services.id(service);
    const listenerId = of.listener === undefined ? undefined : listeners.id(of.listener);
    return this.#sessions.of(this.#options.lines, (session: SessionFacts) => {
      return (
        session.service === serviceId &&
        (listenerId === undefined || session.listener === listenerId) &&
        (nodes === 'cluster' || session.node === batch.node[row]) &&
        session.family === batch.family[row] &&
        sameBlock(prefix, session.family, session.words, 0, batch.ip, row * 4)
      );
    });
  }

  #lineKey(index: number): string {
    return lineKey(this.#run.engine, this.#rules[index].rule, this.keyOf(index));
  }

  #currentOf(index: number): number {
    return Math.floor(
      this.nowMs / monitorOf(this.#rules[index].rule, this.#options.policy).intervalMs,
    );
  }

  #field(field: EventField): string {
    return fieldValue(this.batch, this.row, field);
  }

  #event(): ExplainedEvent {
    const phases = PHASES.filter((_, phase) => (this.batch.phases[this.row] & (1 << phase)) !== 0);
    return {
      ...this.place(),
      kind: this.#field('kind'),
      ip: this.#field('ip'),
      node: this.#field('node'),
      phase: this.#field('phase'),
      phases,
      session: this.#field('session'),
      queueId: this.#field('queue_id'),
      sender: this.#field('sender'),
      recipient: this.#field('recipient'),
      code: this.#field('code'),
      reason: this.#field('reason'),
      logged: this.#field('verdict'),
    };
  }
}

/** Whether a block of the rule can hold both the address and a peer that is asked about. */
function mayShareBlock(
  { per }: Rule,
  family: number,
  ip: Int32Array,
  at: number,
  around: Network | undefined,
): boolean {
  if (around === undefined || per.type === 'field') return true;
  if (family !== around.family) return false;
  const ipv4 = Math.min(per.prefix.ipv4, around.bits);
  const ipv6 = Math.min(per.prefix.ipv6, around.bits);
  return sameBlock({ ipv4, ipv6 }, family, ip, at, Int32Array.from(around.words), 0);
}

function sameBlock(
  prefix: Prefix,
  family: number,
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
): boolean {
  const bits = family === 4 ? prefix.ipv4 : prefix.ipv6;
  for (let word = 0; word * 32 < bits; word++) {
    if (((a[atA + word] ^ b[atB + word]) & maskWord(bits, word)) !== 0) return false;
  }
  return true;
}
