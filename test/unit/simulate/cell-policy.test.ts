import { expect, test } from 'vitest';

import type { Rule } from '../../../src/policy/rule-policy.ts';
import {
  cellPolicy,
  ownSetting,
  type CellSetting,
} from '../../../src/simulate/sweep/cell-policy.ts';
import { count, metric, policyOf, rule, seriesNamed } from '../../builders/rule-policies.ts';

const FIVE = { intervalMs: 300_000, windows: 6 };
const MINUTE = { intervalMs: 60_000, windows: 3 };
const MINUTES = { intervalMs: 60_000, windows: 30 };
const until = (end: number): { start: number; end: number } => ({ start: 0, end });

const busy = rule('busy', count(metric('connections', FIVE), 5));
const short = rule('short', count(metric('connections', MINUTES), 5));
const tries = seriesNamed('tries', { monitor: FIVE, persist: true, serialize: true });
const guessed = rule('guessed', count({ type: 'series', series: 'tries' }, 5));
const mostly = rule('mostly', {
  type: 'ratio',
  of: { type: 'series', series: 'tries' },
  to: metric('connections', FIVE),
  windows: until(0),
  above: 0.5,
  min: 1,
});
const users = rule('users', {
  type: 'count',
  of: { type: 'distinct', field: 'user', on: ['auth_failure'], where: [], monitor: FIVE },
  windows: until(0),
  above: 3,
});
const RULES = [busy, short, guessed, mostly, users];
const POLICY = policyOf(RULES, {
  monitors: [FIVE, MINUTE, MINUTES],
  series: [tries, seriesNamed('tries-60')],
});

/** What a setting changes of the policy: the condition of the rule, and what is new. */
function changed(swept: Rule, change: Partial<CellSetting>): unknown {
  const setting = { ...ownSetting(POLICY, swept)!, ...change };
  const policy = cellPolicy(POLICY, swept, setting);
  const { monitors, series, rules } = policy;
  const at = RULES.indexOf(swept);
  expect(policy).toEqual({ ...POLICY, monitors, series, rules });
  expect(monitors.slice(0, 3)).toEqual(POLICY.monitors);
  expect(series.slice(0, 2)).toEqual(POLICY.series);
  expect(rules.toSpliced(at, 1)).toEqual(RULES.toSpliced(at, 1));
  const [condition, ...others] = rules[at].conditions;
  expect(others).toEqual([]);
  return { condition, monitors: monitors.slice(3), series: series.slice(2) };
}

test('a metric is asked under its own monitor where it fits', () => {
  expect(changed(busy, { above: 9, windows: until(5) })).toEqual({
    condition: count(metric('connections', FIVE), 9, 0, 5),
    monitors: [],
    series: [],
  });
  expect(changed(short, { windows: until(1) })).toEqual({
    condition: count(metric('connections', MINUTES), 5, 0, 1),
    monitors: [],
    series: [],
  });
});

test('else under the first that is configured and has the windows', () => {
  expect(changed(busy, { intervalMs: 60_000, windows: until(2) })).toMatchObject({
    condition: count(metric('connections', MINUTE), 5, 0, 2),
    monitors: [],
  });
  expect(changed(busy, { intervalMs: 60_000, windows: until(3) })).toMatchObject({
    condition: count(metric('connections', MINUTES), 5, 0, 3),
    monitors: [],
  });
});

test('else under a new one, with as many windows as its own or as are asked', () => {
  for (const [intervalMs, end, windows] of [
    [10_000, 0, 6],
    [10_000, 5, 6],
    [10_000, 6, 7],
    [300_000, 6, 7],
  ]) {
    const monitor = { intervalMs, windows };
    expect(changed(busy, { intervalMs, windows: until(end) })).toEqual({
      condition: count(metric('connections', monitor), 5, 0, end),
      monitors: [monitor],
      series: [],
    });
  }
});

test('a series is cloned under a free name where its monitor does not fit', () => {
  expect(changed(guessed, { windows: until(5) })).toMatchObject({ series: [] });
  const clone = { ...tries, persist: false, serialize: false };
  expect(changed(guessed, { intervalMs: 60_000 })).toEqual({
    condition: count({ type: 'series', series: 'tries-60-2' }, 5),
    monitors: [],
    series: [{ ...clone, name: 'tries-60-2', monitor: { intervalMs: 60_000, windows: 6 } }],
  });
  expect(changed(guessed, { windows: until(8) })).toMatchObject({
    series: [{ ...clone, name: 'tries-300', monitor: { intervalMs: 300_000, windows: 9 } }],
  });
});

test('both parts of a ratio move, a distinct count needs no monitor of the policy', () => {
  expect(changed(mostly, { intervalMs: 10_000, above: 0.7 })).toMatchObject({
    condition: {
      of: { series: 'tries-10' },
      to: { monitor: { intervalMs: 10_000, windows: 6 } },
      above: 0.7,
      min: 1,
    },
    monitors: [{ intervalMs: 10_000, windows: 6 }],
    series: [{ name: 'tries-10' }],
  });
  expect(changed(users, { intervalMs: 10_000 })).toMatchObject({
    condition: { of: { monitor: { intervalMs: 10_000, windows: 6 } } },
    monitors: [],
    series: [],
  });
});
