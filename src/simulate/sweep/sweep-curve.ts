import type { CollateralCounts } from '../collateral.ts';

/** What is taken that was no accepted message: connections, refusals, spam and viruses. */
export function caughtBy(counts: CollateralCounts): number {
  const { connections, rejected, greylisted, spam, virus } = counts;
  return connections + rejected + greylisted + spam + virus;
}

/**
 * The knee of a curve: of its points, in steps of equal width, the one that lies farthest above the
 * straight line from the first to the last; of equals the last. Behind it a step loses more than
 * the average step does.
 *
 * Undefined for a curve of fewer than 3 points, and for one without a point above the line. All is
 * compared in whole numbers.
 */
export function kneeOf(curve: readonly number[]): number | undefined {
  const steps = curve.length - 1;
  if (steps < 2) return undefined;
  const first = curve[0];
  const fall = curve[steps] - first;
  let knee: number | undefined;
  let farthest = 0;
  for (let point = 1; point < steps; point++) {
    const distance = (curve[point] - first) * steps - fall * point;
    if (distance < farthest || distance <= 0) continue;
    farthest = distance;
    knee = point;
  }
  return knee;
}

/** How a number spreads over days. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Days on which it was not 0. */
  readonly days: number;
}

/**
 * @param values of the days that have one; it is 0 on all others
 * @param dayCount number of all days
 */
export function spreadOf(values: readonly number[], dayCount: number): Spread {
  if (dayCount === 0) return { min: 0, median: 0, max: 0, days: 0 };
  const sorted = values.toSorted((a, b) => a - b);
  const quiet = dayCount - sorted.length;
  const at = (index: number): number => (index < quiet ? 0 : sorted[index - quiet]);
  const half = dayCount >> 1;
  const median = dayCount % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  const days = sorted.filter((value) => value !== 0).length;
  return { min: at(0), median, max: at(dayCount - 1), days };
}
