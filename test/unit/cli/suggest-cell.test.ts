// Goal: with lists of those who are known, what is suggested is what takes most of the bad ones.
// Method: cells written by hand, whose numbers disagree on which is best.
import { describe, expect, test } from 'vitest';
import { suggestCell, suggestOption } from '../../../src/cli/suggest-cell.ts';
import { emptyCounts, type CollateralCounts } from '../../../src/simulate/collateral.ts';
import { caughtBy } from '../../../src/simulate/sweep/sweep-curve.ts';
import type { Sweep, SweepCell } from '../../../src/simulate/sweep/sweep.ts';
import { count, metric, rule } from '../../builders/rule-policies.ts';

const LIST = { networks: [], domains: [] };
const RULE = rule('busy', count(metric('connections'), 5), {
  verdict: { type: 'reject', code: 550, text: 'no' },
});

/** One group with these cells, their limits 0, 1, 2, … */
function sweepOf(total: Partial<CollateralCounts>, cells: Partial<CollateralCounts>[]): Sweep {
  const none = { firings: 0, keys: 0, stoppedConnections: 0, stoppedMessages: 0 };
  const group = {
    per: RULE.per,
    windows: { start: 0, end: 0 },
    intervalMs: 300_000,
    total: { ...emptyCounts(), ...total },
    knee: undefined,
    cells: cells.map((own, above): SweepCell => {
      const taken = { ...emptyCounts(), ...own };
      const acceptedByDay = { min: 0, median: 0, max: 0, days: 0 };
      const caught = caughtBy(taken);
      return { ...none, cell: above, above, stoppedAccepted: 0, taken, caught, acceptedByDay };
    }),
  };
  const span = { firstMs: 0, lastMs: 0, dayCount: 1, days: [], unfed: [], bySource: [] };
  return { ...span, groups: [group] };
}

function suggested(sweep: Sweep, ...asked: string[]): number | undefined {
  const budgets = suggestOption(asked, RULE, { good: LIST, bad: LIST });
  return suggestCell(sweep, budgets).found?.cell.above;
}

describe('the best setting', () => {
  test('takes most bad ones, though another one catches more', () => {
    const sweep = sweepOf({ bad: 9 }, [
      { rejected: 50, bad: 3 },
      { rejected: 20, bad: 4, accepted: 7 },
      { rejected: 90, bad: 2 },
    ]);
    expect(suggested(sweep, 'good <= 9')).toBe(1);
  });

  test('of equals catches most, then takes the fewest accepted messages, then is the highest', () => {
    const bad = 4;
    const sweep = sweepOf({ bad: 9 }, [
      { bad, rejected: 5 },
      { bad, rejected: 6, accepted: 3 },
      { bad, rejected: 6, accepted: 2 },
      { bad, rejected: 6, accepted: 2 },
      { bad, rejected: 6, accepted: 9 },
    ]);
    expect(suggested(sweep, 'bad = 4')).toBe(3);
    expect(suggested(sweep, 'bad = 4', 'accepted < 1')).toBe(0);
  });

  const shares = sweepOf({ good: 10, bad: 8 }, [
    { good: 5, bad: 6 },
    { good: 2, bad: 4 },
    { good: 0, bad: 1 },
    {},
  ]);
  test.each([
    ['precision >= 60 %', 1],
    ['precision > 90 %', 2],
    ['recall <= 50 %', 1],
    ['recall < 50 %', 2],
    ['good <= 20 %', 1],
    ['good < 2', 2],
    ['bad < 12.5 %', 3],
    // Who takes nobody that is known has no precision, which counts as 0.
    ['precision = 0 %', 3],
    ['recall > 75 %', undefined],
  ])('%s', (asked, above) => {
    expect(suggested(shares, asked)).toBe(above);
  });

  test('the nearest is that by share', () => {
    const budgets = suggestOption(['recall > 75 %'], RULE, { good: undefined, bad: LIST });
    expect(suggestCell(shares, budgets).nearest.cell.above).toBe(0);
  });
});
