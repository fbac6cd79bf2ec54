import { KIND, PHASE, type KindName } from '../../model/event.ts';
import { findFirst, phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { seekByte } from '../../model/words.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { Connections } from './connection.ts';
import { HostReader } from './host.ts';
import { readArrival, readDelivery, readFailure } from './message.ts';
import { messageIdEnd } from './message-id.ts';
import { ProtocolErrors } from './protocol.ts';
import { Refusals } from './refusal.ts';

const BLANK = 32;
const EQUALS = 61;
const GREATER = 62;
const LESS = 60;
const STAR = 42;
const DASH = 45;
const OPEN_PAREN = 40;
const LONGEST_NAME = 128;

const HOST = phrase('H=');
const COMPLETED = phrase('Completed');
const REJECTED = phrase('rejected ');
const TEMPORARILY_REJECTED = phrase('temporarily rejected ');
const SMTP_CONNECTION = phrase('SMTP connection ');
const SMTP_CALL = phrase('SMTP call from ');
const SYNTAX_ERROR = phrase('SMTP syntax error in ');
const PROTOCOL_ERROR = phrase('SMTP protocol error in ');
const SYNCHRONIZATION = phrase('SMTP protocol synchronization error (');
const QUOTED = phrase('): rejected "');
const COMMAND_TIMEOUT = phrase('SMTP command timeout on ');
const DATA_TIMEOUT = phrase('SMTP data timeout (message abandoned) on ');
const TLS = phrase('TLS ');
const CONNECTION = phrase('connection ');
const UNEXPECTED = phrase('unexpected disconnection while reading SMTP command ');
const TLS_ERROR = phrase('TLS error on connection ');
const UNQUALIFIED_SENDER = phrase('unqualified sender rejected: <');
const UNQUALIFIED_RECIPIENT = phrase('unqualified recipient rejected: <');
const REFUSED_CONNECTION = phrase('refused connection from ');
const TEMPORARILY_REFUSED = phrase('temporarily refused connection from ');
const CONNECTION_FROM = phrase('Connection from ');
const REFUSED = phrase(' refused');
const DROPPED_BY = phrase(' dropped by ');
const DROPPED = phrase(' dropped');
const LOGIN_FAILED = phrase(' authenticator failed for ');

/**
 * Reads the texts of Exim's mainlog and rejectlog behind their stamp (formats, section 5). The peer
 * is read where Exim writes it; nothing is looked for in what clients sent.
 */
export class EximReader {
  readonly #host = new HostReader();
  readonly #connections = new Connections(this.#host);
  readonly #refusals = new Refusals(this.#connections);
  readonly #protocol = new ProtocolErrors(this.#connections, this.#refusals);

  get lacks(): readonly KindName[] | undefined {
    return this.#connections.lacks;
  }

  read(line: ProgramLine): LineClass {
    const { bytes, at, end } = line;
    this.#host.forgetId();
    const idEnd = messageIdEnd(bytes, at, end);
    if (idEnd >= 0) {
      line.queueStart = at;
      line.queueEnd = idEnd;
      return this.#readMessage(line, idEnd + 1);
    }
    line.queueStart = line.queueEnd = 0;
    return this.#readPlain(line, at);
  }

  #readMessage(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    const first = bytes[at];
    if (bytes[at + 2] === BLANK && at + 3 < end) {
      const second = bytes[at + 1];
      if (second === EQUALS) {
        if (first === LESS || first === OPEN_PAREN) {
          return readArrival(line, this.#connections, at + 3);
        }
        if (first === EQUALS) return readFailure(line, at + 3, KIND.deferral);
      } else if (second === GREATER) {
        const delivers = first === EQUALS || first === DASH || first === GREATER || first === STAR;
        if (delivers) return readDelivery(line, at + 3);
      } else if (second === STAR && first === STAR) {
        return readFailure(line, at + 3, KIND.bounce);
      }
      return LINE.irrelevant;
    }
    switch (first) {
      case 67: {
        // `Completed`, with `QT=` behind it.
        if (!startsWith(words, at, end, COMPLETED)) return LINE.irrelevant;
        const stop = at + COMPLETED.length;
        if (stop < end && bytes[stop] !== BLANK) return LINE.irrelevant;
        line.setQueueId(line.push(KIND.removed));
        return LINE.event;
      }
      case 72:
        return startsWith(words, at, end, HOST)
          ? this.#refusals.readOfHost(line, at + HOST.length)
          : LINE.irrelevant;
      case 83:
        return this.#readSmtp(line, at);
      case 114:
        return startsWith(words, at, end, REJECTED)
          ? this.#refusals.readOfMessage(line, at + REJECTED.length - 1, false)
          : LINE.irrelevant;
      case 116:
        return startsWith(words, at, end, TEMPORARILY_REJECTED)
          ? this.#refusals.readOfMessage(line, at + TEMPORARILY_REJECTED.length - 1, true)
          : LINE.irrelevant;
      default:
        return LINE.irrelevant;
    }
  }

  #readPlain(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    switch (bytes[at]) {
      case 72:
        if (!startsWith(words, at, end, HOST)) break;
        return this.#refusals.readOfHost(line, at + HOST.length);
      case 83:
        if (bytes[at + 1] !== 77) break;
        return this.#readSmtp(line, at);
      case 67:
        if (!startsWith(words, at, end, CONNECTION_FROM)) break;
        return this.#readRefused(line, at + CONNECTION_FROM.length, 421);
      case 84:
        if (startsWith(words, at, end, TLS_ERROR)) return this.#readTlsError(line, at);
        break;
      case 114:
        if (startsWith(words, at, end, REJECTED)) {
          return this.#protocol.readCommand(line, at + REJECTED.length);
        }
        if (startsWith(words, at, end, REFUSED_CONNECTION)) {
          return this.#readRefused(line, at + REFUSED_CONNECTION.length, 554);
        }
        break;
      case 116:
        if (startsWith(words, at, end, TEMPORARILY_REFUSED)) {
          return this.#readRefused(line, at + TEMPORARILY_REFUSED.length, 451);
        }
        break;
      case 117:
        if (startsWith(words, at, end, UNEXPECTED)) {
          return this.#readEnd(line, at + UNEXPECTED.length);
        }
        if (startsWith(words, at, end, UNQUALIFIED_SENDER)) {
          const address = at + UNQUALIFIED_SENDER.length - 1;
          return this.#protocol.readUnqualified(line, address, PHASE.mailfrom);
        }
        if (startsWith(words, at, end, UNQUALIFIED_RECIPIENT)) {
          const address = at + UNQUALIFIED_RECIPIENT.length - 1;
          return this.#protocol.readUnqualified(line, address, PHASE.rcptto);
        }
        break;
      default:
    }
    // The name of an authenticator is the configuration's: one word.
    const nameEnd = seekByte(words, at, Math.min(end, at + LONGEST_NAME), BLANK);
    return startsWith(words, nameEnd, end, LOGIN_FAILED)
      ? this.#protocol.readLogin(line, nameEnd + LOGIN_FAILED.length)
      : LINE.irrelevant;
  }

  #readSmtp(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    if (startsWith(words, at, end, SMTP_CONNECTION)) {
      return this.#connections.readConnection(line, at + SMTP_CONNECTION.length);
    }
    if (startsWith(words, at, end, SYNTAX_ERROR)) {
      return this.#protocol.readError(line, at + SYNTAX_ERROR.length, true);
    }
    if (startsWith(words, at, end, PROTOCOL_ERROR)) {
      return this.#protocol.readError(line, at + PROTOCOL_ERROR.length, false);
    }
    if (startsWith(words, at, end, COMMAND_TIMEOUT)) {
      return this.#readEndOf(line, at + COMMAND_TIMEOUT.length);
    }
    if (startsWith(words, at, end, DATA_TIMEOUT)) {
      return this.#readEndOf(line, at + DATA_TIMEOUT.length);
    }
    if (startsWith(words, at, end, SYNCHRONIZATION)) {
      const quote = findFirst(bytes, at, end, QUOTED);
      if (quote < 0) return line.unparsed('no peer');
      return this.#protocol.readSynchronization(line, quote + QUOTED.length - 1);
    }
    if (startsWith(words, at, end, SMTP_CALL)) return this.#readCall(line, at + SMTP_CALL.length);
    return LINE.irrelevant;
  }

  /** `[TLS ]connection from HOST D=8s` */
  #readEndOf(line: ProgramLine, start: number): LineClass {
    const { words, end } = line;
    let at = start;
    if (startsWith(words, at, end, TLS)) at += TLS.length;
    if (!startsWith(words, at, end, CONNECTION)) return LINE.irrelevant;
    return this.#readEnd(line, at + CONNECTION.length);
  }

  /** `from HOST D=8s`: the connection is over, and no other line says so. */
  #readEnd(line: ProgramLine, at: number): LineClass {
    const host = this.#connections.readFrom(line, at);
    if (host < 0) return LINE.irrelevant;
    if (!this.#host.read(line, host)) return line.unparsed('no peer');
    return this.#connections.end(line);
  }

  /** `HOST dropped: too many …`, `HOST dropped by 'connect' ACL: text` and `HOST refused: text` */
  #readCall(line: ProgramLine, at: number): LineClass {
    const { words, end } = line;
    if (!this.#host.read(line, at)) return line.unparsed('no peer');
    const { next } = this.#host;
    if (startsWith(words, next, end, DROPPED_BY)) {
      this.#refusals.push(line, PHASE.connect, 550, next + 1, end);
      this.#connections.endAtOnce(line);
      return LINE.event;
    }
    if (startsWith(words, next, end, DROPPED)) return this.#connections.end(line);
    if (!startsWith(words, next, end, REFUSED)) return LINE.irrelevant;
    return this.#refuse(line, 421, next + 1);
  }

  #readRefused(line: ProgramLine, at: number, code: number): LineClass {
    const { words, end } = line;
    if (!this.#host.read(line, at)) return line.unparsed('no peer');
    const { next } = this.#host;
    // `Connection from HOST refused: too many connections`; of the others, only the reason is left.
    if (code === 421 && !startsWith(words, next, end, REFUSED)) return LINE.irrelevant;
    return this.#refuse(line, code, next + 1);
  }

  /** A connection that was refused before it was logged as open: it opened and ended at once. */
  #refuse(line: ProgramLine, code: number, reason: number): LineClass {
    const connections = this.#connections;
    const opened = connections.wasOpened(line);
    if (!opened) line.batch.phase[connections.push(line, KIND.connect)] = PHASE.connect;
    this.#refusals.push(line, PHASE.connect, code, Math.min(reason, line.end), line.end);
    connections.push(line, KIND.disconnect);
    return LINE.event;
  }

  /**
   * `TLS error on connection from HOST (text): text`: with a HELO, a `closed` line follows; without,
   * the connection began with TLS and is over.
   */
  #readTlsError(line: ProgramLine, start: number): LineClass {
    const at = this.#connections.readFrom(line, start + TLS_ERROR.length);
    if (at < 0) return LINE.irrelevant;
    if (!this.#host.read(line, at)) return line.unparsed('no peer');
    if (this.#host.heloEnd > this.#host.heloStart) return LINE.irrelevant;
    return this.#connections.endAtOnce(line);
  }
}
