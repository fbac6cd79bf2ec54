import { expect } from 'vitest';

import type { Condition, Quantity, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import type {
  CountedPart,
  ExplainedRule,
  Explanation,
} from '../../src/simulate/explain/explanation.ts';
import type { EventRow } from './event-batches.ts';
import { inBlock } from './obvious-audit.ts';
import { ObviousRules, type JudgedEvent } from './obvious-rules.ts';

const ADDRESS = { ipv4: 32, ipv6: 128 };

function same(actual: unknown, wanted: unknown): void {
  expect(actual).toEqual(wanted);
}

/** An event that a rule's first condition counted. */
interface Counted {
  readonly event: JudgedEvent;
  readonly window: number;
}

/** Explains by reading everything again, and holds explanations against that. */
export class ObviousExplanation {
  readonly #policy: RulePolicy;
  readonly #limit: number;
  readonly #obvious: ObviousRules;
  /** By rule, in the order of the stream. */
  readonly #counted: Counted[][];
  readonly #peers = new Set<string>();

  /** @param limit how many lines explanations show */
  constructor(policy: RulePolicy, limit: number) {
    this.#policy = policy;
    this.#limit = limit;
    this.#obvious = new ObviousRules(policy);
    this.#counted = policy.rules.map(() => []);
  }

  take(event: JudgedEvent): void {
    const obvious = this.#obvious;
    obvious.take(event, -Infinity);
    const { row } = obvious.current;
    if (row.ip !== undefined) this.#peers.add(row.ip);
    this.#policy.rules.forEach(({ conditions: [first] }, index) => {
      if (!obvious.wasAdded(first, first.of)) return;
      const { intervalMs } = obvious.monitorOf(first.of);
      const window = Math.floor(row.timeMs / intervalMs);
      this.#counted[index].push({ event: obvious.current, window });
    });
  }

  check(explanation: Explanation): void {
    const obvious = this.#obvious;
    const fired = explanation.rules.filter((rule) => rule.fired);
    same(
      fired.map(({ name }) => name),
      [...obvious.hits.keys()],
    );
    for (const { name, conditions } of fired) {
      const [{ count, limit }] = conditions;
      same({ count, limit }, obvious.hits.get(name));
    }
    const refuses = this.#policy.rules.find(({ name, verdict }) => {
      return obvious.hits.has(name) && (verdict.type === 'reject' || verdict.type === 'disconnect');
    });
    same(explanation.refusedBy, refuses?.name);
    explanation.rules.forEach((rule, index) => {
      if (rule.notJudged === undefined) this.#checkRule(rule, index);
      else same(rule.fired, false);
    });
  }

  #checkRule(explained: ExplainedRule, index: number): void {
    const rule = this.#policy.rules[index];
    rule.conditions.forEach((condition, at) => {
      const { parts, contributors, missing, silent } = explained.conditions[at];
      same(missing, silent ? undefined : missingBy(condition, explained.conditions[at]));
      for (const part of parts) this.#checkPart(rule, condition, part);
      const [{ range, sum }] = parts;
      const windows = range ?? { start: 0, end: 0 };
      if (condition.type !== 'surge' && condition.of.type !== 'sessions') {
        same(range, condition.windows);
      }
      this.#checkContributors(rule, condition, windows, contributors);
      if (contributors === undefined || condition.of.type === 'distinct') return;
      const all = contributors.top.reduce((total, { count }) => total + count, 0);
      if (contributors.total === contributors.top.length) same(all, sum);
    });
    this.#checkLines(rule, explained, index);
  }

  #checkPart(rule: Rule, condition: Condition, part: CountedPart): void {
    const obvious = this.#obvious;
    const { role, range, sum, windows } = part;
    const of: Quantity = role === 'to' && condition.type === 'ratio' ? condition.to : condition.of;
    const value = (start: number, end: number): number =>
      obvious.value(rule, condition, of, { start, end }, obvious.current);
    if (range === undefined) {
      same(sum, value(0, 0));
      return;
    }
    same(sum, value(range.start, range.end));
    const { intervalMs } = obvious.monitorOf(of);
    const current = Math.floor(obvious.current.nowMs / intervalMs);
    const wanted = [];
    for (let number = range.start; number <= range.end; number++) {
      const count = value(number, number);
      if (count !== 0) wanted.push({ number, startMs: (current - number) * intervalMs, count });
    }
    same(windows, wanted);
    if (of.type === 'distinct') same(part.values?.total, sum);
    else
      same(
        windows.reduce((total, { count }) => total + count, 0),
        sum,
      );
  }

  #checkContributors(
    rule: Rule,
    condition: Condition,
    windows: { readonly start: number; readonly end: number },
    contributors: ExplainedRule['conditions'][number]['contributors'],
  ): void {
    const obvious = this.#obvious;
    const { row } = obvious.current;
    if (rule.per.type === 'field' || condition.of.type === 'distinct') return;
    const { prefix } = rule.per;
    const own: Rule = { ...rule, per: { type: 'prefix', prefix: ADDRESS } };
    const counts = [...this.#peers].filter(
      (ip) => row.ip !== undefined && inBlock(ip, row.ip, prefix),
    );
    const wanted = counts
      .map((key) => {
        const event = { ...obvious.current, row: { ...row, ip: key } };
        return { key, count: obvious.value(own, condition, condition.of, windows, event) };
      })
      .filter(({ count }) => count !== 0);
    same(contributors?.total, wanted.length);
    const best = wanted.map(({ count }) => count).sort((a, b) => b - a);
    same(
      contributors?.top.map(({ count }) => count),
      best.slice(0, 5),
    );
    for (const { key, count } of contributors?.top ?? []) {
      same(wanted.find((one) => one.key === key)?.count, count);
    }
  }

  #checkLines(rule: Rule, { lines, conditions }: ExplainedRule, index: number): void {
    const obvious = this.#obvious;
    const [first] = rule.conditions;
    if (first.of.type === 'sessions') {
      same(lines.total, conditions[0].count);
      same(lines.newest.length, Math.min(this.#limit, lines.total));
      return;
    }
    const { intervalMs } = obvious.monitorOf(first.of);
    const current = Math.floor(obvious.current.nowMs / intervalMs);
    const range = first.type === 'surge' ? { start: 0, end: 0 } : first.windows;
    const wanted = this.#counted[index]
      .filter(({ event, window }) => {
        const age = current - window;
        return age >= range.start && age <= range.end && this.#sameKey(rule, event.row);
      })
      .reverse()
      .sort((a, b) => b.window - a.window);
    same(lines.total, wanted.length);
    same(
      lines.newest.map(({ file, line }) => `${file}:${line}`),
      wanted.slice(0, this.#limit).map(({ event }) => `${event.file}:${event.line}`),
    );
  }

  #sameKey(rule: Rule, other: EventRow): boolean {
    const { row } = this.#obvious.current;
    if (rule.scope === 'node' && row.node !== other.node) return false;
    if (rule.per.type === 'field') {
      const field = rule.per.field as 'user' | 'recipient' | 'sender';
      return (row[field] ?? '') === (other[field] ?? '');
    }
    if (row.ip === undefined || other.ip === undefined) return row.ip === other.ip;
    return inBlock(row.ip, other.ip, rule.per.prefix);
  }
}

/** The least number of more events with which a condition holds, by trying them one by one. */
function missingBy(
  condition: Condition,
  { holds, parts }: ExplainedRule['conditions'][number],
): number | undefined {
  if (holds) return undefined;
  const [{ sum }, other] = parts;
  for (let more = 1; more < 2000; more++) {
    const count = sum + more;
    if (condition.type === 'count' && count > condition.above) return more;
    if (condition.type === 'ratio' && other.sum >= condition.min) {
      if (count > condition.above * other.sum) return more;
    }
    if (condition.type === 'surge' && count >= condition.min) {
      const { start, end } = condition.before;
      if (count * (end - start + 1) > condition.times * other.sum) return more;
    }
  }
  return undefined;
}
