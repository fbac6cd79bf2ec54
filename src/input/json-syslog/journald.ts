import type { EventBatch } from '../../model/event-batch.ts';
import { UserError } from '../../model/errors.ts';
import { wholeNumber } from '../byte-text.ts';
import type { Dialect } from '../dialects.ts';
import { JSON_TYPE, JsonLine } from '../json/json-line.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { ABSENT, EnclosedText, type EnclosedTextOptions } from './enclosed-text.ts';
import { JournalCursors } from './journal-cursors.ts';

const MESSAGE = 0;
const IDENTIFIER = 1;
const SYSLOG_PID = 2;
const PID = 3;
const HOSTNAME = 4;
const SOURCE_TIME = 5;
const JOURNAL_TIME = 6;
const CURSOR = 7;
const FIELDS = [
  ['MESSAGE'],
  ['SYSLOG_IDENTIFIER'],
  ['SYSLOG_PID'],
  ['_PID'],
  ['_HOSTNAME'],
  ['_SOURCE_REALTIME_TIMESTAMP'],
  ['__REALTIME_TIMESTAMP'],
  ['__CURSOR'],
];
/** `-o json-seq` puts it before each record. */
const RECORD_SEPARATOR = 30;
const OPEN_BRACE = 123;
/** Fields that journald itself gives every record. Quotes inside of texts have a backslash. */
const OWN_KEYS = ['"__REALTIME_TIMESTAMP":', '"__CURSOR":'];
const EXPORT_FIELDS = ['__CURSOR=', '__REALTIME_TIMESTAMP=', '__MONOTONIC_TIMESTAMP='];

/** `journalctl -o json` (formats, section 3). */
export const JOURNALD: Dialect = {
  dialect: 'journald',
  owns: (bytes, start, end) => {
    const from = recordStart(bytes, start);
    if (bytes[from] !== OPEN_BRACE) return false;
    const record = bytes.subarray(from, end);
    return OWN_KEYS.some((key) => record.includes(key));
  },
  createParser: createJournaldParser,
};

/** `journalctl -o export`: fields as lines, or as lengths and bytes, which is not read. */
export const JOURNAL_EXPORT: Dialect = {
  dialect: 'journald',
  owns: (bytes, start, end) => {
    const line = bytes.subarray(start, Math.min(end, start + 40)).toString('latin1');
    return EXPORT_FIELDS.some((field) => line.startsWith(field));
  },
  createParser: ({ name }) => {
    throw new UserError(
      `'${name}' is a journal in the export format, which is not read`,
      'journalctl -o json --all writes what is read',
    );
  },
};

/** A parser of one file of a journal's records. */
export function createJournaldParser(options: EnclosedTextOptions): LogParser {
  return new JournaldParser(options);
}

class JournaldParser implements LogParser {
  lineTime = Number.NaN;
  reason = '';
  readonly #json = new JsonLine(FIELDS);
  readonly #text: EnclosedText;
  readonly #cursors = new JournalCursors();

  constructor(options: EnclosedTextOptions) {
    this.#text = new EnclosedText(this.#json, options);
    this.#text.text = MESSAGE;
    this.#text.tag = IDENTIFIER;
    this.#text.host = HOSTNAME;
  }

  get dialect(): string {
    return this.#text.programs || 'journald';
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    const json = this.#json;
    this.lineTime = Number.NaN;
    if (!json.read(bytes, recordStart(bytes, start), end)) return this.#unparsed('not JSON');
    // When the program sent it, as `journalctl -o short` shows; without it, when it was received.
    let time = this.#timeOf(bytes, SOURCE_TIME);
    if (Number.isNaN(time)) time = this.#timeOf(bytes, JOURNAL_TIME);
    if (Number.isNaN(time)) return this.#unparsed('no time stamp');
    this.lineTime = time;
    const { types, starts, ends } = json;
    if (
      types[CURSOR] === JSON_TYPE.string &&
      this.#cursors.repeats(bytes, starts[CURSOR], ends[CURSOR])
    ) {
      return LINE.irrelevant;
    }
    const text = this.#text;
    text.pid = SYSLOG_PID;
    if (types[SYSLOG_PID] === JSON_TYPE.missing) {
      text.pid = types[PID] === JSON_TYPE.missing ? ABSENT : PID;
    }
    const result = text.read(batch, time, line, start);
    return result === LINE.unparsed ? this.#unparsed(text.reason) : result;
  }

  /** Microseconds since the epoch, as a string or a number; NaN when there are none. */
  #timeOf(bytes: Buffer, field: number): number {
    const { types, starts, ends } = this.#json;
    const type = types[field];
    if (type !== JSON_TYPE.string && type !== JSON_TYPE.number) return Number.NaN;
    const thousands = ends[field] - 3;
    const ms = wholeNumber(bytes, starts[field], thousands);
    if (ms < 0 || wholeNumber(bytes, thousands, ends[field]) < 0) return Number.NaN;
    return ms;
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}

function recordStart(bytes: Buffer, start: number): number {
  return bytes[start] === RECORD_SEPARATOR ? start + 1 : start;
}
