import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { findByte, findLast, phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { readHost } from './host.ts';

const COMMA = 44;
const CLOSE = 41;
const REASON = phrase('): ');
const USER = phrase(', user=');
const RELAY = phrase(', relay=');
const AUTHID = phrase(', authid=');
const MECH = phrase(', mech=');

/** `AUTH failure (LOGIN): reason (-20) SASL(-13): …, user=u, relay=HOST`; the end is the server's. */
export function readAuthFailure(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  const relay = findLast(bytes, at, end, RELAY);
  if (relay < 0 || readHost(line, relay + RELAY.length, end) !== end) {
    return line.unparsed('no peer');
  }
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.auth_failure);
  line.setQueueId(row);
  line.setProcess(row);
  batch.phase[row] = PHASE.ehlo;
  batch.code[row] = 535;
  const user = findLast(bytes, at, relay, USER);
  if (user >= 0) line.setWanted(row, TEXT.user, user + USER.length, relay);
  const mechanism = findByte(bytes, at, relay, CLOSE);
  if (startsWith(words, mechanism, relay, REASON)) {
    line.setWanted(row, TEXT.reason, mechanism + REASON.length, user < 0 ? relay : user);
  }
  return LINE.event;
}

/** `AUTH=server, relay=HOST, authid=u, mech=PLAIN, bits=0`, from `HOST` on */
export function readAuthSuccess(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  const next = readHost(line, at, end);
  if (next < 0 || bytes[next] !== COMMA) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.auth_success);
  line.setProcess(row);
  batch.phase[row] = PHASE.ehlo;
  if (startsWith(words, next, end, AUTHID)) {
    const user = next + AUTHID.length;
    const mechanism = findLast(bytes, user, end, MECH);
    line.setWanted(row, TEXT.user, user, mechanism < 0 ? end : mechanism);
  }
  return LINE.event;
}
