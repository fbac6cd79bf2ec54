import { parseNetwork, type Network } from '../model/address.ts';
import { parseMonitor, type Monitor, type WindowRange } from '../model/monitor.ts';
import { seenOf, type Value } from '../policy/yaml/tree.ts';
import type { TestMistakes } from './codes.ts';

/** A text, or a number as it is written. */
export function numberTextOf(value: Value): string | undefined {
  return value.type === 'text' || value.type === 'number' ? value.text : undefined;
}

export function readBlock(mistakes: TestMistakes, value: Value, what: string): Network | undefined {
  const block = value.type === 'text' ? parseNetwork(value.text) : undefined;
  if (block === undefined) {
    const hint = 'such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64';
    mistakes.add(value, 'block-wrong', [what, seenOf(value)], hint);
  }
  return block;
}

/** `0..2`, or `3` for the one window. */
export function readWindowRange(mistakes: TestMistakes, value: Value): WindowRange | undefined {
  const match = /^(\d{1,7})(?:\s*\.\.\s*(\d{1,7}))?$/.exec(numberTextOf(value)?.trim() ?? '');
  const range = match && { start: Number(match[1]), end: Number(match[2] ?? match[1]) };
  if (range !== null && range.start <= range.end) return range;
  const hint = 'write 0..2 for three windows, or 0 for the present one';
  mistakes.add(value, 'windows-wrong', [seenOf(value)], hint);
  return undefined;
}

export function readMonitorAt(mistakes: TestMistakes, value: Value): Monitor | undefined {
  const monitor = value.type === 'text' ? parseMonitor(value.text) : undefined;
  if (monitor === undefined) {
    mistakes.add(value, 'monitor-wrong', [seenOf(value)], 'in quotes: "300,6"');
  }
  return monitor;
}
