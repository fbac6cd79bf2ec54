// Goal: each row of a timeline is what a filter over all events gives, and nothing else is shown.
// Method: random events of several inputs, some late, by `timeline` and by that filter.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNetwork } from '../../src/model/address.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { timeline } from '../../src/simulate/timeline.ts';
import { NOON_MS } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import { rowsOfSteps } from '../builders/late-steps.ts';

const ip = fc.oneof(
  fc.nat(5).map((host) => `192.0.2.${host}`),
  fc.nat(2).map((host) => `198.51.100.${host}`),
  fc.nat(2).map((host) => `2001:db8::${host + 1}`),
  fc.constant(undefined),
);

/** An input: events at most 20 s apart, a quarter of them late. */
const input = fc.array(
  fc.record({
    stepMs: fc.oneof(fc.nat(900), fc.nat(20_000)),
    lateMs: fc.oneof(fc.constant(0), fc.constant(0), fc.constant(0), fc.nat(40_000)),
    kind: fc.constantFrom('connect', 'rejection', 'auth_failure', 'seen'),
    ip,
  }),
  { maxLength: 60, size: 'max' },
);

const BLOCKS = ['192.0.2.0/24', '192.0.2.0/30', '192.0.2.4', '2001:db8::/64', '0.0.0.0/0', '::/0'];

/** Whether a peer lies in a block of the list above. */
function lies(peer: string | undefined, block: string): boolean {
  if (peer === undefined) return false;
  if (block === '192.0.2.0/30') return /^192\.0\.2\.[0-3]$/.test(peer);
  if (block === '192.0.2.0/24') return peer.startsWith('192.0.2.');
  if (block === '192.0.2.4') return peer === block;
  return peer.includes(':') === block.includes(':');
}

const optionalTime = fc.option(fc.integer({ min: -30, max: 300 }), { nil: undefined });

test('rows are those of a filter over all events', async () => {
  let late = 0;
  const property = fc.asyncProperty(
    fc.array(input, { minLength: 1, maxLength: 3 }),
    fc.uniqueArray(fc.constantFrom(...BLOCKS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(1, 7, 60, 300),
    optionalTime,
    optionalTime,
    async (inputs, blocks, windowS, fromS, toS) => {
      const vocabulary = new Vocabulary();
      const fromMs = fromS === undefined ? undefined : NOON_MS + fromS * 1000;
      const toMs = toS === undefined ? undefined : NOON_MS + toS * 1000;
      const windowMs = windowS * 1000;
      const seen: { timeMs: number; windowMs: number }[] = [];
      const result = await timeline({
        sources: inputs.map(
          (steps, rank) =>
            new RowSource(rowsOfSteps(steps), { rank, vocabulary, batchSizes: [9, 2] }),
        ),
        vocabulary,
        needs: { textFields: 0 },
        networks: blocks.map((block) => parseNetwork(block)!),
        windowMs,
        fromMs,
        toMs,
        onEvent: (batch, row, startMs) => {
          seen.push({ timeMs: batch.time[row], windowMs: startMs });
          return true;
        },
      });
      const all = inputs.flatMap((steps, rank) =>
        rowsOfSteps(steps).map((row, index) => ({ ...row, rank, index })),
      );
      all.sort((a, b) => releaseOf(a) - releaseOf(b) || a.rank - b.rank || a.index - b.index);
      const own = all.filter(
        (row) =>
          blocks.some((block) => lies(row.ip, block)) &&
          releaseOf(row) < (toMs ?? Infinity) &&
          row.timeMs >= (fromMs ?? -Infinity) &&
          row.timeMs < (toMs ?? Infinity),
      );
      late += own.filter((row) => row.releaseMs !== undefined).length;
      const startOf = (timeMs: number): number => Math.floor(timeMs / windowMs) * windowMs;
      const starts = [...new Set(own.map(({ timeMs }) => startOf(timeMs)))].sort((a, b) => a - b);
      const count = (rows: readonly { kind: string }[], kind: string): number =>
        rows.filter((row) => row.kind === kind).length;
      const wanted = starts.map((startMs) => {
        const rows = own.filter(({ timeMs }) => startOf(timeMs) === startMs);
        const kinds = [...new Set(rows.map(({ kind }) => kind))].sort();
        return {
          startMs,
          events: rows.length,
          addresses: new Set(rows.map((row) => row.ip)).size,
          counts: kinds.map((kind) => [kind, count(rows, kind)]),
        };
      });
      const got = result.windows.map((window) => ({
        ...window,
        counts: [...window.counts].sort(([a], [b]) => (a < b ? -1 : 1)),
      }));
      expect(got).toEqual(wanted);
      const times = own.map(({ timeMs }) => timeMs);
      expect(seen).toEqual(times.map((timeMs) => ({ timeMs, windowMs: startOf(timeMs) })));
      expect(result).toMatchObject({
        events: own.length,
        addresses: new Set(own.map((row) => row.ip)).size,
        firstMs: times.length === 0 ? undefined : Math.min(...times),
        lastMs: times.length === 0 ? undefined : Math.max(...times),
      });
    },
  );
  await fc.assert(property, { numRuns: 400 });
  expect(late).toBeGreaterThan(100);
});
