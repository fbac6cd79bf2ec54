import { formatMonitor, type Monitor } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import { DAY_MS } from '../model/time.ts';
import type { JournalFile, JournalFolder } from '../series/journals.ts';
import type { Answer, AvailableSeries, CountAnswer } from './answer.ts';
import { rowsWithin } from './block-range.ts';
import { joinColumns, widen, type BlockRows } from './block-rows.ts';
import type { BlockSums } from './block-sums.ts';
import { CountRows } from './count-rows.ts';
import { Ipv4Sums } from './ipv4-sums.ts';
import { Ipv6Sums } from './ipv6-sums.ts';
import { refuseQuery } from './mistakes.ts';
import type { CountQuery, Query } from './query.ts';
import { formatReference, QueriedSeries } from './select-journals.ts';

/**
 * Answers a query from a folder of journals. Yields after each journal, so that the caller can look
 * at the world outside.
 *
 * @throws UserError when the folder cannot answer it, or when a journal must be refused
 */
export function* evaluate(query: Query, folder: JournalFolder): Generator<void, Answer, void> {
  switch (query.kind) {
    case 'available':
      return { kind: 'available', series: yield* findAvailable(folder) };
    case 'cache':
      return { kind: 'cache', readings: folder.readings };
    case 'count':
      return yield* count(query, folder);
  }
}

/** A journal that a query asks for. */
interface Task {
  readonly journal: JournalFile;
  readonly series: QueriedSeries;
  readonly column: number;
  /** What is counted together: the end of its window, or the start of its last day, or nothing. */
  readonly step: number;
}

/** All journals of a query; those of one step are neighbours, in the order of time. */
function tasksOf(query: CountQuery, folder: JournalFolder): Task[] {
  const tasks = query.series.flatMap((reference, index) => {
    const series = new QueriedSeries(query, reference, folder);
    return series.journals.map((journal): Task => {
      return { journal, series, column: query.union ? 0 : index, step: stepOf(query, journal) };
    });
  });
  // The sort is stable, so the journals of each series stay in the order of time.
  return query.aggregate === 'none' ? tasks : tasks.sort((a, b) => a.step - b.step);
}

function stepOf({ aggregate }: CountQuery, { windowEndMs }: JournalFile): number {
  if (aggregate === 'none') return 0;
  // A window belongs to the day of its last moment.
  return aggregate === 'day' ? Math.floor((windowEndMs - 1) / DAY_MS) * DAY_MS : windowEndMs;
}

function* count(query: CountQuery, folder: JournalFolder): Generator<void, CountAnswer, void> {
  const columns = query.union ? 1 : query.series.length;
  const { family } = query.block;
  const newSums = (): BlockSums[] =>
    Array.from({ length: columns }, () => {
      return family === 4 ? new Ipv4Sums(query.sizes.to) : new Ipv6Sums(query.sizes.to);
    });
  const rows = new CountRows(query, columns);
  const windowLength = new WindowLength(query);
  const taken = new Set<string>();
  let sums = newSums();
  const tasks = tasksOf(query, folder);
  for (const [index, { journal, series, column, step }] of tasks.entries()) {
    const read = folder.read(journal);
    if (series.takes(journal, read.header)) {
      if (taken.has(journal.path)) refuseTwice(query, journal);
      taken.add(journal.path);
      windowLength.check(read.header.monitor);
      const { from, to } = rowsWithin(read, query.block);
      sums[column].add(read, from, to);
    }
    if (index + 1 === tasks.length || tasks[index + 1].step !== step) {
      rows.add(startOf(query, step, windowLength.ms), lengthsOf(query, sums));
      sums = newSums();
    }
    yield;
  }
  const places = rows.ordered();
  return {
    kind: 'count',
    query,
    journals: taken.size,
    rowCount: places.length,
    rows: {
      *[Symbol.iterator]() {
        for (const place of places) yield rows.format(place);
      },
    },
  };
}

/** When a step begins; undefined where there is one for all. */
function startOf({ aggregate }: CountQuery, step: number, windowMs: number): number | undefined {
  if (aggregate === 'none') return undefined;
  return aggregate === 'day' ? step : step - windowMs;
}

/** The sums by blocks of every length that is asked for, the shortest first. */
function lengthsOf(query: CountQuery, sums: readonly BlockSums[]): BlockRows[] {
  const width = query.block.family === 4 ? 1 : 4;
  const { from, to } = query.sizes;
  const sorted = sums.map((column) => column.sorted());
  const lengths = [joinColumns(sorted, to, width)];
  for (let bits = to - 1; bits >= from; bits--) {
    lengths.unshift(widen(lengths[0], bits, width, sums.length));
  }
  return lengths;
}

/** Two references may mean one series: its name, and its name with its monitor. */
function refuseTwice({ text, series }: CountQuery, { name, path }: JournalFile): never {
  const second = series.findLast((reference) => reference.name === name) ?? series[0];
  const message = `the series '${name}' is named twice: both names mean ${path}`;
  return refuseQuery(text, second, 'series-twice', message);
}

/** The one length of all windows that are counted step by step. */
class WindowLength {
  readonly #query: CountQuery;
  /** Milliseconds; 0 until a journal was read. */
  ms = 0;

  constructor(query: CountQuery) {
    this.#query = query;
  }

  check({ intervalMs }: Monitor): void {
    if (this.ms === 0) this.ms = intervalMs;
    const { aggregate, aggregateAt, text } = this.#query;
    if (aggregate !== 'window' || intervalMs === this.ms) return;
    const message =
      `the windows of these series differ: ${this.ms / 1000} s and ${intervalMs / 1000} s, ` +
      'so they cannot be counted window by window';
    refuseQuery(
      text,
      aggregateAt,
      'steps-differ',
      message,
      "'aggregate daily', or one series at a time",
    );
  }
}

function* findAvailable(folder: JournalFolder): Generator<void, AvailableSeries[], void> {
  const found = new Map<
    string,
    AvailableSeries & { readonly name: string; readonly of: Monitor }
  >();
  for (const journal of folder.journals) {
    const { name, monitor, windowZeroMs } = folder.readHeader(journal);
    const key = JSON.stringify([name, formatMonitor(monitor)]);
    const before = found.get(key);
    found.set(key, {
      name,
      of: monitor,
      reference: formatReference(name),
      monitor: formatMonitor(monitor),
      firstMs: before?.firstMs ?? windowZeroMs,
      lastMs: journal.windowEndMs,
      journals: (before?.journals ?? 0) + 1,
    });
    yield;
  }
  const all = [...found.values()].sort((a, b) => {
    return (
      compareText(a.name, b.name) ||
      a.of.intervalMs - b.of.intervalMs ||
      a.of.windows - b.of.windows
    );
  });
  return all.map(({ name, of, ...series }) => {
    const several = all.filter((other) => other.name === name).length > 1;
    return several ? { ...series, reference: formatReference(name, of) } : series;
  });
}
