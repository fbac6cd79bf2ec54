import { formatIso } from '../model/time.ts';
import type { CollateralCounts } from '../simulate/collateral.ts';
import type { GroupSetting } from '../simulate/sweep/cell-policy.ts';
import type { SweepCell, SweepGroup } from '../simulate/sweep/sweep.ts';
import { csvLine, rounded } from './csv.ts';
import { ENFORCED_COLUMNS, enforcedFields, enforcedJson } from './enforced-cells.ts';
import { fileJson, totalLines } from './summary.ts';
import { labelShares, marksOf, shareOf, type SweepReport } from './sweep-table.ts';

const COLUMNS = [
  'per',
  'windows',
  'interval',
  'above',
  'firings',
  'keys',
  'stopped_connections',
  'stopped_messages',
  'stopped_accepted',
  'connections',
  'accepted',
  'spam',
  'virus',
  'rejected',
  'greylisted',
  'caught',
  'collateral',
] as const;
const LABEL_COLUMNS = ['good', 'bad', 'precision', 'recall'] as const;
const DAY_COLUMNS = ['day_min', 'day_median', 'day_max', 'days'] as const;
/** Of shares. */
const DIGITS = 6;

/** A row for each setting, in the order of the grid. */
export function* sweepCsv(report: SweepReport): Generator<string> {
  const { labelled, enforced } = report;
  yield csvLine([
    ...COLUMNS,
    ...(labelled ? LABEL_COLUMNS : []),
    ...DAY_COLUMNS,
    ...(enforced === undefined ? [] : ENFORCED_COLUMNS),
    'marks',
  ]);
  for (const group of report.sweep.groups) {
    for (const cell of group.cells) {
      const { taken, acceptedByDay: byDay } = cell;
      yield csvLine([
        perText(group),
        windowsText(group),
        group.intervalMs === undefined ? '' : group.intervalMs / 1000,
        cell.above,
        cell.firings,
        cell.keys,
        cell.stoppedConnections,
        cell.stoppedMessages,
        cell.stoppedAccepted,
        taken.connections,
        taken.accepted,
        taken.spam,
        taken.virus,
        taken.rejected,
        taken.greylisted,
        cell.caught,
        rounded(shareOf(taken.accepted, group.total.accepted), DIGITS),
        ...(labelled ? labelFields(taken, group.total) : []),
        byDay.min,
        byDay.median,
        byDay.max,
        byDay.days,
        ...(enforced === undefined ? [] : enforcedFields(enforced.get(cell.cell))),
        marksOf(report, group, cell).join(' '),
      ]);
    }
  }
}

/** A share of nothing is empty. */
function labelFields(taken: CollateralCounts, total: CollateralCounts): (string | number)[] {
  const { precision, recall } = labelShares(taken, total);
  const text = (share: number | undefined): string =>
    share === undefined ? '' : rounded(share, DIGITS);
  return [taken.good, taken.bad, text(precision), text(recall)];
}

/** The sweep as JSON values; key order is part of the format. */
export function sweepJson(report: SweepReport): unknown {
  const { sweep, files, suggestion, own } = report;
  const iso = (timeMs: number | undefined): string | null =>
    timeMs === undefined ? null : formatIso(timeMs);
  return {
    hindcast: report.version,
    policy: report.policy,
    rule: report.rule,
    verdict: report.verdict,
    own: { ...settingJson(own), above: own.above },
    first: iso(sweep.firstMs),
    last: iso(sweep.lastMs),
    day_count: sweep.dayCount,
    days: sweep.days.map(({ dayMs }) => formatIso(dayMs).slice(0, 10)),
    groups: sweep.groups.map((group) => ({
      ...settingJson(group),
      total: countsJson(group.total, report),
      knee: group.knee === undefined ? null : group.cells[group.knee].above,
      cells: group.cells.map((cell) => cellJson(report, group, cell)),
    })),
    suggestion:
      suggestion === undefined
        ? null
        : {
            asked: suggestion.asked,
            ...settingJson(suggestion.group),
            above: suggestion.cell.above,
            yaml: suggestion.yaml,
          },
    unfed: sweep.unfed,
    lines: totalLines(files),
    files: files.map(fileJson),
  };
}

function cellJson(report: SweepReport, group: SweepGroup, cell: SweepCell): unknown {
  const { sweep, enforced } = report;
  const own = enforced?.get(cell.cell);
  const { min, median, max, days } = cell.acceptedByDay;
  return {
    above: cell.above,
    firings: cell.firings,
    keys: cell.keys,
    stopped: {
      connections: cell.stoppedConnections,
      messages: cell.stoppedMessages,
      accepted: cell.stoppedAccepted,
    },
    taken: countsJson(cell.taken, report),
    caught: cell.caught,
    collateral: Number(rounded(shareOf(cell.taken.accepted, group.total.accepted), DIGITS)),
    ...(report.labelled ? labelsJson(cell.taken, group.total) : {}),
    accepted_by_day: { min, median, max, days },
    by_day: {
      firings: sweep.days.map((day) => day.firings[cell.cell]),
      accepted: sweep.days.map((day) => day.accepted[cell.cell]),
      rejected: sweep.days.map((day) => day.rejected[cell.cell]),
    },
    ...(enforced && { enforced: enforcedJson(own, own && countsJson(own.taken, report)) }),
  };
}

function countsJson(counts: CollateralCounts, { labelled }: SweepReport): unknown {
  const { connections, accepted, spam, virus, rejected, greylisted, good, bad } = counts;
  const judged = { connections, accepted, spam, virus, rejected, greylisted };
  return labelled ? { ...judged, good, bad } : judged;
}

/** A share of nothing is null. */
function labelsJson(taken: CollateralCounts, total: CollateralCounts): object {
  const { precision, recall } = labelShares(taken, total);
  const plain = (share: number | undefined): number | null =>
    share === undefined ? null : Number(rounded(share, DIGITS));
  return { precision: plain(precision), recall: plain(recall) };
}

function settingJson(setting: GroupSetting): object {
  const { intervalMs } = setting;
  return {
    per: perText(setting),
    windows: windowsText(setting) || null,
    interval_seconds: intervalMs === undefined ? null : intervalMs / 1000,
  };
}

/** As `--per` takes it: `24/64`; the name of the field for a rule that counts by one. */
export function perText({ per }: GroupSetting): string {
  return per.type === 'field' ? per.field : `${per.prefix.ipv4}/${per.prefix.ipv6}`;
}

/** As `--windows` takes it: `0..2`; empty for open sessions. */
export function windowsText({ windows }: GroupSetting): string {
  return windows === undefined ? '' : `${windows.start}..${windows.end}`;
}
