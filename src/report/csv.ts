import type { EventBatch } from '../model/event-batch.ts';
import { EVENT_COLUMNS } from '../model/event.ts';
import { fieldValue } from '../model/field-value.ts';
import { formatMonitor } from '../model/monitor.ts';
import { formatIso } from '../model/time.ts';
import type { FiringRow, StoppedRow, TopKey, WindowRow } from '../simulate/tally.ts';

export const WINDOWS_HEADER = 'series,monitor,window_start,total,keys,top_key,top_count,firings\n';
export const KEYS_HEADER = 'series,monitor,window_start,rank,key,count,share\n';
export const FIRINGS_HEADER =
  'rule,key,window_start,firings,first,last,peak,limit,verdict,file,line\n';
export const STOPPED_HEADER =
  'time,rule,verdict,kind,ip,sender,recipient,recipients,queue_id,logged,file,line\n';
export const EVENTS_HEADER = `${EVENT_COLUMNS.join(',')}\n`;

/** One field as RFC 4180 writes it. */
function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function csvLine(values: readonly (string | number)[]): string {
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
  for (const [index, { key, count }] of top.entries()) {
    const share = row.total > 0 ? rounded(count / row.total, 4) : '0';
    lines += `${window},${index + 1},${csvField(key)},${count},${share}\n`;
  }
  return lines;
}

/** The fields that name a window: `rejections,"300,6",2026-11-20T17:25:00Z`. */
function windowFields({ series, monitor, windowStartMs }: WindowRow): string {
  return `${csvField(series)},"${formatMonitor(monitor)}",${formatIso(windowStartMs)}`;
}

export function firingLine(row: FiringRow): string {
  const { rule, key, firings, verdict, file, line } = row;
  const [start, first, last] = [row.windowStartMs, row.firstMs, row.lastMs].map(formatIso);
  const { peak } = row;
  return csvLine([
    rule,
    key,
    start,
    firings,
    first,
    last,
    peak,
    rounded(row.limit, 3),
    verdict,
    file,
    line,
  ]);
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
