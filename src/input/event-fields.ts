import { readAddress, type Family } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
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
import { CsvTime } from './csv-time.ts';
import { WordCache } from './word-cache.ts';

/** The values of one record, where they stand in a block of bytes. */
export interface Cells {
  /** `[starts[n], ends[n])` is value n; empty when there is none. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1 when the text of the value is not its bytes. */
  readonly escaped: Uint8Array;
  text(bytes: Buffer, cell: number): string;
}

export interface EventFieldsOptions {
  /** The vocabulary of every batch that the parser will get. */
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** The cell of a field; a field without one is unset. */
  readonly cells: ReadonlyMap<EventField, number>;
  /** The kind of a record that names none. */
  readonly defaultKind?: string | undefined;
  /** Stands for the node that the records name. */
  readonly node?: string | undefined;
  /** Offset from UTC, in milliseconds, of a time without one; default UTC. */
  readonly zoneOffset?: ((localMs: number) => number) | undefined;
}

const BAD_WORD = -1;
const TOO_MANY_WORDS = -2;
const BAD_NUMBER = -2;
const LARGEST_CODE = 999;
const LARGEST_RECIPIENTS = 0x7fff_ffff;
const LARGEST_LINE = 0xffff_ffff;

/** What ties lines together, and where a record came from, is read in every run. */
const ALWAYS = (1 << TEXT.session) | (1 << TEXT.queue_id) | (1 << TEXT.file);

/** Whether a run reads a field at all. */
export function isWanted(field: EventField, needs: Needs): boolean {
  const text: number | undefined = (TEXT as Readonly<Record<string, number>>)[field];
  return text === undefined || (((needs.textFields | ALWAYS) >> text) & 1) === 1;
}

/** Turns records with one value for each field of an event (`EVENT_COLUMNS`) into events. */
export class EventFields {
  /** Time of the record read last, milliseconds UTC; NaN when it has none. */
  time = Number.NaN;
  /** Why the record read last is no event. */
  reason = '';
  readonly #time: CsvTime;
  /** Cell of each field, -1 where there is none. */
  readonly #cell: Readonly<Record<EventField, number>>;
  /** Pairs of text field and cell. */
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

  constructor({ vocabulary, needs, cells, defaultKind, node, zoneOffset }: EventFieldsOptions) {
    this.#time = new CsvTime(zoneOffset ?? (() => 0));
    this.#cell = numbered(cells);
    this.#texts = Int32Array.from(
      TEXT_FIELDS.flatMap((name) =>
        isWanted(name, needs) && this.#cell[name] >= 0 ? [TEXT[name], this.#cell[name]] : [],
      ),
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

  /**
   * Appends the event of the record `cells`, which begins at `start` in the batch's bytes and at
   * `line` of the file; false when it is none, for `reason`.
   */
  append(batch: EventBatch, cells: Cells, start: number, line: number): boolean {
    const { bytes } = batch;
    const cell = this.#cell;
    this.time = Number.NaN;
    if (cell.time < 0) return this.#refuse('no time');
    const time = this.#readTime(bytes, cells, cell.time);
    this.time = time;
    if (Number.isNaN(time)) return this.#refuse('no such time');
    const kind =
      cell.kind < 0 ? this.#defaultKind : this.#word(batch, cells, this.#kinds, cell.kind);
    if (kind < 0) return this.#refuse(kind === BAD_WORD ? 'no such kind' : 'too many kinds');
    const family = this.#readIp(bytes, cells);
    if (family < 0) return this.#refuse('address cannot be read');
    const code = number(bytes, cells, cell.code, 0, LARGEST_CODE);
    if (code === BAD_NUMBER) return this.#refuse('code cannot be read');
    const size = number(bytes, cells, cell.size, -1, Number.MAX_SAFE_INTEGER);
    if (size === BAD_NUMBER) return this.#refuse('size cannot be read');
    const recipients = number(bytes, cells, cell.recipients, -1, LARGEST_RECIPIENTS);
    if (recipients === BAD_NUMBER) return this.#refuse('recipients cannot be read');
    const lineNumber = number(bytes, cells, cell.line, line, LARGEST_LINE);
    if (lineNumber === BAD_NUMBER) return this.#refuse('line cannot be read');
    const phase = this.#word(batch, cells, this.#phases, cell.phase);
    if (phase < 0) return this.#refuse('no such phase');
    const verdict = this.#word(batch, cells, this.#verdicts, cell.verdict);
    if (verdict < 0) return this.#refuse('no such verdict');
    const node = this.#node >= 0 ? this.#node : this.#word(batch, cells, this.#nodes, cell.node);
    const listener = this.#word(batch, cells, this.#listeners, cell.listener);
    const service = this.#word(batch, cells, this.#services, cell.service);
    if (node < 0 || listener < 0 || service < 0) return this.#refuse('too many words');

    const row = batch.push(time, kind, lineNumber, start);
    batch.setPeer(row, family, this.#address);
    // A row has none of these at first.
    if (code !== 0) batch.code[row] = code;
    if (size !== -1) batch.size[row] = size;
    if (recipients !== -1) batch.recipients[row] = recipients;
    if (phase !== 0) batch.phase[row] = phase;
    if (verdict !== 0) batch.verdict[row] = verdict;
    if (node !== 0) batch.node[row] = node;
    if (listener !== 0) batch.listener[row] = listener;
    if (service !== 0) batch.service[row] = service;
    const texts = this.#texts;
    for (let i = 0; i < texts.length; i += 2) {
      const n = texts[i + 1];
      if (cells.escaped[n] === 1) batch.setText(row, texts[i], cells.text(bytes, n));
      else batch.setSpan(row, texts[i], cells.starts[n], cells.ends[n]);
    }
    return true;
  }

  #refuse(reason: string): false {
    this.reason = reason;
    return false;
  }

  #readTime(bytes: Buffer, cells: Cells, cell: number): number {
    if (cells.escaped[cell] === 0) {
      return this.#time.read(bytes, cells.starts[cell], cells.ends[cell]);
    }
    // Some writers of JSON escape the `+` of an offset.
    const text = Buffer.from(cells.text(bytes, cell));
    return this.#time.read(text, 0, text.length);
  }

  /** The number of the word in a cell; 0 when it is empty or there is no such cell. */
  #word(batch: EventBatch, cells: Cells, words: WordCache, cell: number): number {
    if (cell < 0) return 0;
    const start = cells.starts[cell];
    const end = cells.ends[cell];
    if (cells.escaped[cell] === 1) return words.numberOf(cells.text(batch.bytes, cell));
    // Every other vocabulary has the empty word or its default at 0.
    if (end === start) return words === this.#kinds ? this.#defaultKind : 0;
    return words.number(batch.bytes, start, end);
  }

  /** The family of the `ip` cell, its words being in `#address`; -1 when it cannot be read. */
  #readIp(bytes: Buffer, cells: Cells): Family | -1 {
    const cell = this.#cell.ip;
    if (cell < 0) return 0;
    let start = cells.starts[cell];
    let end = cells.ends[cell];
    if (end === start) return 0;
    if (bytes[start] === 91 && bytes[end - 1] === 93) {
      start++;
      end--;
    }
    const family = readAddress(bytes, start, end, this.#address, 0);
    return family === 0 ? -1 : family;
  }
}

/** A whole number up to `largest`, `missing` where the cell is empty, or `BAD_NUMBER`. */
function number(
  bytes: Buffer,
  cells: Cells,
  cell: number,
  missing: number,
  largest: number,
): number {
  if (cell < 0) return missing;
  const start = cells.starts[cell];
  const end = cells.ends[cell];
  if (end === start) return missing;
  const value = wholeNumber(bytes, start, end);
  return value < 0 || value > largest ? BAD_NUMBER : value;
}

/** A literal, because the fields of an object that is put together one by one are slow to read. */
function numbered(cells: ReadonlyMap<EventField, number>): Readonly<Record<EventField, number>> {
  return {
    time: cells.get('time') ?? -1,
    kind: cells.get('kind') ?? -1,
    ip: cells.get('ip') ?? -1,
    node: cells.get('node') ?? -1,
    service: cells.get('service') ?? -1,
    listener: cells.get('listener') ?? -1,
    session: cells.get('session') ?? -1,
    queue_id: cells.get('queue_id') ?? -1,
    phase: cells.get('phase') ?? -1,
    sender: cells.get('sender') ?? -1,
    recipient: cells.get('recipient') ?? -1,
    helo: cells.get('helo') ?? -1,
    user: cells.get('user') ?? -1,
    code: cells.get('code') ?? -1,
    enhanced: cells.get('enhanced') ?? -1,
    reason: cells.get('reason') ?? -1,
    size: cells.get('size') ?? -1,
    recipients: cells.get('recipients') ?? -1,
    verdict: cells.get('verdict') ?? -1,
    file: cells.get('file') ?? -1,
    line: cells.get('line') ?? -1,
  };
}
