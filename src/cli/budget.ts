import { UserError } from '../model/errors.ts';
import { didYouMean } from '../model/suggest.ts';

export type BudgetOperator = '>' | '>=' | '<' | '<=' | '=';

/** A limit that the user sets on what a run finds: `newly-stopped-accepted > 0.1 %`. */
export interface Budget<Metric extends string = string> {
  readonly metric: Metric;
  readonly op: BudgetOperator;
  /** In percent where `isShare`. At most 15 digits, 6 of them behind the point: exact as decimals. */
  readonly value: number;
  /** Whether the share of all events of the metric's class is meant, not their number. */
  readonly isShare: boolean;
}

const FORM = /^\s*([^\s<>=]+)\s*(>=|<=|>|<|=)\s*(\d{1,9}(?:\.\d{1,6})?)\s*(%?)\s*$/;
/** Parts of a unit that the digits of a value can tell. */
const MICRO = 1_000_000;

/**
 * Reads `METRIC OP NUMBER`, with `%` behind it for a share. Blanks may be left out.
 *
 * @param option which option has the text, for messages
 * @param metrics those that may be named
 * @param operators those that make sense there; default all
 * @throws {UserError} which says what was expected
 */
export function parseBudget<Metric extends string>(
  option: string,
  text: string,
  metrics: readonly Metric[],
  operators: readonly BudgetOperator[] = ['>', '>=', '<', '<=', '='],
): Budget<Metric> {
  const [, name, op, number, percent] = FORM.exec(text) ?? [];
  if (name === undefined) {
    throw new UserError(
      `${option} ${text}: expected METRIC OP NUMBER, or NUMBER % for a share`,
      `such as '${metrics[0]} ${operators[0]} 10' or '${metrics[0]} ${operators[0]} 0.1 %'; ` +
        'at most 9 digits before the point and 6 behind it',
    );
  }
  const metric = metrics.find((known) => known === name);
  if (metric === undefined) {
    const known = metrics.join(', ');
    throw new UserError(
      `${option} ${text}: no metric '${name}'`,
      didYouMean(name, metrics) ?? `metrics: ${known}`,
    );
  }
  const operator = operators.find((one) => one === op);
  if (operator === undefined) {
    throw new UserError(
      `${option} ${text}: '${op}' is not allowed here`,
      `expected ${operators.join(' or ')}`,
    );
  }
  return { metric, op: operator, value: Number(number), isShare: percent !== '' };
}

/**
 * Whether what a budget says holds. Shares are compared as fractions of whole numbers, so nothing
 * depends on rounding; the share of nothing is 0.
 *
 * @param count events of the metric
 * @param all events of its class
 */
export function budgetHolds({ op, value, isShare }: Budget, count: number, all: number): boolean {
  const limit = BigInt(Math.round(value * MICRO));
  const whole = !isShare || all === 0;
  const left = BigInt(count) * BigInt(whole ? MICRO : 100 * MICRO);
  const right = whole ? limit : limit * BigInt(all);
  switch (op) {
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '=':
      return left === right;
  }
}

/** `> 0.1 %`; the smallest value, 0.000001, is still written without an exponent. */
export function budgetText({ op, value, isShare }: Budget): string {
  return `${op} ${value}${isShare ? ' %' : ''}`;
}
