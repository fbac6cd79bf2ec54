import type { EventSource } from '../clock/event-source.ts';
import { mergeSources } from '../clock/merge.ts';
import { Correlator, DEFAULT_SESSION_TIMEOUT_MS } from '../correlate/correlator.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { ALL_NEEDS, type Needs } from '../model/event.ts';

export interface EventStreamOptions {
  readonly sources: readonly EventSource[];
  /** Undefined: every field. */
  readonly needs?: Needs | undefined;
  /** Half open. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly sessionTimeoutMs?: number | undefined;
  /** Rows that turned out to be no event. */
  readonly onDropped?: (batch: EventBatch, row: number) => void;
}

/** Hands out the merged, correlated events of all inputs in order; false from `handle` ends it. */
export async function streamEvents(
  options: EventStreamOptions,
  handle: (batch: EventBatch, row: number) => boolean,
): Promise<void> {
  const { fromMs = -Infinity, toMs = Infinity } = options;
  const correlator = new Correlator({
    needs: options.needs ?? ALL_NEEDS,
    sessionTimeoutMs: options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
    onSession: () => undefined,
  });
  const handleOne = (batch: EventBatch, row: number): boolean => {
    const nowMs = batch.release[row];
    if (nowMs >= toMs) return false;
    if (!correlator.admits(batch, row)) {
      options.onDropped?.(batch, row);
      return true;
    }
    while (correlator.nextTimeoutMs <= nowMs) correlator.expire();
    correlator.take(batch, row);
    return nowMs < fromMs || handle(batch, row);
  };
  await mergeSources(options.sources, (batch, from, to) => {
    for (let row = from; row < to; row++) if (!handleOne(batch, row)) return false;
    return true;
  });
}
