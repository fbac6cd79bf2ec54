import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { compareNetworks, parseNetwork } from '../../src/model/address.ts';
import type { RulePolicy } from '../../src/policy/rule-policy.ts';
import type { Comparison } from '../../src/simulate/compare/compare.ts';
import type { Mover } from '../../src/simulate/compare/movers.ts';
import { orUndefined } from '../builders/audit-histories.ts';
import { compareRows } from '../builders/comparisons.ts';
import { correlate } from '../builders/correlated-events.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { releaseOf } from '../builders/event-sources.ts';
import { obviousDifference } from '../builders/obvious-difference.ts';
import { obviousTakes } from '../builders/obvious-takes.ts';
import {
  inputsOf,
  policyFrom,
  rulesAndEvents,
  strict,
  strictHistory,
} from '../builders/rule-histories.ts';
import { replayRows } from '../builders/rule-policies.ts';

const TIMEOUT_MS = 20_000;
/** Mostly the whole history: what is left out warms windows and shows nothing. */
const part = (min: number, max: number): fc.Arbitrary<number | undefined> =>
  fc.option(
    fc.integer({ min, max }).map((percent) => percent / 100),
    { nil: undefined, freq: 2 },
  );

/** A history with an old policy, and a new one that is an edit of it or another one. */
const plan = fc.record({
  own: strictHistory,
  other: rulesAndEvents.map(strict),
  /** Undefined: the new policy is another one. */
  edit: fc.option(
    fc.record({
      rule: fc.nat(4),
      what: fc.constantFrom('above', 'verdict', 'remove', 'ignore'),
      verdict: fc.constantFrom('tag', 'tarpit', 'reject', 'disconnect'),
    }),
    { nil: undefined, freq: 3 },
  ),
  /** How the running system judged events, in turn. */
  verdicts: fc.array(
    orUndefined(fc.constantFrom('accepted', 'rejected', 'spam', 'virus', 'greylisted')),
    { minLength: 1, maxLength: 9 },
  ),
  from: part(0, 40),
  to: part(50, 100),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function policiesOf({ own, other, edit }: Plan): Record<'old' | 'new', RulePolicy> {
  const old = policyFrom(own);
  if (edit === undefined) return { old, new: policyFrom(other) };
  if (edit.what === 'ignore') return { old, new: { ...old, ignore: [] } };
  const at = edit.rule % own.rules.length;
  const rules = own.rules.flatMap((rule, index) => {
    if (index !== at) return [rule];
    if (edit.what === 'remove') return [];
    return edit.what === 'above'
      ? [{ ...rule, above: rule.above + 1, min: rule.min + 1 }]
      : [{ ...rule, verdict: edit.verdict }];
  });
  return { old, new: policyFrom({ ...own, rules }) };
}

/** The history with its logged verdicts. */
function judgedInputs({ own, verdicts }: Plan): ReturnType<typeof inputsOf> {
  const { inputs, stream } = inputsOf(own);
  const judged = new Map<EventRow, EventRow>();
  stream.forEach(([row], at) => {
    const verdict = verdicts[at % verdicts.length];
    judged.set(row, verdict === undefined ? row : { ...row, verdict });
  });
  return {
    inputs: inputs.map((rows) => rows.map((row) => judged.get(row)!)),
    stream: stream.map(([row, rank]) => [judged.get(row)!, rank]),
  };
}

// Goal: a comparison is the difference of what two policies do, each by itself, with every event.
// Method: random old and new policies over random inputs; what each takes and answers comes from
// rules and takes that look through the whole history at every event, and differences from sets.
test('a comparison is the difference of two policies', async () => {
  const seen = { newly_stopped: 0, newly_freed: 0, changed: 0, silent: 0 };
  const run = fc.asyncProperty(plan, async (own) => {
    const policies = policiesOf(own);
    const { inputs, stream } = judgedInputs(own);
    const [startMs, endMs] = [stream[0], stream.at(-1)!].map(([row]) => releaseOf(row));
    const moment = (share: number | undefined, otherwise: number): number =>
      share === undefined ? otherwise : Math.round(startMs + share * (endMs - startMs));
    const span = { fromMs: moment(own.from, -Infinity), toMs: moment(own.to, Infinity) };

    const rows = stream.map(([row]) => row);
    const correlated = correlate(rows, TIMEOUT_MS);
    const older = obviousTakes(policies.old, stream, correlated, span);
    const newer = obviousTakes(policies.new, stream, correlated, span);
    const obvious = obviousDifference(stream, correlated, older, newer);
    for (const { change } of obvious.rows) seen[change]++;
    if (obvious.rows.length === 0) seen.silent++;

    const { comparison, rows: found } = await compareRows(inputs, policies, {
      ...span,
      sessionTimeoutMs: TIMEOUT_MS,
    });
    const { classes, first, rules, movers } = comparison;
    expect(found).toEqual(obvious.rows);
    expect(first).toEqual(found[0]);
    expect({ classes, rules }).toEqual({ classes: obvious.classes, rules: obvious.rules });
    const text = (one: object): string => JSON.stringify(one);
    expect(movers.map(text).sort()).toEqual(obvious.movers.map(text).sort());
    expectRanked(movers);
    expectSums(comparison);
    for (const side of ['old', 'new'] as const) {
      const setting = { sessionTimeoutMs: TIMEOUT_MS, collateral: { labels: undefined } };
      const alone = await replayRows(inputs, policies[side], { ...span, ...setting });
      expect(comparison[side]).toEqual(alone.tally);
    }
  });
  await fc.assert(run, { numRuns: 100 });
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
});

/** Differences of classes are those of the collateral. */
function expectSums({ old, new: now, classes, stoppable, judged }: Comparison): void {
  const sum = (of: 'events' | 'newlyStopped' | 'newlyFreed' | 'changed', names: number): number =>
    classes.slice(0, names).reduce((total, one) => total + one[of], 0);
  expect(stoppable.events).toBe(sum('events', 7));
  expect(stoppable.newlyStopped).toBe(sum('newlyStopped', 7));
  expect(stoppable.newlyFreed).toBe(sum('newlyFreed', 7));
  expect(judged).toEqual({ events: sum('events', 9), changed: sum('changed', 9) });
  for (const { name, newlyStopped, newlyFreed } of classes.slice(0, 6)) {
    const [before, after] = [old, now].map(({ collateral }) =>
      collateral!.rules.reduce((total, counts) => total + counts[name as 'accepted'], 0),
    );
    expect([name, newlyStopped - newlyFreed]).toEqual([name, after - before]);
  }
}

/** Most events first, then by address. */
function expectRanked(movers: readonly Mover[]): void {
  movers.slice(1).forEach((mover, index) => {
    const before = movers[index];
    expect(before.events).toBeGreaterThanOrEqual(mover.events);
    if (before.events !== mover.events || mover.block === '') return;
    const [a, b] = [before.block, mover.block].map((block) => parseNetwork(block)!);
    expect(compareNetworks(a, b)).toBeLessThanOrEqual(0);
  });
}

// Goal: a policy held against itself shows no difference, whatever it does.
// Method: random policies and histories; all that a comparison could tell must be empty.
test('a policy does not differ from itself', async () => {
  let stopped = 0;
  const run = fc.asyncProperty(strictHistory, async (own) => {
    const policy = policyFrom(own);
    const { comparison, rows } = await compareRows(inputsOf(own).inputs, {
      old: policy,
      new: policy,
    });
    expect(rows).toEqual([]);
    const { first, rules, movers, classes } = comparison;
    expect({ first, rules, movers }).toEqual({ first: undefined, rules: [], movers: [] });
    for (const { newlyStopped, newlyFreed, changed } of classes) {
      expect(newlyStopped + newlyFreed + changed).toBe(0);
    }
    expect(comparison.new).toEqual(comparison.old);
    stopped += comparison.stoppable.bothStopped;
  });
  await fc.assert(run, { numRuns: 40 });
  expect(stopped).toBeGreaterThan(10);
});
