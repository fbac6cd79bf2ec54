// Goal: what a query answers is what an obvious scan of all rows finds, for every clause.
// Method: random journals of several series in a folder, random queries as text, and the scan with
// numbers of any size. Where a sum of the scan is beyond 2^53 the query may refuse, never round.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { UserError } from '../../src/model/errors.ts';
import type { SeriesSnapshot, SeriesType } from '../../src/model/series-snapshot.ts';
import { DAY_MS, formatCompact } from '../../src/model/time.ts';
import type { CountAnswer } from '../../src/query/answer.ts';
import { evaluate } from '../../src/query/evaluate.ts';
import { parseQuery } from '../../src/query/parse.ts';
import { openJournals } from '../../src/series/journals.ts';
import { journalName } from '../../src/series/name.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { counts as anyCounts, journalRows, numbered } from '../builders/journals.ts';
import { scanNaively, type PlainQuery } from '../builders/naive-query.ts';

/** 2008-04-23T00:00:00Z */
const START_MS = 1_208_908_800_000;
/** Six windows a day: some end at midnight. */
const INTERVAL_MS = DAY_MS / 6;
const WINDOWS = 20;
const monitor = { intervalMs: INTERVAL_MS, windows: 6 };

const TYPES: Readonly<Record<string, SeriesType>> = { spam: 'ip', virus: 'cidr', six: 'cidr_ipv6' };
const NAMES = Object.keys(TYPES);

function journalsOf(count: fc.Arbitrary<number>): fc.Arbitrary<SeriesSnapshot[]> {
  const journal = fc
    .tuple(fc.constantFrom(...NAMES), fc.nat(WINDOWS - 1))
    .chain(([name, window]) => {
      const type = TYPES[name];
      const windowZeroMs = START_MS + window * INTERVAL_MS;
      return journalRows(type, count).map((rows) => ({ name, type, monitor, windowZeroMs, rows }));
    });
  const some = fc.uniqueArray(journal, {
    selector: ({ name, windowZeroMs }) => `${name} ${windowZeroMs}`,
    maxLength: 10,
  });
  // Every series can be asked for.
  const each = NAMES.map((name): SeriesSnapshot => {
    const windowZeroMs = START_MS + WINDOWS * INTERVAL_MS;
    return { name, type: TYPES[name], monitor, windowZeroMs, rows: [] };
  });
  return some.map((found) => [...found, ...each]);
}

/** A span as a clause, and as the scan takes it. */
const spans = fc.oneof(
  fc.constant({ clause: '', fromMs: -Infinity, toMs: Infinity }),
  fc.nat(4).map((day) => {
    const fromMs = START_MS + day * DAY_MS;
    return { clause: `on ${dateOf(fromMs)}`, fromMs, toMs: fromMs + DAY_MS };
  }),
  fc.nat(WINDOWS * 2).map((half) => {
    const fromMs = START_MS + (half * INTERVAL_MS) / 2;
    return { clause: `since ${formatCompact(fromMs)}`, fromMs, toMs: Infinity };
  }),
  fc.tuple(fc.nat(WINDOWS * 2), fc.integer({ min: 1, max: WINDOWS })).map(([half, length]) => {
    const fromMs = START_MS + (half * INTERVAL_MS) / 2;
    const toMs = fromMs + (length * INTERVAL_MS) / 2;
    return { clause: `from ${formatCompact(fromMs)} to ${formatCompact(toMs)}`, fromMs, toMs };
  }),
  fc.tuple(fc.nat(3), fc.nat(2)).map(([day, more]) => {
    const fromMs = START_MS + day * DAY_MS;
    const lastMs = fromMs + more * DAY_MS;
    return { clause: `from ${dateOf(fromMs)} to ${dateOf(lastMs)}`, fromMs, toMs: lastMs + DAY_MS };
  }),
);

function dateOf(timeMs: number): string {
  return formatCompact(timeMs).slice(0, 8);
}

/** Blocks that hold some of the addresses of `journalRows`. */
const blocks = fc.oneof(
  fc.record({
    address: fc.constantFrom(0n, 2n, 0xc000_0200n, 0xffff_ffffn).map((v) => numbered(4, v)),
    bits: fc.oneof(fc.constant(0), fc.nat(32)),
  }),
  fc.record({
    address: fc.constantFrom(0n, 1n, 3n << 64n, (1n << 96n) | 2n).map((v) => numbered(6, v)),
    bits: fc.oneof(fc.constant(0), fc.nat(128)),
  }),
);

interface Asked {
  readonly text: string;
  readonly plain: PlainQuery;
}

const queries = fc
  .record({
    block: blocks,
    series: fc.shuffledSubarray(NAMES, { minLength: 1 }),
    union: fc.boolean(),
    span: spans,
    sizes: fc.option(fc.tuple(fc.nat(8), fc.nat(4)), { nil: undefined }),
    fromEnd: fc.boolean(),
    order: fc.constantFrom('cidr', 'count', undefined),
    aggregate: fc.constantFrom('none' as const, 'window' as const, 'day' as const),
    limit: fc.option(fc.nat(5), { nil: undefined }),
    threshold: fc.option(fc.nat(6), { nil: undefined }),
    shuffle: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
  })
  .map((parts): Asked => {
    const { block, series, union, span, order, aggregate, limit, threshold } = parts;
    const { address, bits } = block;
    const width = address.family === 4 ? 32 : 128;
    const sizes = sizesOf(parts.sizes, parts.fromEnd, bits, width);
    const clauses = [
      span.clause,
      sizes === undefined
        ? ''
        : `cidrsize ${sizes[0]}${sizes[1] > sizes[0] ? ` to ${sizes[1]}` : ''}`,
      order === undefined ? '' : `order by ${order}`,
      { none: '', window: 'aggregate', day: 'aggregate daily' }[aggregate],
      limit === undefined ? '' : `limit ${limit}`,
      threshold === undefined ? '' : `threshold ${threshold}`,
    ];
    const names = union ? `union(${series.join(', ')})` : series.join(', ');
    const shuffled = parts.shuffle.map((index) => clauses[index]).join(' ');
    const size = aggregate === 'none' ? width : bits;
    return {
      text: `show count for ${address.key}/${bits} in ${names} ${shuffled}`,
      plain: {
        block: address,
        bits,
        series,
        union,
        fromMs: span.fromMs,
        toMs: span.toMs,
        sizes: sizes ?? [size, size],
        order: order ?? 'cidr',
        aggregate,
        limit: limit ?? Infinity,
        threshold: threshold ?? -Infinity,
      },
    };
  });

/** Lengths between that of the block and that of an address, from either end. */
function sizesOf(
  picked: readonly [number, number] | undefined,
  fromEnd: boolean,
  bits: number,
  width: number,
): [number, number] | undefined {
  if (picked === undefined) return undefined;
  const from = fromEnd ? Math.max(bits, width - picked[0]) : Math.min(width, bits + picked[0]);
  return [from, Math.min(width, from + picked[1])];
}

/** The journals in a folder, every third one packed; what `use` makes of it. */
function inFolder<T>(journals: readonly SeriesSnapshot[], use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-query-'));
  try {
    journals.forEach((journal, index) => {
      const endMs = journal.windowZeroMs + journal.monitor.intervalMs;
      const name = journalName(journal.name, journal.monitor, endMs, index % 2 === 0);
      const bytes = encodeSeries(journal);
      const packed = index % 3 === 0;
      writeFileSync(
        path.join(folder, packed ? `${name}.gz` : name),
        packed ? gzipSync(bytes) : bytes,
      );
    });
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function ask(folder: string, text: string): CountAnswer {
  const steps = evaluate(parseQuery(text), openJournals(folder));
  for (;;) {
    const step = steps.next();
    if (step.done !== true) continue;
    if (step.value.kind !== 'count') throw new Error(`${text} counts nothing`);
    return step.value;
  }
}

test('answers are those of an obvious scan', () => {
  let rowsSeen = 0;
  fc.assert(
    fc.property(
      journalsOf(fc.integer({ min: -3, max: 9 }).filter((n) => n !== 0)),
      queries,
      (journals, { text, plain }) => {
        inFolder(journals, (folder) => {
          const answer = ask(folder, text);
          const rows = [...answer.rows];
          rowsSeen += rows.length;
          expect(rows).toEqual(
            scanNaively(journals, plain).map(({ stepMs, block, counts }) => {
              return { stepMs, block, counts: counts.map(Number) };
            }),
          );
          expect(answer.rowCount).toBe(rows.length);
        });
      },
    ),
    { numRuns: 600 },
  );
  expect(rowsSeen).toBeGreaterThan(100);
}, 120_000);

/** The counts of an answer, or that a sum was refused. Fails on any other error. */
function countsOrRefusal(folder: string, text: string): bigint[][] | 'refused' {
  try {
    return [...ask(folder, text).rows].map(({ counts }) => counts.map(BigInt));
  } catch (error) {
    if (error instanceof UserError && error.message.startsWith('a sum is beyond')) return 'refused';
    throw error;
  }
}

test('sums are exact or refused', () => {
  let answered = 0;
  let refused = 0;
  fc.assert(
    fc.property(journalsOf(anyCounts), queries, (journals, { text, plain }) => {
      inFolder(journals, (folder) => {
        const asked = { ...plain, limit: Infinity, threshold: -Infinity };
        const naive = scanNaively(journals, asked).map(({ counts }) => counts);
        const plainText = text.replaceAll(/ (?:limit|threshold) \d+/g, '');
        const found = countsOrRefusal(folder, plainText);
        if (found === 'refused') refused++;
        else answered++;
        expect(found === 'refused' ? naive : found).toEqual(naive);
      });
    }),
    { numRuns: 300 },
  );
  expect(answered).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(0);
}, 120_000);
