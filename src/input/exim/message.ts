import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { bracketEnd, quotedEnd, wordEnd } from './address-text.ts';
import type { Connections } from './connection.ts';

const BLANK = 32;
const COLON = 58;
const LESS = 60;
const AT = 64;
const HOST = phrase(' H=');
const PROTOCOL = phrase(' P=');
const LOCAL = phrase(' P=local');
const LOGIN = phrase(' A=');
const SIZE = phrase(' S=');
const SUBJECT = phrase(' T="');
const RECIPIENTS = phrase(' for ');
const PIPELINED = phrase(' PRDR');
const CHUNKED = phrase(' K');
const REPLY = phrase(' C="');
const REMOTE_ERROR = phrase('SMTP error from remote mail server after ');
const DISCARDED = phrase('discarded ');
const BLACKHOLE = phrase('blackhole');
const LETTER_A = 97;

/**
 * `SENDER H=HOST P=esmtpsa X=… A=name:user S=n id=… T="…" from <…> for a b` behind `<= ` or `(= `.
 *
 * A message without a client (from a pipe, a bounce of our own) is none that Postfix's pickup would
 * count either.
 */
export function readArrival(line: ProgramLine, connections: Connections, at: number): LineClass {
  const { bytes, words, end, batch } = line;
  const { host } = connections;
  const senderEnd = wordEnd(bytes, at, end);
  if (!startsWith(words, senderEnd, end, HOST)) return LINE.irrelevant;
  if (!host.read(line, senderEnd + HOST.length)) {
    return findFirst(bytes, senderEnd, end, LOCAL) >= 0
      ? LINE.irrelevant
      : line.unparsed('no peer');
  }
  const protocol = findFirst(bytes, host.next, end, PROTOCOL);
  const protocolEnd = protocol < 0 ? host.next : findByte(bytes, protocol + 1, end, BLANK);
  // Only a protocol that ends in `a` had a login, whatever a certificate or a server name says.
  const login =
    protocol >= 0 && bytes[protocolEnd - 1] === LETTER_A
      ? findFirst(bytes, protocolEnd, end, LOGIN)
      : -1;
  const size = findFirst(bytes, Math.max(login, protocolEnd), end, SIZE);
  let userStart = 0;
  let userEnd = 0;
  if (login >= 0) {
    userEnd = size < 0 ? findByte(bytes, login + 1, end, BLANK) : size;
    if (endsIn(line, login, userEnd, CHUNKED)) userEnd -= CHUNKED.length;
    if (endsIn(line, login, userEnd, PIPELINED)) userEnd -= PIPELINED.length;
    userStart = Math.min(findByte(bytes, login + 1, userEnd, COLON) + 1, userEnd);
    userEnd = findByte(bytes, userStart, userEnd, COLON);
    const success = connections.push(line, KIND.auth_success);
    batch.phase[success] = PHASE.ehlo;
    line.setQueueId(success);
    line.setWanted(success, TEXT.user, userStart, userEnd);
    line.setWanted(success, TEXT.helo, host.heloStart, host.heloEnd);
  }
  const row = connections.push(line, KIND.reception);
  line.setQueueId(row);
  line.setWanted(row, TEXT.user, userStart, userEnd);
  line.setWanted(row, TEXT.helo, host.heloStart, host.heloEnd);
  const isNull = senderEnd - at === 2 && bytes[at] === LESS;
  if (!isNull) line.setWanted(row, TEXT.sender, at, senderEnd);
  if (size >= 0) {
    const stop = findByte(bytes, size + 1, end, BLANK);
    batch.size[row] = wholeNumber(bytes, size + SIZE.length, stop);
    batch.recipients[row] = countRecipients(bytes, stop, end);
  }
  return LINE.event;
}

function endsIn({ words }: ProgramLine, at: number, end: number, text: typeof LOGIN): boolean {
  return end - at > text.length && startsWith(words, end - text.length, end, text);
}

/** How many addresses stand behind ` for `, at the end of the line; -1 when it names none. */
function countRecipients(bytes: Buffer, at: number, end: number): number {
  const subject = findFirst(bytes, at, end, SUBJECT);
  let next = at;
  if (subject >= 0) next = quotedEnd(bytes, subject + SUBJECT.length - 1, end);
  next = findFirst(bytes, next, end, RECIPIENTS);
  if (next < 0) return -1;
  let count = 0;
  for (let word = next + RECIPIENTS.length; word < end; count++) {
    word = wordEnd(bytes, word, end) + 1;
  }
  return count;
}

/** `addr <orig> F=<s> R=… T=… H=… C="250 …"` behind `=> `, `-> `, `>> ` or `*> `. */
export function readDelivery(line: ProgramLine, at: number): LineClass {
  const { bytes, end } = line;
  const row = line.push(KIND.delivery);
  line.setQueueId(row);
  setRecipient(line, row, at);
  const reply = findFirst(bytes, at, end, REPLY);
  if (reply >= 0) setReply(line, row, reply + REPLY.length, end);
  return LINE.event;
}

/** `addr <orig> R=… T=… defer (-44) H=…: text`, and `… : 550 text` of a bounce. */
export function readFailure(line: ProgramLine, at: number, kind: number): LineClass {
  const { bytes, end } = line;
  const row = line.push(kind);
  line.setQueueId(row);
  setRecipient(line, row, at);
  // What was sent may hold a `: 250 `; the reply stands behind the last that looks like one.
  const error = findFirst(bytes, at, end, REMOTE_ERROR);
  if (error < 0) return LINE.event;
  for (let next = error; ;) {
    next = findFirst(bytes, next, end, TEXT_BEHIND);
    if (next < 0) return LINE.event;
    next += TEXT_BEHIND.length;
    const code = replyCode(bytes, next, end);
    if (code >= 400 && code <= 599) {
      setReply(line, row, next, end);
      return LINE.event;
    }
  }
}

const TEXT_BEHIND = phrase(': ');

/** The address as it was delivered to; as it came, where only its local part is named. */
function setRecipient(line: ProgramLine, row: number, start: number): void {
  if (!line.wants(TEXT.recipient)) return;
  const { bytes, words, end } = line;
  let at = start;
  if (startsWith(words, at, end, DISCARDED)) at += DISCARDED.length;
  if (startsWith(words, at, end, BLACKHOLE)) return;
  if (bytes[at] === LESS) {
    const stop = bracketEnd(bytes, at + 1, end);
    if (stop > 0) line.setWanted(row, TEXT.recipient, at + 1, stop);
    return;
  }
  let stop = wordEnd(bytes, at, end);
  const isWhole = findByte(bytes, at, stop, AT) < stop;
  if (!isWhole && bytes[stop] === BLANK && bytes[stop + 1] === LESS) {
    const close = bracketEnd(bytes, stop + 2, end);
    if (close > 0) {
      line.setWanted(row, TEXT.recipient, stop + 2, close);
      return;
    }
  }
  if (bytes[stop - 1] === COLON) stop--;
  line.setWanted(row, TEXT.recipient, at, stop);
}

/** `550 5.1.1 text` at `at`. */
function setReply(line: ProgramLine, row: number, at: number, end: number): void {
  const { bytes, batch } = line;
  batch.code[row] = replyCode(bytes, at, end);
  if (batch.code[row] === 0) return;
  line.setWanted(row, TEXT.enhanced, at + 4, endOfEnhanced(bytes, at + 4, end));
}
