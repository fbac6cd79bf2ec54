/** Windows begin `step / of` of their interval later than at its multiples; 0 <= step < of. */
export interface WindowShift {
  readonly step: number;
  readonly of: number;
}

/**
 * Where the windows of each interval begin: at its multiples since the epoch (semantics, section
 * 3), or all of them a share of the interval later (docs/phase.md).
 */
export class WindowGrid {
  readonly #shift: WindowShift;

  constructor(shift: WindowShift = { step: 0, of: 1 }) {
    this.#shift = shift;
  }

  /** Number of the window that holds a time; from 0 on since 1970, however windows are shifted. */
  numberAt(timeMs: number, intervalMs: number): number {
    return Math.floor((timeMs + this.#leadMs(intervalMs)) / intervalMs);
  }

  /** When a window begins, milliseconds UTC. */
  startOf(window: number, intervalMs: number): number {
    return window * intervalMs - this.#leadMs(intervalMs);
  }

  /** By how much window 0 begins before the epoch. */
  #leadMs(intervalMs: number): number {
    const { step, of } = this.#shift;
    const laterMs = Math.floor((step * intervalMs) / of);
    return laterMs === 0 ? 0 : intervalMs - laterMs;
  }
}
