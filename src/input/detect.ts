import { EVENT_COLUMNS } from '../model/event.ts';
import { readCsvHeader } from './csv.ts';
import { bomLength } from './log-source.ts';
import { SyslogHeader } from './syslog-header.ts';

/** How much of an input is looked at. */
export const HEAD_BYTES = 64 * 1024;

export type Format =
  | { readonly dialect: 'postfix' }
  | { readonly dialect: 'csv'; readonly delimiter: string; readonly header: readonly string[] };

/** The header of converted events, whose rows are in order by construction. */
const CONVERTED = EVENT_COLUMNS.join(',');
/** The tab comes first: times, reasons and lists may hold any of the others. */
const DELIMITERS = ['\t', ',', ';', '|'];
const LOOKED_AT_LINES = 200;

/**
 * The format of an input by its first bytes: a delimited header with a `time` column, or lines with
 * a syslog header. Undefined when they are neither.
 *
 * @param timeColumn the column that the user's mapping says is the time
 */
export function detectFormat(head: Buffer, timeColumn = 'time'): Format | undefined {
  const first = firstLineOf(head);
  for (const delimiter of DELIMITERS) {
    if (!first.includes(delimiter)) continue;
    const header = readCsvHeader(first, delimiter);
    if (header.some((name) => isColumn(name, timeColumn))) {
      return { dialect: 'csv', delimiter, header };
    }
  }
  return hasSyslogLine(head) ? { dialect: 'postfix' } : undefined;
}

/** The file was written by hindcast itself. */
export function isConverted(head: Buffer): boolean {
  return firstLineOf(head) === CONVERTED;
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

function hasSyslogLine(head: Buffer): boolean {
  const header = new SyslogHeader();
  let at = 0;
  for (let line = 0; line < LOOKED_AT_LINES && at < head.length; line++) {
    const newline = head.indexOf(10, at);
    const end = newline === -1 ? head.length : newline;
    if (header.read(head, at, end)) return true;
    at = end + 1;
  }
  return false;
}
