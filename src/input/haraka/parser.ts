import type { EventBatch } from '../../model/event-batch.ts';
import { KIND, PHASE, TEXT } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { findFirst, phrase, startsWith, wholeNumber, type Phrase } from '../byte-text.ts';
import type { ParserSetting } from '../dialects.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { WordCache } from '../word-cache.ts';
import { EntryRows } from './entry-rows.ts';
import { FIELD } from './fields.ts';
import { HarakaLine, READ } from './line.ts';
import { ACCEPTED, codeOf, readCounts, replyCode } from './reply.ts';
import { ANY_REPLY, SessionNotes, sumOf, type SessionNote } from './session-notes.ts';

const CORE = phrase('core');
const OUTBOUND = phrase('outbound');
const AUTH = phrase('auth/');
const DELAYING = phrase('delaying for ');
const CONNECT = phrase('connect');
const DISCONNECT = phrase('disconnect');
const SENDER = phrase('sender <');
const RECIPIENT = phrase('recipient <');
const MESSAGE = phrase('message');
const QUEUE = phrase('queue');
const DELIVERED = phrase('delivered');
const OK = phrase('OK');
const TIMEOUT = phrase('421 timeout');
const INVALID_SENDER = phrase('Invalid MAIL FROM address ');
const INVALID_RECIPIENT = phrase('Invalid RCPT TO address ');
/** What Haraka answers when no plugin took a recipient; its line says `code=OK`. */
const UNTAKEN = phrase('550 I cannot deliver mail for ');
const OUTCOMES = [
  { text: phrase('> deferred: '), kind: KIND.deferral },
  { text: phrase('> rejected: '), kind: KIND.bounce },
  { text: phrase('> bounced: '), kind: KIND.bounce },
];
const BLANK = 32;
const SYNTAX_ERROR = 501;
const QUEUE_DECLINED = 451;
const AUTH_FAILED = 535;
const LARGEST_PORT = 0xffff;
/** Of those of a session that have no line of their own; more is no count of a server. */
const MOST_REFUSED = 10_000;

/** Reads Haraka's log. A session is its UUID, a message the UUID with the number of its transaction. */
export class HarakaParser implements LogParser {
  readonly dialect = 'haraka';
  lineTime = Number.NaN;
  reason = '';
  readonly #line = new HarakaLine();
  readonly #notes = new SessionNotes();
  readonly #local: string[] = [];
  /** Numbers of the server's own addresses in `#local`. */
  readonly #addresses = new WordCache((address) => {
    const known = this.#local.indexOf(address);
    return known >= 0 ? known : this.#local.push(address) - 1;
  });
  /** Listener by number of the address and port. */
  readonly #listeners = new Map<number, number>();
  readonly #counts = new Float64Array(3);
  readonly #rows: EntryRows;

  constructor(setting: ParserSetting) {
    this.#rows = new EntryRows(this.#line, setting);
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const entry = this.#line;
    const { bytes, words } = batch;
    const read = entry.read(bytes, words, start, end);
    this.lineTime = entry.time;
    if (read === READ.undated) return this.#unparsed('no time stamp');
    if (read === READ.broken) return this.#unparsed('not JSON');
    if (read === READ.other) return LINE.irrelevant;
    this.#rows.start = start;
    this.#rows.number = line;
    const { starts, ends } = entry.cells;
    this.#rows.splitUuid(bytes, starts[FIELD.uuid], ends[FIELD.uuid]);
    const origin = starts[FIELD.origin];
    const originEnd = ends[FIELD.origin];
    let at = starts[FIELD.message];
    const behind = ends[FIELD.message];
    while (at < behind && bytes[at] === BLANK) at++;
    if (isWord(words, origin, originEnd, CORE)) return this.#core(batch, at, behind);
    if (isWord(words, origin, originEnd, OUTBOUND)) return this.#outbound(batch, at, behind);
    if (startsWith(words, origin, originEnd, AUTH) && startsWith(words, at, behind, DELAYING)) {
      this.#noteOf(bytes).authFailures++;
      this.#rows.push(batch, KIND.auth_failure);
      return LINE.event;
    }
    return LINE.irrelevant;
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  #core(batch: EventBatch, at: number, end: number): LineClass {
    const { words } = batch;
    if (isWord(words, at, end, CONNECT)) return this.#connect(batch);
    if (isWord(words, at, end, DISCONNECT)) return this.#disconnect(batch);
    if (startsWith(words, at, end, SENDER)) {
      return this.#addressed(batch, at + SENDER.length, end, PHASE.mailfrom);
    }
    if (startsWith(words, at, end, RECIPIENT)) {
      return this.#addressed(batch, at + RECIPIENT.length, end, PHASE.rcptto);
    }
    if (isWord(words, at, end, MESSAGE)) return this.#message(batch);
    if (isWord(words, at, end, QUEUE)) return this.#queue(batch);
    if (startsWith(words, at, end, INVALID_SENDER)) {
      return this.#invalid(batch, at, end, PHASE.mailfrom);
    }
    if (startsWith(words, at, end, INVALID_RECIPIENT)) {
      return this.#invalid(batch, at, end, PHASE.rcptto);
    }
    return LINE.irrelevant;
  }

  #connect(batch: EventBatch): LineClass {
    const row = this.#rows.pushPeer(batch, KIND.connect);
    if (row < 0) return this.#unparsed('address cannot be read');
    const { starts, ends } = this.#line.cells;
    const { bytes } = batch;
    const address = starts[FIELD.local_ip];
    const port = wholeNumber(bytes, starts[FIELD.local_port], ends[FIELD.local_port]);
    if (address === 0 || port < 0 || port > LARGEST_PORT) return LINE.event;
    const listener = this.#addresses.number(bytes, address, ends[FIELD.local_ip]);
    batch.listener[row] = this.#listenerOf(listener, port, batch.vocabulary);
    return LINE.event;
  }

  #listenerOf(address: number, port: number, { listeners }: Vocabulary): number {
    const key = address * (LARGEST_PORT + 1) + port;
    let listener = this.#listeners.get(key);
    if (listener === undefined) {
      const host = this.#local[address];
      const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      listener = listeners.id(name) ?? 0;
      this.#listeners.set(key, listener);
    }
    return listener;
  }

  /** The end of a session, and the refusals that no line told of. */
  #disconnect(batch: EventBatch): LineClass {
    const { bytes, words } = batch;
    const { cells } = this.#line;
    const note = this.#notes.take(bytes, this.#rows.uuid, this.#rows.uuidEnd);
    if (this.#rows.readPeer(bytes) === 0) return this.#unparsed('address cannot be read');
    const lr = cells.starts[FIELD.lr];
    const lrEnd = cells.ends[FIELD.lr];
    readCounts(bytes, cells.starts[FIELD.rcpts], cells.ends[FIELD.rcpts], this.#counts);
    const refused = this.#counts[1] + this.#counts[2] - (note?.refused ?? 0);
    const untaken = startsWith(words, lr, lrEnd, UNTAKEN);
    for (let n = Math.min(refused, MOST_REFUSED); n > 0; n--) {
      const row = this.#rows.pushPeer(batch, KIND.rejection);
      batch.phase[row] = PHASE.rcptto;
      batch.code[row] = 550;
      if (untaken) this.#rows.setReply(batch, row, lr, lrEnd);
    }
    if (!untaken) this.#lastRefusal(batch, lr, lrEnd, note);
    const row = this.#rows.pushPeer(batch, KIND.disconnect);
    this.#rows.setField(batch, row, 'helo', FIELD.helo);
    return LINE.event;
  }

  /** `lr=`: the last refusal of the session, of whatever command. */
  #lastRefusal(batch: EventBatch, lr: number, end: number, note: SessionNote | undefined): void {
    const { bytes, words } = batch;
    const code = replyCode(bytes, lr, end);
    if (code === 0 || isWord(words, lr, end, TIMEOUT)) return;
    if (code === AUTH_FAILED) {
      if ((note?.authFailures ?? 0) === 0) {
        batch.code[this.#rows.pushPeer(batch, KIND.auth_failure)] = code;
      }
      return;
    }
    const known = note?.refusal ?? 0;
    if (known === ANY_REPLY || known === sumOf(bytes, lr + 4, end)) return;
    const row = this.#rows.pushPeer(batch, KIND.rejection);
    batch.code[row] = code;
    batch.phase[row] = this.#phaseOf(bytes, code);
    this.#rows.setField(batch, row, 'helo', FIELD.helo);
    this.#rows.setReply(batch, row, lr, end);
  }

  /** Before the first transaction a refusal is of the connection or the greeting. */
  #phaseOf(bytes: Uint8Array, code: number): number {
    const { starts, ends } = this.#line.cells;
    const transactions = wholeNumber(bytes, starts[FIELD.txns], ends[FIELD.txns]);
    // 500 to 504 answer commands that nobody knows, or at the wrong time.
    if (transactions !== 0 || (code >= 500 && code <= 504)) return PHASE.none;
    return ends[FIELD.helo] > starts[FIELD.helo] ? PHASE.ehlo : PHASE.connect;
  }

  /** `sender <…>` or `recipient <…>`, the address beginning at `at`. */
  #addressed(batch: EventBatch, at: number, end: number, phase: number): LineClass {
    const { bytes } = batch;
    const { starts, ends } = this.#line.cells;
    if (ends[FIELD.code] === starts[FIELD.code]) return this.#unparsed('no reply');
    const address = bytes[end - 1] === 62 ? end - 1 : end;
    const code = codeOf(bytes, starts[FIELD.code], ends[FIELD.code]);
    if (phase === PHASE.mailfrom && this.#rows.wants('sender')) {
      this.#noteOf(bytes).sender = this.#line.decode(bytes, at, address);
    }
    if (code === ACCEPTED) return LINE.irrelevant;
    const note = this.#refuse(batch, code, phase);
    const row = batch.rows - 1;
    if (phase === PHASE.mailfrom) {
      this.#rows.setSpan(batch, row, 'sender', at, address);
      return LINE.event;
    }
    note.refused++;
    this.#rows.setSpan(batch, row, 'recipient', at, address);
    this.#rows.setField(batch, row, 'sender', FIELD.sender);
    return LINE.event;
  }

  /** The end of a message's data, before it is queued. */
  #message(batch: EventBatch): LineClass {
    const { bytes } = batch;
    const { starts, ends } = this.#line.cells;
    const code = codeOf(bytes, starts[FIELD.code], ends[FIELD.code]);
    if (code !== ACCEPTED) {
      this.#refuse(batch, code, PHASE.data);
      return LINE.event;
    }
    const note = this.#noteOf(bytes);
    note.size = wholeNumber(bytes, starts[FIELD.size], ends[FIELD.size]);
    readCounts(bytes, starts[FIELD.rcpts], ends[FIELD.rcpts], this.#counts);
    note.recipients = this.#counts[0] > 0 ? Math.min(this.#counts[0], 0x7fff_ffff) : -1;
    return LINE.irrelevant;
  }

  #queue(batch: EventBatch): LineClass {
    const { bytes, words } = batch;
    const { starts, ends } = this.#line.cells;
    const word = starts[FIELD.code];
    const wordEnd = ends[FIELD.code];
    if (!isWord(words, word, wordEnd, OK)) {
      this.#refuse(batch, codeOf(bytes, word, wordEnd) || QUEUE_DECLINED, PHASE.data);
      return LINE.event;
    }
    const note = this.#noteOf(bytes);
    const row = this.#rows.push(batch, KIND.reception);
    this.#rows.setSpan(batch, row, 'queue_id', this.#rows.uuid, this.#rows.messageEnd);
    batch.size[row] = note.size;
    batch.recipients[row] = note.recipients;
    if (this.#rows.wants('sender')) batch.setText(row, TEXT.sender, note.sender);
    note.size = note.recipients = -1;
    return LINE.event;
  }

  #invalid(batch: EventBatch, at: number, end: number, phase: number): LineClass {
    const row = this.#rows.push(batch, KIND.rejection);
    batch.code[row] = SYNTAX_ERROR;
    batch.phase[row] = phase;
    this.#rows.setSpan(batch, row, 'reason', at, end);
    this.#noteOf(batch.bytes).refusal = sumOf(batch.bytes, at, end);
    return LINE.event;
  }

  /** What became of a message that was sent on. */
  #outbound(batch: EventBatch, at: number, end: number): LineClass {
    const { bytes, words } = batch;
    if (isWord(words, at, end, DELIVERED)) {
      const row = this.#rows.pushMessage(batch, KIND.delivery);
      const { starts, ends } = this.#line.cells;
      readCounts(bytes, starts[FIELD.rcpts], ends[FIELD.rcpts], this.#counts);
      if (this.#counts[0] > 0) batch.recipients[row] = Math.min(this.#counts[0], 0x7fff_ffff);
      this.#rows.setField(batch, row, 'reason', FIELD.response);
      return LINE.event;
    }
    if (!startsWith(words, at, end, RECIPIENT)) return LINE.irrelevant;
    for (let n = 0; n < OUTCOMES.length; n++) {
      const { text, kind } = OUTCOMES[n];
      const found = findFirst(bytes, at, end, text);
      if (found < 0) continue;
      const row = this.#rows.pushMessage(batch, kind);
      this.#rows.setSpan(batch, row, 'recipient', at + RECIPIENT.length, found);
      const reply = found + text.length;
      batch.code[row] = replyCode(bytes, reply, end);
      this.#rows.setReply(batch, row, reply, end);
      return LINE.event;
    }
    return LINE.irrelevant;
  }

  #refuse(batch: EventBatch, code: number, phase: number): SessionNote {
    const row = this.#rows.push(batch, KIND.rejection);
    const { starts, ends } = this.#line.cells;
    batch.code[row] = code;
    batch.phase[row] = phase;
    this.#rows.setField(batch, row, 'reason', FIELD.msg);
    const note = this.#noteOf(batch.bytes);
    const isSilent = ends[FIELD.msg] === starts[FIELD.msg];
    note.refusal = isSilent ? ANY_REPLY : sumOf(batch.bytes, starts[FIELD.msg], ends[FIELD.msg]);
    return note;
  }

  #noteOf(bytes: Uint8Array): SessionNote {
    return this.#notes.of(bytes, this.#rows.uuid, this.#rows.uuidEnd);
  }
}

function isWord(words: Int32Array, start: number, end: number, word: Phrase): boolean {
  return end - start === word.length && word.standsAt(words, start);
}
