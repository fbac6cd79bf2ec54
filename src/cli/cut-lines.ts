import { openBlocks } from '../input/blocks.ts';
import { readCsvHeader } from '../input/csv.ts';
import { CsvRecord } from '../input/csv-record.ts';
import { firstLineOf, HEAD_BYTES, isColumn, type Format } from '../input/detect.ts';
import type { Input } from '../input/discover.ts';
import { LONGEST_LINE_BYTES } from '../input/port.ts';
import { chooseFormat } from '../input/registry.ts';
import { SyslogHeader } from '../input/syslog-header.ts';
import { UserError } from '../model/errors.ts';
import { EVENT_COLUMNS, type EventField } from '../model/event.ts';
import { anonymiseFields, anonymiseLine } from '../testing/anonymise-line.ts';
import type { TextPseudonyms } from '../testing/anonymise-text.ts';
import type { LineSet } from '../testing/cut-line.ts';
import type { CutLines } from '../testing/cut-lines.ts';
import { readColumnMap, type LogOptions } from './input-options.ts';
import { formatOption } from './reading/read-here.ts';

const BLOCK_BYTES = 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** What the lines of all inputs share. */
export interface CutRules {
  readonly options: LogOptions;
  readonly signal: AbortSignal;
  /** Of Postfix logs. */
  readonly lines: CutLines;
  /** Of CSV files: the rows to keep. */
  readonly kept: LineSet;
  /** Whether a line that is no event may be kept because it names a peer. */
  readonly spans: (source: number, line: number) => boolean;
  /** Undefined: lines stay as they are. */
  readonly names: TextPseudonyms | undefined;
}

export interface CutText {
  readonly text: Buffer;
  readonly lines: number;
  /** Month of the first line, 1..12; 0 in a CSV. */
  readonly firstMonth: number;
}

/** Reads one input again and keeps its lines; held in memory, because a cut is small. */
export async function cutInput(source: number, input: Input, rules: CutRules): Promise<CutText> {
  const { options, signal } = rules;
  const blocks = await openBlocks(input, { signal });
  try {
    const head = await blocks.peek(HEAD_BYTES);
    const map = readColumnMap(options.map ?? []);
    const format = chooseFormat(head, formatOption(options.inputFormat), map);
    if ('createParser' in format) {
      throw new UserError(`'${input.name}': cut reads Postfix logs and CSV, not ${format.dialect}`);
    }
    const cut =
      format.dialect === 'csv'
        ? new CsvCut(source, format, map, head, rules)
        : new PostfixCut(source, rules);
    let bytes = Buffer.allocUnsafe(BLOCK_BYTES);
    let filled = 0;
    for (;;) {
      const got = await blocks.read(bytes, filled, bytes.length - filled);
      filled += got;
      const used = cut.read(bytes, filled, got === 0);
      if (got === 0) return cut.finish();
      bytes.copyWithin(0, used, filled);
      filled -= used;
      if (filled === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
    }
  } finally {
    blocks.close();
  }
}

/** Gathers the lines of one input that are kept. */
class KeptText {
  readonly #pieces: Buffer[] = [];
  lines = 0;

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.lines++;
  }

  get text(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

class PostfixCut {
  readonly #source: number;
  readonly #rules: CutRules;
  readonly #header = new SyslogHeader();
  readonly #kept = new KeptText();
  #firstMonth = 0;
  #line = 0;
  /** Inside a line that is too long to be one. */
  #skips = false;

  constructor(source: number, rules: CutRules) {
    this.#source = source;
    this.#rules = rules;
  }

  /** Reads the whole lines of `bytes[0, limit)`; the index behind them. */
  read(bytes: Buffer, limit: number, atEnd: boolean): number {
    const view = bytes.subarray(0, limit);
    let at = 0;
    while (at < limit) {
      const newline = view.indexOf(NEWLINE, at);
      const next = newline === -1 ? limit : newline + 1;
      if (newline === -1 && !atEnd) {
        if (limit - at <= LONGEST_LINE_BYTES) return at;
        if (!this.#skips) this.#line++;
        this.#skips = true;
        return limit;
      }
      if (this.#skips) this.#skips = false;
      else this.#take(bytes, at, newline === -1 ? limit : newline, next);
      at = next;
    }
    return at;
  }

  finish(): CutText {
    const { text, lines } = this.#kept;
    return { text, lines, firstMonth: this.#firstMonth };
  }

  #take(bytes: Buffer, start: number, lineEnd: number, next: number): void {
    const line = ++this.#line;
    const header = this.#header;
    const { lines, spans, names } = this.#rules;
    const end = lineEnd > start && bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
    if (end - start > LONGEST_LINE_BYTES || !header.read(bytes, start, end)) return;
    const named = spans(this.#source, line);
    if (!lines.keeps(this.#source, line, bytes, header, named)) return;
    if (this.#kept.lines === 0 && header.stamp === 'yearless') this.#firstMonth = header.month;
    if (names === undefined) this.#kept.add(Buffer.from(bytes.subarray(start, next)));
    else {
      const text = anonymiseLine(bytes, start, header, names);
      this.#kept.add(Buffer.from(text + bytes.toString('latin1', end, next), 'latin1'));
    }
  }
}

class CsvCut {
  readonly #source: number;
  readonly #rules: CutRules;
  readonly #record: CsvRecord;
  readonly #delimiter: string;
  readonly #header: readonly string[];
  readonly #fields: ReadonlyMap<string, EventField>;
  readonly #kept = new KeptText();
  #line = 0;

  constructor(
    source: number,
    { delimiter }: Extract<Format, { dialect: 'csv' }>,
    map: ReadonlyMap<EventField, string>,
    head: Buffer,
    rules: CutRules,
  ) {
    this.#source = source;
    this.#rules = rules;
    this.#delimiter = delimiter;
    this.#record = new CsvRecord(delimiter.charCodeAt(0));
    this.#header = readCsvHeader(firstLineOf(head), delimiter);
    const fields = EVENT_COLUMNS.flatMap((field) => {
      const wanted = map.get(field) ?? field;
      const column = this.#header.find((name) => isColumn(name, wanted));
      return column === undefined ? [] : [[column, field] as const];
    });
    this.#fields = new Map(fields);
  }

  /** Reads the whole records of `bytes[0, limit)`; the index behind them. */
  read(bytes: Buffer, limit: number, atEnd: boolean): number {
    const view = bytes.subarray(0, limit);
    const record = this.#record;
    let at = 0;
    while (at < limit) {
      let end = record.split(bytes, at, limit);
      const newline = view.indexOf(NEWLINE, at);
      const isOpen = end === -1 && newline !== -1;
      if (end === -1 && !atEnd && limit - at <= LONGEST_LINE_BYTES) return at;
      // A quote that is never closed: only its first line is left out.
      if (isOpen) end = newline;
      else if (end === -1) end = limit;
      const next = Math.min(end + 1, limit);
      this.#line++;
      if (!isOpen || this.#line === 1) this.#take(bytes, at, next);
      if (newline !== -1) {
        for (
          let inner = newline;
          inner < end && inner !== -1;
          inner = view.indexOf(NEWLINE, inner + 1)
        ) {
          this.#line++;
        }
      }
      at = next;
    }
    return at;
  }

  finish(): CutText {
    const { text, lines } = this.#kept;
    // The header alone is no cut of anything.
    return { text, lines: lines - 1, firstMonth: 0 };
  }

  #take(bytes: Buffer, start: number, next: number): void {
    const { names, kept } = this.#rules;
    if (this.#line > 1 && !this.#keeps(bytes, kept)) return;
    const piece = bytes.subarray(start, next);
    if (names === undefined || this.#line === 1) {
      this.#kept.add(Buffer.from(piece));
      return;
    }
    const fields = this.#header.map((column, index) => ({
      column,
      text: this.#latin1(bytes, index),
    }));
    const shown = anonymiseFields(fields, (column) => this.#fields.get(column), names);
    const cells = shown.map((text) => quoted(text, this.#delimiter));
    this.#kept.add(Buffer.from(`${cells.join(this.#delimiter)}\n`, 'latin1'));
  }

  #keeps(bytes: Buffer, kept: LineSet): boolean {
    // The times of lines without an event: they make late events late.
    if (this.#text(bytes, 'kind') === 'clock') return true;
    const line = this.#text(bytes, 'line');
    return kept.has(
      this.#source,
      this.#text(bytes, 'file'),
      line === '' ? this.#line : Number(line),
    );
  }

  #text(bytes: Buffer, field: EventField): string {
    const index = this.#header.findIndex((column) => this.#fields.get(column) === field);
    return index < 0 || index >= this.#record.count ? '' : this.#record.text(bytes, index);
  }

  #latin1(bytes: Buffer, index: number): string {
    const { starts, ends, escaped, count } = this.#record;
    if (index >= count) return '';
    const text = bytes.toString('latin1', starts[index], ends[index]);
    return escaped[index] === 0 ? text : text.replaceAll('""', '"');
  }
}

function quoted(text: string, delimiter: string): string {
  if (!text.includes(delimiter) && !/["\r\n]/.test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}
