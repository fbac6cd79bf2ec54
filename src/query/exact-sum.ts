import { UserError } from '../model/errors.ts';

/** Sums beyond this, either way, need a closer look before they are kept. */
export const PLAIN = Number.MAX_SAFE_INTEGER;

/**
 * Beyond 2^53 a sum is rounded, perhaps to 2^53 itself; then it cannot be taken back.
 *
 * @throws UserError when `a + b` is not exact or not within ±2^53
 */
export function exactSum(a: number, b: number): number {
  const sum = a + b;
  if (Math.abs(sum) <= 2 ** 53 && sum - a === b && sum - b === a) return sum;
  throw new UserError(
    `a sum is beyond ±2^53: ${a} and ${b}`,
    'ask for smaller blocks or for a shorter span of time',
  );
}
