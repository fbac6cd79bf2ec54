import { formatIso } from '../model/time.ts';
import type { CollateralCounts } from '../simulate/collateral.ts';
import type { GroupSetting } from '../simulate/sweep/cell-policy.ts';
import type { SweepCell, SweepGroup } from '../simulate/sweep/sweep.ts';
import { csvLine, rounded } from './csv.ts';
import { fileJson, totalLines } from './summary.ts';
import { marksOf, shareOf, type SweepReport } from './sweep-table.ts';

const CSV_COLUMNS = [
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
  'day_min',
  'day_median',
  'day_max',
  'days',
  'marks',
] as const;

/** A row for each setting, in the order of the grid. */
export function* sweepCsv(report: SweepReport): Generator<string> {
  yield csvLine(CSV_COLUMNS);
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
        rounded(shareOf(taken.accepted, group.total.accepted), 6),
        byDay.min,
        byDay.median,
        byDay.max,
        byDay.days,
        marksOf(report, group, cell).join(' '),
      ]);
    }
  }
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
      total: countsJson(group.total),
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

function cellJson({ sweep }: SweepReport, group: SweepGroup, cell: SweepCell): unknown {
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
    taken: countsJson(cell.taken),
    caught: cell.caught,
    collateral: Number(rounded(shareOf(cell.taken.accepted, group.total.accepted), 6)),
    accepted_by_day: { min, median, max, days },
    by_day: {
      firings: sweep.days.map((day) => day.firings[cell.cell]),
      accepted: sweep.days.map((day) => day.accepted[cell.cell]),
      rejected: sweep.days.map((day) => day.rejected[cell.cell]),
    },
  };
}

function countsJson(counts: CollateralCounts): unknown {
  const { connections, accepted, spam, virus, rejected, greylisted } = counts;
  return { connections, accepted, spam, virus, rejected, greylisted };
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
function perText({ per }: GroupSetting): string {
  return per.type === 'field' ? per.field : `${per.prefix.ipv4}/${per.prefix.ipv6}`;
}

/** As `--windows` takes it: `0..2`; empty for open sessions. */
function windowsText({ windows }: GroupSetting): string {
  return windows === undefined ? '' : `${windows.start}..${windows.end}`;
}
