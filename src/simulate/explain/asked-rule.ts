import type { AuditEngine } from '../../engine/audit-engine.ts';
import type { Feed } from '../../engine/feed.ts';
import { ADDRESS } from '../../model/address.ts';
import { assert } from '../../model/errors.ts';
import { fieldValue } from '../../model/field-value.ts';
import type { Monitor, WindowRange } from '../../model/monitor.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { conditionHolds } from '../../policy/condition-holds.ts';
import {
  countedSessions,
  distinctQuestion,
  monitorOf,
  type CheckState,
  type RuleState,
} from '../../policy/rule-evaluator.ts';
import type { Condition, Quantity, Rule, RulePolicy } from '../../policy/rule-policy.ts';
import type { Counted, CountedPart, ExplainedCondition, SettingChange } from './explanation.ts';
import {
  DistinctShares,
  FeedShares,
  SessionShares,
  type QuantityShares,
  type Shares,
} from './quantity-shares.ts';
import { settingChanges, type AskedCondition } from './setting-changes.ts';

/** Tells in which window the event at hand was counted; undefined: it was not. */
export type CountedIn = () => number | undefined;

interface BoundPart {
  readonly quantity: Quantity;
  readonly shares: QuantityShares;
  readonly monitor: Monitor | undefined;
}

interface BoundCondition {
  readonly condition: Condition;
  readonly of: BoundPart;
  readonly to: BoundPart | undefined;
}

/** A rule whose counts can be taken apart at any event; bound before the first one. */
export class AskedRule {
  readonly rule: Rule;
  /** Of the first condition. */
  readonly countedIn: CountedIn;
  readonly #engine: AuditEngine;
  readonly #conditions: readonly BoundCondition[];

  constructor(rule: Rule, policy: RulePolicy, engine: AuditEngine, vocabulary: Vocabulary) {
    this.rule = rule;
    this.#engine = engine;
    let countedIn: CountedIn | undefined;
    const bind = (quantity: Quantity, condition: Condition): BoundPart => {
      const own = bindShares(quantity, rule, engine, vocabulary);
      countedIn ??= own.countedIn;
      const monitor =
        quantity.type === 'sessions'
          ? undefined
          : monitorOf({ ...rule, conditions: [{ ...condition, of: quantity }] }, policy);
      return { quantity, shares: own.shares, monitor };
    };
    this.#conditions = rule.conditions.map((condition) => ({
      condition,
      of: bind(condition.of, condition),
      to: condition.type === 'ratio' ? bind(condition.to, condition) : undefined,
    }));
    this.countedIn = countedIn!;
  }

  /** The conditions of the rule at the event at hand, and what would have changed its answer. */
  explain({ checks }: RuleState): {
    readonly conditions: readonly ExplainedCondition[];
    readonly changes: readonly SettingChange[];
  } {
    const { family } = this.#engine.subject;
    const { per } = this.rule;
    const bits = per.type === 'field' ? 0 : family === 4 ? per.prefix.ipv4 : per.prefix.ipv6;
    const asked = this.#conditions.map((bound, index): AskedCondition => {
      const { condition, of, to } = bound;
      const shares = of.shares.ask(bits, firstRange(condition));
      const other =
        condition.type === 'surge'
          ? of.shares.ask(bits, condition.before)
          : to?.shares.ask(bits, firstRange(condition));
      const state = checks[index];
      assert(conditionHolds(condition, state) === state.holds, 'what if begins with what is');
      return { condition, state, shares, other };
    });
    return {
      conditions: asked.map((own, index) => this.#explained(own, this.#conditions[index])),
      changes: settingChanges(this.rule, family, asked),
    };
  }

  #explained(asked: AskedCondition, bound: BoundCondition): ExplainedCondition {
    const { condition, state, shares, other } = asked;
    const range = firstRange(condition);
    const first = { count: 'count', ratio: 'of', surge: 'now' } as const;
    const parts: [CountedPart, ...CountedPart[]] = [
      this.#part(first[condition.type], bound.of, range, state.count, shares),
    ];
    if (condition.type === 'ratio') {
      parts.push(this.#part('to', bound.to!, range, state.other, other!));
    } else if (condition.type === 'surge') {
      parts.push(this.#part('before', bound.of, condition.before, state.other, other!));
    }
    return {
      form: condition.type,
      holds: state.holds,
      count: state.count,
      limit: state.limit,
      missing: missingOf(condition, state),
      min: condition.type === 'count' ? undefined : condition.min,
      silent: condition.type === 'surge' && state.passed < condition.before.end,
      parts,
      contributors: shares.contributors,
    };
  }

  #part(
    role: CountedPart['role'],
    { quantity, monitor }: BoundPart,
    range: WindowRange,
    sum: number,
    shares: Shares,
  ): CountedPart {
    const { batch, row } = this.#engine.subject;
    const what = countedWords(quantity, this.rule);
    const { values } = shares;
    if (monitor === undefined) {
      const none = { monitor, range: undefined, presentMs: undefined };
      return { role, what, ...none, sum, windows: [], values };
    }
    const { intervalMs } = monitor;
    const presentMs = Math.floor(batch.release[row] / intervalMs) * intervalMs;
    const windows = [...shares.windows]
      .sort(([a], [b]) => a - b)
      .map(([number, count]) => ({ number, startMs: presentMs - number * intervalMs, count }));
    return { role, what, monitor, range, presentMs, sum, windows, values };
  }
}

/** The windows of `of`: window 0 of a surge. */
export function firstRange(condition: Condition): WindowRange {
  return condition.type === 'surge' ? { start: 0, end: 0 } : condition.windows;
}

function bindShares(
  quantity: Quantity,
  rule: Rule,
  engine: AuditEngine,
  vocabulary: Vocabulary,
): { readonly shares: QuantityShares; readonly countedIn: CountedIn } {
  const { subject } = engine;
  if (quantity.type === 'sessions') {
    const { service, nodes } = countedSessions(quantity, rule);
    const gauge = engine.sessions(ADDRESS, service, quantity.listener, nodes);
    return { shares: new SessionShares(engine, gauge), countedIn: () => undefined };
  }
  const windowOf = (intervalMs: number, isLate: boolean): number => {
    const { time, release } = subject.batch;
    return Math.floor((isLate ? time : release)[subject.row] / intervalMs);
  };
  if (quantity.type === 'distinct') {
    const { monitor } = quantity;
    const windows = { start: 0, end: monitor.windows - 1 };
    const question = distinctQuestion(quantity, rule, windows, vocabulary);
    const per = typeof question.per === 'string' ? question.per : undefined;
    const feed = engine.distinct({ ...question, per: per ?? ADDRESS });
    return {
      shares: new DistinctShares(engine, feed, per, monitor.windows),
      countedIn: () => {
        const isLate = feed.lastLate === subject.serial;
        return isLate || feed.counted() ? windowOf(monitor.intervalMs, isLate) : undefined;
      },
    };
  }
  const feed: Feed =
    quantity.type === 'metric'
      ? engine.metricFeed(quantity.metric, quantity.monitor)
      : engine.seriesNamed(quantity.series);
  const key = rule.per.type === 'field' ? rule.per.field : 'ip';
  return {
    shares: new FeedShares(engine, feed, key, rule.scope),
    countedIn: () => {
      const isLate = feed.lastLate === subject.serial;
      const isCounted = isLate || feed.lastAdded === subject.serial;
      return isCounted ? windowOf(feed.monitor.intervalMs, isLate) : undefined;
    },
  };
}

function countedWords(quantity: Quantity, rule: Rule): Counted {
  switch (quantity.type) {
    case 'metric':
      return { type: 'metric', name: quantity.metric };
    case 'series':
      return { type: 'series', name: quantity.series };
    case 'sessions': {
      const { service } = countedSessions(quantity, rule);
      return { type: 'sessions', service, listener: quantity.listener };
    }
    case 'distinct':
      return { type: 'distinct', field: quantity.field, on: quantity.on };
  }
}

/** How many more it would have taken, with everything else as it is; undefined: none would do. */
function missingOf(condition: Condition, state: CheckState): number | undefined {
  if (state.holds) return undefined;
  const { count, limit } = state;
  const toMin = condition.type === 'surge' ? condition.min - count : 1;
  const about = Math.max(1, Math.floor(limit - count) + 1, toMin);
  // One to either side, because the limit is rounded.
  return [about - 1, about, about + 1].find((more) => {
    return more > 0 && conditionHolds(condition, { ...state, count: count + more });
  });
}

/** The key of the event at hand, with its node where nodes are counted apart. */
export function lineKey(engine: AuditEngine, { scope }: Rule, key: string): string {
  const { batch, row } = engine.subject;
  return scope === 'node' ? `${fieldValue(batch, row, 'node')} ${key}` : key;
}
