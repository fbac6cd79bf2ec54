import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { findFirst, phrase, startsWith, type Phrase } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { bracketEnd } from './address-text.ts';
import type { Connections } from './connection.ts';
import { behindColon, TOO_BIG, type Refusals } from './refusal.ts';

const BLANK = 32;
const CLOSE_PAREN = 41;
const QUOTE = 34;
const HOST = phrase(' H=');
const QUOTED_HOST = phrase('" H=');
const FROM = phrase(' from ');
const SENDER = phrase(' FROM:<');
const NEXT_INPUT = phrase(' next input="');
const MALFORMED = phrase(' malformed address: ');
const UNRECOGNISED = phrase('unrecognized command');
const NO_HELO = phrase('HELO or EHLO required');
const NO_MECHANISM = phrase('authentication mechanism not supported');
const SET_ID = phrase(' (set_id=');
/** A line that names more hosts behind quotes than this was made to. */
const MOST_HOSTS = 8;

/** Refusals of commands that were no SMTP, or out of place, and failed logins. */
export class ProtocolErrors {
  readonly #connections: Connections;
  readonly #refusals: Refusals;

  constructor(connections: Connections, refusals: Refusals) {
    this.#connections = connections;
    this.#refusals = refusals;
  }

  /**
   * `rejected EHLO from HOST: text`, `rejected MAIL from HOST: text` and
   * `rejected MAIL FROM:<s> H=HOST: text`; `at` is the word behind `rejected `.
   */
  readCommand(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    const { host } = this.#connections;
    const word = at + 4;
    const isMail = bytes[at] === 77 || bytes[at] === 109;
    const phase = isMail ? PHASE.mailfrom : PHASE.ehlo;
    let hostAt = -1;
    let senderStart = 0;
    let senderEnd = 0;
    if (startsWith(words, word, end, FROM)) hostAt = word + FROM.length;
    else if (startsWith(words, word, end, SENDER)) {
      senderStart = word + SENDER.length;
      senderEnd = bracketEnd(bytes, senderStart, end);
      if (senderEnd >= 0 && startsWith(words, senderEnd + 1, end, HOST)) {
        hostAt = senderEnd + 1 + HOST.length;
      }
    }
    if (hostAt < 0) return LINE.irrelevant;
    if (!host.read(line, hostAt)) return line.unparsed('no peer');
    const reason = behindColon(bytes, host.next, end);
    let code = isMail ? 503 : 501;
    if (startsWith(words, reason, end, TOO_BIG)) code = 552;
    const row = this.#refusals.push(line, phase, code, reason, end);
    line.setWanted(row, TEXT.sender, senderStart, senderEnd);
    return LINE.event;
  }

  /** `unqualified sender rejected: <s> H=HOST text`; `at` is the `<`. */
  readUnqualified(line: ProgramLine, at: number, phase: number): LineClass {
    const { bytes, words, end } = line;
    const { host } = this.#connections;
    const stop = bracketEnd(bytes, at + 1, end);
    if (stop < 0 || !startsWith(words, stop + 1, end, HOST)) return LINE.irrelevant;
    if (!host.read(line, stop + 1 + HOST.length)) return line.unparsed('no peer');
    const row = this.#refusals.push(line, phase, 501, line.at, at - 2);
    const field = phase === PHASE.mailfrom ? TEXT.sender : TEXT.recipient;
    line.setWanted(row, field, at + 1, stop);
    return LINE.event;
  }

  /** `SMTP syntax error in "command" H=HOST text`, `SMTP protocol error in …`; `at` is the quote. */
  readError(line: ProgramLine, at: number, isSyntax: boolean): LineClass {
    const { words, end } = line;
    const { host } = this.#connections;
    const found = this.#readQuotedHost(line, at, MALFORMED);
    if (found !== LINE.event) return found;
    const reason = Math.min(host.next + 1, end);
    // `rejected MAIL from HOST` stands before it.
    if (startsWith(words, reason, end, NO_HELO)) return LINE.irrelevant;
    let code = isSyntax ? 501 : 503;
    if (startsWith(words, reason, end, UNRECOGNISED)) code = 500;
    else if (findFirst(line.bytes, reason, end, NO_MECHANISM) >= 0) code = 504;
    this.#refusals.push(line, commandPhase(line, at + 1), code, reason, end);
    return LINE.event;
  }

  /**
   * `SMTP protocol synchronization error (text): rejected "command" H=HOST next input="input"`, which
   * ends the connection; `at` is the first quote.
   */
  readSynchronization(line: ProgramLine, at: number): LineClass {
    const found = this.#readQuotedHost(line, at, NEXT_INPUT);
    if (found !== LINE.event) return found;
    this.#refusals.push(line, PHASE.none, 554, line.at, at - 1);
    this.#connections.end(line);
    return LINE.event;
  }

  /**
   * `NAME authenticator failed for HOST: 535 text (set_id=user)`; `at` is behind `for `.
   */
  readLogin(line: ProgramLine, at: number): LineClass {
    const { bytes, end, batch } = line;
    const { host } = this.#connections;
    if (!host.read(line, at)) return line.unparsed('no peer');
    const row = this.#connections.push(line, KIND.auth_failure);
    const text = behindColon(bytes, host.next, end);
    batch.code[row] = replyCode(bytes, text, end);
    line.setWanted(row, TEXT.helo, host.heloStart, host.heloEnd);
    const id = findFirst(bytes, text, end, SET_ID);
    if (id >= 0) {
      const last = bytes[end - 1] === CLOSE_PAREN ? end - 1 : end;
      line.setWanted(row, TEXT.user, id + SET_ID.length, last);
    }
    line.setWanted(row, TEXT.reason, batch.code[row] === 0 ? text : text + 4, id < 0 ? end : id);
    return LINE.event;
  }

  /**
   * The host behind a quoted command, which the client wrote and which may quote and name hosts
   * itself. The last host is ours, unless a client's text stands behind it too (`echo`): then all
   * hosts that the line names must be one, or nobody is blamed.
   */
  #readQuotedHost(line: ProgramLine, quote: number, echo: Phrase): LineClass {
    const { bytes, end, peer } = line;
    const { host } = this.#connections;
    if (bytes[quote] !== QUOTE) return LINE.irrelevant;
    let family = 0;
    let isOne = true;
    let firstNext = 0;
    let first = 0;
    let last = -1;
    let count = 0;
    const seen = this.#seen;
    for (let at = quote + 1; ; at++) {
      at = findFirst(bytes, at, end, QUOTED_HOST);
      if (at < 0) break;
      if (++count > MOST_HOSTS) return line.unparsed('several hosts');
      if (!host.read(line, at + QUOTED_HOST.length)) continue;
      if (family === 0) {
        family = peer.family;
        seen.set(peer.words);
        first = at;
        firstNext = host.next;
      } else {
        isOne &&= family === peer.family && seen.every((word, i) => word === peer.words[i]);
      }
      last = at;
    }
    if (last < 0) return line.unparsed('no peer');
    if (!isOne && findFirst(bytes, first, end, echo) >= 0) return line.unparsed('several hosts');
    if (first !== last || host.next !== firstNext) {
      host.read(line, last + QUOTED_HOST.length);
    }
    return LINE.event;
  }

  readonly #seen = new Int32Array(4);
}

/** The phase of a command that was refused for its form. */
function commandPhase({ bytes, end }: ProgramLine, at: number): number {
  if (end - at < 5 || (bytes[at + 4] !== BLANK && bytes[at + 4] !== 58)) return PHASE.none;
  const word = bytes.toString('latin1', at, at + 4).toUpperCase();
  if (word === 'MAIL') return PHASE.mailfrom;
  if (word === 'RCPT') return PHASE.rcptto;
  return PHASE.none;
}
