import type { ReplaySink } from './tally.ts';

/** A sink that takes nothing, for those who ask for some of the rows to add to. */
export const SILENT_SINK: ReplaySink = {
  window: () => undefined,
  firing: () => undefined,
  stopped: () => undefined,
  journal: () => undefined,
  managerJournal: () => undefined,
  logged: () => undefined,
  enforced: () => undefined,
};
