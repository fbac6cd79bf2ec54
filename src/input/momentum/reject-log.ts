import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, startsWith, wholeNumber, type Phrase } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { WordCache } from '../word-cache.ts';
import type { MomentumRecord } from './record.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const BLANK = 32;
const OPEN = 91;
const CLOSE = 93;
const COMMA = 44;
const EQUALS = 61;
const LESS = 60;
const GREATER = 62;
const AUTH_FAILED = 535;

const REMOTE = phrase('R="');
const LOCAL = phrase('L="');
const CONNECTION = phrase('C="');
const PATH = phrase('PATH="');
const PATH_GROUP = phrase('PATH_GRP="');
const STATE = phrase('P="');
const CODE = phrase('E=');
const MODULE = phrase('M=');
const CONNECTION_CONTEXT = phrase('CTXCONN=[');
const MESSAGE_CONTEXT = phrase('CTXMESS=[');

const EHLO_STRING = phrase('ehlo_string=');
const EHLO_DOMAIN = phrase('ehlo_domain=');
const SENDER_STRING = phrase('mailfrom_string=');
const RECIPIENT_STRING = phrase('rcptto_string=');

/** What the server was doing; the words behind `awaiting` and `reading`, of which few are documented. */
const STATES: readonly (readonly [word: Phrase, phase: number])[] = [
  [phrase('connect'), PHASE.connect],
  [phrase('accept'), PHASE.connect],
  [phrase('banner'), PHASE.connect],
  [phrase('ehlo'), PHASE.ehlo],
  [phrase('helo'), PHASE.ehlo],
  [phrase('mailfrom'), PHASE.mailfrom],
  [phrase('rcptto'), PHASE.rcptto],
  [phrase('data'), PHASE.data],
  [phrase('body'), PHASE.data],
  [phrase('header'), PHASE.data],
  [phrase('spool'), PHASE.spool],
];

/**
 * Reads the records of rejectlog.ec (formats, section 8): `R="ip:port" L="ip:port" C="connection"
 * PATH="…" PATH_GRP="…" P="awaiting mailfrom" E=550 M=module CTXCONN=[k=v,k="quoted"] CTXMESS=[…] text`.
 *
 * Contexts and text hold what the client said. What tells who it was stands before them, in this
 * order, and is not looked for elsewhere.
 */
export class RejectLogReader {
  readonly #record: MomentumRecord;
  readonly #listeners: WordCache;
  /** The value read last. */
  #start = 0;
  #end = 0;
  /** Behind what was read last. */
  #at = 0;

  constructor(record: MomentumRecord, listeners: WordCache) {
    this.#record = record;
    this.#listeners = listeners;
  }

  read(): LineClass {
    const record = this.#record;
    const { batch, bytes } = record;
    this.#at = record.at;
    if (!this.#quoted(REMOTE)) return LINE.irrelevant;
    if (!record.readEndpoint(this.#start, this.#end)) return record.unparsed('peer cannot be read');
    let listener = 0;
    if (this.#quoted(LOCAL)) {
      listener = this.#listeners.number(bytes, this.#start, this.#end);
      if (listener < 0) return record.unparsed('too many listeners');
    }
    if (this.#quoted(CONNECTION)) {
      record.connectionStart = this.#start;
      record.connectionEnd = this.#end;
    }
    this.#quoted(PATH);
    this.#quoted(PATH_GROUP);
    const phase = this.#quoted(STATE) ? this.#phase() : PHASE.none;
    if (!this.#word(CODE)) return record.unparsed('no code');
    const code = wholeNumber(bytes, this.#start, this.#end);
    if (code < 0 || code > 999) return record.unparsed('code cannot be read');
    this.#word(MODULE);
    const failed = code === AUTH_FAILED;
    const row = record.pushOfPeer(failed ? KIND.auth_failure : KIND.rejection, listener, 0);
    batch.phase[row] = failed ? PHASE.ehlo : phase;
    if (!failed) batch.verdict[row] = LOGGED_AS.rejected;
    this.#readContext(row, CONNECTION_CONTEXT);
    this.#readContext(row, MESSAGE_CONTEXT);
    record.setReply(row, this.#at, record.end);
    batch.code[row] = code;
    return LINE.event;
  }

  /** Reads ` KEY="value"` at `#at`; false, and nothing is read, when it does not stand there. */
  #quoted(key: Phrase): boolean {
    const { bytes, words, end } = this.#record;
    if (!startsWith(words, this.#at, end, key)) return false;
    const start = this.#at + key.length;
    const close = findByte(bytes, start, end, QUOTE);
    if (close >= end) return false;
    this.#start = start;
    this.#end = close;
    this.#at = behindBlanks(bytes, close + 1, end);
    return true;
  }

  /** The same for ` KEY=word`. */
  #word(key: Phrase): boolean {
    const { bytes, words, end } = this.#record;
    if (!startsWith(words, this.#at, end, key)) return false;
    this.#start = this.#at + key.length;
    this.#end = findByte(bytes, this.#start, end, BLANK);
    this.#at = behindBlanks(bytes, this.#end, end);
    return true;
  }

  #phase(): number {
    const { bytes } = this.#record;
    for (const [word, phase] of STATES) {
      if (findFirst(bytes, this.#start, this.#end, word) >= 0) return phase;
    }
    return PHASE.none;
  }

  /** Reads `CTXCONN=[key=value,key="quoted value",…]`; a list that does not end is all of the rest. */
  #readContext(row: number, key: Phrase): void {
    const { bytes, words, end } = this.#record;
    if (!startsWith(words, this.#at, end, key)) return;
    let at = this.#at + key.length;
    while (at < end && bytes[at] !== CLOSE) {
      let value = at;
      while (value < end && bytes[value] !== EQUALS && !endsPair(bytes[value])) value++;
      if (value >= end || bytes[value] !== EQUALS) {
        at = value < end && bytes[value] === CLOSE ? value : value + 1;
        continue;
      }
      const isQuoted = bytes[value + 1] === QUOTE;
      const start = value + (isQuoted ? 2 : 1);
      const stop = isQuoted ? endOfQuoted(bytes, start, end) : endOfPlain(bytes, start, end);
      this.#setValue(row, at, start, stop);
      at = isQuoted ? stop + 1 : stop;
      if (at < end && bytes[at] === COMMA) at++;
    }
    this.#at = behindBlanks(bytes, Math.min(end, at + 1), end);
  }

  #setValue(row: number, key: number, start: number, end: number): void {
    const record = this.#record;
    const { words } = record;
    if (startsWith(words, key, end, EHLO_DOMAIN)) {
      record.setWanted(row, TEXT.helo, start, end);
    } else if (startsWith(words, key, end, EHLO_STRING)) {
      const name = findByte(record.bytes, start, end, BLANK) + 1;
      record.setWanted(row, TEXT.helo, name, end);
    } else if (startsWith(words, key, end, SENDER_STRING)) {
      this.#setPath(row, TEXT.sender, start, end);
    } else if (startsWith(words, key, end, RECIPIENT_STRING)) {
      this.#setPath(row, TEXT.recipient, start, end);
    }
  }

  /** The address of `MAIL FROM:<address> SIZE=1`. */
  #setPath(row: number, field: number, start: number, end: number): void {
    const { bytes } = this.#record;
    const open = findByte(bytes, start, end, LESS);
    let quoted = false;
    for (let at = open + 1; at < end; at++) {
      const c = bytes[at];
      if (c === BACKSLASH) {
        // In a context quotes are escaped, those of a local part, too.
        if (bytes[at + 1] === QUOTE) quoted = !quoted;
        at++;
      } else if (c === GREATER && !quoted) {
        this.#record.setWanted(row, field, open + 1, at);
        return;
      }
    }
  }
}

function behindBlanks(bytes: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end && bytes[next] === BLANK) next++;
  return next;
}

function endsPair(byte: number): boolean {
  return byte === COMMA || byte === CLOSE || byte === OPEN;
}

function endOfQuoted(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}

function endOfPlain(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== COMMA && bytes[at] !== CLOSE) at++;
  return at;
}
