import type { FileReport } from '../model/file-report.ts';
import type { GroupSetting } from '../simulate/sweep/cell-policy.ts';
import type { CollateralCounts } from '../simulate/collateral.ts';
import type { Sweep, SweepCell, SweepGroup } from '../simulate/sweep/sweep.ts';
import type { EnforcedCell } from '../simulate/sweep/enforce-cells.ts';
import { rounded } from './csv.ts';
import { enforcedTable } from './enforced-cells.ts';
import { totalLines } from './summary.ts';
import { clock, counted, duration, grouped, plainTable } from './plain-table.ts';
import { lineSum, nothing } from './tables.ts';
import { barOf } from './timeline-table.ts';

/** A finished sweep, as every form of its output shows it. */
export interface SweepReport {
  readonly version: string;
  /** The policy's file name. */
  readonly policy: string;
  readonly rule: string;
  readonly verdict: string;
  /** Whether the verdict refuses: else nothing is stopped or taken. */
  readonly refuses: boolean;
  /** The rule's own limit and setting. */
  readonly own: GroupSetting & { readonly above: number };
  /** Whether there are lists of those who are known. */
  readonly labelled: boolean;
  readonly files: readonly FileReport[];
  readonly sweep: Sweep;
  /** Undefined where nobody asked, or no setting holds what was asked. */
  readonly suggestion: ShownSuggestion | undefined;
  /** What was put in force, by number of the cell; undefined where nobody asked. */
  readonly enforced: ReadonlyMap<number, EnforcedCell> | undefined;
}

export interface ShownSuggestion {
  readonly group: SweepGroup;
  readonly cell: SweepCell;
  /** What it was asked for: `collateral <= 0.1 %`. */
  readonly asked: readonly string[];
  /** The rule as YAML. */
  readonly yaml: string;
}

const BAR_WIDTH = 12;
/** Shown where any setting takes such messages. */
const SELDOM = ['greylisted', 'spam', 'virus'] as const;

/** What a terminal shows of a sweep: a table for each group, the knees, and the suggestion. */
export function sweepTable(report: SweepReport, ascii: boolean): string {
  const { sweep, files, suggestion } = report;
  const parts = [heading(report)];
  if (sweep.firstMs !== undefined) {
    const most = mostOf(sweep);
    for (const group of sweep.groups) parts.push('', groupTable(report, group, most, ascii));
  }
  for (const group of sweep.groups) parts.push(...groupInForce(report, group));
  if (sweep.unfed.length > 0 && sweep.firstMs !== undefined) {
    parts.push(`rule ${report.rule} counted nothing: the logs hold no ${sweep.unfed.join(' or ')}`);
  }
  if (suggestion !== undefined) parts.push('', suggestionText(suggestion, report));
  return `${lineSum(files)}\n${parts.join('\n')}\n`;
}

function heading(report: SweepReport): string {
  const { sweep, rule, policy, verdict, refuses, files } = report;
  const { firstMs, lastMs, groups } = sweep;
  const { lines, event } = totalLines(files);
  if (firstMs === undefined || lastMs === undefined) return nothing(lines, event);
  const settings = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  const span = `${clock(firstMs)} to ${clock(lastMs)} UTC (${duration(lastMs - firstMs)})`;
  const rows = [span, `rule ${rule} of ${policy}: ${verdict}, ${counted(settings, 'setting')}`];
  rows.push(
    refuses ? `to take: ${totalText(groups[0].total, report)}` : `${verdict} takes nothing`,
  );
  return rows.join('\n');
}

function totalText(total: CollateralCounts, { labelled }: SweepReport): string {
  const parts = [
    counted(total.connections, 'connection'),
    counted(total.accepted, 'accepted message'),
    counted(total.rejected, 'rejection'),
  ];
  for (const name of SELDOM) if (total[name] > 0) parts.push(`${grouped(total[name])} ${name}`);
  if (labelled) parts.push(`${grouped(total.good)} good`, `${grouped(total.bad)} bad`);
  return parts.join(', ');
}

/** The longest bars, so that groups can be held against each other. */
function mostOf({ groups }: Sweep): { readonly accepted: number; readonly caught: number } {
  const cells = groups.flatMap((group) => group.cells);
  return {
    accepted: cells.reduce((most, { taken }) => Math.max(most, taken.accepted), 0),
    caught: cells.reduce((most, { caught }) => Math.max(most, caught), 0),
  };
}

function groupTable(
  report: SweepReport,
  group: SweepGroup,
  most: { readonly accepted: number; readonly caught: number },
  ascii: boolean,
): string {
  const { refuses, sweep, labelled } = report;
  const seldom = SELDOM.filter((name) =>
    sweep.groups.some(({ cells }) => cells.some(({ taken }) => taken[name] > 0)),
  );
  const marks = group.cells.map((cell) => marksOf(report, group, cell).join(', '));
  const isMarked = marks.some((mark) => mark !== '');
  const head = ['above', 'firings', 'keys'];
  if (refuses) {
    head.push('stopped\nconnections', 'accepted\ntaken', 'collateral\n%', 'rejected\ntaken');
    head.push(...seldom.map((name) => `${name}\ntaken`));
    if (labelled) head.push('good\ntaken', 'bad\ntaken', 'precision\n%', 'recall\n%');
    head.push('accepted', 'caught');
  }
  if (isMarked) head.push('');
  const rows = group.cells.map((cell, index) => {
    const { taken } = cell;
    const row = [rounded(cell.above, 6), grouped(cell.firings), grouped(cell.keys)];
    if (refuses) {
      row.push(grouped(cell.stoppedConnections), grouped(taken.accepted));
      row.push(percent(shareOf(taken.accepted, group.total.accepted)), grouped(taken.rejected));
      row.push(...seldom.map((name) => grouped(taken[name])));
      if (labelled) row.push(...labelCells(taken, group.total));
      row.push(barOf(taken.accepted, most.accepted, ascii, BAR_WIDTH));
      row.push(barOf(cell.caught, most.caught, ascii, BAR_WIDTH));
    }
    return isMarked ? [...row, marks[index]] : row;
  });
  const lines = [settingText(group), plainTable(head, rows)];
  const knee = group.knee === undefined ? undefined : group.cells[group.knee];
  if (knee !== undefined) {
    lines.push(`knee: above ${rounded(knee.above, 6)}; ${stabilityText(knee, sweep.dayCount)}`);
  }
  return lines.join('\n');
}

function labelCells(taken: CollateralCounts, total: CollateralCounts): string[] {
  const { precision, recall } = labelShares(taken, total);
  const shares = [precision, recall].map((share) => (share === undefined ? '' : percent(share)));
  return [grouped(taken.good), grouped(taken.bad), ...shares];
}

/** The settings of a group that were put in force, each beside what was observed. */
function groupInForce(report: SweepReport, group: SweepGroup): string[] {
  return group.cells.flatMap((cell) => {
    const enforced = report.enforced?.get(cell.cell);
    if (enforced === undefined) return [];
    const setting = `above ${rounded(cell.above, 6)}, ${settingText(group)}`;
    const marks = marksOf(report, group, cell);
    const shown = marks.length === 0 ? setting : `${setting} (${marks.join(', ')})`;
    return [
      '',
      `in force: ${shown}`,
      enforcedTable(report.rule, group, cell, enforced, report.labelled),
    ];
  });
}

/** What a reader looks for among the rows. */
export function marksOf(
  { own, suggestion }: SweepReport,
  group: SweepGroup,
  cell: SweepCell,
): ('policy' | 'knee' | 'suggested')[] {
  const marks: ('policy' | 'knee' | 'suggested')[] = [];
  if (cell.above === own.above && settingText(group) === settingText(own)) marks.push('policy');
  if (group.knee !== undefined && group.cells[group.knee] === cell) marks.push('knee');
  if (suggestion?.cell === cell) marks.push('suggested');
  return marks;
}

/** `per /32 and /64, windows 0..2 of 5 min` */
export function settingText({ per, windows, intervalMs }: GroupSetting): string {
  const who =
    per.type === 'field' ? `per ${per.field}` : `per /${per.prefix.ipv4} and /${per.prefix.ipv6}`;
  if (windows === undefined || intervalMs === undefined) return `${who}, open sessions`;
  const { start, end } = windows;
  const range = start === end ? `window ${start}` : `windows ${start}..${end}`;
  return `${who}, ${range} of ${duration(intervalMs)}`;
}

function stabilityText({ acceptedByDay }: SweepCell, dayCount: number): string {
  const { min, median, max, days } = acceptedByDay;
  if (max === 0) return `no accepted message taken on any of ${counted(dayCount, 'day')}`;
  const range = `${grouped(min)} to ${grouped(max)} (median ${rounded(median, 1)})`;
  return `accepted messages taken per day: ${range}, on ${grouped(days)} of ${counted(dayCount, 'day')}`;
}

function suggestionText(
  { group, cell, asked, yaml }: ShownSuggestion,
  { sweep, labelled }: SweepReport,
): string {
  const { total } = group;
  const { taken, above } = cell;
  const share = percent(shareOf(taken.accepted, total.accepted));
  const rows = [
    `suggested for ${asked.join(', ')}: above ${rounded(above, 6)}, ${settingText(group)}`,
    `takes ${counted(taken.accepted, 'accepted message')} (${share} %), catches ${grouped(cell.caught)}`,
    ...(labelled ? [knownText(taken, total)] : []),
    stabilityText(cell, sweep.dayCount),
    '',
    yaml.trimEnd(),
  ];
  return rows.join('\n');
}

function knownText(taken: CollateralCounts, total: CollateralCounts): string {
  const parts = (['bad', 'good'] as const).map(
    (name) => `${grouped(taken[name])} of ${grouped(total[name])} ${name}`,
  );
  return `takes ${parts.join(', ')}`;
}

/** Of the labelled ones that are taken the bad ones, and of all bad ones those that are taken. */
export function labelShares(
  { good, bad }: CollateralCounts,
  total: CollateralCounts,
): { readonly precision: number | undefined; readonly recall: number | undefined } {
  const share = (all: number): number | undefined => (all === 0 ? undefined : bad / all);
  return { precision: share(good + bad), recall: share(total.bad) };
}

/** 0 where there is nothing to have a share of. */
export function shareOf(count: number, all: number): number {
  return all === 0 ? 0 : count / all;
}

function percent(share: number): string {
  return rounded(share * 100, 3);
}
