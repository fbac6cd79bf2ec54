import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetHolds, budgetText, parseBudget } from '../../../src/cli/budget.ts';

const METRICS = ['collateral', 'stopped'] as const;
const budget = (text: string): ReturnType<typeof parseBudget> =>
  parseBudget('--suggest', text, METRICS);

test.each([
  ['collateral <= 0.1 %', { metric: 'collateral', op: '<=', value: 0.1, isShare: true }],
  [' stopped=12 ', { metric: 'stopped', op: '=', value: 12, isShare: false }],
  ['stopped>=000.50%', { metric: 'stopped', op: '>=', value: 0.5, isShare: true }],
  [
    'stopped < 999999999.999999',
    { metric: 'stopped', op: '<', value: 999_999_999.999999, isShare: false },
  ],
])('%s', (text, read) => {
  expect(budget(text)).toEqual(read);
});

test.each([
  'stopped',
  'stopped 1',
  '> 1',
  'stopped > -1',
  'stopped > 1e3',
  'stopped > .5',
  'stopped => 1',
])('not a budget: %s', (text) => {
  expect(() => budget(text)).toThrow(`--suggest ${text}: expected METRIC OP NUMBER`);
});

test('is shown as it was read', () => {
  expect(budgetText(budget('stopped>=0.10%'))).toBe('>= 0.1 %');
  expect(budgetText(budget('stopped < 0.000001'))).toBe('< 0.000001');
});

test.each([
  ['stopped > 0.3 %', 3, 1000, false],
  ['stopped >= 0.3 %', 3, 1000, true],
  ['stopped = 0.3 %', 3, 1000, true],
  // 100 * 29 / 100 is less than 29 as doubles go; 0.07 * 100 is more than 7.
  ['stopped = 0.29 %', 29, 10_000, true],
  ['stopped <= 7 %', 7, 100, true],
  ['stopped >= 1 %', 0, 0, false],
  ['stopped <= 1 %', 0, 0, true],
  ['stopped > 12', 12, 100, false],
  ['stopped < 12.5', 12, 100, true],
])('%s of %d in %d: %s', (text, count, all, holds) => {
  expect(budgetHolds(budget(text), count, all)).toBe(holds);
});

// Goal: a share is compared as the fraction that it is.
// Method: every digit of the limit in a whole number of its own, against products of BigInt.
test('shares are compared exactly', () => {
  const limits = fc.tuple(fc.nat(99), fc.nat(999_999));
  const share = fc.tuple(limits, fc.nat(1_000_000), fc.nat(1_000_000), fc.boolean());
  fc.assert(
    fc.property(share, ([[whole, micros], a, b, tight]) => {
      const all = Math.max(a, b, 1);
      const digits = `${whole}.${String(micros).padStart(6, '0')}`;
      const millionths = BigInt(digits.replace('.', ''));
      // As near to the limit as a count can be.
      const near = Number((millionths * BigInt(all)) / 100_000_000n);
      const count = tight ? near : Math.min(a, b);
      const over = BigInt(count) * 100_000_000n - millionths * BigInt(all);
      const holds = (op: string): boolean =>
        budgetHolds(budget(`stopped ${op} ${digits} %`), count, all);
      expect(['>', '>=', '<', '<=', '='].map(holds)).toEqual([
        over > 0n,
        over >= 0n,
        over < 0n,
        over <= 0n,
        over === 0n,
      ]);
    }),
  );
});
