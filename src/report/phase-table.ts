import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import type { PhaseShifts, ShiftedRule, ShiftTally } from '../simulate/phase-shifts.ts';
import { rounded } from './csv.ts';
import { fileJson, totalLines } from './summary.ts';
import { counted, grouped, plainTable } from './plain-table.ts';
import { heading } from './tables.ts';

export interface PhaseReport {
  readonly version: string;
  /** The policy's file name. */
  readonly policy: string;
  readonly files: readonly FileReport[];
  readonly shifts: PhaseShifts;
}

/** What of a rule is compared; stopped ones are shown under one heading. */
const MEASURES = ['firings', 'keys', 'stoppedConnections', 'stoppedMessages'] as const;

/** What a number is without a shift, and the least and the most that it is at any. */
function spreadOf(rule: ShiftedRule, measure: keyof ShiftTally): [number, number, number] {
  const values = rule.byShift.map((tally) => tally[measure]);
  return [values[0], Math.min(...values), Math.max(...values)];
}

/** What a terminal shows: how far each rule moves with the windows, then the keys on its edge. */
export function phaseTable({ files, shifts }: PhaseReport): string {
  const { steps, rules } = shifts;
  const parts = [
    heading(files, shifts),
    `windows at ${steps} shifts, each 1/${steps} of their interval later than the one before`,
    'a number: without a shift, as replay counts it (least..most over all shifts)',
    ruleTable(rules),
  ];
  if (rules.some(({ edgeKeys }) => edgeKeys > 0)) parts.push(edgeTable(shifts));
  for (const { name, edgeKeys, edges } of rules) {
    const others = edgeKeys - edges.length;
    if (others === 0) continue;
    const verb = others === 1 ? 'fires' : 'fire';
    parts.push(`${name}: ${counted(others, 'more key')} ${verb} only at some shifts`);
  }
  return `${parts.join('\n')}\n`;
}

function ruleTable(rules: readonly ShiftedRule[]): string {
  const rows = rules.map((rule) => [
    rule.name,
    rule.verdict,
    ...MEASURES.map((measure) => {
      const [unshifted, least, most] = spreadOf(rule, measure);
      const range = least === most ? '' : ` (${grouped(least)}..${grouped(most)})`;
      return grouped(unshifted) + range;
    }),
    findingOf(rule),
  ]);
  const stopped = ['stopped\nconnections', 'stopped\nmessages'];
  return plainTable(['rule', 'verdict', 'firings', 'keys', ...stopped, 'finding'], rows);
}

function findingOf({ windowed, steadyKeys, edgeKeys }: ShiftedRule): string {
  const keys = steadyKeys + edgeKeys;
  if (edgeKeys > 0) {
    const verb = edgeKeys === 1 ? 'fires' : 'fire';
    const which = `${grouped(edgeKeys)} of ${counted(keys, 'key')}`;
    return `lives on an edge: ${which} ${verb} only at some shifts`;
  }
  if (keys === 0) return 'never fires';
  if (!windowed) return 'steady: it has no windows';
  return keys === 1
    ? 'steady: the same key at every shift'
    : 'steady: the same keys at every shift';
}

function edgeTable({ steps, rules }: PhaseShifts): string {
  const rows = rules.flatMap(({ name, edges }) =>
    edges.map(({ key, shifts, peak, limit }) => [
      name,
      visible(key),
      rangesOf(shifts),
      grouped(peak),
      rounded(limit, 3),
    ]),
  );
  return plainTable(['rule', 'key', `fires at shift\n(of ${steps})`, 'peak', 'limit'], rows);
}

/** `0, 3..7`: numbers in order, neighbours joined. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges
    .map(({ first, last }) => (first === last ? String(first) : `${first}..${last}`))
    .join(', ');
}

/** The shifts as JSON values; key order is part of the format. */
export function phaseJson({ version, policy, files, shifts }: PhaseReport): unknown {
  const { steps, firstMs, lastMs, rules } = shifts;
  return {
    hindcast: version,
    policy,
    steps,
    first: firstMs === undefined ? null : formatIso(firstMs),
    last: lastMs === undefined ? null : formatIso(lastMs),
    lines: totalLines(files),
    rules: rules.map(ruleJson),
    files: files.map(fileJson),
  };
}

function ruleJson(rule: ShiftedRule): unknown {
  const { name, verdict, windowed, steadyKeys, edgeKeys, edges, byShift } = rule;
  const spread = (measure: keyof ShiftTally): object => {
    const [unshifted, least, most] = spreadOf(rule, measure);
    return { unshifted, least, most };
  };
  return {
    rule: name,
    verdict,
    windowed,
    steady: edgeKeys === 0,
    firings: spread('firings'),
    keys: spread('keys'),
    stopped: {
      connections: spread('stoppedConnections'),
      messages: spread('stoppedMessages'),
    },
    steady_keys: steadyKeys,
    edge_keys: edgeKeys,
    edges: edges.map(({ key, shifts, peak, limit }) => {
      return { key, shifts, peak, limit: Number(rounded(limit, 3)) };
    }),
    shifts: byShift.map(({ firings, keys, stoppedConnections, stoppedMessages }, shift) => ({
      shift,
      firings,
      keys,
      stopped: { connections: stoppedConnections, messages: stoppedMessages },
    })),
  };
}
