import type { EventBatch } from '../../model/event-batch.ts';
import { KIND, type KindName } from '../../model/event.ts';
import { SECOND_MS } from '../../model/time.ts';
import { isDigit } from '../byte-text.ts';
import type { ParserSetting } from '../dialects.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { WordCache } from '../word-cache.ts';
import { AtFields } from './fields.ts';
import { MainLogReader, startOfLastMessage } from './main-log.ts';
import { AccountLogReader, isBounceLog, readBounce } from './other-logs.ts';
import { MomentumRecord } from './record.ts';
import { RejectLogReader } from './reject-log.ts';

const AT = 64;
const COLON = 58;
const BLANK = 32;
const DOT = 46;
const MOST_DIGITS = 11;
const TYPE = { R: 82, D: 68, T: 84, P: 80, X: 88, M: 77, B: 66, F: 70, N: 78, Z: 90 } as const;
const NO_WORD = -1;

/** Where a record's type stands; before 3.0 it named neither batch nor connection. */
const TYPE_FIELD = 4;
const OLD_TYPE_FIELD = 2;

/** A parser of mainlog.ec, rejectlog.ec, bouncelog.ec and acctlog.ec, told apart line by line. */
export function createMomentumParser(setting: ParserSetting): LogParser {
  return new MomentumParser(setting);
}

class MomentumParser implements LogParser {
  readonly dialect = 'momentum';
  readonly lacks: readonly KindName[];
  readonly infers: readonly KindName[];
  lineTime = Number.NaN;
  reason = '';
  readonly #fields = new AtFields();
  readonly #record: MomentumRecord;
  readonly #mainLog: MainLogReader;
  readonly #rejectLog: RejectLogReader;
  readonly #accountLog: AccountLogReader;
  /** How far the block of the line asked about last goes, and where its last message begins. */
  #limit = 0;
  #asked = -1;
  #lastMessage = 0;

  constructor({ vocabulary, needs, node, inferConnections = false }: ParserSetting) {
    const { nodes, services } = vocabulary;
    this.lacks = inferConnections ? ['disconnect'] : ['connect', 'disconnect'];
    this.infers = inferConnections ? ['connect'] : [];
    const record = new MomentumRecord(nodes.id(node ?? '') ?? 0, needs, inferConnections);
    const listeners = new WordCache((word) => vocabulary.listeners.id(word) ?? NO_WORD);
    this.#record = record;
    this.#mainLog = new MainLogReader(record, this.#fields, services.id('ECStream') ?? 0);
    this.#rejectLog = new RejectLogReader(record, listeners);
    const control = services.id('Control') ?? 0;
    this.#accountLog = new AccountLogReader(record, this.#fields, listeners, control);
  }

  wantsMore(bytes: Buffer, start: number, limit: number): boolean {
    if (start <= this.#asked || limit !== this.#limit) {
      this.#limit = limit;
      this.#lastMessage = startOfLastMessage(bytes, start, limit);
    }
    this.#asked = start;
    return start >= this.#lastMessage;
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    const record = this.#record;
    this.lineTime = Number.NaN;
    let at = start;
    let seconds = 0;
    while (at < end && isDigit(bytes[at])) seconds = seconds * 10 + bytes[at++] - 48;
    if (at === start || at - start > MOST_DIGITS || at >= end) return this.#noStamp();
    let timeMs = seconds * SECOND_MS;
    if (bytes[at] === DOT) {
      let unit = 100;
      for (at++; at < end && isDigit(bytes[at]); at++) {
        timeMs += (bytes[at] - 48) * Math.floor(unit);
        unit /= 10;
      }
    }
    const separator = at < end ? bytes[at] : 0;
    if (separator !== AT && separator !== COLON && separator !== BLANK) return this.#noStamp();
    this.lineTime = timeMs;
    record.batch = batch;
    record.bytes = bytes;
    record.words = batch.words;
    record.lineNumber = line;
    record.timeMs = timeMs;
    record.start = start;
    record.end = end;
    record.connectionStart = record.connectionEnd = 0;
    const result = separator === AT ? this.#readFields(start, end) : this.#readText(at, end);
    if (result === LINE.unparsed) this.reason = record.reason;
    return result;
  }

  #noStamp(): LineClass {
    this.reason = 'no time stamp';
    return LINE.unparsed;
  }

  /** `epoch: R="…` of rejectlog.ec, `epoch: Marker 1`, or `epoch ip:port …` of httplog.ec. */
  #readText(at: number, end: number): LineClass {
    const record = this.#record;
    record.at = at;
    while (
      record.at < end &&
      (record.bytes[record.at] === COLON || record.bytes[record.at] === BLANK)
    )
      record.at++;
    return record.bytes[at] === COLON ? this.#rejectLog.read() : LINE.irrelevant;
  }

  #readFields(start: number, end: number): LineClass {
    const { bytes } = this.#record;
    const fields = this.#fields;
    fields.split(bytes, start, end);
    const account = fields.letter(bytes, 1);
    if (account === TYPE.N || account === TYPE.T || account === TYPE.Z) {
      return this.#accountLog.read(account);
    }
    const old = fields.letter(bytes, OLD_TYPE_FIELD);
    if (isMainType(old)) return this.#readMain(old, OLD_TYPE_FIELD);
    const type = fields.letter(bytes, TYPE_FIELD);
    if (type === 0 || old === TYPE.F) return LINE.irrelevant;
    const record = this.#record;
    record.connectionStart = fields.starts[3];
    record.connectionEnd = fields.ends[3];
    if (type === TYPE.B) return readBounce(record, fields);
    if (type === TYPE.T && isBounceLog(record, fields)) return LINE.irrelevant;
    return this.#readMain(type, TYPE_FIELD);
  }

  #readMain(type: number, field: number): LineClass {
    switch (type) {
      case TYPE.R:
        return this.#mainLog.readReception(field, this.#limit);
      case TYPE.D:
        return this.#mainLog.readDelivery(field);
      case TYPE.T:
        return this.#mainLog.readFailure(field, KIND.deferral);
      case TYPE.P:
        return this.#mainLog.readFailure(field, KIND.bounce);
      default:
        return LINE.irrelevant;
    }
  }
}

function isMainType(letter: number): boolean {
  const { R, D, T, P, X, M } = TYPE;
  return (
    letter === R || letter === D || letter === T || letter === P || letter === X || letter === M
  );
}
