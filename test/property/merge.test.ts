import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { Merge, mergeSources, type HandleEvents } from '../../src/clock/merge.ts';
import { KIND_DROPPED } from '../../src/model/event.ts';
import { FLAG, type EventBatch } from '../../src/model/event-batch.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';

/** Steps between the lines of one file: mostly forward or none, sometimes back. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 0, 1, 2) },
  { weight: 2, arbitrary: fc.integer({ min: -9, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: -50, max: 200 }) },
);

const file = fc.record({
  startMs: fc.nat(60),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
  batchSizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  empty: fc.boolean(),
  /** How far the lower bound lies below the first row. */
  slackMs: fc.constantFrom(0, 0, 5, 100),
  /** Lateness beyond which a row leaves the merge at the newest time minus this. */
  reorderMs: fc.constantFrom(0, 3, 20),
});

const files = fc.array(file, { minLength: 1, maxLength: 5 });
type Files = typeof files extends fc.Arbitrary<infer T> ? T : never;

/** Rows of a file; those older than the buffer are late, as the log source marks them. */
function rowsOf({ startMs, steps, reorderMs }: Files[number]): EventRow[] {
  let timeMs = NOON_MS + startMs;
  let newestMs = timeMs;
  return steps.map((by) => {
    timeMs += by;
    newestMs = Math.max(newestMs, timeMs);
    const row = { timeMs, kind: 'connect' };
    return timeMs < newestMs - reorderMs ? { ...row, releaseMs: newestMs - reorderMs } : row;
  });
}

interface Seen {
  readonly release: number;
  readonly rank: number;
  readonly line: number;
}

const seenAt = (batch: EventBatch, row: number): Seen => ({
  release: batch.release[row],
  rank: batch.source,
  line: batch.line[row],
});

/** Row by row, however many are handed out at a time. */
const eachRow =
  (handle: (batch: EventBatch, row: number) => boolean): HandleEvents =>
  (batch, from, to) => {
    expect(from).toBeLessThan(to);
    for (let row = from; row < to; row++) if (!handle(batch, row)) return false;
    return true;
  };

async function merged(sources: readonly RowSource[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  await mergeSources(
    sources,
    eachRow((batch, row) => {
      seen.push(seenAt(batch, row));
      return true;
    }),
  );
  return seen;
}

function sourcesOf(all: Files): RowSource[] {
  const vocabulary = new Vocabulary();
  return all.map((own, rank) => {
    const rows = rowsOf(own);
    const least = Math.min(...rows.map(releaseOf));
    const lowerBound = rows.length === 0 ? NOON_MS + own.startMs : least - own.slackMs;
    const batchSizes = own.empty ? [...own.batchSizes, 0] : own.batchSizes;
    return new RowSource(rows, { rank, vocabulary, batchSizes, lowerBound });
  });
}

// Goal: the stream is what sorting everything gives, whatever the order in which files are named.
// Method: random nearly sorted files, cut into random batches, against one sort of all rows.
test('a merge is a sort by release time, rank and line', async () => {
  const run = fc.asyncProperty(files, fc.infiniteStream(fc.nat()), async (all, random) => {
    const expected = all.flatMap((own, rank) =>
      rowsOf(own).map((row, index): Seen => ({ release: releaseOf(row), rank, line: index + 1 })),
    );
    expected.sort((a, b) => a.release - b.release || a.rank - b.rank || a.line - b.line);
    const sources = sourcesOf(all);
    expect(await merged(sources)).toEqual(expected);
    for (const { lent } of sources) expect(lent.size).toBe(0);
    const keys = new Map(sources.map((source) => [source.rank, random.next().value]));
    const shuffled = sourcesOf(all).sort((a, b) => keys.get(a.rank)! - keys.get(b.rank)!);
    expect(await merged(shuffled)).toEqual(expected);
  });
  await fc.assert(run, { numRuns: 400 });
});

// Goal: many rows that wait for newer lines are merged as few are.
// Method: files that begin again and again, so that every batch would move more rows than are moved
// one by one; against one sort.
test('a file that goes back in time again and again', async () => {
  const piece = fc.array(fc.nat(3), { minLength: 100, maxLength: 200, size: 'max' });
  const sizes = fc.array(fc.integer({ min: 250, max: 700 }), { minLength: 1, maxLength: 3 });
  const run = fc.asyncProperty(
    fc.array(piece, { minLength: 4, maxLength: 9 }),
    sizes,
    async (pieces, batchSizes) => {
      const rows = pieces.flatMap((steps) => {
        let timeMs = NOON_MS;
        return steps.map((by): EventRow => ({ timeMs: (timeMs += by), kind: 'connect' }));
      });
      const expected = rows.map((row, index): Seen => {
        return { release: releaseOf(row), rank: 0, line: index + 1 };
      });
      expected.sort((a, b) => a.release - b.release || a.line - b.line);
      const source = new RowSource(rows, { vocabulary: new Vocabulary(), batchSizes });
      expect(await merged([source])).toEqual(expected);
      expect(source.lent.size).toBe(0);
    },
  );
  await fc.assert(run, { numRuns: 40 });
});

// Goal: a year of rotated files holds few open.
// Method: at each event exactly those inputs have been opened whose lower bound the stream reached.
test('an input is opened when the stream reaches its lower bound, not before', async () => {
  const run = fc.asyncProperty(files, async (all) => {
    const sources = sourcesOf(all);
    await mergeSources(
      sources,
      eachRow((batch, row) => {
        const now = batch.release[row];
        const opened = sources.map((source) => source.opened);
        expect(opened).toEqual(sources.map(({ lowerBound }) => lowerBound <= now));
        return true;
      }),
    );
  });
  await fc.assert(run, { numRuns: 200 });

  const vocabulary = new Vocabulary();
  const day = 86_400_000;
  const rotated = Array.from({ length: 5 }, (_, rank) => {
    const rows = [0, 1, 2].map((k) => ({ timeMs: NOON_MS + rank * day + k, kind: 'connect' }));
    return new RowSource(rows, { rank, vocabulary });
  });
  await mergeSources(
    rotated,
    eachRow((batch, row) => {
      const dayOf = Math.floor((batch.release[row] - NOON_MS) / day);
      expect(rotated.map(({ opened }) => opened)).toEqual(rotated.map(({ rank }) => rank <= dayOf));
      return true;
    }),
  );
});

test('at equal times the lower rank goes first, also when it is opened later', async () => {
  const vocabulary = new Vocabulary();
  const rows = [5, 5, 6].map((ms) => ({ timeMs: NOON_MS + ms, kind: 'connect' }));
  const late = new RowSource(rows, { rank: 0, vocabulary });
  const early = new RowSource([{ timeMs: NOON_MS, kind: 'connect' }, ...rows], {
    rank: 1,
    vocabulary,
  });
  const order = (await merged([early, late])).map(({ rank, line }) => `${rank}:${line}`);
  expect(order).toEqual(['1:1', '0:1', '0:2', '1:2', '1:3', '0:3', '1:4']);
});

test('rows that the parser dropped are not handed out, and their batches go back', async () => {
  const vocabulary = new Vocabulary();
  const rows = Array.from({ length: 9 }, (_, k) => ({ timeMs: NOON_MS + k, kind: 'connect' }));
  const source = new RowSource(rows, { vocabulary, batchSizes: [3] });
  const cut = source.nextBatch.bind(source);
  source.nextBatch = async () => {
    const batch = await cut();
    batch?.kind.fill(KIND_DROPPED, 0, batch.line[0] === 4 ? 3 : 1);
    return batch;
  };
  expect((await merged([source])).map(({ line }) => line)).toEqual([2, 3, 8, 9]);
  expect(source.recycled).toBe(3);
});

test('false ends the merge at once', async () => {
  const vocabulary = new Vocabulary();
  const rows = Array.from({ length: 9 }, (_, k) => ({ timeMs: NOON_MS + k, kind: 'connect' }));
  const source = new RowSource(rows, { vocabulary, batchSizes: [2] });
  let handled = 0;
  await mergeSources(
    [source],
    eachRow(() => ++handled < 4),
  );
  expect(handled).toBe(4);
});

test('many rows that wait for one open file are kept in order', async () => {
  const vocabulary = new Vocabulary();
  // The reorder buffer grows past its first size: 5,000 rows, newest first, in one batch.
  const rows = Array.from({ length: 5000 }, (_, k) => ({ timeMs: NOON_MS - k, kind: 'connect' }));
  const source = new RowSource(rows, { vocabulary, batchSizes: [700] });
  const lines = (await merged([source])).map(({ line }) => line);
  expect(lines).toEqual(Array.from({ length: 5000 }, (_, k) => 5000 - k));
});

test('no source, and sources without a row, are streams without an event', async () => {
  const vocabulary = new Vocabulary();
  expect(await merged([])).toEqual([]);
  expect(
    await merged([new RowSource([], { vocabulary }), new RowSource([], { vocabulary })]),
  ).toEqual([]);
});

// Goal: a merge that stands still at any moment hands out the same stream.
// Method: random stops; what comes before one is older than it, what comes after is not.
test('a merge with pauses is the merge without', async () => {
  const stops = fc.array(fc.nat(400), { minLength: 1, maxLength: 6 });
  const run = fc.asyncProperty(files, stops, async (all, offsets) => {
    const expected = await merged(sourcesOf(all));
    const merge = new Merge(sourcesOf(all));
    const seen: Seen[] = [];
    const handle = eachRow((batch, row) => seen.push(seenAt(batch, row)) > 0);
    for (const offset of offsets.toSorted((a, b) => a - b)) {
      await merge.run(handle, NOON_MS + offset);
      expect(seen).toEqual(expected.filter(({ release }) => release < NOON_MS + offset));
    }
    await merge.run(handle);
    expect(seen).toEqual(expected);
  });
  await fc.assert(run, { numRuns: 200 });
});

// Goal: what is held back at the end of one merge and goes before the next one's files gives the
// stream of one merge over all files.
// Method: two random sets of files, of which the second begins where the first is certain.
test('a merge that holds its end back is continued by the next', async () => {
  let heldRows = 0;
  const run = fc.asyncProperty(files, files, fc.nat(30), async (before, after, slackMs) => {
    const vocabulary = new Vocabulary();
    const sourceOf = (
      rows: readonly EventRow[],
      rank: number,
      { reorderMs }: { reorderMs: number },
    ) =>
      new RowSource(
        rows.map((row, index) => ({ ...row, line: rank * 1000 + index })),
        { rank, vocabulary, reorderMs, batchSizes: [3, 1] },
      );
    const firstRows = before.map(rowsOf);
    const certain = firstRows.map((rows, index) => {
      return Math.max(...rows.map(releaseOf)) - before[index].reorderMs;
    });
    const certainMs = Math.max(NOON_MS, ...certain);
    const secondRows = after.map((own) => {
      const rows = rowsOf(own);
      const shift = Math.max(0, certainMs - Math.min(...rows.map(releaseOf))) + slackMs;
      return rows.map((row) => ({
        ...row,
        timeMs: row.timeMs + shift,
        ...(row.releaseMs === undefined ? {} : { releaseMs: row.releaseMs + shift }),
      }));
    });
    const first = (): RowSource[] => firstRows.map((rows, i) => sourceOf(rows, i, before[i]));
    const second = (): RowSource[] =>
      secondRows.map((rows, i) => sourceOf(rows, before.length + i, after[i]));
    const linesOf = (rows: readonly Seen[]): object[] =>
      rows.map(({ release, line }) => ({ release, line }));
    const expected = linesOf(await merged([...first(), ...second()]));

    const seen: Seen[] = [];
    const handle = eachRow((batch, row) => seen.push(seenAt(batch, row)) > 0);
    const begun = new Merge(first(), { holds: true });
    await begun.run(handle);
    const held: EventRow[] = [];
    begun.takeHeld(({ time, release, line }, row) => {
      const at = { timeMs: time[row], releaseMs: release[row], line: line[row] };
      held.push({ ...at, kind: 'connect' });
    });
    heldRows += held.length;
    const floorMs = seen.at(-1)?.release ?? -Infinity;
    const kept = new RowSource(held, { rank: -1, vocabulary, reorderMs: Infinity });
    await new Merge([...second(), kept], { floorMs }).run(handle);
    expect(linesOf(seen)).toEqual(expected);
  });
  await fc.assert(run, { numRuns: 300 });
  expect(heldRows).toBeGreaterThan(300);
});

test('rows before the floor are late and do not move the clock back', async () => {
  const vocabulary = new Vocabulary();
  const rows = [3, 5, 4, 9].map((ms) => ({ timeMs: NOON_MS + ms, kind: 'connect' }));
  const seen: [number, number, boolean][] = [];
  await new Merge([new RowSource(rows, { vocabulary })], { floorMs: NOON_MS + 5 }).run(
    eachRow(({ time, release, flags }, row) => {
      const late = (flags[row] & FLAG.late) !== 0;
      return seen.push([time[row] - NOON_MS, release[row] - NOON_MS, late]) > 0;
    }),
  );
  expect(seen).toEqual([
    [3, 5, true],
    [5, 5, false],
    [4, 5, true],
    [9, 9, false],
  ]);
});
