// Goal: the answer of `top` is exact: counts of both spans, growers, and what is left.
// Method: random events of several inputs, some late, through the stream and through a filter over
// all of them; growers by the search that counts every block anew.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KIND } from '../../src/model/event.ts';
import { formatNetwork, parseNetwork } from '../../src/model/address.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { top, type Span, type SpanChoice } from '../../src/simulate/top.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import { obviousGrowers, type ObviousAddress } from '../builders/obvious-growers.ts';
import { rowsOfSteps } from '../builders/late-steps.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const LIMIT = 5;
const SHARE = 80;

const ip = fc.oneof(
  fc.nat(9).map((host) => `192.0.2.${host}`),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([net, host]) => `10.0.${net}.${host}`),
  fc.nat(3).map((host) => `2001:db8::${host}`),
  fc.nat(3).map((net) => `2001:db8:${net}::1`),
  fc.constant(undefined),
);

/** An input: events at most two minutes apart, a few of them late. */
const input = fc.array(
  fc.record({
    stepMs: fc.oneof(
      fc.nat(1500),
      fc.nat(120).map((seconds) => seconds * SECOND_MS),
    ),
    lateMs: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      fc.integer({ min: 1, max: 400_000 }),
    ),
    kind: fc.constantFrom('connect', 'connect', 'rejection', 'auth_failure'),
    ip,
  }),
  { maxLength: 60, size: 'max' },
);

const seconds = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: least, max: most }).map((value) => value * SECOND_MS);

const minutes = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: least, max: most }).map((value) => value * MINUTE_MS);

const given = fc
  .tuple(fc.constantFrom(seconds, minutes), fc.nat(), fc.nat(), fc.nat(), fc.nat())
  .map(([unit, ...random]): SpanChoice => {
    const size = unit === seconds ? SECOND_MS : MINUTE_MS;
    const [first, length, gap, second] = random.map((value) => (value % 20) + 1);
    const startMs = NOON_MS - 5 * MINUTE_MS + first * size;
    const before = { fromMs: startMs, toMs: startMs + length * size };
    const fromMs = before.toMs + (gap - 1) * size;
    return { type: 'given', before, now: { fromMs, toMs: fromMs + second * size } };
  });

const earlier = fc.tuple(minutes(-9, 3), minutes(1, 5)).map(([fromMs, lengthMs]): Span => {
  return { fromMs: NOON_MS + fromMs, toMs: NOON_MS + fromMs + lengthMs };
});

const last = fc
  .tuple(
    fc.oneof(seconds(1, 300), minutes(1, 20), fc.integer({ min: 1, max: 99_999 })),
    fc.option(earlier, { nil: undefined }),
  )
  .map(([lastMs, before]): SpanChoice => ({ type: 'last', lastMs, before }));

/** The spans of `--last` over a log, cut to what it covers; undefined where that is nothing. */
function obviousSpans(spans: SpanChoice, clock: readonly number[]): (Span | undefined)[] {
  if (clock.length === 0) return [undefined, undefined];
  const times = [spans.before, spans.type === 'given' ? spans.now : undefined]
    .flatMap((span) => (span === undefined ? [] : [span.fromMs, span.toMs]))
    .concat(spans.type === 'last' ? [spans.lastMs] : []);
  let step = 1;
  if (times.every((ms) => ms % SECOND_MS === 0)) step = SECOND_MS;
  if (times.every((ms) => ms % MINUTE_MS === 0)) step = MINUTE_MS;
  const startMs = Math.floor(Math.min(...clock) / step) * step;
  const endMs = (Math.floor(Math.max(...clock) / step) + 1) * step;
  const now = spans.type === 'given' ? spans.now : { fromMs: endMs - spans.lastMs, toMs: endMs };
  const length = now.toMs - now.fromMs;
  const before = spans.before ?? { fromMs: now.fromMs - length, toMs: now.fromMs };
  return [before, now].map(({ fromMs, toMs }) => {
    const own = { fromMs: Math.max(fromMs, startMs), toMs: Math.min(toMs, endMs) };
    return own.fromMs < own.toMs ? own : undefined;
  });
}

const isIn = ({ fromMs, toMs }: Span, timeMs: number): boolean => timeMs >= fromMs && timeMs < toMs;

function bitsOf(text: string): string {
  const { family, words } = parseNetwork(text)!;
  const bits = words.map((word) => word.toString(2).padStart(32, '0')).join('');
  return family === 4 ? bits.slice(0, 32) : bits;
}

/** Counts by address, `''` for none, of the events of one kind in two spans. */
function recount(rows: readonly EventRow[], before: Span, now: Span): Map<string, ObviousAddress> {
  const counts = new Map<string, ObviousAddress>();
  for (const { timeMs, ip: peer } of rows) {
    const bits = peer === undefined ? '' : bitsOf(peer);
    const own = counts.get(bits) ?? { bits, before: 0, now: 0 };
    if (isIn(before, timeMs)) counts.set(bits, { ...own, before: own.before + 1 });
    else if (isIn(now, timeMs)) counts.set(bits, { ...own, now: own.now + 1 });
  }
  return counts;
}

/** What `top` must answer for one kind, from all events that were read. */
function obviousMetric(
  rows: readonly EventRow[],
  asked: { readonly before: Span; readonly now: Span },
  before: Span,
  now: Span,
): unknown {
  const counts = recount(rows, asked.before, asked.now);
  const addresses = [...counts.values()].filter(({ bits }) => bits !== '');
  const factor = { numerator: now.toMs - now.fromMs, denominator: before.toMs - before.fromMs };
  const growthOf = (own: { before: number; now: number }): number =>
    own.now - (own.before * factor.numerator) / factor.denominator;
  const found = [32, 128].flatMap((width) => {
    const own = addresses.filter(({ bits }) => bits.length === width);
    return obviousGrowers(own, factor, SHARE).map((grower) => ({ width, ...grower }));
  });
  const growers = found
    .filter((grower) => growthOf(grower) > 1e-9)
    .sort(
      (a, b) =>
        Math.sign(Math.round((growthOf(b) - growthOf(a)) * 1e9)) ||
        a.width - b.width ||
        (a.block.padEnd(a.width, '0') < b.block.padEnd(b.width, '0') ? -1 : 1),
    )
    .slice(0, LIMIT);
  const sum = (all: readonly { before: number; now: number }[], of: 'before' | 'now'): number =>
    all.reduce((total, own) => total + own[of], 0);
  const everyone = [...counts.values()];
  return {
    total: [sum(everyone, 'before'), sum(everyone, 'now')],
    growers: growers.map((own) => ({
      block: blockText(own.block, own.width),
      counts: [own.before, own.now, own.addresses, own.apart],
    })),
    others: [
      sum(everyone, 'before') - sum(growers, 'before'),
      sum(everyone, 'now') - sum(growers, 'now'),
      addresses.filter((own) => own.now > 0).length -
        growers.reduce((total, own) => total + own.addresses, 0),
    ],
  };
}

function blockText(block: string, width: number): string {
  const words = [0, 1, 2, 3].map((word) =>
    Number.parseInt(block.padEnd(128, '0').slice(word * 32, word * 32 + 32), 2),
  ) as [number, number, number, number];
  return formatNetwork({ family: width === 32 ? 4 : 6, words, bits: block.length });
}

test('top and a filter over all events agree', async () => {
  let compared = 0;
  const property = fc.asyncProperty(
    fc.array(input, { minLength: 1, maxLength: 3 }),
    fc.oneof(given, last),
    async (inputs, spans) => {
      const vocabulary = new Vocabulary();
      const sources = inputs.map(
        (steps, rank) =>
          new RowSource(rowsOfSteps(steps), { rank, vocabulary, batchSizes: [7, 1, 20] }),
      );
      const tally = await top({
        sources,
        vocabulary,
        needs: { textFields: 0 },
        spans,
        counted: [
          { name: 'connections', kind: KIND.connect },
          { name: 'rejection', kind: KIND.rejection },
        ],
        share: SHARE,
        limit: LIMIT,
      });
      const all = inputs.flatMap(rowsOfSteps);
      const readToMs = spans.type === 'given' ? spans.now.toMs : Infinity;
      const read = all.filter((row) => releaseOf(row) < readToMs);
      const { asked, before, now } = tally;
      expect([before, now]).toEqual(obviousSpans(spans, all.map(releaseOf)));
      // Such spans are refused.
      if (asked !== undefined && asked.before.toMs > asked.now.fromMs) return;
      if (asked === undefined || before === undefined || now === undefined) return;
      compared++;
      for (const [index, kind] of ['connect', 'rejection'].entries()) {
        const rows = read.filter((row) => row.kind === kind);
        const { growers, total, others } = tally.metrics[index];
        const got = {
          total: [total.before, total.now],
          growers: growers.map((own) => ({
            block: formatNetwork(own.network),
            counts: [own.before, own.now, own.addresses, own.apart],
          })),
          others: [others.before, others.now, others.addresses],
        };
        expect(got).toEqual(obviousMetric(rows, asked, before, now));
        for (const own of growers) {
          const factor = (now.toMs - now.fromMs) / (before.toMs - before.fromMs);
          expect(own.growth).toBeCloseTo(own.now - own.before * factor, 6);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: 500 });
  expect(compared).toBeGreaterThan(50);
});
