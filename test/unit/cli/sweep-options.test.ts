import { describe, expect, test } from 'vitest';

import {
  gridOf,
  intervalOption,
  limitsOption,
  perOption,
  sweptRule,
  windowsOption,
  type GridFlags,
} from '../../../src/cli/sweep-options.ts';
import { UserError } from '../../../src/model/errors.ts';
import type { RulePolicy } from '../../../src/policy/rule-policy.ts';
import { count, metric, policyOf, rule, seriesNamed } from '../../builders/rule-policies.ts';

const own = { type: 'prefix', prefix: { ipv4: 32, ipv6: 64 } } as const;
const POLICY: RulePolicy = policyOf(
  [
    rule('busy', count(metric('connections'), 5, 0, 2), { per: own }),
    rule('open', count({ type: 'sessions', service: 'SMTP', listener: undefined }, 3)),
    rule('accounts', count({ type: 'series', series: 'logins' }, 3), {
      per: { type: 'field', field: 'user' },
    }),
    rule('growth', {
      type: 'surge',
      of: metric('connections'),
      times: 4,
      before: { start: 1, end: 2 },
      min: 1,
    }),
  ],
  { file: 'p.yaml', series: [seriesNamed('logins', { type: 'string', key: 'user' })] },
);

/** What a user sees of a mistake. */
function mistake(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return [error.message, error.hint].filter(Boolean).join(' | ');
    throw error;
  }
  throw new Error('no mistake was found');
}

const gridFor = (name: string, flags: GridFlags): ReturnType<typeof gridOf> =>
  gridOf(POLICY, sweptRule(POLICY, name), flags);

describe('--above', () => {
  test.each([
    ['5', [5]],
    ['20, 5,10,5', [5, 10, 20]],
    ['10..40:10', [10, 20, 30, 40]],
    ['10..45:10', [10, 20, 30, 40]],
    ['0..2:1,10', [0, 1, 2, 10]],
    ['10..100:x1.5', [10, 15, 23, 34, 51, 76]],
    // 100 x 1.1 is 110.00000000000001 in the machine's numbers.
    ['100..121:x1.1', [100, 110, 121]],
    ['1..5:x1.2', [1, 2, 3, 4, 5]],
    ['1..999999999999999:x10', Array.from({ length: 15 }, (_, power) => 10 ** power)],
  ])('%s', (text, limits) => {
    expect(limitsOption(text, false)).toEqual(limits);
  });

  test.each([
    ['0.1..0.5:0.1', [0.1, 0.2, 0.3, 0.4, 0.5]],
    ['0.1..1:x3', [0.1, 0.3, 0.9]],
    ['1.5,0.333333', [0.333333, 1.5]],
    ['0.01..0.02:x1.1', [0.01, 0.011, 0.0121, 0.01331, 0.014641, 0.016105, 0.017716, 0.019487]],
  ])('of a ratio: %s', (text, limits) => {
    expect(limitsOption(text, true)).toEqual(limits);
  });

  test.each([
    [
      'many',
      "'many' is no limit and no range | a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5",
    ],
    [
      '5,',
      "'' is no limit and no range | a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5",
    ],
    [
      '1..9',
      "'1..9' is no limit and no range | a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5",
    ],
    [
      '-1',
      "'-1' is no limit and no range | a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5",
    ],
    ['0.5', '0.5 is not a whole number'],
    ['1..9:0.5', '0.5 is not a whole number'],
    ['9..1:1', '9..1 runs backwards | write 1..9'],
    [
      '1..9:0',
      'a step of 0 never gets to the end | a list 5,10,20, steps 10..100:10, or a factor 10..1000:x1.5',
    ],
    ['1..9:x1', 'a factor of 1 never gets to the end | more than 1: x1.5'],
    ['1..9:x0.5', 'a factor of 0.5 never gets to the end | more than 1: x1.5'],
    ['0..9:x2', 'a factor never leaves 0 | 0,1..9:x2'],
    ['0..10000:1', 'more than 10000 limits | larger steps'],
  ])('%s: refused', (text, words) => {
    expect(mistake(() => limitsOption(text, false))).toBe(`--above ${text}: ${words}`);
  });
});

test('--per', () => {
  const prefixes = (text: string): unknown =>
    perOption(text, own).map((per) => per.type === 'prefix' && [per.prefix.ipv4, per.prefix.ipv6]);
  expect(prefixes('32,24, 22')).toEqual([
    [32, 64],
    [24, 64],
    [22, 64],
  ]);
  expect(prefixes('32/128,24/48,24/48,0/0')).toEqual([
    [32, 128],
    [24, 48],
    [0, 0],
  ]);
  const hint = 'lengths of IPv4 blocks 32,24,22, or of both families 32/128,24/64';
  for (const [text, part] of [
    ['33', '33'],
    ['32,24/129', '24/129'],
    ['/24', '/24'],
    ['', ''],
    ['address', 'address'],
  ]) {
    expect(mistake(() => perOption(text, own))).toBe(
      `--per ${text}: '${part}' is no prefix length | ${hint}`,
    );
  }
});

test('--windows', () => {
  expect(windowsOption('0..0, 0..5,3,0')).toEqual([
    { start: 0, end: 0 },
    { start: 0, end: 5 },
    { start: 3, end: 3 },
  ]);
  expect(mistake(() => windowsOption('0..2,x'))).toBe(
    "--windows 0..2,x: 'x' is no range of windows | ranges 0..0,0..5, at most window 999999; 0 is the present one",
  );
  expect(mistake(() => windowsOption('2..0'))).toBe(
    '--windows 2..0: 2..0 runs backwards | window 0 is the present one: write 0..2',
  );
});

test('--interval', () => {
  expect(intervalOption('60,300,1m,1d')).toEqual([60_000, 300_000, 86_400_000]);
  for (const part of ['0', '1.5', '367d', 'five', '']) {
    expect(mistake(() => intervalOption(`60,${part}`))).toBe(
      `--interval 60,${part}: '${part}' is no length of a window | whole seconds, from 1s to 366d: 60,300 or 1m,5m`,
    );
  }
});

test('what options leave out is the rule’s own', () => {
  const windows = { start: 0, end: 2 };
  const setting = { per: own, windows, intervalMs: 300_000 };
  expect(gridFor('busy', {})).toEqual({ above: [5], groups: [setting] });
  expect(gridFor('busy', { windows: '1', interval: '60,300' }).groups).toEqual([
    { ...setting, windows: { start: 1, end: 1 }, intervalMs: 60_000 },
    { ...setting, windows: { start: 1, end: 1 } },
  ]);
  expect(gridFor('accounts', { above: '1' }).groups).toEqual([
    { per: { type: 'field', field: 'user' }, windows: { start: 0, end: 0 }, intervalMs: 300_000 },
  ]);
  expect(gridFor('open', { above: '1,2' }).groups).toMatchObject([{ windows: undefined }]);
});

test('options that change nothing, and grids that are too large', () => {
  const refused = (name: string, flags: GridFlags): string => mistake(() => gridFor(name, flags));
  const sessions = 'does not go with rule open: sessions are open now, they have no windows';
  expect(refused('open', { windows: '0..2' })).toBe(`--windows ${sessions}`);
  expect(refused('open', { interval: '60' })).toBe(`--interval ${sessions}`);
  expect(refused('accounts', { per: '24' })).toBe(
    '--per does not go with rule accounts: it counts by user, not by blocks of addresses',
  );
  expect(gridFor('busy', { above: '0..4999:1', per: '32,24' }).groups).toHaveLength(2);
  expect(refused('busy', { above: '0..5000:1', per: '32,24' })).toBe(
    'the sweep would have 10002 settings, more than 10000 | larger steps, or fewer values of --per, --windows and --interval',
  );
});

test('the rule', () => {
  expect(sweptRule(POLICY, 'open').name).toBe('open');
  const names = 'rules: busy, open, accounts, growth';
  expect(mistake(() => sweptRule(POLICY, undefined))).toBe(
    `sweep needs --rule: which rule? | ${names}`,
  );
  expect(mistake(() => sweptRule(POLICY, 'bussy'))).toBe(
    "--rule bussy: no such rule in p.yaml | did you mean 'busy'?",
  );
  expect(mistake(() => sweptRule(POLICY, 'something-else'))).toBe(
    `--rule something-else: no such rule in p.yaml | ${names}`,
  );
  expect(mistake(() => sweptRule(POLICY, 'growth'))).toBe(
    '--rule growth: a surge has no limit to vary | sweep takes rules that begin with count, distinct or ratio',
  );
});
