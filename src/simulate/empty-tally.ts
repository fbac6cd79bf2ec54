import type { Tally } from './tally.ts';

/** The tally of a replay that has seen nothing yet. */
export function emptyTally(): Tally {
  return {
    firstMs: undefined,
    lastMs: undefined,
    events: {},
    ignored: 0,
    late: 0,
    tooLate: 0,
    sessions: {
      opened: 0,
      ended: { logged: 0, replaced: 0, restart: 0, timeout: 0, refused: 0 },
      unopened: 0,
      openAtEnd: 0,
      peak: 0,
      peakMs: undefined,
    },
    nodes: [],
    rules: [],
    notes: [],
    unfed: [],
    series: [],
    scripts: undefined,
    overlap: [],
    collateral: undefined,
    enforced: undefined,
    bySource: [],
  };
}
