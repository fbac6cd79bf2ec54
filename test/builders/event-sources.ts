import type { EventSource } from '../../src/clock/event-source.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import type { Vocabulary } from '../../src/model/vocabulary.ts';
import { batchOf, type EventRow } from './event-batches.ts';

export interface RowSourceOptions {
  readonly rank?: number;
  readonly vocabulary: Vocabulary;
  /** Numbers of rows of the batches, used in turn; 0 makes an empty batch. */
  readonly batchSizes?: readonly number[];
  /** Known before the input is opened; default: the first release time. */
  readonly lowerBound?: number;
  /** How far behind its newest release time the source is certain. */
  readonly reorderMs?: number;
}

/** An input whose rows a test wrote down: in file order, cut into batches. */
export class RowSource implements EventSource {
  readonly rank: number;
  readonly lowerBound: number;
  watermark = -Infinity;
  certainMs = -Infinity;
  opened = false;
  /** Batches handed out and not yet given back. */
  readonly lent = new Set<EventBatch>();
  recycled = 0;
  readonly #rows: readonly EventRow[];
  readonly #vocabulary: Vocabulary;
  readonly #sizes: readonly number[];
  /** `#least[i]`: the smallest release time of row i and those after it. */
  readonly #least: readonly number[];
  readonly #reorderMs: number | undefined;
  #next = 0;
  #batches = 0;

  constructor(rows: readonly EventRow[], options: RowSourceOptions) {
    this.#rows = rows;
    this.rank = options.rank ?? 0;
    this.#vocabulary = options.vocabulary;
    this.#sizes = options.batchSizes ?? [1000];
    this.#reorderMs = options.reorderMs;
    const least = [Infinity];
    for (const row of rows.toReversed()) least.push(Math.min(least.at(-1)!, releaseOf(row)));
    this.#least = least.reverse();
    this.lowerBound = options.lowerBound ?? this.#least[0];
  }

  nextBatch(): Promise<EventBatch | undefined> {
    this.opened = true;
    if (this.#next === this.#rows.length) {
      this.watermark = Infinity;
      return Promise.resolve(undefined);
    }
    const size = this.#sizes[this.#batches++ % this.#sizes.length];
    const rows = this.#rows.slice(this.#next, this.#next + size);
    const first = this.#next;
    const numbered = rows.map((row, index) => ({ line: first + index + 1, ...row }));
    const batch = batchOf(numbered, this.#vocabulary, this.rank);
    this.#next += rows.length;
    const newest = Math.max(...rows.map(releaseOf)) - (this.#reorderMs ?? 0);
    this.certainMs = Math.max(this.certainMs, newest);
    this.watermark = this.#least[this.#next];
    // As a log source: not surer of what is to come than of what it has read.
    if (this.#reorderMs !== undefined) this.watermark = Math.min(this.watermark, this.certainMs);
    this.lent.add(batch);
    return Promise.resolve(batch);
  }

  recycle(batch: EventBatch): void {
    if (!this.lent.delete(batch))
      throw new Error('a batch was given back twice, or to another source');
    this.recycled++;
    batch.clear();
    // A row that is read after this shows.
    batch.time.fill(Number.NaN);
    batch.release.fill(Number.NaN);
  }
}

export function releaseOf(row: EventRow): number {
  return row.releaseMs ?? row.timeMs;
}
