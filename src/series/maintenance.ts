import type { MaintenanceRules } from '../model/maintenance.ts';
import { DAY_MS } from '../model/time.ts';
import { unpackedName, type JournalFile } from './journals.ts';

/** The file of one window of a series: plain, packed, or both where a run was cut off. */
export interface StoredJournal {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly windowEndMs: number;
  readonly plain: JournalFile | undefined;
  readonly packed: JournalFile | undefined;
}

/** Files that differ by `.gz` alone are one journal. The order is that of the files. */
export function storedJournals(files: readonly JournalFile[]): StoredJournal[] {
  const stored = new Map<string, StoredJournal>();
  for (const file of files) {
    const path = unpackedName(file.path);
    const { name, windowEndMs } = file;
    const before = stored.get(path) ?? { name, windowEndMs, plain: undefined, packed: undefined };
    const which = path === file.path ? 'plain' : 'packed';
    stored.set(path, { ...before, [which]: file });
  }
  return [...stored.values()];
}

export type Fate = 'removed' | 'compressed' | 'kept';

/** Journals that end before this moment are removed. */
function removedBeforeMs({ nowMs, retentionDays }: MaintenanceRules): number {
  return nowMs - retentionDays * DAY_MS;
}

/** Journals that end at this moment or before are packed. */
function condensedToMs({ nowMs, condenseDays }: MaintenanceRules): number {
  return nowMs - (condenseDays + 1) * DAY_MS;
}

/** What is to be done with a journal; a window's age is counted from its end. */
export function fateOf(journal: StoredJournal, rules: MaintenanceRules): Fate {
  const { windowEndMs, plain, packed } = journal;
  if (windowEndMs < removedBeforeMs(rules)) return 'removed';
  if (plain === undefined) return 'kept';
  // What a run before has begun is brought to its end, however old the journal is.
  if (packed !== undefined) return 'compressed';
  return windowEndMs <= condensedToMs(rules) ? 'compressed' : 'kept';
}

/** A stretch without journals, between two ends of windows. */
export interface Jump {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A stretch longer than what is kept, of which all journals before it would be removed: perhaps
 * those behind it come from a wrong clock. Undefined when there is none.
 *
 * @param files in the order of time
 */
export function suspiciousJump(
  files: readonly JournalFile[],
  rules: MaintenanceRules,
): Jump | undefined {
  const firstKept = files.findIndex((file) => file.windowEndMs >= removedBeforeMs(rules));
  if (firstKept <= 0) return undefined;
  const [fromMs, toMs] = [files[firstKept - 1].windowEndMs, files[firstKept].windowEndMs];
  return toMs - fromMs > rules.retentionDays * DAY_MS ? { fromMs, toMs } : undefined;
}
