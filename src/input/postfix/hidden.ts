import { KIND } from '../../model/event.ts';
import { phrase, findFirst, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { DAEMON } from './daemons.ts';
import { readDelivery } from './delivery.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { readMaster } from './master.ts';
import { readPostscreenEnd } from './postscreen.ts';
import { readRemoved, readSender } from './queue.ts';
import { behindReject, readReject } from './reject.ts';
import { readConnection, readSmtpdVerb, readWarning } from './smtpd.ts';

const CONNECT = phrase('connect from ');
const DISCONNECT = phrase('disconnect from ');
const SCREEN_CONNECT = phrase('CONNECT from [');
const SCREEN_DISCONNECT = phrase('DISCONNECT [');
const TO = phrase(' to [');
const WARNING = phrase('warning: ');

/**
 * Reads lines whose tag was cut at its first `/` (rsyslog writes RFC 5424 so by default): the
 * daemon is recognised from the text.
 */
export class HiddenDaemonReader {
  /**
   * Processes that are tlsproxy: its `DISCONNECT [ip]:port` is postscreen's to the letter, but its
   * CONNECT names no listener, and one process is one daemon. Bounded by the process ids.
   */
  readonly #tlsproxies = new Set<number>();

  read(line: ProgramLine): LineClass {
    const { bytes, words, at, end } = line;
    line.queueStart = line.queueEnd = 0;
    // Queue ids may begin with the same letters.
    switch (bytes[at]) {
      case 67: // C
        if (!startsWith(words, at, end, SCREEN_CONNECT)) break;
        this.#notice(line);
        return LINE.irrelevant;
      case 68: // D
        if (!startsWith(words, at, end, SCREEN_DISCONNECT)) break;
        if (this.#tlsproxies.has(processKey(line))) return LINE.irrelevant;
        return readPostscreenEnd(line);
      case 99: // c
        if (!startsWith(words, at, end, CONNECT)) break;
        return readConnection(line, KIND.connect, at + CONNECT.length);
      case 100: // d
        if (readMaster(line) === LINE.event) return LINE.event;
        if (!startsWith(words, at, end, DISCONNECT)) break;
        return readConnection(line, KIND.disconnect, at + DISCONNECT.length);
      case 116: // t
        if (readMaster(line) === LINE.event) return LINE.event;
        break;
      case 119: // w
        if (!startsWith(words, at, end, WARNING)) break;
        return readWarning(line, at + WARNING.length);
      default:
    }
    const bare = behindReject(line, at);
    if (bare >= 0) return readReject(line, bare, DAEMON.hidden);
    const verb = line.readQueueId(at);
    return verb < 0 ? LINE.irrelevant : readVerb(line, verb);
  }

  #notice(line: ProgramLine): void {
    const listener = findFirst(line.bytes, line.at, line.end, TO);
    if (listener >= 0) this.#tlsproxies.delete(processKey(line));
    else this.#tlsproxies.add(processKey(line));
  }
}

function readVerb(line: ProgramLine, verb: number): LineClass {
  switch (line.bytes[verb]) {
    case 102: // f
      return readSender(line, verb);
    case 116: // t
      return readDelivery(line, verb);
    case 114: // r
      if (behindReject(line, verb) < 0) return readRemoved(line, verb);
      return readSmtpdVerb(line, verb, DAEMON.hidden);
    default:
      return readSmtpdVerb(line, verb, DAEMON.hidden);
  }
}

/** Process id, node and listener in one number; exact while there are under 2^15 listeners. */
function processKey(line: ProgramLine): number {
  const { pidStart, pidEnd } = line;
  let pid = 0;
  for (let i = pidStart; i < pidEnd; i++) pid = pid * 10 + line.bytes[i] - 48;
  return (pid % 0x40_0000) + line.node * 0x40_0000 + line.listener * 0x40_0000 * 0x1_0000;
}
