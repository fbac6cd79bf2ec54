import { parse } from 'csv-parse/sync';
import { readAddress, type Family } from '../model/address.ts';
import { assert } from '../model/errors.ts';
import { decodeText, type EventBatch } from '../model/event-batch.ts';
import {
  KIND_PATTERN,
  LOGGED,
  PHASES,
  TEXT,
  TEXT_FIELDS,
  type EventField,
  type Needs,
} from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { wholeNumber } from './byte-text.ts';
import { CsvRecord } from './csv-record.ts';
import { CsvTime } from './csv-time.ts';
import { LINE, type LineClass, type LogParser } from './port.ts';
import { WordCache } from './word-cache.ts';

export interface CsvOptions {
  /** The vocabulary of every batch that the parser will get. */
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** One byte: `,`, `;`, a tab or `|`. */
  readonly delimiter: string;
  /** The names of the file's columns, in order. */
  readonly header: readonly string[];
  /** Which column holds a field; a field without column is unset. */
  readonly map: ReadonlyMap<EventField, string>;
  /** The kind of every row, where no column names it. */
  readonly defaultKind?: string | undefined;
  /** Stands for the node that the rows name. */
  readonly node?: string | undefined;
  /** Offset from UTC, in milliseconds, of a time without one; default UTC. */
  readonly zoneOffset?: ((localMs: number) => number) | undefined;
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

const BAD_WORD = -1;
const TOO_MANY_WORDS = -2;
const LARGEST_CODE = 999;
const LARGEST_RECIPIENTS = 0x7fff_ffff;
const LARGEST_LINE = 0xffff_ffff;

class CsvParser implements LogParser {
  readonly dialect = 'csv';
  lineTime = Number.NaN;
  reason = '';
  readonly #record: CsvRecord;
  readonly #time: CsvTime;
  readonly #headerLine: boolean;
  readonly #columns: number;
  /** Fields that a record must have to reach every mapped column. */
  readonly #reach: number;
  readonly #column: Readonly<Record<EventField, number>>;
  /** Pairs of text field and column. */
  readonly #texts: Int32Array;
  readonly #kinds: WordCache;
  readonly #nodes: WordCache;
  readonly #listeners: WordCache;
  readonly #services: WordCache;
  readonly #phases = new WordCache((word) => PHASES.indexOf(word as (typeof PHASES)[number]));
  readonly #verdicts = new WordCache((word) => LOGGED.indexOf(word as (typeof LOGGED)[number]));
  readonly #defaultKind: number;
  readonly #node: number;
  readonly #address = new Int32Array(4);
  /** The record that `findRecordEnd` has split already. */
  #splitBytes: Buffer | undefined;
  #splitStart = -1;
  #splitEnd = -1;

  constructor(options: CsvOptions) {
    const { vocabulary, needs, delimiter, header, map, defaultKind, node } = options;
    assert(delimiter.length === 1 && delimiter !== '"', `CSV delimiter is '${delimiter}'`);
    this.#record = new CsvRecord(delimiter.charCodeAt(0));
    this.#time = new CsvTime(options.zoneOffset ?? (() => 0));
    this.#headerLine = options.headerLine ?? false;
    this.#columns = header.length;
    this.#column = columnsOf(header, map);
    this.#reach = Math.max(...Object.values(this.#column)) + 1;
    // What ties lines together, and where a row came from, is read in every run.
    const always = (1 << TEXT.session) | (1 << TEXT.queue_id) | (1 << TEXT.file);
    this.#texts = Int32Array.from(
      TEXT_FIELDS.flatMap((name) => {
        const wanted = (((needs.textFields | always) >> TEXT[name]) & 1) === 1;
        return wanted && this.#column[name] >= 0 ? [TEXT[name], this.#column[name]] : [];
      }),
    );
    const kindNumber = (word: string): number => {
      if (!KIND_PATTERN.test(word)) return BAD_WORD;
      return vocabulary.kinds.id(word) ?? TOO_MANY_WORDS;
    };
    this.#kinds = new WordCache(kindNumber);
    this.#nodes = new WordCache((word) => vocabulary.nodes.id(word) ?? TOO_MANY_WORDS);
    this.#listeners = new WordCache((word) => vocabulary.listeners.id(word) ?? TOO_MANY_WORDS);
    this.#services = new WordCache((word) => vocabulary.services.id(word) ?? TOO_MANY_WORDS);
    this.#defaultKind = defaultKind === undefined ? BAD_WORD : kindNumber(defaultKind);
    this.#node = node === undefined ? -1 : (vocabulary.nodes.id(node) ?? 0);
  }

  findRecordEnd(bytes: Buffer, start: number, limit: number): number {
    const end = this.#record.split(bytes, start, limit);
    this.#splitBytes = bytes;
    this.#splitStart = start;
    this.#splitEnd = end;
    return end;
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
    return this.#readRecord(batch, start + bom, line);
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  #readRecord(batch: EventBatch, start: number, line: number): LineClass {
    const { bytes } = batch;
    const column = this.#column;
    if (column.time < 0) return this.#unparsed('no time');
    const { starts, ends } = this.#record;
    const time = this.#time.read(bytes, starts[column.time], ends[column.time]);
    this.lineTime = time;
    if (Number.isNaN(time)) return this.#unparsed('no such time');
    const kind = column.kind < 0 ? this.#defaultKind : this.#word(batch, this.#kinds, column.kind);
    if (kind < 0) return this.#unparsed(kind === BAD_WORD ? 'no such kind' : 'too many kinds');
    const family = this.#readIp(bytes);
    if (family < 0) return this.#unparsed('address cannot be read');
    const code = this.#number(bytes, column.code, 0, LARGEST_CODE);
    if (code === BAD_NUMBER) return this.#unparsed('code cannot be read');
    const size = this.#number(bytes, column.size, -1, Number.MAX_SAFE_INTEGER);
    if (size === BAD_NUMBER) return this.#unparsed('size cannot be read');
    const recipients = this.#number(bytes, column.recipients, -1, LARGEST_RECIPIENTS);
    if (recipients === BAD_NUMBER) return this.#unparsed('recipients cannot be read');
    const lineNumber = this.#number(bytes, column.line, line, LARGEST_LINE);
    if (lineNumber === BAD_NUMBER) return this.#unparsed('line cannot be read');
    const phase = this.#word(batch, this.#phases, column.phase);
    if (phase < 0) return this.#unparsed('no such phase');
    const verdict = this.#word(batch, this.#verdicts, column.verdict);
    if (verdict < 0) return this.#unparsed('no such verdict');
    const node = this.#node >= 0 ? this.#node : this.#word(batch, this.#nodes, column.node);
    const listener = this.#word(batch, this.#listeners, column.listener);
    const service = this.#word(batch, this.#services, column.service);
    if (node < 0 || listener < 0 || service < 0) return this.#unparsed('too many words');

    const row = batch.push(time, kind, lineNumber, start);
    batch.family[row] = family;
    if (family > 0) for (let i = 0; i < 4; i++) batch.ip[row * 4 + i] = this.#address[i];
    batch.code[row] = code;
    batch.size[row] = size;
    batch.recipients[row] = recipients;
    batch.phase[row] = phase;
    batch.verdict[row] = verdict;
    batch.node[row] = node;
    batch.listener[row] = listener;
    batch.service[row] = service;
    this.#setTexts(batch, row);
    return LINE.event;
  }

  #setTexts(batch: EventBatch, row: number): void {
    const texts = this.#texts;
    const { starts, ends, doubled } = this.#record;
    for (let i = 0; i < texts.length; i += 2) {
      const column = texts[i + 1];
      if (doubled[column] === 0) batch.setSpan(row, texts[i], starts[column], ends[column]);
      else batch.setText(row, texts[i], this.#unescaped(batch.bytes, column));
    }
  }

  #unescaped(bytes: Buffer, column: number): string {
    const { starts, ends } = this.#record;
    return decodeText(bytes, starts[column], ends[column]).replaceAll('""', '"');
  }

  /** The number of the word in a column; 0 when it is empty or there is no such column. */
  #word(batch: EventBatch, words: WordCache, column: number): number {
    if (column < 0) return 0;
    const { starts, ends, doubled } = this.#record;
    if (doubled[column] === 1) return words.numberOf(this.#unescaped(batch.bytes, column));
    // An empty kind is none; every other vocabulary has the empty word or its default at 0.
    if (ends[column] === starts[column]) return words === this.#kinds ? BAD_WORD : 0;
    return words.number(batch.bytes, starts[column], ends[column]);
  }

  /** A whole number up to `largest`, `missing` where the field is empty, or `BAD_NUMBER`. */
  #number(bytes: Buffer, column: number, missing: number, largest: number): number {
    if (column < 0) return missing;
    const start = this.#record.starts[column];
    const end = this.#record.ends[column];
    if (end === start) return missing;
    const value = wholeNumber(bytes, start, end);
    return value < 0 || value > largest ? BAD_NUMBER : value;
  }

  /** The family of the `ip` column, its words being in `#address`; -1 when it cannot be read. */
  #readIp(bytes: Buffer): Family | -1 {
    const column = this.#column.ip;
    if (column < 0) return 0;
    let start = this.#record.starts[column];
    let end = this.#record.ends[column];
    if (end === start) return 0;
    if (bytes[start] === 91 && bytes[end - 1] === 93) {
      start++;
      end--;
    }
    const family = readAddress(bytes, start, end, this.#address, 0);
    return family === 0 ? -1 : family;
  }
}

const BAD_NUMBER = -2;

/** Column of each field, -1 where there is none; of two columns with one name the first counts. */
function columnsOf(
  header: readonly string[],
  map: ReadonlyMap<EventField, string>,
): Readonly<Record<EventField, number>> {
  const column = (field: EventField): number => {
    const name = map.get(field);
    return name === undefined ? -1 : header.indexOf(name);
  };
  return {
    time: column('time'),
    kind: column('kind'),
    ip: column('ip'),
    node: column('node'),
    service: column('service'),
    listener: column('listener'),
    session: column('session'),
    queue_id: column('queue_id'),
    phase: column('phase'),
    sender: column('sender'),
    recipient: column('recipient'),
    helo: column('helo'),
    user: column('user'),
    code: column('code'),
    enhanced: column('enhanced'),
    reason: column('reason'),
    size: column('size'),
    recipients: column('recipients'),
    verdict: column('verdict'),
    file: column('file'),
    line: column('line'),
  };
}
