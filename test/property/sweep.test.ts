// Goal: every cell of a sweep is what a single replay with that setting finds, whatever the policy,
// the grid and the traffic.
// Method: random rules before, behind and in place of the swept one over random traffic with
// sessions, messages and late lines; one sweep against a replay of each cell's policy.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Network } from '../../src/model/address.ts';
import type { WindowRange } from '../../src/model/monitor.ts';
import { DAY_MS } from '../../src/model/time.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Condition, Per, Quantity, Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { cellPolicy, ownSetting, type CellSetting } from '../../src/simulate/sweep/cell-policy.ts';
import { enforce } from '../../src/simulate/enforce/enforce.ts';
import type { SweepOptions } from '../../src/simulate/sweep/sweep.ts';
import type { Labels } from '../../src/simulate/collateral.ts';
import type { Tally } from '../../src/simulate/tally.ts';
import {
  ANY_KIND,
  anyAddress,
  anyGapMs,
  anyGrainMs,
  anyLateMs,
  anyMonitors,
  anyPrefix,
  anyRange,
  anyScope,
  anySeries,
  definedOf,
  IGNORED,
  orUndefined,
  rangeIn,
} from '../builders/audit-histories.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { networks, policyOf, replayRows, rule, seriesNamed } from '../builders/rule-policies.ts';
import {
  cellsOf,
  enforcedBy,
  enforceRows,
  foundBy,
  inputsFor,
  sweepRows,
  type Grid,
} from '../builders/sweeps.ts';

const TIMEOUT_MS = 20_000;
const HOUR_MS = 3_600_000;
const INTERVALS_MS = [1000, 7000, 60_000, 600_000];
const LABELS: Labels = {
  good: { networks: networks('192.0.2.0/25') as Network[], domains: ['example.org'] },
  bad: { networks: networks('192.0.2.0/24') as Network[], domains: ['example.com'] },
};

/** Mostly one busy address, so that limits are exceeded. */
const anyPeer = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('192.0.2.1', '192.0.2.1', '192.0.2.2') },
  { weight: 1, arbitrary: anyAddress },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
/** Mostly windows that hold the present one. */
const anyRecentRange = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant(0), fc.nat(20)) },
  { weight: 1, arbitrary: anyRange },
);
const anyPhase = fc.constantFrom('connect', 'ehlo', 'mailfrom', 'rcptto', 'data', 'spool');
const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const step = fc.record({
  source: fc.nat(1),
  gapMs: fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(0, 0, 0, 1, 200, 999, 1000, 3000) },
    { weight: 3, arbitrary: anyGapMs },
    { weight: 1, arbitrary: fc.constantFrom(11 * HOUR_MS, 25 * HOUR_MS) },
  ),
  lateMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: anyLateMs }),
  kind: fc.constantFrom(
    ...(['connect', 'connect', 'transaction', 'transaction', 'reception', 'reception'] as const),
    ...([
      'rejection',
      'rejection',
      'disconnect',
      'removed',
      'restart',
      'delivery',
      'queued',
    ] as const),
    ...ANY_KIND,
  ),
  ip: anyPeer,
  node: fc.constantFrom('mx1', 'mx1', 'mx1', 'mx2'),
  session: orUndefined(fc.constantFrom('p1', 'p1', 'p2', 'p3')),
  queue_id: orUndefined(fc.constantFrom('A', 'A', 'B', 'C')),
  phase: orUndefined(anyPhase),
  user: orUndefined(fc.constantFrom('a', 'b', 'é')),
  recipient: orUndefined(fc.constantFrom('a', 'b', '📨')),
  sender: orUndefined(fc.constantFrom('a@example.com', 'b@mx.Example.com', 'c@example.org')),
  code: fc.constantFrom(0, 450, 550),
  size: orUndefined(fc.integer({ min: 0, max: 9 })),
  recipients: orUndefined(fc.integer({ min: 0, max: 4 })),
  verdict: fc.constantFrom(
    ...(['none', 'accepted', 'spam', 'virus', 'rejected', 'greylisted'] as const),
  ),
  reinjected: fc.constantFrom(false, false, false, false, false, false, true),
});

const quantity = fc.record({
  type: fc.constantFrom(
    ...(['metric', 'metric', 'metric', 'metric', 'series', 'series', 'sessions'] as const),
    'distinct',
  ),
  index: fc.nat(),
  metric: fc.constantFrom('connections', 'receptions', 'rejections'),
  kinds: fc.uniqueArray(fc.constantFrom(...ANY_KIND), { minLength: 1, maxLength: 3 }),
  field: fc.constantFrom('user', 'recipient'),
});
type QuantityPlan = typeof quantity extends fc.Arbitrary<infer T> ? T : never;

const rulePlan = fc.record({
  form: fc.constantFrom('count', 'count', 'count', 'count', 'ratio', 'all'),
  of: quantity,
  and: quantity,
  byText: fc.constantFrom(false, false, true),
  range: anyRecentRange,
  above: fc.integer({ min: 0, max: 4 }),
  part: fc.constantFrom(0, 0.3, 0.5),
  min: fc.nat(1),
  prefix: anyPrefix,
  at: seldom(anyPhase),
  scope: anyScope,
  except: fc.constantFrom([], [], [], ['192.0.2.0/31'], ['2001:db8::/33', '198.51.100.7']),
  exceptDomains: fc.constantFrom([], [], [], ['example.com']),
  verdict: fc.constantFrom('tag', 'tarpit', 'reject', 'reject', 'disconnect', 'disconnect'),
  // Both change what a policy does in force, and nothing that it observes.
  counts: fc.constantFrom('attempts', 'accepted'),
  blockMs: seldom(fc.constantFrom(1000, 30_000, HOUR_MS)),
});
type RulePlan = typeof rulePlan extends fc.Arbitrary<infer T> ? T : never;

const someLimits = fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 4, size: 'max' });
const plan = fc.record({
  monitors: anyMonitors,
  series: fc.array(anySeries, { maxLength: 2, size: 'max' }),
  before: fc.array(rulePlan, { maxLength: 2, size: 'max' }),
  swept: rulePlan,
  behind: fc.array(rulePlan, { maxLength: 2, size: 'max' }),
  /** More limits than one mask has bits, now and then. */
  limits: fc.oneof(
    { weight: 12, arbitrary: someLimits },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 70 }, (_, limit) => limit)) },
  ),
  pers: fc.array(anyPrefix, { minLength: 1, maxLength: 2, size: 'max' }),
  ranges: fc.array(anyRecentRange, { minLength: 1, maxLength: 2, size: 'max' }),
  intervalsMs: fc.uniqueArray(fc.constantFrom(...INTERVALS_MS), {
    minLength: 1,
    maxLength: 2,
    size: 'max',
  }),
  grainMs: anyGrainMs,
  clampNegative: fc.boolean(),
  steps: fc.array(step, { minLength: 30, maxLength: 100, size: 'max' }),
  from: seldom(fc.double({ min: 0, max: 0.5, noNaN: true })),
  to: seldom(fc.double({ min: 0.5, max: 1, noNaN: true })),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function policyFrom(own: Plan): { policy: RulePolicy; swept: Rule } {
  const series = own.series.map((one, index) =>
    seriesNamed(`s${index}`, {
      type: one.type,
      monitor: one.monitor,
      on: one.kinds,
      where:
        one.code === undefined
          ? []
          : [{ field: 'code', matches: [{ type: 'exact', value: String(one.code) }] }],
      key: one.type === 'string' ? one.text : 'ip',
      amount: one.amount,
    }),
  );
  const { monitors } = own;
  const bare = policyOf([], { monitors, series, ignore: networks(IGNORED) });
  const before = own.before.map((one, index) => ruleFrom(one, `before${index}`, bare));
  const swept = ruleFrom(own.swept, 'swept', bare);
  const behind = own.behind.map((one, index) => ruleFrom(one, `behind${index}`, bare));
  return { policy: { ...bare, rules: [...before, swept, ...behind] }, swept };
}

function quantityFrom(own: QuantityPlan, { monitors, series }: RulePolicy): Quantity {
  const monitor = monitors[own.index % monitors.length];
  if (own.type === 'sessions') return { type: 'sessions', service: 'SMTP', listener: undefined };
  if (own.type === 'distinct') {
    return { type: 'distinct', field: own.field, on: own.kinds, where: [], monitor };
  }
  const candidates = series.filter(({ type }) => type !== 'string');
  if (own.type === 'series' && candidates.length > 0) {
    return { type: 'series', series: candidates[own.index % candidates.length].name };
  }
  return { type: 'metric', metric: own.metric, monitor };
}

function ruleFrom(own: RulePlan, name: string, policy: RulePolicy): Rule {
  let of = quantityFrom(own.of, policy);
  let per: Per = { type: 'prefix', prefix: own.prefix };
  const texts = policy.series.filter(({ type }) => type === 'string');
  if (own.byText && own.form === 'count') {
    if (of.type === 'distinct') per = { type: 'field', field: 'sender' };
    else if (texts.length > 0) {
      const text = texts[own.of.index % texts.length];
      of = { type: 'series', series: text.name };
      per = { type: 'field', field: text.key };
    }
  }
  const numberOf = (asked: Quantity): number => {
    if (asked.type === 'sessions') return 1;
    if (asked.type !== 'series') return asked.monitor.windows;
    return policy.series.find((one) => one.name === asked.series)!.monitor.windows;
  };
  const countOf = (asked: Quantity): Condition => {
    const windows = rangeIn(numberOf(asked), own.range);
    return { type: 'count', of: asked, windows, above: own.above };
  };
  let conditions: readonly [Condition, ...Condition[]] = [countOf(of)];
  if (own.form === 'all') conditions = [countOf(of), countOf(quantityFrom(own.and, policy))];
  if (own.form === 'ratio' && (of.type === 'metric' || of.type === 'series')) {
    const type = own.and.type === 'series' ? 'series' : 'metric';
    const to = quantityFrom({ ...own.and, type }, policy);
    const windows = rangeIn(Math.min(numberOf(of), numberOf(to)), own.range);
    conditions = [{ type: 'ratio', of, to, windows, above: own.part, min: own.min }];
  }
  return rule(name, conditions[0], {
    conditions,
    per,
    at: own.at,
    scope: own.scope,
    counts: own.counts,
    blockMs: own.blockMs,
    except: networks(...own.except),
    exceptDomains: own.exceptDomains,
    verdict:
      own.verdict === 'tag'
        ? { type: 'tag', reason: '' }
        : own.verdict === 'tarpit'
          ? { type: 'tarpit', seconds: 5, reason: '' }
          : { type: own.verdict, code: 550, text: 'no' },
  });
}

/** The grid as the policy allows it. */
function gridFrom(own: Plan, policy: RulePolicy, swept: Rule): Grid {
  const isRatio = swept.conditions[0].type === 'ratio';
  const above = own.limits.map((limit) => (isRatio ? limit / 8 : limit)).sort((a, b) => a - b);
  const { windows, per } = ownSetting(policy, swept)!;
  const pers: readonly Per[] =
    per.type === 'field' ? [per] : own.pers.map((prefix) => ({ type: 'prefix', prefix }));
  const ranges: readonly (WindowRange | undefined)[] =
    windows === undefined ? [undefined] : own.ranges.map((range) => rangeIn(7, range));
  const intervalsMs = windows === undefined ? [undefined] : own.intervalsMs;
  const groups = pers.flatMap((one) =>
    ranges.flatMap((range) =>
      intervalsMs.map((intervalMs) => ({ per: one, windows: range, intervalMs })),
    ),
  );
  return { above, groups };
}

function inputsOf({ steps, grainMs }: Plan): EventRow[][] {
  const inputs: EventRow[][] = [[], []];
  let nowMs = NOON_MS;
  for (const { source, gapMs, lateMs, ...event } of steps) {
    nowMs += gapMs - (gapMs % grainMs);
    const line = inputs[source].length + 1;
    const row = { ...(definedOf(event) as EventRow), timeMs: nowMs - lateMs, line };
    inputs[source].push(lateMs === 0 ? row : { ...row, releaseMs: nowMs });
  }
  return inputs;
}

/** Firings, accepted and rejected taken by the end of each day. */
function soFar({ rules, collateral }: Tally): number[] {
  const index = rules.findIndex(({ name }) => name === 'swept');
  const { accepted, rejected } = collateral!.rules[index];
  return [rules[index].firings, accepted, rejected];
}

function spanOf(
  { from, to, clampNegative }: Plan,
  inputs: readonly EventRow[][],
): Required<Pick<SweepOptions, 'fromMs' | 'toMs' | 'clampNegative'>> {
  const endMs = Math.max(...inputs.flat().map(({ timeMs }) => timeMs));
  const moment = (part: number | undefined): number | undefined =>
    part === undefined ? undefined : Math.round(NOON_MS + part * (endMs - NOON_MS));
  return { fromMs: moment(from), toMs: moment(to), clampNegative };
}

const settingsOf = ({ above, groups }: Grid): CellSetting[] =>
  groups.flatMap((group) => above.map((limit) => ({ ...group, above: limit })));

test('every cell is a replay with its setting', async () => {
  const run = fc.asyncProperty(plan, fc.nat(), async (own, day) => {
    const { policy, swept } = policyFrom(own);
    const grid = gridFrom(own, policy, swept);
    const inputs = inputsOf(own);
    const span = spanOf(own, inputs);
    const result = await sweepRows(inputs, policy, swept, grid, {
      ...span,
      labels: LABELS,
      sessionTimeoutMs: TIMEOUT_MS,
    });
    const replayed = async (setting: CellSetting, toMs = span.toMs): Promise<Tally> => {
      const { tally } = await replayRows(inputs, cellPolicy(policy, swept, setting), {
        ...span,
        toMs,
        vocabulary: new Vocabulary(),
        sessionTimeoutMs: TIMEOUT_MS,
        collateral: { labels: LABELS },
      });
      return tally;
    };
    const settings = settingsOf(grid);
    const tallies: Tally[] = [];
    for (const setting of settings) tallies.push(await replayed(setting));
    expect(cellsOf(result)).toEqual(tallies.map((tally) => foundBy(tally, 'swept')));
    const { firstMs, lastMs } = tallies[0];
    expect(result).toMatchObject({ firstMs, lastMs });

    // One day of one cell: what a replay to its end has more than one to its beginning.
    if (result.days.length === 0) return;
    const cell = day % settings.length;
    const { dayMs, firings, accepted, rejected } = result.days[day % result.days.length];
    const before = soFar(await replayed(settings[cell], Math.min(dayMs, span.toMs ?? Infinity)));
    const after = soFar(
      await replayed(settings[cell], Math.min(dayMs + DAY_MS, span.toMs ?? Infinity)),
    );
    expect([firings[cell], accepted[cell], rejected[cell]]).toEqual(
      after.map((value, index) => value - before[index]),
    );
  });
  await fc.assert(run, { numRuns: 120 });
});

// Method: the same plans, of which every setting is put in force in one pass, against one enforced
// replay for each.
test('every setting in force is an enforced replay', async () => {
  let refused = 0;
  let blocked = 0;
  const run = fc.asyncProperty(plan, async (own) => {
    const { policy, swept } = policyFrom(own);
    const settings = settingsOf(gridFrom(own, policy, swept)).slice(0, 8);
    const inputs = inputsOf(own);
    const options = { ...spanOf(own, inputs), sessionTimeoutMs: TIMEOUT_MS };
    const labelled = { labels: LABELS };
    const cells = await enforceRows(inputs, policy, swept, settings, { ...options, ...labelled });
    const tallies: Tally[] = [];
    for (const setting of settings) {
      const { tally } = await enforce({
        ...inputsFor(inputs),
        ...options,
        policy: cellPolicy(policy, swept, setting),
        collateral: labelled,
        retryMs: undefined,
      });
      tallies.push(tally);
    }
    expect(cells).toEqual(tallies.map((tally) => enforcedBy(tally, 'swept')));
    for (const cell of cells) {
      refused += cell.refusedMessages;
      blocked += cell.blocks?.refused ?? 0;
    }
  });
  await fc.assert(run, { numRuns: 60 });
  expect(refused).toBeGreaterThan(0);
  expect(blocked).toBeGreaterThan(0);
});
