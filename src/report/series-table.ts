import CliTable from 'cli-table3';

import type { Prefix } from '../model/address.ts';
import { formatMonitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { formatIso } from '../model/time.ts';

/** One block and what it counted, as `src/series` sums it. */
export interface SeriesBlock {
  /** `192.0.2.0/24` */
  readonly block: string;
  /** Ascending; windows in which the block has nothing are left out. */
  readonly windows: readonly { readonly window: number; readonly count: number }[];
  readonly total: number;
}

/** What one window of a series holds. */
interface WindowTotal {
  readonly window: number;
  readonly startMs: number;
  readonly keys: number;
  readonly total: number;
}

/** Rows of a table on the terminal; the other forms have all. */
const SHOWN_ROWS = 50;

/** Columns of windows on the terminal; older windows share one more. */
const SHOWN_WINDOWS = 8;

/** No colours and no lines: the same text in a pipe and on a terminal. */
function newTable(head: string[], textColumns: number): CliTable.Table {
  const none = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'];
  none.push('bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle');
  const chars = Object.fromEntries(none.map((name) => [name, name === 'middle' ? '  ' : '']));
  const colAligns = head.map((_, i) => (i < textColumns ? ('left' as const) : ('right' as const)));
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true };
  return new CliTable({ head, chars, colAligns, style });
}

/** The text of a table without blanks at the ends of lines. */
const finish = (table: CliTable.Table): string => table.toString().replaceAll(/ +$/gm, '');

/** A name as a terminal may show it: control characters as JSON writes them. */
const shown = (name: string): string =>
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) ? escapeControls(JSON.stringify(name)) : name;

/** JSON leaves DEL, C1 and the marks that turn the direction of text as they are. */
const escapeControls = (json: string): string =>
  json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });

function totalsOf(snapshot: SeriesSnapshot): WindowTotal[] {
  const { monitor, windowZeroMs, rows } = snapshot;
  const sums = new Map<number, { keys: number; total: number }>();
  for (const { window, count } of rows) {
    const sum = sums.get(window) ?? { keys: 0, total: 0 };
    sum.keys++;
    sum.total += count;
    sums.set(window, sum);
  }
  return [...sums].map(([window, sum]) => {
    return { window, startMs: windowZeroMs - window * monitor.intervalMs, ...sum };
  });
}

interface Summary {
  readonly name: string;
  readonly type: string;
  readonly monitor: string;
  readonly windowZero: string;
  readonly rows: number;
  /** Distinct keys over all windows. */
  readonly keys: number;
  readonly total: number;
  readonly windows: readonly WindowTotal[];
}

function summaryOf(snapshot: SeriesSnapshot): Summary {
  const windows = totalsOf(snapshot);
  return {
    name: snapshot.name,
    type: snapshot.type,
    monitor: formatMonitor(snapshot.monitor),
    windowZero: formatIso(snapshot.windowZeroMs),
    rows: snapshot.rows.length,
    keys: new Set(snapshot.rows.map(({ key }) => key)).size,
    total: windows.reduce((sum, { total }) => sum + total, 0),
    windows,
  };
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** What a series file holds: one line for each fact, then a line for each window that has keys. */
export function renderSeriesSummary(snapshot: SeriesSnapshot): string {
  const { name, type, monitor, windowZero, rows, keys, total, windows } = summaryOf(snapshot);
  const { intervalMs, windows: kept } = snapshot.monitor;
  const facts = [
    ['series', shown(name)],
    ['type', type],
    ['monitor', `${monitor} (${counted(kept, 'window')} of ${intervalMs / 1000} s)`],
    ['window zero', windowZero],
    ['rows', rows],
    ['keys', keys],
    ['total', total],
  ] as const;
  const lines = facts.map(([label, value]) => `${label.padEnd(13)}${value}`);
  if (windows.length === 0) return `${lines.join('\n')}\n\nNo window holds anything.\n`;
  const table = newTable(['window', 'begins at', 'keys', 'total'], 2);
  for (const row of windows.slice(0, SHOWN_ROWS)) {
    table.push([row.window, formatIso(row.startMs), row.keys, row.total]);
  }
  lines.push('', finish(table));
  const more = windows.length - SHOWN_ROWS;
  if (more > 0) lines.push(`… and ${counted(more, 'more window', 'more windows')}`);
  return `${lines.join('\n')}\n`;
}

/** The summary as JSON, all windows that hold anything included. */
export function seriesSummaryJson(snapshot: SeriesSnapshot): string {
  const summary = summaryOf(snapshot);
  const windows = summary.windows.map(({ window, startMs, keys, total }) => {
    return { window, start: formatIso(startMs), keys, total };
  });
  return `${JSON.stringify({ ...summary, windows }, undefined, 2)}\n`;
}

/** The windows that hold anything as CSV: `window,start,keys,total`. */
export function seriesSummaryCsv(snapshot: SeriesSnapshot): string {
  const lines = totalsOf(snapshot).map(
    ({ window, startMs, keys, total }) => `${window},${formatIso(startMs)},${keys},${total}\n`,
  );
  return `window,start,keys,total\n${lines.join('')}`;
}

/** Sums over some blocks, by window. */
function sumWindows(blocks: readonly SeriesBlock[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const { windows } of blocks) {
    for (const { window, count } of windows) sums.set(window, (sums.get(window) ?? 0) + count);
  }
  return sums;
}

const sum = (counts: Iterable<number>): number => {
  let total = 0;
  for (const count of counts) total += count;
  return total;
};

/**
 * A table of blocks and windows, the largest totals first, with the sum of all blocks below. Shows
 * 50 blocks and the 8 newest windows that hold anything; what is older is summed in one column.
 */
export function renderSeriesBlocks(
  snapshot: SeriesSnapshot,
  per: Prefix,
  blocks: readonly SeriesBlock[],
): string {
  const title =
    `series ${shown(snapshot.name)}, ${perText(snapshot, per)}, window 0 begins at ` +
    formatIso(snapshot.windowZeroMs);
  if (blocks.length === 0) return `${title}\n\nNo block holds anything.\n`;
  const totals = sumWindows(blocks);
  const windows = [...totals.keys()].sort((a, b) => a - b);
  const columns = windows.slice(0, SHOWN_WINDOWS);
  const older = windows.length > SHOWN_WINDOWS ? ['older'] : [];
  const head = columns.map((window) => `window ${window}`);
  const table = newTable(['block', ...head, ...older, 'total'], 1);
  const push = (label: string, counts: ReadonlyMap<number, number>): void => {
    const total = sum(counts.values());
    const cells = columns.map((window) => counts.get(window) ?? 0);
    table.push([label, ...cells, ...(older.length === 0 ? [] : [total - sum(cells)]), total]);
  };
  // The sort is stable, so equal totals keep the order of addresses.
  const ranked = blocks.toSorted((a, b) => b.total - a.total);
  for (const row of ranked.slice(0, SHOWN_ROWS)) push(row.block, sumWindows([row]));
  const rest = ranked.slice(SHOWN_ROWS);
  if (rest.length > 0) push(`… and ${rest.length} more`, sumWindows(rest));
  push(counted(blocks.length, 'block'), totals);
  return `${title}\n\n${finish(table)}\n`;
}

/** `per /24`, or both lengths where the series holds both families. */
function perText({ type }: SeriesSnapshot, per: Prefix): string {
  if (type === 'cidr') return `per /${per.ipv4}`;
  return type === 'cidr_ipv6' ? `per /${per.ipv6}` : `per /${per.ipv4} and /${per.ipv6}`;
}

/** The blocks as JSON, all of them, in the order of addresses. */
export function seriesBlocksJson(
  snapshot: SeriesSnapshot,
  per: Prefix,
  blocks: readonly SeriesBlock[],
): string {
  const { name, type, monitor, windowZeroMs } = snapshot;
  const head = {
    name,
    type,
    monitor: formatMonitor(monitor),
    windowZero: formatIso(windowZeroMs),
    per: { ipv4: per.ipv4, ipv6: per.ipv6 },
  };
  return `${JSON.stringify({ ...head, blocks }, undefined, 2)}\n`;
}

/** The blocks as CSV, one line for each block and window: `block,window,count`. */
export function seriesBlocksCsv(blocks: readonly SeriesBlock[]): string {
  const lines = blocks.flatMap(({ block, windows }) =>
    windows.map(({ window, count }) => `${block},${window},${count}\n`),
  );
  return `block,window,count\n${lines.join('')}`;
}
