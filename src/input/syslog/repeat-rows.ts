import type { EventBatch } from '../../model/event-batch.ts';

/** A line cannot ask for more events than this. */
export const MOST_REPEATS = 1_000_000;

/** Appends the rows from `first` on until they stand there `times` times, or are too many. */
export function repeatRows(batch: EventBatch, first: number, times: number): void {
  const last = batch.rows;
  const most = Math.min(times, Math.floor(MOST_REPEATS / Math.max(1, last - first)));
  for (let copy = 1; copy < most; copy++) {
    for (let from = first; from < last; from++) {
      const row = batch.push(
        batch.time[from],
        batch.kind[from],
        batch.line[from],
        batch.start[from],
      );
      batch.copyRow(from, row);
    }
  }
}
