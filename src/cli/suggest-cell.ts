import { UserError } from '../model/errors.ts';
import type { Sweep, SweepCell, SweepGroup } from '../simulate/sweep/sweep.ts';
import type { Labels } from '../simulate/collateral.ts';
import { isRefusal, type Rule } from '../policy/rule-policy.ts';
import { budgetHolds, parseBudget, type Budget } from './budget.ts';

/** What `--suggest` can limit: what a setting takes, how often it fires, and whom of the lists. */
const METRICS = [
  ...(['collateral', 'accepted', 'rejected', 'connections', 'firings', 'keys'] as const),
  ...(['good', 'bad', 'precision', 'recall'] as const),
] as const;
export type SuggestMetric = (typeof METRICS)[number];

/** The lists without which a metric says nothing. */
const LISTS: Partial<Record<SuggestMetric, readonly (keyof Labels)[]>> = {
  good: ['good'],
  bad: ['bad'],
  precision: ['good', 'bad'],
  recall: ['bad'],
};

/** A cell and the group that it lies in. */
export interface FoundCell {
  readonly group: SweepGroup;
  readonly cell: SweepCell;
}

export interface Suggestion {
  /** The setting that is suggested; undefined: all conditions hold nowhere. */
  readonly found: FoundCell | undefined;
  /** Where none holds them all: the one that comes nearest. */
  readonly nearest: FoundCell;
}

/**
 * What `--suggest` asks for.
 *
 * @throws {UserError} for a condition that cannot be read, or that says nothing about the rule
 */
export function suggestOption(
  texts: readonly string[],
  rule: Rule,
  labels: Labels | undefined,
): readonly Budget<SuggestMetric>[] {
  return texts.map((text) => {
    const budget = parseBudget('--suggest', text, METRICS);
    refuseUnlabelled(text, budget, labels);
    const isTaken = budget.metric !== 'firings' && budget.metric !== 'keys';
    if (budget.isShare && !isTaken) {
      throw new UserError(
        `--suggest ${text}: there is nothing that ${budget.metric} are a share of`,
        `write a number: ${budget.metric} ${budget.op} 10`,
      );
    }
    if (isTaken && !isRefusal(rule.verdict)) {
      throw new UserError(
        `--suggest ${text}: rule ${rule.name} only says ${rule.verdict.type}, it takes nothing`,
        'give it a reject or disconnect, or limit firings or keys',
      );
    }
    return budget;
  });
}

function refuseUnlabelled(
  text: string,
  { metric, op, value, isShare }: Budget<SuggestMetric>,
  labels: Labels | undefined,
): void {
  const lists = LISTS[metric] ?? [];
  if (lists.some((list) => labels?.[list] === undefined)) {
    const options = lists.map((list) => `--${list}`).join(' and ');
    throw new UserError(
      `--suggest ${text}: ${metric} needs ${options}`,
      'name lists of those who are known',
    );
  }
  if (isShare || (metric !== 'precision' && metric !== 'recall')) return;
  throw new UserError(
    `--suggest ${text}: ${metric} is a share`,
    `write it in percent: ${metric} ${op} ${value} %`,
  );
}

/**
 * Of the cells in which all conditions hold the one that takes most of the bad ones, if there is a
 * list of them; of equals the one that catches most, then the one that takes the
 * fewest accepted messages, then the highest limit, then the first of the grid.
 */
export function suggestCell(sweep: Sweep, budgets: readonly Budget<SuggestMetric>[]): Suggestion {
  const all = sweep.groups.flatMap((group) => group.cells.map((cell) => ({ group, cell })));
  const best = (cells: readonly FoundCell[]): FoundCell | undefined =>
    cells.toSorted(byWorth).at(0);
  const found = best(
    all.filter((one) => budgets.every((budget) => budgetHolds(budget, ...numbersOf(one, budget)))),
  );
  const nearest = all
    .map((one) => ({ one, misses: budgets.map((budget) => missOf(one, budget)) }))
    .sort((a, b) => compareMisses(a.misses, b.misses) || byWorth(a.one, b.one))[0].one;
  return { found, nearest };
}

function byWorth(a: FoundCell, b: FoundCell): number {
  return (
    b.cell.taken.bad - a.cell.taken.bad ||
    b.cell.caught - a.cell.caught ||
    a.cell.taken.accepted - b.cell.taken.accepted ||
    b.cell.above - a.cell.above ||
    a.cell.cell - b.cell.cell
  );
}

/** What a cell has of a metric, and all that there is of its class. */
function numbersOf(
  { cell, group }: FoundCell,
  { metric }: Budget<SuggestMetric>,
): [number, number] {
  if (metric === 'firings' || metric === 'keys') return [cell[metric], 0];
  const { taken } = cell;
  if (metric === 'precision') return [taken.bad, taken.good + taken.bad];
  if (metric === 'recall') return [taken.bad, group.total.bad];
  const name = metric === 'collateral' ? 'accepted' : metric;
  return [taken[name], group.total[name]];
}

/** How far a cell is from what a condition wants; 0: it holds. */
function missOf(one: FoundCell, budget: Budget<SuggestMetric>): number {
  const [count, all] = numbersOf(one, budget);
  if (budgetHolds(budget, count, all)) return 0;
  const value = budget.isShare && all > 0 ? (100 * count) / all : count;
  // A limit that may not be touched is missed by what touches it, too.
  return Math.max(Math.abs(value - budget.value), Number.MIN_VALUE);
}

/** Fewer broken conditions first, then the smaller miss of the first condition, and so on. */
function compareMisses(a: readonly number[], b: readonly number[]): number {
  const broken = (misses: readonly number[]): number => misses.filter((miss) => miss > 0).length;
  const fewer = broken(a) - broken(b);
  if (fewer !== 0) return fewer;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index] - b[index];
  }
  return 0;
}
