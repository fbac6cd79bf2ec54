import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { findByte } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { replyCode } from '../reply-code.ts';
import type { ColumnMap } from './columns.ts';
import type { ExchangeRecord } from './record.ts';

const CONNECT = 43;
const DISCONNECT = 45;
const FROM_CLIENT = 60;
const TO_CLIENT = 62;
const BACKSLASH = 92;
const BLANK = 32;
const COLON = 58;
const LESS = 60;
const GREATER = 62;
const QUOTE = 34;
const DASH = 45;
const AUTH_FAILED = 535;
const AUTH_SUCCEEDED = 235;
/** Open sessions that are remembered in one file; the oldest go first. */
const MOST_SESSIONS = 100_000;
/** The state behind an AUTH, whose answers are lines of their own. */
const AUTH = 7;

/** First four letters of a command, as upper case, and what a refusal of it is one of. */
const COMMANDS: ReadonlyMap<number, number> = new Map(
  Object.entries({
    EHLO: PHASE.ehlo,
    HELO: PHASE.ehlo,
    MAIL: PHASE.mailfrom,
    RCPT: PHASE.rcptto,
    DATA: PHASE.data,
    BDAT: PHASE.data,
    AUTH,
    RSET: PHASE.none,
    NOOP: PHASE.none,
    QUIT: PHASE.none,
    VRFY: PHASE.none,
    EXPN: PHASE.none,
    HELP: PHASE.none,
  }).map(([verb, state]) => [Buffer.from(verb).readInt32BE(), state]),
);

const ALPHANUMERIC = /[0-9A-Za-z+/]/;

/** What was said in a session so far. */
interface Talk {
  /** The phase of the command that waits for its answer, or `AUTH`. */
  state: number;
  helo: string;
  sender: string;
  recipient: string;
}

/**
 * Reads the protocol log of receive connectors (formats, section 12): one record for each command
 * and each answer. Who the client is stands in a column of its own before what it says.
 */
export class ReceiveReader {
  readonly #record: ExchangeRecord;
  readonly #talks = new Map<string, Talk>();
  /** The session of the record before, which most records share. */
  #id = Buffer.alloc(0);
  #talk: Talk | undefined;

  constructor(record: ExchangeRecord) {
    this.#record = record;
  }

  read(columns: ColumnMap): LineClass {
    const record = this.#record;
    const { bytes } = record;
    const event = columns.of('event');
    if (record.endOf(event) - record.startOf(event) !== 1) return LINE.irrelevant;
    const data = columns.of('data');
    switch (bytes[record.startOf(event)]) {
      case CONNECT:
        return this.#connection(columns, KIND.connect);
      case DISCONNECT:
        return this.#connection(columns, KIND.disconnect);
      case FROM_CLIENT:
        if (data >= 0 && !record.isEmpty(data)) this.#command(this.#talkOf(columns), data);
        return LINE.irrelevant;
      case TO_CLIENT:
        return data < 0 || record.isEmpty(data) ? LINE.irrelevant : this.#answer(columns, data);
      default:
        return LINE.irrelevant;
    }
  }

  #connection(columns: ColumnMap, kind: number): LineClass {
    const row = this.#push(columns, kind);
    if (row < 0) return LINE.unparsed;
    const session = columns.of('session-id');
    const { bytes, batch } = this.#record;
    const id = this.#record.isEmpty(session)
      ? ''
      : bytes.toString('latin1', this.#record.startOf(session), this.#record.endOf(session));
    this.#id = Buffer.alloc(0);
    this.#talks.delete(id);
    if (kind === KIND.disconnect) return LINE.event;
    batch.phase[row] = PHASE.connect;
    this.#remember(id, PHASE.connect);
    return LINE.event;
  }

  #answer(columns: ColumnMap, data: number): LineClass {
    const record = this.#record;
    const { bytes, batch } = record;
    const start = record.startOf(data);
    const end = record.endOf(data);
    const code = replyCode(bytes, start, end);
    const talk = this.#talkOf(columns);
    if (bytes[start + 3] === DASH) return LINE.irrelevant;
    const { state } = talk;
    // After 3xx the client goes on with the same command.
    if (code < 300 || code >= 400) talk.state = PHASE.none;
    if (code === AUTH_SUCCEEDED && state === AUTH) {
      const row = this.#push(columns, KIND.auth_success);
      if (row < 0) return LINE.unparsed;
      batch.phase[row] = PHASE.ehlo;
      return LINE.event;
    }
    if (code < 400 || code >= 600) return LINE.irrelevant;
    const failed = code === AUTH_FAILED;
    const row = this.#push(columns, failed ? KIND.auth_failure : KIND.rejection);
    if (row < 0) return LINE.unparsed;
    record.setReply(row, data, start, end);
    batch.phase[row] = failed ? PHASE.ehlo : state === AUTH ? PHASE.none : state;
    if (!failed) batch.verdict[row] = LOGGED_AS.rejected;
    if (record.wants(TEXT.helo)) batch.setText(row, TEXT.helo, talk.helo);
    if (failed || state < PHASE.mailfrom || state === AUTH) return LINE.event;
    if (record.wants(TEXT.sender)) batch.setText(row, TEXT.sender, talk.sender);
    const named = state === PHASE.rcptto && record.wants(TEXT.recipient);
    if (named) batch.setText(row, TEXT.recipient, talk.recipient);
    return LINE.event;
  }

  /** Adds an event of the client, on its session; -1 when its peer cannot be read. */
  #push(columns: ColumnMap, kind: number): number {
    const record = this.#record;
    const { bytes, batch } = record;
    const remote = columns.of('remote-endpoint');
    if (record.isEmpty(remote)) record.family = 0;
    else if (!record.readEndpoint(record.startOf(remote), record.endOf(remote))) {
      record.reason = 'peer cannot be read';
      return -1;
    }
    const connector = columns.of('connector-id');
    let node = record.node(0, 0);
    let listener = 0;
    if (!record.isEmpty(connector)) {
      const start = record.startOf(connector);
      const end = record.endOf(connector);
      // `MX1\Default Frontend MX1`
      const server = findByte(bytes, start, end, BACKSLASH);
      if (server < end) node = record.node(start, server);
      listener = record.listener(start, end);
    }
    if (node < 0 || listener < 0) {
      record.reason = 'too many words';
      return -1;
    }
    const row = record.push(kind, node, listener);
    record.setPeer(row);
    const session = columns.of('session-id');
    if (!record.isEmpty(session)) {
      batch.setSpan(row, TEXT.session, record.startOf(session), record.endOf(session));
    }
    return row;
  }

  #command(talk: Talk, data: number): void {
    const record = this.#record;
    const { bytes } = record;
    const start = record.startOf(data);
    const end = record.endOf(data);
    const state = COMMANDS.get(verbAt(bytes, start, end));
    if (state === undefined) {
      if (talk.state !== AUTH) talk.state = PHASE.none;
      return;
    }
    talk.state = state;
    if (state === PHASE.ehlo && record.wants(TEXT.helo)) {
      const name = findByte(bytes, start, end, BLANK) + 1;
      talk.helo = name < end ? record.text(data, name, end) : '';
    }
    if (state === PHASE.mailfrom && record.wants(TEXT.sender)) talk.sender = this.#path(data);
    if (state === PHASE.rcptto && record.wants(TEXT.recipient)) talk.recipient = this.#path(data);
  }

  /** The address of `MAIL FROM:<address> SIZE=1`. */
  #path(data: number): string {
    const record = this.#record;
    const { bytes } = record;
    const end = record.endOf(data);
    const colon = findByte(bytes, record.startOf(data), end, COLON);
    const open = findByte(bytes, colon, end, LESS) + 1;
    let quoted = false;
    for (let at = open; at < end; at++) {
      const c = bytes[at];
      if (c === BACKSLASH) at++;
      else if (c === QUOTE) {
        quoted = !quoted;
        // In a quoted column one quote is two.
        if (record.fields.escaped[data] === 1) at++;
      } else if (c === GREATER && !quoted) return record.text(data, open, at);
    }
    return '';
  }

  #talkOf(columns: ColumnMap): Talk {
    const { bytes } = this.#record;
    const session = columns.of('session-id');
    if (this.#record.isEmpty(session)) return newTalk(PHASE.none);
    const start = this.#record.startOf(session);
    const end = this.#record.endOf(session);
    const before = this.#id;
    if (this.#talk !== undefined && before.equals(bytes.subarray(start, end))) return this.#talk;
    this.#id = Buffer.from(bytes.subarray(start, end));
    const id = this.#id.toString('latin1');
    return (this.#talk = this.#talks.get(id) ?? this.#remember(id, PHASE.none));
  }

  #remember(id: string, state: number): Talk {
    const talk = newTalk(state);
    if (id === '') return talk;
    if (this.#talks.size >= MOST_SESSIONS) {
      const oldest = this.#talks.keys().next();
      if (oldest.done !== true) this.#talks.delete(oldest.value);
    }
    this.#talks.set(id, talk);
    return talk;
  }
}

function newTalk(state: number): Talk {
  return { state, helo: '', sender: '', recipient: '' };
}

/** The verb of four letters at `start` as a number, in upper case; 0 when it has others. */
function verbAt(bytes: Buffer, start: number, end: number): number {
  if (end - start < 4) return 0;
  if (end - start > 4 && ALPHANUMERIC.test(String.fromCharCode(bytes[start + 4]))) return 0;
  return bytes.readInt32BE(start) & ~0x2020_2020;
}
