/** How long journals are kept, and from when on packed. */
export interface MaintenanceRules {
  /** The moment from which ages are counted, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Journals that are more days old than this are removed. */
  readonly retentionDays: number;
  /** Journals that are more whole days old than this are packed: with 0 from one day on. */
  readonly condenseDays: number;
}

/** The most days that can be asked for: a hundred years. */
export const MAX_DAYS = 36_525;
