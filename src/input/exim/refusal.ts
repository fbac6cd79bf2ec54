import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, startsWith, type Phrase } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { bracketEnd, quotedEnd } from './address-text.ts';
import type { Connections } from './connection.ts';

const BLANK = 32;
const COLON = 58;
const EQUALS = 61;
const LESS = 60;
const REJECTED = phrase(' rejected ');
const TEMPORARILY = phrase(' temporarily rejected ');
const DROPPED = phrase(' dropped by ');
const SENDER = phrase(' F=<');
const LOGIN = phrase(' A=');
const DISTINGUISHED_NAME = phrase(' DN="');
const FROM_SENDER = phrase(' from <');
const HOST = phrase(' H=');
const TEXT_BEHIND = phrase(': ');

/** What was refused, as it stands behind `rejected `, and the code where it is not 550. */
const REFUSED: readonly (readonly [what: Phrase, phase: number, code: number])[] = [
  [phrase('RCPT '), PHASE.rcptto, 550],
  [phrase('MAIL '), PHASE.mailfrom, 550],
  [phrase('EHLO or HELO '), PHASE.ehlo, 550],
  [phrase('connection'), PHASE.connect, 550],
  [phrase('after DATA'), PHASE.data, 550],
  [phrase('DATA'), PHASE.data, 550],
  [phrase('PRDR'), PHASE.data, 550],
  [phrase('MIME'), PHASE.data, 550],
  [phrase('DKIM'), PHASE.data, 550],
  [phrase('during MIME'), PHASE.data, 550],
  [phrase('by local_scan()'), PHASE.data, 550],
  [phrase('ETRN '), PHASE.none, 458],
];

/** Reads the lines that say what a client was refused. */
export class Refusals {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** `H=HOST X=… F=<s> A=… temporarily rejected RCPT <r>: text` behind its `H=`. */
  readOfHost(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    const { host } = this.#connections;
    if (!host.read(line, at)) {
      return hasVerb(line, at) ? line.unparsed('no peer') : LINE.irrelevant;
    }
    let senderStart = 0;
    let senderEnd = 0;
    for (let next = host.next; next < end && bytes[next] === BLANK;) {
      if (startsWith(words, next, end, REJECTED)) {
        return this.#refuse(line, next + REJECTED.length, false, senderStart, senderEnd);
      }
      if (startsWith(words, next, end, TEMPORARILY)) {
        return this.#refuse(line, next + TEMPORARILY.length, true, senderStart, senderEnd);
      }
      if (startsWith(words, next, end, DROPPED)) {
        this.push(line, PHASE.connect, 550, next + 1, end);
        this.#connections.endAtOnce(line);
        return LINE.event;
      }
      if (startsWith(words, next, end, SENDER)) {
        senderStart = next + SENDER.length;
        senderEnd = bracketEnd(bytes, senderStart, end);
        if (senderEnd < 0) return line.unparsed('no end of the sender');
        next = senderEnd + 1;
      } else if (startsWith(words, next, end, LOGIN)) {
        next = findVerb(bytes, next, end);
      } else if (startsWith(words, next, end, DISTINGUISHED_NAME)) {
        next = quotedEnd(bytes, next + DISTINGUISHED_NAME.length - 1, end);
      } else {
        const stop = findByte(bytes, next + 1, end, BLANK);
        if (!isField(bytes, next + 1, stop)) return LINE.irrelevant;
        next = stop;
      }
    }
    return LINE.irrelevant;
  }

  /** `rejected from <s> H=HOST: text`, for the whole message; `at` is behind `rejected`. */
  readOfMessage(line: ProgramLine, at: number, isTemporary: boolean): LineClass {
    const { bytes, words, end } = line;
    if (!startsWith(words, at, end, FROM_SENDER)) return LINE.irrelevant;
    const senderStart = at + FROM_SENDER.length;
    const senderEnd = bracketEnd(bytes, senderStart, end);
    if (senderEnd < 0) return line.unparsed('no end of the sender');
    // What comes in by a pipe has no host.
    if (!startsWith(words, senderEnd + 1, end, HOST)) return LINE.irrelevant;
    const { host } = this.#connections;
    if (!host.read(line, senderEnd + 1 + HOST.length)) return line.unparsed('no peer');
    const reason = behindColon(bytes, host.next, end);
    const code = startsWith(words, reason, end, TOO_BIG) ? 552 : isTemporary ? 451 : 550;
    const row = this.push(line, PHASE.data, code, reason, end);
    line.setWanted(row, TEXT.sender, senderStart, senderEnd);
    return LINE.event;
  }

  /** Adds a refusal of the host read last, for the reason `[start, end)`. */
  push(line: ProgramLine, phase: number, code: number, start: number, end: number): number {
    const { batch, bytes } = line;
    const row = this.#connections.push(line, KIND.rejection);
    line.setQueueId(row);
    batch.phase[row] = phase;
    batch.verdict[row] = LOGGED_AS.rejected;
    const { host } = this.#connections;
    line.setWanted(row, TEXT.helo, host.heloStart, host.heloEnd);
    const told = replyCode(bytes, start, end);
    if (told < 400 || told > 599) {
      batch.code[row] = code;
      line.setWanted(row, TEXT.reason, start, end);
      return row;
    }
    batch.code[row] = told;
    const enhanced = endOfEnhanced(bytes, start + 4, end);
    line.setWanted(row, TEXT.enhanced, start + 4, enhanced);
    let text = Math.max(start + 4, enhanced);
    while (text < end && bytes[text] === BLANK) text++;
    line.setWanted(row, TEXT.reason, text, end);
    return row;
  }

  /** @param at behind `rejected ` */
  #refuse(
    line: ProgramLine,
    at: number,
    isTemporary: boolean,
    senderStart: number,
    senderEnd: number,
  ): LineClass {
    const { bytes, words, end } = line;
    const known = REFUSED.find(([what]) => startsWith(words, at, end, what));
    const phase = known === undefined ? PHASE.none : known[1];
    const code = isTemporary ? 451 : known === undefined ? 550 : known[2];
    const what = at + (known === undefined ? 0 : known[0].length);
    let argumentStart = what;
    let argumentEnd = -1;
    if (bytes[what] === LESS) {
      argumentStart = what + 1;
      argumentEnd = bracketEnd(bytes, argumentStart, end);
    }
    const from = argumentEnd < 0 ? what : argumentEnd + 1;
    const colon = findFirst(bytes, from, end, TEXT_BEHIND);
    const reason = colon < 0 ? end : colon + TEXT_BEHIND.length;
    const row = this.push(line, phase, code, reason, end);
    line.setWanted(row, TEXT.sender, senderStart, senderEnd);
    if (phase === PHASE.rcptto) line.setWanted(row, TEXT.recipient, argumentStart, argumentEnd);
    if (phase === PHASE.mailfrom) line.setWanted(row, TEXT.sender, argumentStart, argumentEnd);
    if (phase === PHASE.ehlo) line.setWanted(row, TEXT.helo, what, colon < 0 ? end : colon);
    if (phase === PHASE.connect) this.#connections.endAtOnce(line);
    return LINE.event;
  }
}

export const TOO_BIG = phrase('message too big');

/** Behind the `: ` that may stand at `at`. */
export function behindColon(bytes: Buffer, at: number, end: number): number {
  let next = at;
  if (next < end && bytes[next] === COLON) next++;
  while (next < end && bytes[next] === BLANK) next++;
  return next;
}

function hasVerb({ bytes, end }: ProgramLine, at: number): boolean {
  return findFirst(bytes, at, end, REJECTED) >= 0;
}

/** The blank before `rejected` or `temporarily rejected`, which ends a login name; or `end`. */
function findVerb(bytes: Buffer, at: number, end: number): number {
  const verb = findFirst(bytes, at, end, REJECTED);
  if (verb < 0) return end;
  const before = verb - (TEMPORARILY.length - REJECTED.length);
  return findFirst(bytes, Math.max(at, before), verb, TEMPORARILY_WORD) === before ? before : verb;
}

const TEMPORARILY_WORD = phrase(' temporarily');

/** `X=…`, `CV=no`, `U=ident` and the flags `DS`, `L` and `L.-` */
function isField(bytes: Buffer, at: number, end: number): boolean {
  if (end - at <= 3) return true;
  for (let i = at; i < end && i < at + 8; i++) {
    if (bytes[i] === EQUALS) return i > at;
    const upper = bytes[i] & 0xdf;
    if (upper < 65 || upper > 90) return false;
  }
  return false;
}
