import { parse } from 'csv-parse/sync';
import { assert } from '../model/errors.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { EventField } from '../model/event.ts';
import { CsvRecord } from './csv-record.ts';
import { EventFields, type EventFieldsOptions } from './event-fields.ts';
import { LINE, LONGEST_LINE_BYTES, type LineClass, type LineRun, type LogParser } from './port.ts';

export interface CsvOptions extends Omit<EventFieldsOptions, 'cells'> {
  /** One byte: `,`, `;`, a tab or `|`. */
  readonly delimiter: string;
  /** The names of the file's columns, in order. */
  readonly header: readonly string[];
  /** Which column holds a field; a field without column is unset. */
  readonly map: ReadonlyMap<EventField, string>;
  /** The first line of the file is the header. */
  readonly headerLine?: boolean | undefined;
}

/** A parser of one file of comma-separated events (columns: `EVENT_COLUMNS`). */
export function createCsvParser(options: CsvOptions): LogParser {
  return new CsvParser(options);
}

/**
 * The columns that a header row names, without byte order mark; repeated names are the caller's to
 * refuse. Empty when the row cannot be read.
 */
export function readCsvHeader(firstRecord: string, delimiter: string): string[] {
  try {
    const rows: string[][] = parse(firstRecord, {
      bom: true,
      delimiter,
      relax_quotes: true,
      relax_column_count: true,
      to: 1,
      trim: true,
    });
    return rows[0] ?? [];
  } catch {
    return [];
  }
}

const DELIMITERS = [',', '\t', ';', '|'];

/** The delimiter that stands most often outside quotes in a line; a comma when none does. */
export function detectDelimiter(firstLine: string): string {
  const plain = firstLine.replaceAll(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = plain.split(delimiter).length - 1;
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}

class CsvParser implements LogParser {
  readonly dialect = 'csv';
  lineTime = Number.NaN;
  reason = '';
  readonly #record: CsvRecord;
  readonly #fields: EventFields;
  readonly #headerLine: boolean;
  readonly #columns: number;
  /** Fields that a record must have to reach every mapped column. */
  readonly #reach: number;
  /** The record that `findRecordEnd` has split already. */
  #splitBytes: Buffer | undefined;
  #splitStart = -1;
  #splitEnd = -1;
  /** The record that `scan` has read and that is no event: its time must not be noted twice. */
  #refusedBytes: Buffer | undefined;
  #refusedStart = -1;

  constructor(options: CsvOptions) {
    const { delimiter, header, map } = options;
    assert(delimiter.length === 1 && delimiter !== '"', `CSV delimiter is '${delimiter}'`);
    this.#record = new CsvRecord(delimiter.charCodeAt(0));
    this.#headerLine = options.headerLine ?? false;
    this.#columns = header.length;
    const cells = columnsOf(header, map);
    this.#reach = Math.max(...cells.values(), -1) + 1;
    this.#fields = new EventFields({ ...options, cells });
  }

  findRecordEnd(bytes: Buffer, start: number, limit: number): number {
    const end = this.#record.split(bytes, start, limit);
    this.#splitBytes = bytes;
    this.#splitStart = start;
    this.#splitEnd = end;
    return end;
  }

  scan(batch: EventBatch, from: number, limit: number, run: LineRun): number {
    if (run.line === 0) return from;
    const { words } = batch;
    const record = this.#record;
    const fields = this.#fields;
    let { settledMs } = run;
    let at = from;
    while (at < limit) {
      const end = record.splitPlain(words, at, limit);
      if (end < 0 || end - at > LONGEST_LINE_BYTES) break;
      if (record.count < this.#reach || record.count > this.#columns) break;
      const row = batch.rows;
      if (!fields.append(batch, record, at, run.line + 1)) {
        this.#refusedBytes = batch.bytes;
        this.#refusedStart = at;
        break;
      }
      run.line++;
      run.event++;
      if (fields.time !== settledMs) {
        run.see(fields.time, batch, row);
        settledMs = run.settledMs;
      }
      at = end + 1;
    }
    return at;
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    this.lineTime = Number.NaN;
    if (line === 1 && this.#headerLine) return LINE.irrelevant;
    const bom = line === 1 && bytes[start] === 0xef && bytes[start + 1] === 0xbb ? 3 : 0;
    const record = this.#record;
    const split =
      bom === 0 &&
      this.#splitBytes === bytes &&
      this.#splitStart === start &&
      (this.#splitEnd === end || (this.#splitEnd === end + 1 && bytes[end] === 13));
    this.#splitStart = -1;
    if (!split) record.split(bytes, Math.min(start + bom, end), end);
    if (record.malformed) return this.#unparsed('quotes do not match');
    if (record.count === 1 && record.ends[0] === record.starts[0]) return LINE.irrelevant;
    if (record.count < this.#reach || record.count > this.#columns) {
      return this.#unparsed('wrong number of fields');
    }
    const fields = this.#fields;
    const isRefused = this.#refusedStart === start && this.#refusedBytes === bytes;
    const isEvent = !isRefused && fields.append(batch, record, start + bom, line);
    this.#refusedStart = -1;
    this.lineTime = fields.time;
    return isEvent ? LINE.event : this.#unparsed(fields.reason);
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}

/** Column of each field that has one; of two columns with one name the first counts. */
function columnsOf(
  header: readonly string[],
  map: ReadonlyMap<EventField, string>,
): Map<EventField, number> {
  const columns = [...map].map(([field, name]) => [field, header.indexOf(name)] as const);
  return new Map(columns.filter(([, column]) => column >= 0));
}
