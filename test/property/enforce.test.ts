import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { Rule, RulePolicy } from '../../src/policy/rule-policy.ts';
import { enforce } from '../../src/simulate/enforce/enforce.ts';
import type { EnforcedWindowRow } from '../../src/simulate/enforce/enforced-windows.ts';
import { orUndefined } from '../builders/audit-histories.ts';
import { RowSource, releaseOf } from '../builders/event-sources.ts';
import { ObviousEnforcement } from '../builders/obvious-enforcement.ts';
import { inputsOf, policyFrom, rulesAndEvents } from '../builders/rule-histories.ts';
import { ReplayRecords, replayRows } from '../builders/rule-policies.ts';

const TIMEOUT_MS = 20_000;

/** Of one message; the simulator's time is quadratic in what comes back. */
const MAX_RETRIES = 50;

const effect = fc.record({
  counts: fc.constantFrom('attempts', 'accepted'),
  blockMs: orUndefined(fc.constantFrom(1, 1000, 30_000, 3_600_000)),
  code: fc.constantFrom(421, 450, 550),
  text: fc.constantFrom('no', '5.7.1 no'),
  seconds: fc.constantFrom(1, 5, 90),
});

const plan = fc.record({
  history: rulesAndEvents,
  effects: fc.array(effect, { minLength: 5, maxLength: 5 }),
  from: orUndefined(fc.double({ min: 0, max: 1, noNaN: true })),
  to: orUndefined(fc.double({ min: 0, max: 1, noNaN: true })),
  retry: orUndefined(fc.constantFrom(7000, 61_000, 900_000)),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function effective(policy: RulePolicy, effects: Plan['effects']): RulePolicy {
  const rules = policy.rules.map((rule, index): Rule => {
    const { counts, blockMs, code, text, seconds } = effects[index];
    const { type } = rule.verdict;
    if (type === 'tarpit') return { ...rule, counts, verdict: { ...rule.verdict, seconds } };
    if (type === 'tag') return { ...rule, counts, blockMs };
    return { ...rule, counts, blockMs, verdict: { type, code, text } };
  });
  return { ...policy, rules };
}

// Goal: a policy in force does what semantics, section 6, says, on every traffic.
// Method: random policies with effects over random inputs, against a simulator that takes one event
// after another with lists and filters. What the events are is the correlator's, tested apart; what
// was observed is held against a replay that only observes.
test('a policy in force agrees with a simulator that takes one event after another', async () => {
  const run = fc.asyncProperty(plan, async ({ history, effects, from, to, retry }) => {
    const policy = effective(policyFrom(history), effects);
    const { inputs, stream } = inputsOf(history);
    const [startMs, endMs] = [stream[0], stream.at(-1)!].map(([row]) => releaseOf(row));
    const moment = (part: number | undefined, otherwise: number): number =>
      part === undefined ? otherwise : Math.round(startMs + part * (endMs - startMs));
    const fromMs = moment(from, -Infinity);
    const toMs = moment(to, Infinity);
    const retryMs = retry && Math.max(retry, Math.ceil((endMs - startMs) / MAX_RETRIES));
    const obvious = new ObviousEnforcement(policy, {
      fromMs,
      toMs,
      timeoutMs: TIMEOUT_MS,
      retryMs,
    });
    obvious.run(stream);

    const vocabulary = new Vocabulary();
    const records = new ReplayRecords();
    const { tally } = await enforce({
      sources: inputs.map((input, rank) => new RowSource(input, { rank, vocabulary })),
      vocabulary,
      needs: ALL_NEEDS,
      policy,
      fileOf: (source) => `log${source}`,
      sink: records,
      fromMs,
      toMs,
      sessionTimeoutMs: TIMEOUT_MS,
      retryMs,
    });
    const { enforced } = tally;
    expect(records.firings).toEqual(obvious.attempts.sortedFirings());
    expect(records.stoppedRows).toEqual(obvious.attempts.stopped);
    expect(tally.events).toEqual(obvious.events);
    expect(enforced!.accepted).toEqual(obvious.acceptedEvents);
    expect(tally.late).toBe(obvious.late);
    const { observed, blocks, tarpits, retries, ...others } = enforced!;
    expect(Object.keys(others)).toEqual(['accepted']);
    expect(blocks).toEqual(
      policy.rules.flatMap(({ name, blockMs }, rule) => {
        if (blockMs === undefined) return [];
        return [{ rule: name, begun: obvious.blocksBegun[rule], refused: obvious.blocked[rule] }];
      }),
    );
    expect(tarpits).toEqual(obvious.tarpits);
    expect(retries).toEqual(
      retryMs === undefined ? undefined : { afterMs: retryMs, ...obvious.retries },
    );
    const overlap = tally.overlap.map(({ rule, other, events }) => [`${rule} ${other}`, events]);
    expect(Object.fromEntries(overlap)).toEqual(Object.fromEntries(obvious.overlap));
    const positive = (counts: object): object =>
      Object.fromEntries(
        Object.entries(counts).filter(([, count]) => typeof count === 'number' && count > 0),
      );
    expect(tally.collateral!.rules.map(positive)).toEqual(obvious.collateral);
    expect(positive(tally.collateral!.total)).toEqual(obvious.total);
    expect(positive(tally.sessions.ended)).toEqual(obvious.ended);

    // Windows: totals of both readings, and peaks of the sessions.
    const observedRun = await replayRows(inputs, policy, {
      vocabulary: new Vocabulary(),
      fromMs,
      toMs,
      sessionTimeoutMs: TIMEOUT_MS,
      collateral: { labels: undefined },
    });
    expect({ ...observed, series: [] }).toEqual({ ...observedRun.tally, series: [] });
    expect(windowTexts(records.enforcedRows)).toEqual(
      windowTexts(obviousWindows(obvious, observedRun.records, fromMs, toMs)),
    );
  });
  await fc.assert(run, { numRuns: 250 });
});

function windowTexts(rows: readonly EnforcedWindowRow[]): string[] {
  return rows
    .map(({ series, monitor, windowStartMs, observed, attempts, accepted }) => {
      const { intervalMs, windows } = monitor;
      const name = `${series} ${intervalMs},${windows} ${windowStartMs}`;
      return `${name} ${observed} ${attempts} ${accepted}`;
    })
    .sort();
}

function obviousWindows(
  obvious: ObviousEnforcement,
  observed: ReplayRecords,
  fromMs: number,
  toMs: number,
): EnforcedWindowRow[] {
  const rows = new Map<string, EnforcedWindowRow>();
  const add = (
    reading: 'observed' | 'attempts' | 'accepted',
    own: Pick<EnforcedWindowRow, 'series' | 'monitor' | 'windowStartMs'> & { total: number },
  ): void => {
    const { series, monitor, windowStartMs, total } = own;
    const key = `${series} ${monitor.intervalMs} ${monitor.windows} ${windowStartMs}`;
    const none = { observed: 0, attempts: 0, accepted: 0 };
    const row = rows.get(key) ?? { series, monitor, windowStartMs, ...none };
    rows.set(key, { ...row, [reading]: total });
  };
  for (const row of observed.windows) add('observed', row);
  const [monitor] = obvious.policy.monitors;
  const { firstMs: startMs = 0, clockMs } = obvious;
  for (const peak of obvious.sessions.windows(monitor, startMs, clockMs, 1)) {
    const endMs = peak.windowStartMs + monitor.intervalMs;
    if (endMs <= fromMs || peak.windowStartMs >= toMs) continue;
    add('attempts', peak);
    add('accepted', peak);
  }
  for (const reading of ['attempts', 'accepted'] as const) {
    for (const count of obvious[reading].counts) {
      for (const window of count.windows()) {
        const closed = count.closed(window, 1);
        const endMs = closed.windowStartMs + closed.monitor.intervalMs;
        if (endMs > fromMs && closed.windowStartMs < toMs) add(reading, closed);
      }
    }
  }
  return [...rows.values()];
}
