/**
 * A monitor `"I,N"`: windows of I seconds, N of them. Boundaries are multiples of I since the
 * epoch; a window is half open; window 0 holds the present moment (semantics, section 3).
 */
export interface Monitor {
  readonly intervalMs: number;
  readonly windows: number;
}

/** An inclusive range of windows, 0 being the present one. */
export interface WindowRange {
  readonly start: number;
  readonly end: number;
}

export const DEFAULT_MONITOR: Monitor = { intervalMs: 300_000, windows: 6 };

/** Bounds that keep a ring in memory: a year of seconds, a million windows. */
export const MAX_INTERVAL_S = 366 * 86_400;
const MAX_WINDOWS = 1_000_000;

/** `"300,6"`; how large the numbers may be is said by `parseMonitor`. */
export const MONITOR_PATTERN = /^\s*(\d{1,8})\s*,\s*(\d{1,7})\s*$/;

/** Reads `"300,6"`; undefined when the text is not a monitor. */
export function parseMonitor(text: string): Monitor | undefined {
  const match = MONITOR_PATTERN.exec(text);
  if (match === null) return undefined;
  const seconds = Number(match[1]);
  const windows = Number(match[2]);
  if (seconds < 1 || seconds > MAX_INTERVAL_S) return undefined;
  if (windows < 1 || windows > MAX_WINDOWS) return undefined;
  return { intervalMs: seconds * 1000, windows };
}

/** `300,6` */
export function formatMonitor(monitor: Monitor): string {
  return `${monitor.intervalMs / 1000},${monitor.windows}`;
}
