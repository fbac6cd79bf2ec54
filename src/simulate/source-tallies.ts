import { FLAG, type EventBatch } from '../model/event-batch.ts';
import type { SourceTally } from './tally.ts';

/** Counts by input what became of rows after they were read. */
export class SourceTallies {
  /** By rank of the input. */
  readonly tallies: SourceTally[] = [];
  readonly #lastDropped: number[] = [];

  /** A row that is no event after all; a line that gave several such rows counts once. */
  addDropped({ source, line, flags }: EventBatch, row: number): void {
    // The line has an event of its own beside the connect that was not its to make.
    if ((flags[row] & FLAG.inferred) !== 0) return;
    const number = line[row];
    if (this.#lastDropped[source] === number) return;
    this.#lastDropped[source] = number;
    this.#of(source).dropped++;
  }

  addLate({ source }: EventBatch): void {
    this.#of(source).late++;
  }

  addTooLate({ source }: EventBatch): void {
    this.#of(source).tooLate++;
  }

  #of(source: number): SourceTally {
    return (this.tallies[source] ??= { dropped: 0, late: 0, tooLate: 0 });
  }
}
