import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import type { ChangeRow, Comparison } from '../simulate/compare/compare.ts';
import type { Mover } from '../simulate/compare/movers.ts';
import type { Tally } from '../simulate/tally.ts';
import { csvLine } from './csv.ts';
import { collateralJson, fileJson, totalLines } from './summary.ts';

/** A finished comparison, as every form of the report shows it. */
export interface ComparisonReport {
  readonly version: string;
  /** The policies' file names. */
  readonly old: string;
  readonly new: string;
  readonly files: readonly FileReport[];
  readonly comparison: Comparison;
}

const iso = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : formatIso(timeMs);

/** The comparison as JSON values; key order is part of the format. */
export function comparisonJson(report: ComparisonReport, limit: number): unknown {
  const { comparison, files } = report;
  const { classes, stoppable, judged, first, rules, movers } = comparison;
  return {
    hindcast: report.version,
    old: sideJson(report.old, comparison.old),
    new: sideJson(report.new, comparison.new),
    first: iso(comparison.new.firstMs),
    last: iso(comparison.new.lastMs),
    lines: totalLines(files),
    stoppable: {
      events: stoppable.events,
      newly_stopped: stoppable.newlyStopped,
      newly_freed: stoppable.newlyFreed,
      both_stopped: stoppable.bothStopped,
    },
    judged,
    classes: classes.map(({ name, events, newlyStopped, newlyFreed, bothStopped, changed }) => ({
      class: name,
      events,
      newly_stopped: newlyStopped,
      newly_freed: newlyFreed,
      both_stopped: bothStopped,
      changed,
    })),
    first_difference: first === undefined ? null : changeJson(first),
    rules: rules.map(({ change, side, rule, blocks, ...moved }) => {
      return { change, side, rule, blocks, ...movedJson(moved) };
    }),
    movers: movers.slice(0, limit).map(({ change, side, rule, block, ...moved }) => {
      return { change, side, rule, block, ...movedJson(moved) };
    }),
    more_movers: Math.max(0, movers.length - limit),
    files: files.map(fileJson),
  };
}

function sideJson(policy: string, tally: Tally): object {
  const { ignored, late, tooLate, unfed, collateral } = tally;
  const facts = { policy, ignored, late, too_late: tooLate, unfed };
  return { ...facts, ...(collateral && collateralJson(collateral, tally)) };
}

function movedJson({ events, counts, first }: Pick<Mover, 'events' | 'counts' | 'first'>): object {
  const { timeMs, file, line } = first;
  return { events, ...counts, first: { time: formatIso(timeMs), file, line } };
}

function changeJson(row: ChangeRow): object {
  const cells = changeCells(row);
  return Object.fromEntries(CHANGES_COLUMNS.map((name, index) => [name, cells[index]]));
}

const CHANGES_COLUMNS = [
  'time',
  'change',
  'old_rule',
  'new_rule',
  'old_verdict',
  'new_verdict',
  'kind',
  'ip',
  'sender',
  'recipient',
  'recipients',
  'queue_id',
  'logged',
  'file',
  'line',
] as const;
export const CHANGES_HEADER = csvLine(CHANGES_COLUMNS);

export function changeLine(row: ChangeRow): string {
  return csvLine(changeCells(row));
}

function changeCells(row: ChangeRow): (string | number)[] {
  const { change, oldRule, newRule, oldVerdict, newVerdict, kind, ip } = row;
  const { sender, recipient, recipients, queueId, logged, file, line } = row;
  const judged = [formatIso(row.timeMs), change, oldRule, newRule, oldVerdict, newVerdict];
  return [...judged, kind, ip, sender, recipient, recipients, queueId, logged, file, line];
}

/** movers.csv: all of them, the biggest first. */
export function* moverLines({ movers, classes }: Comparison): Generator<string> {
  const names = classes.map(({ name }) => name);
  const head = ['change', 'side', 'rule', 'block', 'events', ...names];
  yield csvLine([...head, 'first', 'file', 'line']);
  for (const { change, side, rule, block, events, counts, first } of movers) {
    const numbers = names.map((name) => counts[name]);
    const place = [formatIso(first.timeMs), first.file, first.line];
    yield csvLine([change, side, rule, block, events, ...numbers, ...place]);
  }
}
