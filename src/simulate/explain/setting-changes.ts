import { ADDRESS } from '../../model/address.ts';
import type { WindowRange } from '../../model/monitor.ts';
import { conditionHolds, type ConditionCounts } from '../../policy/condition-holds.ts';
import type { CheckState } from '../../policy/rule-evaluator.ts';
import type { Condition, Rule } from '../../policy/rule-policy.ts';
import type { SettingChange } from './explanation.ts';
import type { Shares } from './quantity-shares.ts';

/** A condition at the event at hand, with what its counts are made of. */
export interface AskedCondition {
  readonly condition: Condition;
  readonly state: CheckState;
  /** Of `count`, of `of`, or of window 0 of a surge. */
  readonly shares: Shares;
  /** Of `to`, or of the windows `before`. */
  readonly other: Shares | undefined;
}

/** Factors are given in thousandths. */
const FACTOR_STEPS = 1000;

/**
 * The settings nearest to those of the rule with which it would have answered otherwise at the
 * event at hand, each by itself. Counts are those that the engine would have had: a setting that
 * only asks changes no count.
 *
 * @param family of the peer; 0: none
 */
export function settingChanges(
  rule: Rule,
  family: number,
  conditions: readonly AskedCondition[],
): SettingChange[] {
  const fired = conditions.every(({ state }) => state.holds);
  const changes = conditions.flatMap((asked, index) => {
    // Another condition that does not hold keeps the rule from firing whatever this one says.
    if (conditions.some(({ state }, other) => other !== index && !state.holds)) return [];
    return [limitChange(asked, fired), minChange(asked, fired), windowsChange(asked, fired)]
      .filter((change) => change !== undefined)
      .map((change) => ({ ...change, condition: index }));
  });
  const prefix = prefixChange(rule, family, conditions, fired);
  return prefix === undefined ? changes : [...changes, prefix];
}

type ConditionChange = Omit<SettingChange, 'condition'>;

/** `above`, or `times` of a surge. */
function limitChange(
  { condition, state }: AskedCondition,
  fired: boolean,
): ConditionChange | undefined {
  const { count, other } = state;
  if (condition.type === 'count') {
    const above = fired ? count : count - 1;
    if (above < 0) return undefined;
    return { setting: 'above', from: condition.above, to: above, count };
  }
  const least = condition.type === 'ratio' ? 0 : 1;
  const holds = (step: number): boolean =>
    conditionHolds(withFactor(condition, step / FACTOR_STEPS), state);
  const windows =
    condition.type === 'surge' ? condition.before.end - condition.before.start + 1 : 1;
  const quotient = (count * windows) / other;
  if (!Number.isFinite(quotient)) return undefined;
  // One step to either side, because the division is rounded.
  const about = Math.floor(quotient * FACTOR_STEPS);
  const steps = [about - 1, about, about + 1, about + 2].filter((step) => step >= least);
  const step = fired ? steps.find((own) => !holds(own)) : steps.findLast((own) => holds(own));
  if (step === undefined) return undefined;
  const to = step / FACTOR_STEPS;
  return condition.type === 'ratio'
    ? { setting: 'above', from: condition.above, to, count }
    : { setting: 'times', from: condition.times, to, count };
}

function withFactor(condition: Condition, factor: number): Condition {
  if (condition.type === 'count') return { ...condition, above: factor };
  return condition.type === 'ratio'
    ? { ...condition, above: factor }
    : { ...condition, times: factor };
}

/** `min`, where it alone keeps the condition from holding. */
function minChange(
  { condition, state }: AskedCondition,
  fired: boolean,
): ConditionChange | undefined {
  if (fired || condition.type === 'count') return undefined;
  const to = condition.type === 'ratio' ? state.other : state.count;
  if (to < 0 || !conditionHolds({ ...condition, min: to }, state)) return undefined;
  return { setting: 'min', from: condition.min, to, count: state.count };
}

/** The end of `windows`, or of `before`. */
function windowsChange(asked: AskedCondition, fired: boolean): ConditionChange | undefined {
  const { condition, state, shares, other } = asked;
  const isSurge = condition.type === 'surge';
  const range = isSurge ? condition.before : condition.windows;
  const ends = (isSurge ? other! : shares).byEnd;
  const length = Math.min(ends.length, other?.byEnd.length ?? Infinity);
  const countsAt = (end: number): ConditionCounts => ({
    ...state,
    count: isSurge ? state.count : shares.byEnd[end - range.start],
    other: other === undefined ? 0 : other.byEnd[end - range.start],
  });
  const differs = (end: number): boolean => {
    const to = { start: range.start, end };
    const changed = isSurge ? { ...condition, before: to } : condition;
    return conditionHolds(changed, countsAt(end)) !== fired;
  };
  const end = nearest(range.end, range.start, range.start + length - 1, differs);
  if (end === undefined) return undefined;
  const to: WindowRange = { start: range.start, end };
  const setting = isSurge ? 'before' : 'windows';
  return { setting, from: range, to, count: countsAt(end).count };
}

function prefixChange(
  { per }: Rule,
  family: number,
  conditions: readonly AskedCondition[],
  fired: boolean,
): SettingChange | undefined {
  if (per.type === 'field' || family === 0) return undefined;
  const own = family === 4 ? per.prefix.ipv4 : per.prefix.ipv6;
  const widest = family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  const answersOtherwise = (bits: number): boolean => {
    const fires = conditions.every(({ condition, state, shares, other }) =>
      conditionHolds(condition, {
        ...state,
        count: shares.byBits[bits],
        other: other?.byBits[bits] ?? 0,
      }),
    );
    return fires !== fired;
  };
  const bits = nearest(own, 0, widest, answersOtherwise);
  if (bits === undefined) return undefined;
  const setting = family === 4 ? 'ipv4' : 'ipv6';
  const count = conditions[0].shares.byBits[bits];
  return { setting, condition: undefined, from: own, to: bits, count };
}

/** The number nearest to `own` that is asked for; of two equally near ones the higher. */
function nearest(
  own: number,
  least: number,
  most: number,
  asked: (number: number) => boolean,
): number | undefined {
  for (let distance = 1; own + distance <= most || own - distance >= least; distance++) {
    if (own + distance <= most && asked(own + distance)) return own + distance;
    if (own - distance >= least && asked(own - distance)) return own - distance;
  }
  return undefined;
}
