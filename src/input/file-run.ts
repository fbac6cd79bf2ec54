import type { EventBatch } from '../model/event-batch.ts';
import type { FileClock } from './file-clock.ts';
import type { LineRun } from './port.ts';

/** The lines of one file passed so far, and its clock. */
export class FileRun implements LineRun {
  /** Line ends passed so far. */
  line = 0;
  event = 0;
  irrelevant = 0;
  readonly #clock: FileClock;
  readonly #pending: EventBatch[];

  constructor(clock: FileClock, pending: EventBatch[]) {
    this.#clock = clock;
    this.#pending = pending;
  }

  get settledMs(): number {
    return this.#clock.settledMs;
  }

  see(timeMs: number, batch: EventBatch, row: number): void {
    this.#clock.see(timeMs, this.line, batch, row, this.#pending);
  }
}
