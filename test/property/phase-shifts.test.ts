import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { RulePolicy } from '../../src/policy/rule-policy.ts';
import { phaseShifts, type PhaseShifts } from '../../src/simulate/phase-shifts.ts';
import type { FiringRow, RuleTally, StoppedRow } from '../../src/simulate/tally.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { RowSource } from '../builders/event-sources.ts';
import {
  inputsOf,
  policyFrom,
  rulesAndEvents,
  type RulesAndEvents,
} from '../builders/rule-histories.ts';
import { replayRows } from '../builders/rule-policies.ts';

const sessionTimeoutMs = 20_000;

/** Half of the histories hold what the rules ask for: counts that just pass a limit, or just do not. */
const histories = fc.tuple(rulesAndEvents, fc.boolean()).map(([own, dense]): RulesAndEvents => {
  if (!dense) return own;
  const kinds = ['connect' as const];
  const steps = own.steps.map(({ ip = '192.0.2.1', user = 'a', ...step }, index) => {
    return {
      ...step,
      ip,
      user,
      gapMs: step.gapMs % 3000,
      kind: index % 5 === 0 ? step.kind : kinds[0],
    };
  });
  const series = own.series.map((one) => ({ ...one, kinds, code: undefined, amount: 1 }));
  const rules = own.rules.map((rule) => ({
    ...rule,
    of: { ...rule.of, metric: 'connections' as const, kinds },
    range: [0, rule.range[1]] as [number, number],
    at: undefined,
  }));
  return { ...own, steps, series, rules };
});

function shiftsOf(
  inputs: readonly (readonly EventRow[])[],
  policy: RulePolicy,
  steps: number,
): Promise<PhaseShifts> {
  const vocabulary = new Vocabulary();
  return phaseShifts({
    sources: inputs.map((rows, rank) => new RowSource(rows, { rank, vocabulary })),
    vocabulary,
    needs: ALL_NEEDS,
    policy,
    steps,
    sessionTimeoutMs,
    fileOf: (source) => `log${source}`,
  });
}

const tallyOf = (rule: RuleTally): object => {
  const { firings, keys, stoppedConnections, stoppedMessages } = rule;
  return { firings, keys, stoppedConnections, stoppedMessages };
};

/** The highest peak of a key at any shift. */
function peakOf(rows: readonly FiringRow[], rule: string, key: string): number {
  const own = rows.filter((row) => row.rule === rule && row.key === key);
  return Math.max(...own.map(({ peak }) => peak!));
}

// Goal: one pass over the events finds at each shift what a replay of that shift alone finds, at
// shift 0 what any replay finds, and tells steady keys from those on the edge.
// Method: random policies and inputs; each shift is replayed by itself, and sets of keys are
// compared by filters over all rows.
test('one pass tells what a replay of each shift tells', async () => {
  let edgeKeys = 0;
  const steps = fc.integer({ min: 2, max: 9 });
  const run = fc.asyncProperty(histories, steps, async (own, of) => {
    const policy = policyFrom(own);
    const { inputs } = inputsOf(own);
    const { rules, ...found } = await shiftsOf(inputs, policy, of);
    const replays = [];
    for (let step = 0; step < of; step++) {
      const shift = step === 0 ? undefined : { step, of };
      replays.push(await replayRows(inputs, policy, { shift, sessionTimeoutMs }));
    }
    const { firstMs, lastMs, bySource } = replays[0].tally;
    expect(found).toEqual({ steps: of, firstMs, lastMs, bySource });
    const all = replays.flatMap(({ records }) => records.firings);
    for (const [index, rule] of rules.entries()) {
      expect(rule.byShift).toEqual(replays.map(({ tally }) => tallyOf(tally.rules[index])));
      const keysAt = replays.map(({ records }) => {
        const fired = records.firings.filter((row) => row.rule === rule.name);
        return new Set(fired.map(({ key }) => key));
      });
      const keys = [...new Set(keysAt.flatMap((fired) => [...fired]))];
      const steady = keys.filter((key) => keysAt.every((fired) => fired.has(key)));
      expect([rule.steadyKeys, rule.edgeKeys]).toEqual([
        steady.length,
        keys.length - steady.length,
      ]);
      expect(rule.edges).toHaveLength(Math.min(10, rule.edgeKeys));
      for (const { key, shifts, peak, limit } of rule.edges) {
        expect(steady).not.toContain(key);
        expect(shifts).toEqual([...keysAt.keys()].filter((shift) => keysAt[shift].has(key)));
        expect(peak).toBe(peakOf(all, rule.name, key));
        expect(all).toContainEqual(expect.objectContaining({ rule: rule.name, key, peak, limit }));
      }
      expect(rule.windowed || rule.edgeKeys === 0).toBe(true);
      edgeKeys += rule.edgeKeys;
    }
  });
  await fc.assert(run, { numRuns: 200 });
  expect(edgeKeys).toBeGreaterThan(10);
});

const moved = (rows: readonly EventRow[], byMs: number): EventRow[] =>
  rows.map((row) => ({
    ...row,
    timeMs: row.timeMs + byMs,
    ...(row.releaseMs === undefined ? {} : { releaseMs: row.releaseMs + byMs }),
  }));

const movedFiring = (row: FiringRow, byMs: number): FiringRow => ({
  ...row,
  windowStartMs: row.windowStartMs + byMs,
  firstMs: row.firstMs + byMs,
  lastMs: row.lastMs + byMs,
});

// Goal: to begin windows later is to let all events happen earlier.
// Method: where all windows are of one length, a shifted replay of the events against an unshifted
// one of the same events, all moved back by the shift. No part of the shift is in the latter.
test('a shift of the windows is a shift of all times', async () => {
  let atOtherWindows = 0;
  const interval = fc.constantFrom(1000, 7000, 60_000);
  const shifts = fc.tuple(fc.integer({ min: 2, max: 64 }), fc.nat(63));
  const run = fc.asyncProperty(histories, interval, shifts, async (own, intervalMs, shift) => {
    const [of, step] = [shift[0], shift[1] % shift[0]];
    const oneLength = <M extends object>(monitor: M) => ({ ...monitor, intervalMs });
    const byWindows = new Map(own.monitors.map((monitor) => [monitor.windows, monitor]));
    const policy = policyFrom({
      ...own,
      monitors: [...byWindows.values()].map(oneLength),
      series: own.series.map((series) => ({ ...series, monitor: oneLength(series.monitor) })),
    });
    const { inputs } = inputsOf(own);
    const laterMs = Math.floor((step * intervalMs) / of);
    const shifted = await replayRows(inputs, policy, { shift: { step, of }, sessionTimeoutMs });
    const earlier = inputs.map((rows) => moved(rows, -laterMs));
    const plain = await replayRows(earlier, policy, { sessionTimeoutMs });
    const firings = plain.records.firings.map((row) => movedFiring(row, laterMs));
    expect(shifted.records.firings).toEqual(firings);
    const stopped = plain.records.stoppedRows.map((row): StoppedRow => {
      return { ...row, timeMs: row.timeMs + laterMs };
    });
    expect(shifted.records.stoppedRows).toEqual(stopped);
    if (firings.some(({ windowStartMs }) => windowStartMs % intervalMs !== 0)) atOtherWindows++;
  });
  await fc.assert(run, { numRuns: 200 });
  expect(atOtherWindows).toBeGreaterThan(30);
});
