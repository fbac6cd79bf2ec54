import { formatMonitor, parseMonitor, type Monitor } from '../../model/monitor.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { Mistakes } from './mistakes.ts';
import { literalOf, wholeOf, type Argument } from './tree.ts';

/** Holds the position of a monitor against those that are configured. */
export function checkIndex(
  value: Argument | undefined,
  monitors: readonly Monitor[],
  mistakes: Mistakes,
): void {
  const index = wholeOf(value);
  if (value === undefined || index === undefined || index < 0 || index < monitors.length) return;
  const shown = monitors.map((one, at) => `${at} is "${formatMonitor(one)}"`);
  mistakes.add(value, 'monitor-outside', [String(index)], `of the monitors, ${shown.join(', ')}`);
}

/** Holds a monitor that is named against those that are configured. */
export function checkConfigured(
  value: Argument | undefined,
  monitors: readonly Monitor[],
  mistakes: Mistakes,
): void {
  const monitor = monitorOf(value);
  if (value === undefined || monitor === undefined) return;
  const { intervalMs, windows } = monitor;
  if (monitors.some((one) => one.intervalMs === intervalMs && one.windows === windows)) return;
  const known = monitors.map((one) => formatMonitor(one));
  const written = formatMonitor(monitor);
  const hint = didYouMean(written, known) ?? `monitors are "${known.join('" "')}"`;
  mistakes.add(value, 'monitor-unconfigured', [written], hint);
}

/** The monitor that a literal names. */
export function monitorOf(value: Argument | undefined): Monitor | undefined {
  const written = literalOf(value);
  return written === undefined ? undefined : parseMonitor(written);
}
