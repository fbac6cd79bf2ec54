import { describe, expect, test } from 'vitest';

import { collateralTable, overlapTable, percent } from '../../../src/report/what-if-tables.ts';
import { emptyCounts, type RuleCollateral } from '../../../src/simulate/collateral.ts';
import type { OverlapRow } from '../../../src/simulate/rule-overlap.ts';
import type { RuleTally } from '../../../src/simulate/tally.ts';

const tally = (name: string): RuleTally => ({
  name,
  verdict: 'reject',
  firings: 0,
  keys: 0,
  stoppedConnections: 0,
  stoppedMessages: 0,
  stoppedAccepted: 0,
  firstMs: undefined,
  lastMs: undefined,
  episodes: 0,
  topEpisodes: [],
});

const taken = (change: Partial<RuleCollateral>): RuleCollateral => ({
  ...emptyCounts(),
  senders: [],
  ...change,
});

/** The words of a table, a line each, without its frame. */
const wordsOf = (table: string | undefined): string[] | undefined =>
  table
    ?.split('\n')
    .filter((line) => !/^[┌├└]/.test(line))
    .map((line) => line.replaceAll('│', ' ').trim().split(/\s+/).join(' '));

test.each([
  [1, 3, '33.33 %'],
  [0, 3, '0 %'],
  [3, 3, '100 %'],
  [1, 100_000, '0 %'],
  [0, 0, ''],
])('%i of %i', (part, whole, text) => expect(percent(part, whole)).toBe(text));

describe('collateral', () => {
  test('rules that take nothing have no row, and alone no table', () => {
    const total = { ...emptyCounts(), accepted: 10, connections: 4 };
    const none = { total, rules: [taken({})] };
    expect(collateralTable(none, [tally('a')])).toBeUndefined();
    const one = { total, rules: [taken({}), taken({ connections: 1, accepted: 2 })] };
    expect(wordsOf(collateralTable(one, [tally('a'), tally('b')]))).toEqual([
      'what a rule takes connections accepted of all refused',
      'messages accepted anyway',
      'b 1 2 20 % 0',
    ]);
  });

  test('classes that the log does not have, and labels without lists, have no column', () => {
    const counts = { connections: 2, accepted: 4, spam: 3, virus: 1, rejected: 5, greylisted: 6 };
    const total = { ...counts, good: 8, bad: 4 };
    const rules = [taken({ ...counts, good: 1, bad: 3 })];
    expect(wordsOf(collateralTable({ total, rules }, [tally('a')]))).toEqual([
      'what a rule takes connections accepted of all refused greylisted spam virus good bad precision recall',
      'messages accepted anyway',
      'a 2 4 100 % 5 6 3 1 1 3 75 % 75 %',
    ]);
  });

  test('senders: the first three, the empty one, control characters, the others', () => {
    const senders = [
      { sender: 'a\u001b[2J@example.com', messages: 5 },
      { sender: '', messages: 3 },
      { sender: 'b@example.com', messages: 2 },
      { sender: 'c@example.com', messages: 1 },
    ];
    const total = { ...emptyCounts(), accepted: 20 };
    const table = collateralTable({ total, rules: [taken({ accepted: 12, senders })] }, [
      tally('a'),
    ]);
    expect(table!.split('\n').at(-1)).toBe(
      String.raw`accepted mail that a takes, by sender: a\x1b[2J@example.com 5, <> 3, b@example.com 2, others 2`,
    );
  });
});

describe('overlap', () => {
  const names = Array.from({ length: 12 }, (_, index) => tally(`r${index}`));
  const alone = (rule: number, events: number): OverlapRow => ({ rule, other: rule, events });

  test('no table where no two rules refuse the same event', () => {
    expect(overlapTable([], names)).toBeUndefined();
    expect(overlapTable([alone(0, 7), alone(3, 2)], names)).toBeUndefined();
  });

  test('a matrix of the rules that overlap', () => {
    const rows = [alone(0, 7), alone(1, 9), { rule: 1, other: 3, events: 4 }, alone(3, 1000)];
    expect(wordsOf(overlapTable(rows, names))).toEqual([
      'both refuse r1 r3',
      'r1 9 4',
      'r3 4 1,000',
    ]);
  });

  test('pairs where a matrix would be too wide: those with the most events', () => {
    const rows = Array.from({ length: 12 }, (_, other) => ({ rule: 0, other, events: other }));
    const table = overlapTable(rows, names)!;
    const [head, first, ...rest] = wordsOf(table)!;
    expect([head, first]).toEqual(['both refuse and events', 'r0 r11 11']);
    expect(rest).toHaveLength(10);
    expect(rest.at(-1)).toBe('1 more pair (summary.json of --out)');
  });
});
