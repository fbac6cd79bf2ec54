import type { EventBatch } from '../../model/event-batch.ts';
import type { Dialect } from '../dialects.ts';
import { JSON_TYPE, JsonLine } from '../json/json-line.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { ABSENT, EnclosedText, type EnclosedTextOptions } from './enclosed-text.ts';
import { RecordLayout } from './record-layout.ts';
import { StampReader } from './stamp-reader.ts';

/** The names that a template may give to what we need; the first that a record has counts. */
const NAMES = {
  time: ['timestamp', 'timereported', '@timestamp', 'time', 'timegenerated'],
  host: ['hostname', 'host', 'source'],
  tag: ['syslogtag', 'tag', 'programname', 'program', 'app-name', 'appname', 'ident'],
  pid: ['procid', 'pid'],
  text: ['msg', 'message'],
} as const;
/** Of events that `convert` wrote, which are no log of a program. */
const KIND = 'kind';

const FIELDS = [...Object.values(NAMES).flat(), KIND];
const placesOf = (role: keyof typeof NAMES): readonly number[] =>
  NAMES[role].map((name) => FIELDS.indexOf(name));
const TIMES = placesOf('time');
const HOSTS = placesOf('host');
const TAGS = placesOf('tag');
const PIDS = placesOf('pid');
const TEXTS = placesOf('text');
const OPEN_BRACE = 123;

/** JSON templates of rsyslog, and what is written like them (formats, section 3). */
export const RSYSLOG_JSON: Dialect = {
  dialect: 'rsyslog-json',
  owns: (bytes, start, end) => {
    if (bytes[start] !== OPEN_BRACE) return false;
    const json = createRecord();
    if (!json.read(bytes, start, end)) return false;
    const [tag, text] = [firstOf(json, TAGS), firstOf(json, TEXTS)];
    return (
      firstOf(json, TIMES) !== ABSENT &&
      json.types[tag] === JSON_TYPE.string &&
      json.types[text] === JSON_TYPE.string &&
      json.types[FIELDS.indexOf(KIND)] === JSON_TYPE.missing
    );
  },
  createParser: (setting) =>
    createRsyslogJsonParser({
      ...setting,
      zoneOffset: (localMs) => setting.dater.offsetOf(localMs),
    }),
};

export interface RsyslogJsonOptions extends EnclosedTextOptions {
  /** Offset from UTC, in milliseconds, of a time without one. */
  readonly zoneOffset: (localMs: number) => number;
}

/** A parser of one file of records, each a JSON object on a line. */
export function createRsyslogJsonParser(options: RsyslogJsonOptions): LogParser {
  return new RsyslogJsonParser(options);
}

class RsyslogJsonParser implements LogParser {
  lineTime = Number.NaN;
  reason = '';
  readonly #json = createRecord();
  readonly #layout = new RecordLayout(this.#json, FIELDS);
  readonly #text: EnclosedText;
  readonly #stamps: StampReader;

  constructor(options: RsyslogJsonOptions) {
    this.#text = new EnclosedText(this.#json, options);
    this.#stamps = new StampReader(options.zoneOffset);
  }

  get dialect(): string {
    return this.#text.programs || 'rsyslog-json';
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    const json = this.#json;
    const { words } = batch;
    this.lineTime = Number.NaN;
    if (!this.#layout.read(bytes, words, start, end)) return this.#unparsed('not JSON');
    const stamp = firstOf(json, TIMES);
    if (stamp === ABSENT) return this.#unparsed('no time stamp');
    const time = this.#stamps.read(bytes, words, json.starts[stamp], json.ends[stamp]);
    if (Number.isNaN(time)) return this.#unparsed('no such time');
    this.lineTime = time;
    const text = this.#text;
    text.host = firstOf(json, HOSTS);
    text.tag = firstOf(json, TAGS);
    text.pid = firstOf(json, PIDS);
    text.text = firstOf(json, TEXTS);
    const result = text.read(batch, time, line, start);
    return result === LINE.unparsed ? this.#unparsed(text.reason) : result;
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}

function createRecord(): JsonLine {
  return new JsonLine(FIELDS.map((name) => [name]));
}

/** The first of these values that the record has and that is not null, or `ABSENT`. */
function firstOf({ types }: JsonLine, places: readonly number[]): number {
  for (let i = 0; i < places.length; i++) {
    if (types[places[i]] > JSON_TYPE.null) return places[i];
  }
  return ABSENT;
}
