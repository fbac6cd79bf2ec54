import { KIND, LOGGED_AS, PHASE, TEXT, type KindName } from '../../model/event.ts';
import { endsWith, findByte, findLast, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { allKindsBut } from '../syslog/lacked-kinds.ts';
import { LineMemory } from '../syslog/line-memory.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import type { ProgramReader } from '../syslog/programs.ts';
import { readAuthFailure, readAuthSuccess } from './auth.ts';
import { ClientPeers } from './client-peers.ts';
import { readHost } from './host.ts';
import { readReception } from './reception.ts';
import { readRecipients } from './recipients.ts';
import { readReply } from './reply.ts';
import { readAnswer, readRuleset } from './ruleset.ts';

const BLANK = 32;
const LESS = 60;
const COLON = 58;
const RULESET = phrase('ruleset=');
const FROM = phrase('from=');
const TO = phrase('to=');
const CONNECT = phrase('connect from ');
const AUTH_FAILURE = phrase('AUTH failure (');
const AUTH_SUCCESS = phrase('AUTH=server, relay=');
const DONE = phrase('done; ');
const MILTER = phrase('Milter: ');
const REJECT = phrase(', reject=');
/** What a milter judged; all else is the message. */
const MILTER_PHASES: readonly (readonly [word: Phrase, phase: number])[] = [
  [TO, PHASE.rcptto],
  [FROM, PHASE.mailfrom],
  [phrase('helo='), PHASE.ehlo],
  [phrase('connect'), PHASE.connect],
];
const LOST = phrase('lost input channel from ');
const TIMEOUT = phrase('timeout waiting for input from ');
const SILENT = phrase(' did not issue MAIL/EXPN/VRFY/ETRN during connection to ');
const TO_DAEMON = phrase(' to ');
const REJECTING = phrase('rejecting ');
const COMMANDS_FROM = phrase('commands from ');
const HELO_FROM = phrase('server HELO from ');
const EHLO_FROM = phrase('server EHLO from ');
const GREETING = phrase(' due to pre-greeting traffic after ');
const EARLY = phrase(' due to traffic before response');
const FLOOD = phrase(': Possible SMTP RCPT flood, throttling.');
const REFUSED = phrase(' [rejected]');
const VERBS = [': VRFY ', ': EXPN ', ': ETRN '].map(phrase);
const BEFORE_REPLY = phrase('... User unknown');

const SHOWN: readonly KindName[] = [
  'disconnect',
  'reception',
  'rejection',
  'delivery',
  'deferral',
  'bounce',
  'auth_failure',
  'auth_success',
  'removed',
];
const WITHOUT_CONNECTS = allKindsBut(SHOWN);
const WITH_CONNECTS = allKindsBut([...SHOWN, 'connect']);

/** Reads the lines of sendmail (formats, section 6). */
export class SendmailReader implements ProgramReader {
  readonly #clients = new ClientPeers();
  /** Sessions, by the queue id of their last line, of which a line has told the end. */
  readonly #ended = new LineMemory();
  #connects = false;

  /** Connections are logged at a raised LogLevel only. */
  get lacks(): readonly KindName[] {
    return this.#connects ? WITH_CONNECTS : WITHOUT_CONNECTS;
  }

  read(line: ProgramLine): LineClass {
    const { bytes, words, at, end } = line;
    line.queueStart = line.queueEnd = 0;
    if (bytes[at] === 114 && startsWith(words, at, end, RULESET)) return this.#ruleset(line, at);
    if (bytes[at] === 65 && startsWith(words, at, end, AUTH_SUCCESS)) {
      return readAuthSuccess(line, at + AUTH_SUCCESS.length);
    }
    const text = line.readQueueId(at);
    if (text < 0) return LINE.irrelevant;
    if (bytes[text] === LESS || endsWith(words, text, end, BEFORE_REPLY)) {
      this.#clients.recall(line);
      return readReply(line, text);
    }
    return this.#readText(line, text);
  }

  #readText(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    switch (bytes[at]) {
      case 116: // t
        if (startsWith(words, at, end, TO)) return readRecipients(line, at + TO.length);
        if (startsWith(words, at, end, TIMEOUT)) return this.#end(line);
        break;
      case 102: // f
        if (startsWith(words, at, end, FROM)) return readReception(line, at + FROM.length);
        break;
      case 114: // r
        if (startsWith(words, at, end, RULESET)) return this.#ruleset(line, at);
        if (startsWith(words, at, end, REJECTING)) return readEarly(line, at + REJECTING.length);
        break;
      case 99: // c
        if (startsWith(words, at, end, CONNECT)) return this.#connect(line, at + CONNECT.length);
        break;
      case 65: // A
        if (startsWith(words, at, end, AUTH_FAILURE)) return readAuthFailure(line, at);
        if (startsWith(words, at, end, AUTH_SUCCESS)) {
          return readAuthSuccess(line, at + AUTH_SUCCESS.length);
        }
        break;
      case 100: // d
        if (startsWith(words, at, end, DONE)) {
          line.setQueueId(line.push(KIND.removed));
          return LINE.event;
        }
        break;
      case 108: // l
        if (startsWith(words, at, end, LOST)) return this.#lost(line, at + LOST.length);
        break;
      case 77: // M
        if (startsWith(words, at, end, MILTER)) return this.#milter(line, at + MILTER.length);
        break;
      default:
    }
    return this.#readNote(line, at);
  }

  #connect(line: ProgramLine, at: number): LineClass {
    this.#connects = true;
    if (readHost(line, at, line.end) !== line.end) return line.unparsed('no peer');
    if (!line.peer.readable) return line.unparsed('peer cannot be read');
    const row = line.pushOfPeer(KIND.connect);
    line.setProcess(row);
    line.batch.phase[row] = PHASE.connect;
    return LINE.event;
  }

  #ruleset(line: ProgramLine, at: number): LineClass {
    const result = readRuleset(line, at + RULESET.length);
    if (result === LINE.event) this.#clients.remember(line);
    return result;
  }

  /** `to=<r>, reject=550 5.7.1 text`: what a filter made sendmail answer; it names no client. */
  #milter(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end, batch } = line;
    const reject = findLast(bytes, at, end, REJECT);
    if (reject < 0) return LINE.irrelevant;
    this.#clients.recall(line);
    const row = line.pushOfPeer(KIND.rejection);
    line.setQueueId(row);
    line.setProcess(row);
    batch.phase[row] = PHASE.data;
    for (const [word, phase] of MILTER_PHASES) {
      if (startsWith(words, at, end, word)) batch.phase[row] = phase;
    }
    readAnswer(line, row, reject + REJECT.length, batch.phase[row] === PHASE.data);
    const verdict = line.verdicts.used ? line.verdictOfFilter() : LOGGED_AS.none;
    if (verdict !== LOGGED_AS.none) batch.verdict[row] = verdict;
    return LINE.event;
  }

  /** Texts that begin with the client. */
  #readNote(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end, batch, peer } = line;
    const next = readHost(line, at, end);
    if (next < 0 || peer.family === 0) return LINE.irrelevant;
    if (startsWith(words, next, end, SILENT)) {
      const daemon = next + SILENT.length;
      if (findByte(bytes, daemon, end, BLANK) < end) return LINE.irrelevant;
      return this.#end(line, daemon, end);
    }
    if (bytes[next] !== COLON) return LINE.irrelevant;
    if (end - next === FLOOD.length && startsWith(words, next, end, FLOOD)) {
      this.#clients.remember(line);
      return LINE.irrelevant;
    }
    if (!endsWith(words, next, end, REFUSED)) return LINE.irrelevant;
    for (const verb of VERBS) {
      if (!startsWith(words, next, end, verb)) continue;
      const row = line.pushOfPeer(KIND.rejection);
      line.setQueueId(row);
      line.setProcess(row);
      batch.verdict[row] = LOGGED_AS.rejected;
      line.setWanted(row, TEXT.reason, next + 2, end);
      return LINE.event;
    }
    return LINE.irrelevant;
  }

  /** `HOST to DAEMON after CMD` */
  #lost(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    const next = readHost(line, at, end);
    if (next < 0 || !startsWith(words, next, end, TO_DAEMON)) return line.unparsed('no peer');
    const daemon = next + TO_DAEMON.length;
    return this.#end(line, daemon, findByte(bytes, daemon, end, BLANK));
  }

  /** The end of the session; some have two lines. `line.peer` is the client where the line names it. */
  #end(line: ProgramLine, daemonStart = 0, daemonEnd = 0): LineClass {
    const { node, bytes, queueStart, queueEnd } = line;
    if (this.#ended.find(node, bytes, queueStart, queueEnd) >= 0) return LINE.irrelevant;
    this.#ended.claim(node, bytes, queueStart, queueEnd);
    if (daemonEnd <= daemonStart) line.peer.family = 0;
    const row = line.pushOfPeer(KIND.disconnect);
    line.setProcess(row);
    line.setListener(row, daemonStart, daemonEnd);
    return LINE.event;
  }
}

/** `commands from HOST due to pre-greeting traffic after 0 seconds`, `server HELO from HOST …` */
function readEarly(line: ProgramLine, at: number): LineClass {
  const { words, end, batch, peer } = line;
  const greeted = startsWith(words, at, end, COMMANDS_FROM);
  const named = greeted || startsWith(words, at, end, HELO_FROM);
  if (!named && !startsWith(words, at, end, EHLO_FROM)) return LINE.irrelevant;
  const next = readHost(line, at + (greeted ? COMMANDS_FROM : HELO_FROM).length, end);
  const due = greeted ? GREETING : EARLY;
  if (next < 0 || !startsWith(words, next, end, due)) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.rejection);
  line.setQueueId(row);
  line.setProcess(row);
  batch.phase[row] = greeted ? PHASE.connect : PHASE.ehlo;
  batch.code[row] = 554;
  batch.verdict[row] = LOGGED_AS.rejected;
  line.setWanted(row, TEXT.reason, next + 1, end);
  return LINE.event;
}
