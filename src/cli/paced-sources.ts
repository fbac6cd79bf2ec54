import type { EventSource } from '../clock/event-source.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { Stdio } from './stdio.ts';

/** The same inputs, read on only when the results written so far were taken. */
export function pacedSources(
  sources: readonly EventSource[],
  stdio: Stdio,
  signal: AbortSignal | undefined,
): EventSource[] {
  return sources.map((source) => new PacedSource(source, stdio, signal));
}

class PacedSource implements EventSource {
  readonly #source: EventSource;
  readonly #stdio: Stdio;
  readonly #signal: AbortSignal | undefined;

  constructor(source: EventSource, stdio: Stdio, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#stdio = stdio;
    this.#signal = signal;
  }

  get rank(): number {
    return this.#source.rank;
  }

  get lowerBound(): number {
    return this.#source.lowerBound;
  }

  get watermark(): number {
    return this.#source.watermark;
  }

  get certainMs(): number {
    return this.#source.certainMs;
  }

  async nextBatch(): Promise<EventBatch | undefined> {
    const taken = this.#stdio.drained(this.#signal);
    if (taken !== undefined) await taken;
    return this.#source.nextBatch();
  }

  recycle(batch: EventBatch): void {
    this.#source.recycle(batch);
  }
}
