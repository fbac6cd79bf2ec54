import { UserError } from '../model/errors.ts';
import { formatMonitor } from '../model/monitor.ts';
import type { SeriesRow, SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso } from '../model/time.ts';
import { MAX_COUNT } from './format.ts';
import { compareRows } from './key-order.ts';

/** What had aged out of a series and is no longer counted. */
export interface DroppedWindows {
  /** Windows that held something. */
  readonly windows: number;
  readonly rows: number;
}

export interface AgedSnapshot {
  readonly snapshot: SeriesSnapshot;
  readonly dropped: DroppedWindows;
}

/**
 * The snapshot as the clock `nowMs` sees it: window 0 is the one that holds `nowMs`, and windows
 * that the series no longer keeps are dropped and counted.
 *
 * @param nowMs simulated time, milliseconds since the epoch
 * @throws UserError when window 0 of the snapshot begins after `nowMs`
 */
export function ageSnapshot(snapshot: SeriesSnapshot, nowMs: number): AgedSnapshot {
  const { name, monitor, windowZeroMs, rows } = snapshot;
  if (nowMs < windowZeroMs) {
    throw new UserError(
      `series '${name}' begins its window 0 at ${formatIso(windowZeroMs)}, ` +
        `after the present moment of this replay, ${formatIso(nowMs)}`,
      'load an older file, or replay a later log',
    );
  }
  const shift = Math.floor((nowMs - windowZeroMs) / monitor.intervalMs);
  if (shift === 0) return { snapshot, dropped: { windows: 0, rows: 0 } };
  const kept: SeriesRow[] = [];
  const windows = new Set<number>();
  for (const row of rows) {
    if (row.window + shift < monitor.windows) kept.push({ ...row, window: row.window + shift });
    else windows.add(row.window);
  }
  return {
    snapshot: { ...snapshot, windowZeroMs: windowZeroMs + shift * monitor.intervalMs, rows: kept },
    dropped: { windows: windows.size, rows: rows.length - kept.length },
  };
}

function assertAlike(a: SeriesSnapshot, b: SeriesSnapshot): void {
  const facts = [
    ['name', a.name, b.name],
    ['type', a.type, b.type],
    ['monitor', formatMonitor(a.monitor), formatMonitor(b.monitor)],
  ] as const;
  for (const [what, mine, theirs] of facts) {
    if (mine === theirs) continue;
    throw new UserError(
      `cannot add series '${b.name}' to series '${a.name}': the ${what} is ${mine} here, ` +
        `${theirs} there`,
    );
  }
}

function addCounts(name: string, key: string, a: number, b: number): number {
  const sum = a + b;
  // Beyond 2^53 a sum is rounded, perhaps to 2^53 itself; then it cannot be taken back.
  if (Math.abs(sum) <= MAX_COUNT && sum - a === b && sum - b === a) return sum;
  throw new UserError(
    `cannot add to series '${name}': the sum for ${JSON.stringify(key)}, ${a} and ${b}, ` +
      `is beyond ±2^53`,
  );
}

/** Rows of both, sorted; counts of one key and window are summed, sums of 0 are left out. */
function mergeRows(a: SeriesSnapshot, b: SeriesSnapshot): SeriesRow[] {
  const merged: SeriesRow[] = [];
  let i = 0;
  let j = 0;
  while (i < a.rows.length && j < b.rows.length) {
    const order = compareRows(a.type, a.rows[i], b.rows[j]);
    if (order < 0) merged.push(a.rows[i++]);
    else if (order > 0) merged.push(b.rows[j++]);
    else {
      const { window, key } = a.rows[i];
      const count = addCounts(a.name, key, a.rows[i++].count, b.rows[j++].count);
      if (count !== 0) merged.push({ window, key, count });
    }
  }
  while (i < a.rows.length) merged.push(a.rows[i++]);
  while (j < b.rows.length) merged.push(b.rows[j++]);
  return merged;
}

/**
 * The sum of two snapshots of one series, as the clock of the later one sees it. What is dropped
 * is what had aged out of the earlier one by then.
 *
 * @throws UserError when name, type or monitor differ, or when a sum is beyond ±2^53
 */
export function addSnapshots(a: SeriesSnapshot, b: SeriesSnapshot): AgedSnapshot {
  assertAlike(a, b);
  const nowMs = Math.max(a.windowZeroMs, b.windowZeroMs);
  const [mine, theirs] = [ageSnapshot(a, nowMs), ageSnapshot(b, nowMs)];
  return {
    snapshot: { ...mine.snapshot, rows: mergeRows(mine.snapshot, theirs.snapshot) },
    dropped: {
      windows: mine.dropped.windows + theirs.dropped.windows,
      rows: mine.dropped.rows + theirs.dropped.rows,
    },
  };
}
