import { NOON_MS, type EventRow } from './event-batches.ts';

/** An event some time after the one before; a late one is older than its place in the stream. */
interface LateStep {
  readonly stepMs: number;
  readonly lateMs: number;
  readonly kind: string;
  readonly ip: string | undefined;
}

/** The rows of one input, from noon on. */
export function rowsOfSteps(steps: readonly LateStep[]): EventRow[] {
  let nowMs = NOON_MS;
  return steps.map(({ stepMs, lateMs, kind, ip }) => {
    nowMs += stepMs;
    const row = { timeMs: nowMs - lateMs, kind, ...(ip === undefined ? {} : { ip }) };
    return lateMs === 0 ? row : { ...row, releaseMs: nowMs };
  });
}
