import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { Vocabulary } from '../../src/model/vocabulary.ts';
import { anyReplay, inputsOf, policyFrom } from '../builders/any-replays.ts';
import { correlate } from '../builders/correlated-events.ts';
import { releaseOf } from '../builders/event-sources.ts';
import { ObviousRules } from '../builders/obvious-rules.ts';
import { replayRows } from '../builders/rule-policies.ts';

const TIMEOUT_MS = 20_000;

const byText = (rows: readonly object[]): string[] =>
  rows
    .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();

// Goal: rules fire, stop and are reported as semantics, section 5, says, for every policy.
// Method: random rules over random inputs through a whole replay, against rules that read all
// events again for every count. The correlator, tested apart, gives both the same events.
test('a replay agrees with the obvious rules', async () => {
  const run = fc.asyncProperty(anyReplay, async (own) => {
    const policy = policyFrom(own);
    const { inputs, stream } = inputsOf(own);
    const [startMs, endMs] = [stream[0], stream.at(-1)!].map(([row]) => releaseOf(row));
    const moment = (part: number | undefined, otherwise: number): number =>
      part === undefined ? otherwise : Math.round(startMs + part * (endMs - startMs));
    const fromMs = moment(own.from, -Infinity);
    const toMs = moment(own.to, Infinity);

    const obvious = new ObviousRules(policy);
    const { events } = correlate(
      stream.map(([row]) => row),
      TIMEOUT_MS,
    );
    let firstMs: number | undefined;
    let lastMs = -Infinity;
    stream.forEach(([row, rank], index) => {
      const nowMs = releaseOf(row);
      const correlated = events[index];
      // A row that is no event does not move the clock.
      if (nowMs >= toMs || correlated.kind === 'dropped') return;
      firstMs ??= nowMs;
      lastMs = nowMs;
      obvious.take({ row, correlated, nowMs, file: `log${rank}`, line: row.line! }, fromMs);
    });

    const { records, tally } = await replayRows(inputs, policy, {
      vocabulary: new Vocabulary(),
      fromMs,
      toMs,
      sessionTimeoutMs: TIMEOUT_MS,
      top: 3,
    });
    expect(records.firings).toEqual(obvious.sortedFirings());
    expect(records.stoppedRows).toEqual(obvious.stopped);
    const counted = Object.values(tally.events).reduce((sum, number) => sum + number, 0);
    const { ignored, late, tooLate } = tally;
    expect({ ignored, late, tooLate, counted: counted - late }).toEqual(obvious.taken);

    const closed = [
      ...obvious.counts.flatMap((count) =>
        count.windows().map((window) => count.closed(window, 3)),
      ),
      ...obvious.sessions.windows(policy.monitors[0], firstMs ?? startMs, lastMs, 3),
    ].filter(({ windowStartMs, monitor }) => {
      return windowStartMs + monitor.intervalMs > fromMs && windowStartMs < toMs;
    });
    const rows = closed.map(({ series, monitor, windowStartMs, total, keys, top }) => {
      const firings = obvious.firingsIn(series, monitor, windowStartMs);
      const [{ key: topKey, count: topCount }] = top;
      return { series, monitor, windowStartMs, total, keys, topKey, topCount, firings };
    });
    expect(byText(records.windows)).toEqual(byText(rows));
    const keys = closed.flatMap(({ series, monitor, windowStartMs, top }) =>
      top.map(({ key, count }, index) => {
        return { series, monitor, windowStartMs, rank: index + 1, key, count };
      }),
    );
    expect(byText(records.keys)).toEqual(byText(keys));
  });
  await fc.assert(run, { numRuns: 250 });
});
