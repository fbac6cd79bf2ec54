import { EVENT_COLUMNS } from '../model/event.ts';
import { readCsvHeader } from './csv.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import { isConvertedJson } from './json/ndjson.ts';
import { bomLength } from './log-source.ts';
import { SyslogHeader } from './syslog-header.ts';

/** How much of an input is looked at. */
export const HEAD_BYTES = 64 * 1024;

export type Format =
  | { readonly dialect: 'syslog' }
  | { readonly dialect: 'csv'; readonly delimiter: string; readonly header: readonly string[] }
  | Dialect;

/** The header of converted events, whose rows are in order by construction. */
const CONVERTED = EVENT_COLUMNS.join(',');
/** The tab comes first: times, reasons and lists may hold any of the others. */
const DELIMITERS = ['\t', ',', ';', '|'];
const LOOKED_AT_LINES = 200;

/**
 * The format of an input by its first bytes: the dialect that owns most of the first lines, a
 * delimited header with a `time` column, or lines with a syslog header. Undefined when they are none
 * of these.
 *
 * @param timeColumn the column that the user's mapping says is the time
 */
export function detectFormat(head: Buffer, timeColumn = 'time'): Format | undefined {
  const dialect = owningDialect(head);
  if (dialect !== undefined) return dialect;
  const first = firstLineOf(head);
  for (const delimiter of DELIMITERS) {
    if (!first.includes(delimiter)) continue;
    const header = readCsvHeader(first, delimiter);
    if (header.some((name) => isColumn(name, timeColumn))) {
      return { dialect: 'csv', delimiter, header };
    }
  }
  const envelope = new SyslogHeader();
  const lines = countLines(head, (start, end) => envelope.read(head, start, end));
  return lines > 0 ? { dialect: 'syslog' } : undefined;
}

/** Of dialects that own as many lines, the first in the table. */
function owningDialect(head: Buffer): Dialect | undefined {
  let owner: Dialect | undefined;
  let most = 0;
  for (const dialect of DIALECTS) {
    const lines = countLines(head, (start, end) => dialect.owns(head, start, end));
    if (lines <= most) continue;
    owner = dialect;
    most = lines;
  }
  return owner;
}

/** The file was written by hindcast itself. */
export function isConverted(head: Buffer): boolean {
  const first = firstLineOf(head);
  return first === CONVERTED || isConvertedJson(first);
}

/** The first line without its end and without a mark of UTF-8 before it. */
export function firstLineOf(head: Buffer): string {
  const start = bomLength(head, head.length);
  const newline = head.indexOf(10, start);
  const end = newline === -1 ? head.length : newline;
  return head.toString('utf8', start, end).replace(/\r$/, '');
}

/** Whether a column of a header is the one that a field or the user names. */
export function isColumn(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

/** How many of the first lines `accepts` takes. */
function countLines(head: Buffer, accepts: (start: number, end: number) => boolean): number {
  let count = 0;
  let at = bomLength(head, head.length);
  for (let line = 0; line < LOOKED_AT_LINES && at < head.length; line++) {
    const newline = head.indexOf(10, at);
    const end = newline === -1 ? head.length : newline;
    if (accepts(at, end)) count++;
    at = end + 1;
  }
  return count;
}
