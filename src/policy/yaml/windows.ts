import { formatMonitor, type Monitor, type WindowRange } from '../../model/monitor.ts';
import { either, matching, shared } from './key-table.ts';
import type { Mistakes } from './mistakes.ts';
import { seenOf, type Value } from './tree.ts';

const RANGE = /^\s*(\d{1,7})(?:\s*\.\.\s*(\d{1,7}))?\s*$/;

export const WINDOWS_SCHEMA = shared(
  'windows',
  either({ type: 'integer', minimum: 0, maximum: 9_999_999 }, matching(RANGE)),
);

/**
 * Reads `0..2`, or `3` for the one window, and holds it against the monitors it is asked of.
 *
 * @param what the key as messages name it
 */
export function readWindows(
  mistakes: Mistakes,
  value: Value,
  what: string,
  monitors: readonly Monitor[],
): WindowRange | undefined {
  const text = value.type === 'text' || value.type === 'number' ? value.text : '';
  const match = RANGE.exec(text);
  if (match === null) {
    const hint = 'write 0..2 for three windows, or 0 for the present one';
    mistakes.add(value, 'windows-wrong', [what, seenOf(value)], hint);
    return undefined;
  }
  const start = Number(match[1]);
  const end = Number(match[2] ?? match[1]);
  if (start > end) {
    const hint = `window 0 is the present one: write ${end}..${start}`;
    mistakes.add(value, 'windows-backwards', [`${start}..${end}`], hint);
    return undefined;
  }
  const short = monitors.find((monitor) => end >= monitor.windows);
  if (short !== undefined) {
    const last = String(short.windows - 1);
    mistakes.add(value, 'windows-outside', [String(end), formatMonitor(short), last]);
    return undefined;
  }
  return { start, end };
}

/** `before:` of a surge: as `readWindows`, but without the present window. */
export function readEarlier(
  mistakes: Mistakes,
  value: Value,
  monitors: readonly Monitor[],
): WindowRange | undefined {
  const range = readWindows(mistakes, value, "'before'", monitors);
  if (range?.start !== 0) return range;
  mistakes.add(value, 'windows-present', [], 'earlier windows start at 1, for example 1..5');
  return undefined;
}
