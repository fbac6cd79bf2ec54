import type { EventField, KindName, Needs } from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { FileDater } from './dating.ts';
import type { FormatName } from './format-names.ts';
import { EXCHANGE } from './exchange/dialect.ts';
import { MOMENTUM } from './momentum/dialect.ts';
import { NDJSON } from './json/ndjson.ts';
import { JOURNAL_EXPORT, JOURNALD } from './json-syslog/journald.ts';
import { RSYSLOG_JSON } from './json-syslog/rsyslog-json.ts';
import { HARAKA } from './haraka/haraka.ts';
import { KUMOMTA } from './kumomta/kumomta.ts';
import type { LineCounts } from './exim/line-counts.ts';
import { EXIM } from './exim/parser.ts';
import type { LogParser } from './port.ts';

/** What the parser of one file is made with. */
export interface ParserSetting {
  /** Of the input, for messages. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  readonly dater: FileDater;
  /** Stands for the host that the lines name. */
  readonly node: string | undefined;
  /** Whether lines of a connection whose beginning is not logged bring inferred connects. */
  readonly inferConnections?: boolean | undefined;
  /** CSV and NDJSON: the column that holds a field, where it has another name. */
  readonly map: ReadonlyMap<EventField, string> | undefined;
  /** CSV and NDJSON: the kind of events without a `kind` column. */
  readonly defaultKind: string | undefined;
  /** Of a rejectlog of Exim: how often its lines stand in the mainlogs of the run. */
  readonly repeated?: LineCounts | undefined;
}

/** A log that is no syslog and no table with a header: told by its lines, each with a full date. */
export interface Dialect {
  /** The name of `--input-format`. */
  readonly dialect: FormatName;
  /**
   * Whether `bytes[start, end)`, one of the first lines of a file, can only be of this dialect. Asked
   * of 200 lines; a line that may be anything (a continuation, a blank one) is not owned.
   */
  readonly owns: (bytes: Buffer, start: number, end: number) => boolean;
  readonly createParser: (setting: ParserSetting) => LogParser;
  /** Bytes at the front of a file that tell how its lines are read, such as a list of columns. */
  readonly preambleBytes?: (head: Buffer) => number;
  /** What makes the logs show a kind of event that they lack, for whoever asks for it in vain. */
  readonly hints?: LackHints;
}

/** By kind of event: a setting of the server, or an option. */
export type LackHints = Partial<Readonly<Record<KindName, string>>>;

/** Where two own a line, the first does. */
export const DIALECTS: readonly Dialect[] = [
  MOMENTUM,
  EXCHANGE,
  JOURNALD,
  JOURNAL_EXPORT,
  RSYSLOG_JSON,
  HARAKA,
  KUMOMTA,
  EXIM,
  NDJSON,
];
