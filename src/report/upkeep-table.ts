import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import { clock, counted, grouped, plainTable } from './plain-table.ts';

/** What was done with one journal. */
export interface Upkeep {
  readonly series: string;
  /** Without folders. */
  readonly file: string;
  readonly windowEndMs: number;
  readonly fate: 'removed' | 'compressed' | 'left' | 'kept';
  /** Why it was left alone. */
  readonly reason?: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface UpkeepReport {
  readonly version: string;
  /** The folder as it was named. */
  readonly dir: string;
  readonly isDry: boolean;
  /** Undefined where there are no journals. */
  readonly nowMs: number | undefined;
  readonly retentionDays: number;
  readonly condenseDays: number;
  /** Series that were asked for; undefined: all. */
  readonly series: readonly string[] | undefined;
  /** In the order of time. */
  readonly journals: readonly Upkeep[];
}

const FATES = ['removed', 'compressed', 'left', 'kept'] as const;

const HEAD = ['series', 'journals', '', 'first', 'last', 'bytes before', 'bytes after'];

export function upkeepTable(report: UpkeepReport): string {
  const { dir, isDry, nowMs, retentionDays, condenseDays, journals } = report;
  const lines: string[] = [];
  const rows = sums(report);
  if (rows.length === 0) lines.push(`no journals in ${visible(dir)}`);
  else {
    const cells = rows.map(({ series, fate, count, first, last, bytesBefore, bytesAfter }) => [
      visible(series),
      grouped(count),
      fate === 'left' ? 'left alone' : fate,
      clock(first),
      clock(last),
      grouped(bytesBefore),
      grouped(bytesAfter),
    ]);
    lines.push(plainTable(HEAD, cells));
  }
  if (nowMs !== undefined) {
    const before = journals.reduce((sum, { bytesBefore }) => sum + bytesBefore, 0);
    const after = journals.reduce((sum, { bytesAfter }) => sum + bytesAfter, 0);
    lines.push(
      `${counted(journals.length, 'journal')}: ${grouped(before)} bytes before, ${grouped(after)} after`,
      `at ${clock(nowMs)} UTC: kept for ${counted(retentionDays, 'day')}, ` +
        `compressed from ${counted(condenseDays + 1, 'day')} on`,
    );
  }
  if (isDry) lines.push('a dry run: nothing was changed');
  return `${lines.join('\n')}\n`;
}

export function upkeepJson(report: UpkeepReport): unknown {
  const { version, dir, isDry, nowMs, retentionDays, condenseDays, journals } = report;
  const changed = journals.filter(({ fate }) => fate !== 'kept');
  return {
    hindcast: version,
    dir,
    dry_run: isDry,
    now: nowMs === undefined ? null : formatIso(nowMs),
    retention: retentionDays,
    condense: condenseDays,
    series: sums(report).map(({ series, fate, count, first, last, bytesBefore, bytesAfter }) => ({
      series,
      what: fate,
      journals: count,
      first: first === undefined ? null : formatIso(first),
      last: last === undefined ? null : formatIso(last),
      bytes_before: bytesBefore,
      bytes_after: bytesAfter,
    })),
    journals: changed.map(({ file, fate, reason, bytesBefore, bytesAfter }) => ({
      file,
      what: fate,
      ...(reason === undefined ? {} : { reason }),
      bytes_before: bytesBefore,
      bytes_after: bytesAfter,
    })),
  };
}

interface Sum {
  readonly series: string;
  readonly fate: Upkeep['fate'];
  readonly count: number;
  /** Ends of windows; undefined where there is no journal. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What was done with each series; one that was asked for and not found has a row of zeros. */
function sums({ series: asked, journals }: UpkeepReport): Sum[] {
  const found = [...new Set(journals.map(({ series }) => series))].sort();
  return [...new Set(asked ?? found)].flatMap((series) => {
    const mine = journals.filter((one) => one.series === series);
    if (mine.length === 0) return [sumOf(series, 'kept', [])];
    return FATES.flatMap((fate) => {
      const those = mine.filter((one) => one.fate === fate);
      return those.length === 0 ? [] : [sumOf(series, fate, those)];
    });
  });
}

function sumOf(series: string, fate: Upkeep['fate'], journals: readonly Upkeep[]): Sum {
  let [bytesBefore, bytesAfter] = [0, 0];
  for (const journal of journals) {
    bytesBefore += journal.bytesBefore;
    bytesAfter += journal.bytesAfter;
  }
  const [first, last] = [journals.at(0)?.windowEndMs, journals.at(-1)?.windowEndMs];
  return { series, fate, count: journals.length, first, last, bytesBefore, bytesAfter };
}
