import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { DAEMON } from './daemons.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { behindReject, readReject } from './reject.ts';

const DISCONNECT = phrase('DISCONNECT ');

/** Reads a line of postscreen. */
export function readPostscreen(line: ProgramLine): LineClass {
  const { bytes, words, at, end } = line;
  const c = bytes[at];
  line.queueStart = line.queueEnd = 0;
  if (c === 68 && startsWith(words, at, end, DISCONNECT)) return readPostscreenEnd(line);
  if (c === 114) {
    const bare = behindReject(line, at);
    return bare < 0 ? LINE.irrelevant : readReject(line, bare, DAEMON.postscreen);
  }
  if (c !== 78) return LINE.irrelevant;
  const verb = line.readQueueId(at);
  const reject = verb < 0 ? -1 : behindReject(line, verb);
  return reject < 0 ? LINE.irrelevant : readReject(line, reject, DAEMON.postscreen);
}

/**
 * `DISCONNECT [ip]:port`: a session that postscreen kept to its end, counted then as opened and
 * closed at once. One that it hands over has no such line and connects again at smtpd.
 */
export function readPostscreenEnd(line: ProgramLine): LineClass {
  const { batch, peer } = line;
  const at = line.at + DISCONNECT.length;
  if (!peer.read(line.bytes, line.words, at, line.end)) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const connect = line.pushOfPeer(KIND.connect);
  batch.phase[connect] = PHASE.connect;
  batch.setSpan(connect, TEXT.session, peer.open, peer.next);
  const disconnect = line.pushOfPeer(KIND.disconnect);
  batch.setSpan(disconnect, TEXT.session, peer.open, peer.next);
  return LINE.event;
}
