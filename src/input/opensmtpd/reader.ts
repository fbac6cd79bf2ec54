import { readAddress } from '../../model/address.ts';
import { KIND, PHASE, TEXT, type KindName } from '../../model/event.ts';
import { endsWith, findByte, findLast, phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { allKindsBut } from '../syslog/lacked-kinds.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import type { ProgramReader } from '../syslog/programs.ts';
import { readDelivery } from './delivery.ts';
import { Envelopes } from './envelopes.ts';
import { readBadInput, readFailedCommand } from './refusal.ts';
import { ProxiedSessions } from './proxied-sessions.ts';
import { hasSessionId, SESSION_ID_LENGTH, setSession } from './session-id.ts';

const BLANK = 32;
const OPEN = 91;
const SMTP = phrase(' smtp ');
const MTA = phrase(' mta delivery ');
const MDA = phrase(' mda delivery ');
const CONNECTED = phrase('connected address=');
const LOCAL = phrase('local');
const DISCONNECTED = phrase('disconnected ');
const MESSAGE = phrase('message msgid=');
const ENVELOPE = phrase('envelope evpid=');
const FAILED = phrase('failed-command command="');
const BAD_INPUT = phrase('bad-input result="');
const AUTHENTICATION = phrase('authentication user=');
const PROXY = phrase('event=proxy address=');
const RESULT = phrase(' result=');
const OK = phrase('ok');
const PERMFAIL = phrase('permfail');
const INFO = phrase('info: OpenSMTPD ');
const STARTING = phrase(' starting');

const LACKS = allKindsBut([
  'connect',
  'disconnect',
  'reception',
  'rejection',
  'delivery',
  'deferral',
  'bounce',
  'auth_failure',
  'auth_success',
  'restart',
]);

/** Reads the lines of OpenSMTPD (formats, section 11). The client stands in the first line of a session. */
export class OpensmtpdReader implements ProgramReader {
  readonly lacks: readonly KindName[] = LACKS;
  readonly #envelopes = new Envelopes();
  readonly #proxied = new ProxiedSessions();

  read(line: ProgramLine): LineClass {
    const { words, at, end } = line;
    line.queueStart = line.queueEnd = 0;
    const behindId = at + SESSION_ID_LENGTH;
    if (!startsWith(words, behindId, end, SMTP)) {
      if (startsWith(words, behindId, end, MTA)) return readDelivery(line, behindId + MTA.length);
      if (startsWith(words, behindId, end, MDA)) return readDelivery(line, behindId + MDA.length);
      if (!startsWith(words, at, end, INFO) || !endsWith(words, at, end, STARTING)) {
        return LINE.irrelevant;
      }
      line.push(KIND.restart);
      return LINE.event;
    }
    if (!hasSessionId(line)) return LINE.irrelevant;
    return this.#readSmtp(line, behindId + SMTP.length);
  }

  #readSmtp(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end } = line;
    this.#proxied.recall(line);
    switch (bytes[at]) {
      case 99: // c
        if (startsWith(words, at, end, CONNECTED)) return this.#connect(line, at);
        break;
      case 100: // d
        if (!startsWith(words, at, end, DISCONNECTED)) break;
        setSession(line, line.pushOfPeer(KIND.disconnect));
        this.#proxied.forget(line);
        return LINE.event;
      case 102: // f
        if (!startsWith(words, at, end, FAILED)) break;
        return readFailedCommand(line, at + FAILED.length);
      case 109: // m
        if (!startsWith(words, at, end, MESSAGE)) break;
        return this.#envelopes.readMessage(line, at + MESSAGE.length);
      case 101: // e
        if (startsWith(words, at, end, ENVELOPE)) {
          return this.#envelopes.readEnvelope(line, at + ENVELOPE.length);
        }
        if (startsWith(words, at, end, PROXY)) this.#proxied.remember(line, at + PROXY.length);
        break;
      case 98: // b
        if (!startsWith(words, at, end, BAD_INPUT)) break;
        return readBadInput(line, at + BAD_INPUT.length);
      case 97: // a
        if (!startsWith(words, at, end, AUTHENTICATION)) break;
        return readAuthentication(line, at + AUTHENTICATION.length);
      default:
    }
    return LINE.irrelevant;
  }

  /** `connected address=192.0.2.7 host=h`, `[2001:db8::1]`, or `local` for mail of the machine. */
  #connect(line: ProgramLine, at: number): LineClass {
    const { bytes, words, end, peer } = line;
    let address = at + CONNECTED.length;
    let addressEnd = findByte(bytes, address, end, BLANK);
    const local = addressEnd - address === LOCAL.length && startsWith(words, address, end, LOCAL);
    if (bytes[address] === OPEN) {
      address++;
      addressEnd--;
    }
    peer.family = readAddress(bytes, address, addressEnd, peer.words, 0);
    if (peer.family === 0 && !local) return line.unparsed('peer cannot be read');
    this.#proxied.forget(line);
    const row = line.pushOfPeer(KIND.connect);
    setSession(line, row);
    line.batch.phase[row] = PHASE.connect;
    return LINE.event;
  }
}

/** `user=u result=permfail`: the name is the client's, the result the last of the line. */
function readAuthentication(line: ProgramLine, user: number): LineClass {
  const { bytes, words, end, batch } = line;
  const result = findLast(bytes, user, end, RESULT);
  if (result < 0) return line.unparsed('no result');
  const word = result + RESULT.length;
  const good = end - word === OK.length && startsWith(words, word, end, OK);
  const bad = end - word === PERMFAIL.length && startsWith(words, word, end, PERMFAIL);
  if (!good && !bad) return LINE.irrelevant;
  const row = line.pushOfPeer(good ? KIND.auth_success : KIND.auth_failure);
  setSession(line, row);
  batch.phase[row] = PHASE.ehlo;
  if (bad) batch.code[row] = 535;
  line.setWanted(row, TEXT.user, user, result);
  return LINE.event;
}
