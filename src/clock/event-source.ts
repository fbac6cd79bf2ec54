import type { EventBatch } from '../model/event-batch.ts';

/** One dated input of the merge. */
export interface EventSource {
  /** Order of inputs at equal times; unique. */
  readonly rank: number;
  /** No row has a release time before this; known before the input is opened. */
  readonly lowerBound: number;
  /** Every row still to come has a release time at or after this; Infinity at the end. */
  readonly watermark: number;
  /**
   * The newest line time less the reorder buffer, also at the end; -Infinity before the first line.
   * A file that goes on where this one ends has its rows behind it.
   */
  readonly certainMs: number;
  /** The next batch, undefined at the end. Opens the input when first called. */
  nextBatch(): Promise<EventBatch | undefined>;
  /** Gives a batch back whose rows have all been handled. */
  recycle(batch: EventBatch): void;
}
