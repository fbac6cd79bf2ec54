import { KIND, TEXT } from '../../model/event.ts';
import { findByte, findLast, phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { readHost } from './host.ts';
import { endOfAddress } from './quoted-address.ts';

const LESS = 60;
const COMMA = 44;
const SIZE = phrase(', size=');
const CLASS = phrase(', class=');
const NRCPTS = phrase(', nrcpts=');
const MSGID = phrase(', msgid=');
const DAEMON = phrase(', daemon=');
const RELAY = phrase(', relay=');

/**
 * `from=<s>, size=n, class=0, nrcpts=n, msgid=<m>, proto=ESMTP, daemon=NAME, relay=HOST`
 *
 * Without recipients or a message id nothing was accepted. Sender and message id are the client's:
 * what stands before the id is read from the front, what stands behind it from the end.
 *
 * @param sender behind `from=`
 */
export function readReception(line: ProgramLine, sender: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  const bracketed = bytes[sender] === LESS;
  const start = bracketed ? sender + 1 : sender;
  const stop = bracketed ? endOfAddress(bytes, start, end) : findByte(bytes, start, end, COMMA);
  let at = bracketed ? stop + 1 : stop;
  if (!startsWith(words, at, end, SIZE)) return line.unparsed('no message size');
  const size = at + SIZE.length;
  at = findByte(bytes, size, end, COMMA);
  const sizeBytes = wholeNumber(bytes, size, at);
  if (sizeBytes < 0) return line.unparsed('no message size');
  if (startsWith(words, at, end, CLASS)) at = findByte(bytes, at + CLASS.length, end, COMMA);
  if (!startsWith(words, at, end, NRCPTS)) return line.unparsed('no recipient count');
  const nrcpts = at + NRCPTS.length;
  at = findByte(bytes, nrcpts, end, COMMA);
  const recipients = wholeNumber(bytes, nrcpts, at);
  if (recipients < 0 || recipients > 0x7fff_ffff) return line.unparsed('no recipient count');
  if (recipients === 0 || !startsWith(words, at, end, MSGID)) return LINE.irrelevant;
  const relay = findLast(bytes, at, end, RELAY);
  if (relay < 0) return line.unparsed('no peer');
  if (readHost(line, relay + RELAY.length, end) !== end) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  // Submitted on the machine itself: no client sent it.
  if (peer.family === 0) return LINE.irrelevant;
  const row = line.pushOfPeer(KIND.reception);
  line.setQueueId(row);
  line.setProcess(row);
  batch.size[row] = sizeBytes;
  batch.recipients[row] = recipients;
  line.setFinding(row);
  line.setWanted(row, TEXT.sender, start, stop);
  const daemon = findLast(bytes, at, relay, DAEMON);
  if (daemon >= 0) {
    const name = daemon + DAEMON.length;
    line.setListener(row, name, findByte(bytes, name, relay, COMMA));
  }
  return LINE.event;
}
