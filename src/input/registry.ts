import { UserError } from '../model/errors.ts';
import { EVENT_COLUMNS, type EventField, type Needs } from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { createCsvParser, detectDelimiter, readCsvHeader } from './csv.ts';
import type { FileDater } from './dating.ts';
import { detectFormat, firstLineOf, isColumn, type Format } from './detect.ts';
import type { LogParser } from './port.ts';
import { createPostfixParser } from './postfix/parser.ts';

/** The names of `--input-format`. */
export const DIALECTS = ['postfix', 'csv', 'tsv'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** What the parser of one file is made with. */
export interface ParserSetting {
  /** Of the input, for messages. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly dater: FileDater;
  /** Stands for the host that the lines name. */
  readonly node: string | undefined;
  /** CSV: the column that holds a field, where it has another name. */
  readonly map: ReadonlyMap<EventField, string> | undefined;
  /** CSV: the kind of events without a `kind` column. */
  readonly defaultKind: string | undefined;
}

/**
 * The parser of a format, new for every file.
 *
 * @throws UserError when a CSV lacks a column that its events need
 */
export function createParser(format: Format, setting: ParserSetting): LogParser {
  switch (format.dialect) {
    case 'postfix':
      return createPostfixParser(setting);
    case 'csv':
      return createCsvParser({
        ...setting,
        delimiter: format.delimiter,
        header: format.header,
        map: columnsOf(format.header, setting),
        zoneOffset: (localMs) => setting.dater.offsetOf(localMs),
        headerLine: true,
      });
  }
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
  dialect: DialectName | undefined,
  map: ReadonlyMap<EventField, string> | undefined,
): Format {
  switch (dialect) {
    case undefined:
      return detectFormat(head, map?.get('time')) ?? { dialect: 'postfix' };
    case 'postfix':
      return { dialect };
    case 'csv':
    case 'tsv': {
      const first = firstLineOf(head);
      const delimiter = dialect === 'csv' ? detectDelimiter(first) : '\t';
      return { dialect: 'csv', delimiter, header: readCsvHeader(first, delimiter) };
    }
  }
}
