import { formatNetwork, type Network } from '../model/address.ts';
import type { FileReport } from '../model/file-report.ts';
import { KINDS } from '../model/event.ts';
import { compareText } from '../model/order.ts';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import type { Timeline, TimelineWindow } from '../simulate/timeline.ts';
import { csvLine } from './csv.ts';
import { fileJson, totalLines } from './summary.ts';
import { clock, counted, duration, grouped } from './plain-table.ts';
import { lineSum, nothing } from './tables.ts';

export interface TimelineReport {
  readonly version: string;
  readonly networks: readonly Network[];
  readonly files: readonly FileReport[];
  readonly timeline: Timeline;
}

export interface TimelineStyle {
  /** Every window between the first and the last; else quiet ones are left out or folded. */
  readonly all: boolean;
  /** Bars of `#` instead of block characters. */
  readonly ascii: boolean;
}

/** Columns that are always there: name, and kind of the event. */
const METRICS: readonly (readonly [string, string])[] = [
  ['connections', 'connect'],
  ['receptions', 'reception'],
  ['rejections', 'rejection'],
  ['auth_failure', 'auth_failure'],
];
/** They begin and end what other columns count: a terminal has no room for them. */
const NOT_SHOWN: readonly string[] = ['disconnect', 'transaction', 'removed'];
const BAR_WIDTH = 24;
/** An eighth of a character, two eighths, … */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const FULL = '█';

/** The columns of a timeline: the metrics, then the other kinds that occur, in their fixed order. */
function columnsOf({ windows }: Timeline): (readonly [string, string])[] {
  const occurring = new Set(windows.flatMap(({ counts }) => [...counts.keys()]));
  const place = (kind: string): number => (KINDS as readonly string[]).indexOf(kind) >>> 0;
  const others = [...occurring]
    .filter((kind) => METRICS.every(([, own]) => own !== kind))
    .sort((a, b) => place(a) - place(b) || compareText(a, b));
  return [...METRICS, ...others.map((kind) => [kind, kind] as const)];
}

/** A window with events, or a stretch of windows without any. */
type Stretch = TimelineWindow | { readonly startMs: number; readonly quiet: number };

function* stretchesOf({ windows, windowMs }: Timeline, all: boolean): Generator<Stretch> {
  let nextMs = windows.at(0)?.startMs ?? 0;
  for (const window of windows) {
    const quiet = Math.round((window.startMs - nextMs) / windowMs);
    if (!all && quiet > 0) yield { startMs: nextMs, quiet };
    for (let at = all ? quiet : 0; at > 0; at--) {
      const startMs = window.startMs - at * windowMs;
      yield { startMs, events: 0, addresses: 0, counts: new Map() };
    }
    yield window;
    nextMs = window.startMs + windowMs;
  }
}

/** The windows as rows of a table with bars, piece by piece: there may be very many. */
export function* timelineTable(report: TimelineReport, style: TimelineStyle): Generator<string> {
  const { timeline, files } = report;
  yield `${lineSum(files)}\n${summaryOf(report)}\n`;
  if (timeline.windows.length === 0) return;
  const columns = columnsOf(timeline).filter(([, kind]) => !NOT_SHOWN.includes(kind));
  const cells = ({ events, addresses, counts }: TimelineWindow): string[] => [
    ...columns.map(([, kind]) => grouped(counts.get(kind) ?? 0)),
    grouped(addresses),
    grouped(events),
  ];
  const head = [...columns.map(([name]) => name), 'addresses', 'events'];
  const widths = head.map((name) => name.length);
  let most = 0;
  let left = 'window (UTC)'.length;
  for (const window of timeline.windows) {
    left = Math.max(left, clock(window.startMs).length);
    cells(window).forEach((cell, at) => (widths[at] = Math.max(widths[at], cell.length)));
    most = Math.max(most, window.events);
  }
  const line = (start: string, values: readonly string[], bar: string): string => {
    const numbers = values.map((value, at) => value.padStart(widths[at]));
    return `${[start.padEnd(left), ...numbers, bar].join('  ').trimEnd()}\n`;
  };
  yield `\n${line('window (UTC)', head, '')}`;
  for (const stretch of stretchesOf(timeline, style.all)) {
    if ('quiet' in stretch) yield `… ${counted(stretch.quiet, 'quiet window')} …\n`;
    else {
      const bar = barOf(stretch.events, most, style.ascii);
      yield line(clock(stretch.startMs), cells(stretch), bar);
    }
  }
}

function summaryOf({ networks, files, timeline }: TimelineReport): string {
  const { events, addresses, firstMs, lastMs, windowMs, logFirstMs, logLastMs } = timeline;
  const { lines, event } = totalLines(files);
  const who = networks.map((network) => formatNetwork(network)).join(', ');
  if (logFirstMs === undefined) return nothing(lines, event);
  if (firstMs === undefined) {
    return `${who}: no event; the events read are of ${clock(logFirstMs)} to ${clock(logLastMs)} UTC`;
  }
  const what = `${counted(events, 'event')} of ${grouped(addresses)} ${addresses === 1 ? 'address' : 'addresses'}`;
  return `${who}: ${what}, ${clock(firstMs)} to ${clock(lastMs)} UTC, windows of ${duration(windowMs)}`;
}

/** A bar that is as long as `value` is in proportion to `most`; whatever is not 0 shows. */
export function barOf(value: number, most: number, ascii: boolean, width = BAR_WIDTH): string {
  if (value === 0) return '';
  if (ascii) return '#'.repeat(Math.max(1, Math.round((value / most) * width)));
  const eighths = Math.max(1, Math.round((value / most) * width * 8));
  return FULL.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** `window_start,events,addresses,` and a column for each kind, bookkeeping ones included. */
export function* timelineCsv({ timeline }: TimelineReport, all: boolean): Generator<string> {
  const columns = columnsOf(timeline);
  yield csvLine(['window_start', 'events', 'addresses', ...columns.map(([name]) => name)]);
  for (const stretch of stretchesOf(timeline, all)) {
    if ('quiet' in stretch) continue;
    const { startMs, events, addresses, counts } = stretch;
    const values = columns.map(([, kind]) => counts.get(kind) ?? 0);
    yield csvLine([formatIso(startMs), events, addresses, ...values]);
  }
}

/** The timeline as JSON values; key order is part of the format. */
export function timelineJson(report: TimelineReport, all: boolean): unknown {
  const { version, networks, files, timeline } = report;
  const columns = columnsOf(timeline);
  const windows: unknown[] = [];
  for (const stretch of stretchesOf(timeline, all)) {
    if ('quiet' in stretch) continue;
    const { startMs, events, addresses, counts } = stretch;
    const byName = columns.map(([name, kind]) => [name, counts.get(kind) ?? 0] as const);
    const start = formatIso(startMs);
    windows.push({ start, events, addresses, counts: Object.fromEntries(byName) });
  }
  const { firstMs, lastMs, events, addresses, windowMs } = timeline;
  return {
    hindcast: version,
    ip: networks.map((network) => formatNetwork(network)),
    window_seconds: windowMs / 1000,
    first: firstMs === undefined ? null : formatIso(firstMs),
    last: lastMs === undefined ? null : formatIso(lastMs),
    events,
    addresses,
    lines: totalLines(files),
    windows,
    files: files.map(fileJson),
  };
}

/** What stands above the log lines of one window; late lines come when its turn is over. */
export function windowHeading(startMs: number, late: boolean): string {
  return `-- ${clock(startMs)}${late ? ' (late)' : ''}\n`;
}

/** A log line as a terminal may show it: `file:line:text`, control characters as `\xHH`. */
export function shownLine(file: string, line: number, text: string): string {
  return `${visible(file)}:${line}:${visible(text)}\n`;
}
