import type { AuditView, Counter, DistinctQuestion, Scope } from '../engine/port.ts';
import { ADDRESS, NetworkSet, type Network } from '../model/address.ts';
import { BugError } from '../model/errors.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { KIND, PHASE, TEXT } from '../model/event.ts';
import { blockText, fieldValue } from '../model/field-value.ts';
import type { Monitor, WindowRange } from '../model/monitor.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { kindNumbers } from './audit-plan.ts';
import { compileFilters } from './event-filter.ts';
import type { Condition, Quantity, Rule, RulePolicy, SeriesDefinition } from './rule-policy.ts';

/** The monitor whose windows a rule's firings are reported in. */
export function monitorOf(rule: Rule, policy: RulePolicy): Monitor {
  const condition = rule.conditions[0];
  const { of } = condition;
  if (of.type === 'metric' || of.type === 'distinct') return of.monitor;
  if (of.type === 'series') return seriesNamed(policy, of.series).monitor;
  return policy.monitors[0];
}

/** The metric or series whose windows a rule's firings belong to; undefined: it has none. */
export function countedName(rule: Rule): string | undefined {
  const { of } = rule.conditions[0];
  if (of.type === 'metric') return of.metric;
  if (of.type === 'distinct') return undefined;
  return of.type === 'series' ? of.series : of.type;
}

/** A rule that fired at the event at hand. */
export interface Hit {
  /** Index of the rule in the policy. */
  rule: number;
  /** What was counted, and what the count had to exceed. */
  count: number;
  limit: number;
  /** What `above` is multiplied by to be the limit: for a ratio the count of `to`, else 1. */
  scale: number;
  /** A number for the key while the window lasts, or -1 (see `Counter.identity`). */
  identity: number;
}

/** Takes a rule that fired; the hit object is reused. */
export type OnHit = (hit: Hit, batch: EventBatch, row: number) => void;

/** What a condition finds at the event at hand. */
export interface CheckState {
  readonly holds: boolean;
  readonly count: number;
  /** What the count has to exceed. */
  readonly limit: number;
  /** `to` of a ratio, the sum of the earlier windows of a surge; else 0. */
  readonly other: number;
  /** Of a surge: windows that the clock has passed since the first event; else Infinity. */
  readonly passed: number;
}

/** What `except` passes over. */
export type Exemption =
  | { readonly type: 'network'; readonly network: Network }
  | { readonly type: 'domain'; readonly domain: string };

/** What a rule finds at the event at hand, whether it fires or not. */
export interface RuleState {
  /** The event is one that the rule is judged at. */
  readonly due: boolean;
  readonly exempt: Exemption | undefined;
  readonly fires: boolean;
  /** One for each condition. */
  readonly checks: readonly CheckState[];
}

/** One condition of a rule, bound to its counters. */
interface Check {
  counted(): boolean;
  holds(): boolean;
  state(): CheckState;
  count: number;
  limit: number;
  readonly scale: number;
  readonly first: Counter;
}

interface CompiledRule {
  readonly index: number;
  readonly rule: Rule;
  readonly checks: readonly Check[];
  /** Bit of the phase of `at`; 0: judged at each event that is counted. */
  readonly atBit: number;
  readonly kinds: ReadonlySet<number>;
  readonly except: NetworkSet;
  /** Fires only at events that raise the alarm. */
  readonly armed: boolean;
}

/** Evaluates the rules of a declarative policy at events that the engine has just counted. */
export class RuleEvaluator {
  readonly #rules: readonly CompiledRule[];
  /** Of what was attempted, and of what was accepted. */
  readonly #alarm: { readonly raised: boolean };
  readonly #other: { readonly raised: boolean };
  /** Rules to try by kind, in the order of the policy: all of them, and those that are not armed. */
  readonly #byKind: CompiledRule[][] = [];
  readonly #quietByKind: CompiledRule[][] = [];
  readonly #hit: Hit = { rule: 0, count: 0, limit: 0, scale: 1, identity: -1 };

  /** @param accepted what rules with `counts: accepted` ask, where that is counted apart */
  constructor(
    policy: RulePolicy,
    audit: AuditView,
    vocabulary: Vocabulary,
    accepted: AuditView = audit,
  ) {
    this.#alarm = audit.subject.alarm;
    this.#other = accepted.subject.alarm;
    this.#rules = policy.rules.map((rule, index) => {
      const asked = rule.counts === 'accepted' ? accepted : audit;
      const checks = rule.conditions.map((c) => bind(c, rule, policy, asked, vocabulary));
      return {
        index,
        rule,
        checks,
        atBit: rule.at === undefined ? 0 : 1 << PHASE[rule.at],
        kinds: new Set(rule.conditions.flatMap((c) => kindsOf(c, policy, vocabulary))),
        except: new NetworkSet(rule.except),
        armed: rule.at === undefined && isArmed(checks),
      };
    });
  }

  /** Calls `onHit` for each rule that fires, in order. */
  evaluate(batch: EventBatch, row: number, onHit: OnHit): void {
    const kind = batch.kind[row];
    const raised = this.#alarm.raised || this.#other.raised;
    let rules = (raised ? this.#byKind : this.#quietByKind)[kind];
    if (rules === undefined) {
      this.#sortOut(kind);
      rules = (raised ? this.#byKind : this.#quietByKind)[kind];
    }
    for (let i = 0; i < rules.length; i++) {
      const compiled = rules[i];
      if (compiled.atBit !== 0) {
        if ((batch.phases[row] & compiled.atBit) === 0) continue;
      } else if (!anyCounted(compiled.checks)) continue;
      if (!allHold(compiled.checks) || isExempt(compiled, batch, row)) continue;
      const { count, limit, scale, first } = compiled.checks[0];
      const hit = this.#hit;
      hit.rule = compiled.index;
      hit.count = count;
      hit.limit = limit;
      hit.scale = scale;
      hit.identity = first.identity();
      onHit(hit, batch, row);
    }
  }

  /** What a rule finds at the event that the engine took last. */
  stateOf(ruleIndex: number, batch: EventBatch, row: number): RuleState {
    const compiled = this.#rules[ruleIndex];
    const { atBit, kinds } = compiled;
    const due =
      atBit === 0
        ? kinds.has(batch.kind[row]) && anyCounted(compiled.checks)
        : (batch.phases[row] & atBit) !== 0;
    const exempt = exemptionOf(compiled.rule, batch, row);
    const checks = compiled.checks.map((check) => check.state());
    const fires = due && exempt === undefined && checks.every(({ holds }) => holds);
    return { due, exempt, fires, checks };
  }

  #sortOut(kind: number): void {
    const rules = this.#rules.filter(({ atBit, kinds }) => atBit !== 0 || kinds.has(kind));
    this.#byKind[kind] = rules;
    this.#quietByKind[kind] = rules.filter(({ armed }) => !armed);
  }

  /** The kinds of event that a rule counts. */
  kindsOf(ruleIndex: number): ReadonlySet<number> {
    return this.#rules[ruleIndex].kinds;
  }

  /** The block or text that a rule counts by, for the event at hand. */
  keyText(ruleIndex: number, batch: EventBatch, row: number): string {
    const { per } = this.#rules[ruleIndex].rule;
    return per.type === 'prefix'
      ? blockText(batch, row, per.prefix)
      : fieldValue(batch, row, per.field);
  }
}

/** Whether a rule with these checks can fire only at an event that raises the alarm. */
function isArmed(checks: readonly Check[]): boolean {
  const [check] = checks;
  return (
    checks.length === 1 && check instanceof CountCheck && check.first.arm?.(check.limit) === true
  );
}

function anyCounted(checks: readonly Check[]): boolean {
  for (let i = 0; i < checks.length; i++) if (checks[i].counted()) return true;
  return false;
}

function allHold(checks: readonly Check[]): boolean {
  for (let i = 0; i < checks.length; i++) if (!checks[i].holds()) return false;
  return true;
}

/** Whether the rule passes over the peer or the sender. */
function isExempt({ except, rule }: CompiledRule, batch: EventBatch, row: number): boolean {
  if (!except.empty && except.has(batch.family[row], batch.ip, row * 4)) return true;
  return exemptDomain(rule, batch, row) !== undefined;
}

function exemptDomain(rule: Rule, batch: EventBatch, row: number): string | undefined {
  if (rule.exceptDomains.length === 0) return undefined;
  const sender = batch.text(row, TEXT.sender).toLowerCase();
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  return rule.exceptDomains.find((exempt) => domain === exempt || domain.endsWith(`.${exempt}`));
}

function exemptionOf(rule: Rule, batch: EventBatch, row: number): Exemption | undefined {
  const network = rule.except.find((own) => {
    return new NetworkSet([own]).has(batch.family[row], batch.ip, row * 4);
  });
  if (network !== undefined) return { type: 'network', network };
  const domain = exemptDomain(rule, batch, row);
  return domain === undefined ? undefined : { type: 'domain', domain };
}

function bind(
  condition: Condition,
  rule: Rule,
  policy: RulePolicy,
  audit: AuditView,
  vocabulary: Vocabulary,
): Check {
  const counter = (of: Quantity, windows: WindowRange): Counter =>
    counterOf(of, windows, rule, audit, vocabulary);
  if (condition.type === 'count') {
    return new CountCheck(counter(condition.of, condition.windows), condition.above);
  }
  if (condition.type === 'ratio') {
    const of = counter(condition.of, condition.windows);
    const to = counter(condition.to, condition.windows);
    return new RatioCheck(of, to, condition.above, condition.min);
  }
  const { intervalMs } = monitorOf({ ...rule, conditions: [condition] }, policy);
  const now = counter(condition.of, { start: 0, end: 0 });
  const before = counter(condition.of, condition.before);
  return new SurgeCheck(now, before, condition, () => audit.windowsSinceStart(intervalMs));
}

function counterOf(
  of: Quantity,
  windows: WindowRange,
  rule: Rule,
  audit: AuditView,
  vocabulary: Vocabulary,
): Counter {
  const prefix = rule.per.type === 'prefix' ? rule.per.prefix : ADDRESS;
  switch (of.type) {
    case 'metric':
      return audit.metric(of.metric, of.monitor, prefix, windows, rule.scope);
    case 'series':
      return audit.series(of.series, prefix, windows, rule.scope);
    case 'sessions': {
      const { service, nodes } = countedSessions(of, rule);
      return audit.sessions(prefix, service, of.listener, nodes);
    }
    case 'distinct':
      return audit.distinct(distinctQuestion(of, rule, windows, vocabulary));
  }
}

/** `inbound_cidr` is SMTP summed over all nodes (semantics, section 4). */
export function countedSessions(
  { service }: Quantity & { readonly type: 'sessions' },
  { scope }: Rule,
): { readonly service: string; readonly nodes: Scope } {
  return service === 'inbound_cidr'
    ? { service: 'SMTP', nodes: 'cluster' }
    : { service, nodes: scope };
}

export function distinctQuestion(
  of: Quantity & { readonly type: 'distinct' },
  { per, scope }: Rule,
  windows: WindowRange,
  vocabulary: Vocabulary,
): DistinctQuestion {
  return {
    field: of.field,
    kinds: kindNumbers(of.on, vocabulary),
    filter: compileFilters(of.where),
    per: per.type === 'prefix' ? per.prefix : per.field,
    monitor: of.monitor,
    windows,
    nodes: scope,
  };
}

class CountCheck implements Check {
  count = 0;
  readonly limit: number;
  readonly scale = 1;
  readonly first: Counter;

  constructor(counter: Counter, above: number) {
    this.first = counter;
    this.limit = above;
  }

  counted(): boolean {
    return this.first.counted();
  }

  holds(): boolean {
    this.count = this.first.value();
    return this.count > this.limit;
  }

  state(): CheckState {
    const holds = this.holds();
    return { holds, count: this.count, limit: this.limit, other: 0, passed: Infinity };
  }
}

class RatioCheck implements Check {
  count = 0;
  limit = 0;
  scale = 0;
  readonly first: Counter;
  readonly #to: Counter;
  readonly #above: number;
  readonly #min: number;

  constructor(of: Counter, to: Counter, above: number, min: number) {
    this.first = of;
    this.#to = to;
    this.#above = above;
    this.#min = min;
  }

  counted(): boolean {
    return this.first.counted() || this.#to.counted();
  }

  holds(): boolean {
    const to = this.#to.value();
    if (to < this.#min) return false;
    this.count = this.first.value();
    this.scale = to;
    this.limit = this.#above * to;
    return this.count > this.limit;
  }

  state(): CheckState {
    const holds = this.holds();
    const other = this.#to.value();
    const [count, limit] = [this.first.value(), this.#above * other];
    return { holds, count, limit, other, passed: Infinity };
  }
}

/** Window 0 against the mean of earlier windows; silent until the clock has passed them all. */
class SurgeCheck implements Check {
  count = 0;
  limit = 0;
  readonly scale = 1;
  readonly first: Counter;
  readonly #before: Counter;
  readonly #plan: { readonly times: number; readonly before: WindowRange; readonly min: number };
  readonly #windowsSinceStart: () => number;

  constructor(
    now: Counter,
    before: Counter,
    plan: { readonly times: number; readonly before: WindowRange; readonly min: number },
    windowsSinceStart: () => number,
  ) {
    this.first = now;
    this.#before = before;
    this.#plan = plan;
    this.#windowsSinceStart = windowsSinceStart;
  }

  counted(): boolean {
    return this.first.counted();
  }

  holds(): boolean {
    const { times, before, min } = this.#plan;
    this.count = this.first.value();
    if (this.count < min || this.#windowsSinceStart() < before.end) return false;
    const windows = before.end - before.start + 1;
    const sum = this.#before.value();
    this.limit = (times * sum) / windows;
    return this.count * windows > times * sum;
  }

  state(): CheckState {
    const { times, before } = this.#plan;
    const holds = this.holds();
    const other = this.#before.value();
    const limit = (times * other) / (before.end - before.start + 1);
    return { holds, count: this.count, limit, other, passed: this.#windowsSinceStart() };
  }
}

function kindsOf(condition: Condition, policy: RulePolicy, vocabulary: Vocabulary): number[] {
  const parts = condition.type === 'ratio' ? [condition.of, condition.to] : [condition.of];
  return parts.flatMap((of) => {
    switch (of.type) {
      case 'metric':
        return [
          of.metric === 'connections'
            ? KIND.connect
            : of.metric === 'receptions'
              ? KIND.reception
              : KIND.rejection,
        ];
      case 'series':
        return kindNumbers(seriesNamed(policy, of.series).on, vocabulary);
      case 'sessions':
        return [KIND.connect];
      case 'distinct':
        return kindNumbers(of.on, vocabulary);
    }
  });
}

function seriesNamed(policy: RulePolicy, name: string): SeriesDefinition {
  const series = policy.series.find((definition) => definition.name === name);
  if (series === undefined) throw new BugError(`series ${name} passed the checks undefined`);
  return series;
}
