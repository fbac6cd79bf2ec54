import type { Condition } from './rule-policy.ts';

/** What a condition has counted. */
export interface ConditionCounts {
  readonly count: number;
  /** `to` of a ratio, the sum of the earlier windows of a surge. */
  readonly other: number;
  /** Windows that the clock has passed since the first event. */
  readonly passed: number;
}

/** Whether a condition holds by these counts (semantics, section 5), for questions of what if. */
export function conditionHolds(condition: Condition, counts: ConditionCounts): boolean {
  const { count, other, passed } = counts;
  if (condition.type === 'count') return count > condition.above;
  if (condition.type === 'ratio') {
    return other >= condition.min && count > condition.above * other;
  }
  const { times, before, min } = condition;
  const windows = before.end - before.start + 1;
  return count >= min && passed >= before.end && count * windows > times * other;
}
