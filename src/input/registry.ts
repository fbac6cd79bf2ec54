import { UserError } from '../model/errors.ts';
import { EVENT_COLUMNS, type EventField } from '../model/event.ts';
import { createCsvParser, detectDelimiter, readCsvHeader } from './csv.ts';
import { detectFormat, firstLineOf, isColumn, type Format } from './detect.ts';
import { DIALECTS, type ParserSetting } from './dialects.ts';
import type { FormatName } from './format-names.ts';
import type { LogParser } from './port.ts';
import { createSyslogParser } from './syslog/parser.ts';

/**
 * The parser of a format, new for every file.
 *
 * @throws UserError when a CSV lacks a column that its events need
 */
export function createParser(format: Format, setting: ParserSetting): LogParser {
  if ('createParser' in format) return format.createParser(setting);
  if (format.dialect === 'syslog') return createSyslogParser(setting);
  return createCsvParser({
    ...setting,
    delimiter: format.delimiter,
    header: format.header,
    map: columnsOf(format.header, setting),
    zoneOffset: (localMs) => setting.dater.offsetOf(localMs),
    headerLine: true,
  });
}

/** The column of every field that a file has: by the user's map, or of the field's own name. */
function columnsOf(
  header: readonly string[],
  { name, map, defaultKind }: ParserSetting,
): Map<EventField, string> {
  const columns = new Map<EventField, string>();
  const has = `'${name}' has the columns ${header.join(', ')}`;
  for (const field of EVENT_COLUMNS) {
    const wanted = map?.get(field) ?? field;
    const [column, second] = header.filter((cell) => isColumn(cell, wanted));
    if (second !== undefined) {
      throw new UserError(`'${name}' has two columns '${second}'`, 'give each column its own name');
    }
    if (column !== undefined) columns.set(field, column);
    else if (map?.has(field) === true) throw new UserError(`--map: no column '${wanted}'`, has);
  }
  if (!columns.has('time'))
    throw new UserError(`'${name}' has no column 'time'`, `--map time=…; ${has}`);
  if (!columns.has('kind') && defaultKind === undefined) {
    throw new UserError(`'${name}' has no column 'kind'`, `--kind WORD or --map kind=…; ${has}`);
  }
  return columns;
}

/**
 * The format of a file by its first bytes, or as the user says. A file that is nothing we know is
 * read as syslog, so that every line of it is counted as unparsed.
 */
export function chooseFormat(
  head: Buffer,
  wanted: FormatName | undefined,
  map: ReadonlyMap<EventField, string> | undefined,
): Format {
  if (wanted === undefined) {
    return detectFormat(head, map?.get('time')) ?? { dialect: 'syslog' };
  }
  if (wanted === 'csv' || wanted === 'tsv') {
    const first = firstLineOf(head);
    const delimiter = wanted === 'csv' ? detectDelimiter(first) : '\t';
    return { dialect: 'csv', delimiter, header: readCsvHeader(first, delimiter) };
  }
  return DIALECTS.find(({ dialect }) => dialect === wanted) ?? { dialect: 'syslog' };
}

/** How much of the front of a file must stand before any later line, for that to be read. */
export function preambleBytes(format: Format, head: Buffer): number {
  if ('createParser' in format) return format.preambleBytes?.(head) ?? 0;
  return format.dialect === 'csv' ? head.indexOf(10) + 1 : 0;
}
