import { formatMonitor, type Monitor } from '../../model/monitor.ts';
import type { Mistakes } from './mistakes.ts';
import { wholeOf, type Argument } from './tree.ts';

/** What says which windows are asked, as far as it is known. */
export interface AskedWindows {
  readonly monitor: Monitor | undefined;
  /** The monitor is one of the configuration, which keeps one window more than commands ask. */
  readonly configured: boolean;
  readonly start: Argument | undefined;
  readonly end: Argument | undefined;
}

/** Windows are 0 to n-1; without `end` the start alone is asked, without both window 0. */
export function checkWindows(asked: AskedWindows, mistakes: Mistakes): void {
  const { monitor, configured, start, end } = asked;
  let outside = false;
  for (const value of [start, end]) {
    const window = wholeOf(value);
    if (value === undefined || window === undefined || monitor === undefined) continue;
    if (window >= 0 && window < monitor.windows) continue;
    const beyond = configured ? 'windows-shown' : 'windows-last';
    const code = window === monitor.windows ? beyond : 'windows-outside';
    if (code === 'windows-outside') outside = true;
    const last = String(monitor.windows - 1);
    mistakes.add(value, code, [String(window), formatMonitor(monitor), last]);
  }
  const [from, to] = [start === undefined ? 0 : wholeOf(start), wholeOf(end)];
  if (end === undefined || from === undefined || to === undefined) return;
  if (outside || from <= to) return;
  const hint = 'window 0 is the present one, higher numbers lie before it';
  mistakes.add(end, 'windows-backwards', [String(from), String(to)], hint);
}
