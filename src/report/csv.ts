import type { EventBatch } from '../model/event-batch.ts';
import { EVENT_COLUMNS } from '../model/event.ts';
import { fieldValue } from '../model/field-value.ts';
import { formatMonitor } from '../model/monitor.ts';
import { formatIso } from '../model/time.ts';
import type { EnforcedWindowRow } from '../simulate/enforce/enforced-windows.ts';
import type { FiringRow, LoggedRow, StoppedRow, TopKey, WindowRow } from '../simulate/tally.ts';

export const WINDOWS_HEADER = 'series,monitor,window_start,total,keys,top_key,top_count,firings\n';
export const KEYS_HEADER = 'series,monitor,window_start,rank,key,count,share\n';
export const FIRINGS_HEADER =
  'rule,key,window_start,firings,first,last,peak,limit,verdict,file,line\n';
export const STOPPED_HEADER =
  'time,rule,verdict,kind,ip,sender,recipient,recipients,queue_id,logged,file,line\n';
export const ENFORCE_HEADER = 'series,monitor,window_start,observed,attempts,accepted\n';
export const LOG_HEADER = 'time,place,target,text,ip,file,line\n';
export const EVENTS_HEADER = `${EVENT_COLUMNS.join(',')}\n`;

const QUOTED = /[",\r\n]/;

/** One field as RFC 4180 writes it. */
function csvField(value: string): string {
  return QUOTED.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function csvLine(values: readonly (string | number)[]): string {
  return `${values.map((value) => (typeof value === 'number' ? value : csvField(value))).join(',')}\n`;
}

/** A number with at most `digits` decimals and no trailing zeros. */
export function rounded(value: number, digits: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(digits)));
}

export function windowLine(row: WindowRow): string {
  const { total, keys, topKey, topCount, firings } = row;
  return `${windowFields(row)},${total},${keys},${csvField(topKey)},${topCount},${firings}\n`;
}

/** The rows of keys.csv of one window; a share is 0 where the total is not positive. */
export function keyLines(row: WindowRow, top: readonly TopKey[]): string {
  const window = windowFields(row);
  let lines = '';
  for (let rank = 1; rank <= top.length; rank++) {
    const { key, count } = top[rank - 1];
    const share = row.total > 0 ? shareOf(count / row.total) : '0';
    lines += `${window},${rank},${csvField(key)},${count},${share}\n`;
  }
  return lines;
}

const SHARE_STEPS = 10_000;
/** The texts of 0, 0.0001, … 1. */
const SHARES = Array.from({ length: SHARE_STEPS + 1 }, (_, step) => String(step / SHARE_STEPS));

/** A share with at most four decimals. */
function shareOf(share: number): string {
  const steps = share * SHARE_STEPS;
  const step = Math.round(steps);
  // Halfway between two steps, and outside 0 to 1 (counts may be negative), every digit matters.
  const clear = Math.abs(Math.abs(steps - step) - 0.5) > 1e-6;
  return clear && step >= 0 && step <= SHARE_STEPS ? SHARES[step] : rounded(share, 4);
}

/** The fields that name a window: `rejections,"300,6",2026-11-20T17:25:00Z`. */
function windowFields({
  series,
  monitor,
  windowStartMs,
}: Pick<WindowRow, 'series' | 'monitor' | 'windowStartMs'>): string {
  return `${csvField(series)},"${formatMonitor(monitor)}",${formatIso(windowStartMs)}`;
}

export function firingLine(row: FiringRow): string {
  const { key, firings, peak, file, line } = row;
  const [rule, verdict] = [csvField(row.rule), csvField(row.verdict)];
  const start = formatIso(row.windowStartMs);
  const first = formatIso(row.firstMs);
  const last = formatIso(row.lastMs);
  const limit = row.limit === undefined ? '' : rounded(row.limit, 3);
  const counts = `${firings},${first},${last},${peak ?? ''},${limit}`;
  return `${rule},${csvField(key)},${start},${counts},${verdict},${csvField(file)},${line}\n`;
}

export function stoppedLine(row: StoppedRow): string {
  const { rule, verdict, kind, ip, sender, recipient, recipients, queueId, logged, file, line } =
    row;
  const time = formatIso(row.timeMs);
  return csvLine([
    time,
    rule,
    verdict,
    kind,
    ip,
    sender,
    recipient,
    recipients,
    queueId,
    logged,
    file,
    line,
  ]);
}

/** A row of enforce.csv. */
export function enforcedLine(row: EnforcedWindowRow): string {
  const { observed, attempts, accepted } = row;
  return `${windowFields(row)},${observed},${attempts},${accepted ?? ''}\n`;
}

export function loggedLine(row: LoggedRow): string {
  const { timeMs, place, target, text, ip, file, line } = row;
  return csvLine([formatIso(timeMs), place, target, text, ip, file, line]);
}

/** @param file name of the event's input, for events that do not bring their own */
export function eventCsvLine(batch: EventBatch, row: number, file: string): string {
  let text = '';
  for (const column of EVENT_COLUMNS) {
    if (column !== 'time') text += ',';
    const value = fieldValue(batch, row, column);
    text += csvField(column === 'file' && value === '' ? file : value);
  }
  return `${text}\n`;
}

/** A row that only tells the time of a line without an event. */
export function clockCsvLine(timeMs: number): string {
  return `${formatIso(timeMs)},clock${','.repeat(EVENT_COLUMNS.length - 2)}\n`;
}

export function clockJsonLine(timeMs: number): string {
  return `{"time":"${formatIso(timeMs)}","kind":"clock"}\n`;
}

const NUMBERS = new Set(['code', 'size', 'recipients', 'line']);

/** One JSON object with the fields that the event has. */
export function eventJsonLine(batch: EventBatch, row: number, file: string): string {
  const fields: string[] = [];
  for (const column of EVENT_COLUMNS) {
    const own = fieldValue(batch, row, column);
    const value = column === 'file' && own === '' ? file : own;
    if (value === '') continue;
    fields.push(`"${column}":${NUMBERS.has(column) ? value : JSON.stringify(value)}`);
  }
  return `{${fields.join(',')}}\n`;
}
