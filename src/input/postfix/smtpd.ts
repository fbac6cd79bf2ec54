import { FLAG } from '../../model/event-batch.ts';
import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { type Phrase, phrase, findByte, findFirst, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { DAEMON, type Daemon } from './daemons.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { behindReject, readReject } from './reject.ts';

const BLANK = 32;
const COMMA = 44;
const CONNECT = phrase('connect from ');
const DISCONNECT = phrase('disconnect from ');
const CLIENT = phrase('client=');
const WARNING = phrase('warning: ');

/** Reads a line of smtpd. */
export function readSmtpd(line: ProgramLine): LineClass {
  const { bytes, words, at, end } = line;
  const c = bytes[at];
  if (c === 99 && startsWith(words, at, end, CONNECT)) {
    return readConnection(line, KIND.connect, at + CONNECT.length);
  }
  if (c === 100 && startsWith(words, at, end, DISCONNECT)) {
    return readConnection(line, KIND.disconnect, at + DISCONNECT.length);
  }
  if (c === 119 && startsWith(words, at, end, WARNING)) {
    return readWarning(line, at + WARNING.length);
  }
  line.queueStart = line.queueEnd = 0;
  // Postfix before 2.0 wrote `reject: ` without a queue id.
  const bare = c === 114 ? behindReject(line, at) : -1;
  if (bare >= 0) return readReject(line, bare, DAEMON.smtpd);
  const verb = line.readQueueId(at);
  return verb < 0 ? LINE.irrelevant : readSmtpdVerb(line, verb, DAEMON.smtpd);
}

/** Reads what stands behind the queue id at `verb`. */
export function readSmtpdVerb(line: ProgramLine, verb: number, daemon: Daemon): LineClass {
  const { bytes, words, end } = line;
  if (bytes[verb] === 99) {
    if (!startsWith(words, verb, end, CLIENT)) return LINE.irrelevant;
    return readTransaction(line, verb + CLIENT.length);
  }
  const reject = behindReject(line, verb);
  return reject < 0 ? LINE.irrelevant : readReject(line, reject, daemon);
}

/** `connect from PEER`, `disconnect from PEER ehlo=1 … commands=4` */
export function readConnection(line: ProgramLine, kind: number, at: number): LineClass {
  if (!line.peer.read(line.bytes, line.words, at, line.end)) return line.unparsed('no peer');
  if (!line.peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(kind);
  line.setProcess(row);
  if (kind === KIND.connect) line.batch.phase[row] = PHASE.connect;
  return LINE.event;
}

const SASL_METHOD = phrase(', sasl_method=');
const SASL_USERNAME = phrase(', sasl_username=');
const SASL_SENDER = phrase(', sasl_sender=');
const ORIG_QUEUE_ID = phrase(', orig_queue_id=');
const ORIG_CLIENT = phrase(', orig_client=');

/**
 * `client=PEER, sasl_method=M, sasl_username=U, sasl_sender=S, orig_queue_id=Q, orig_client=PEER`
 *
 * S is what the client gave as `AUTH=`, so nothing behind it is believed; without S, the fields
 * stand in this order.
 */
function readTransaction(line: ProgramLine, client: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  if (!peer.read(bytes, words, client, end)) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.transaction);
  line.setQueueId(row);
  line.setProcess(row);
  let at = peer.next;
  if (at >= end) return LINE.event;
  if (startsWith(words, at, end, SASL_METHOD)) {
    at = findByte(bytes, at + SASL_METHOD.length, end, COMMA);
  }
  let userStart = 0;
  let userEnd = 0;
  if (startsWith(words, at, end, SASL_USERNAME)) {
    userStart = at + SASL_USERNAME.length;
    userEnd = endOfUser(bytes, userStart, end);
    at = userEnd;
  }
  if (startsWith(words, at, end, ORIG_QUEUE_ID)) {
    at = findByte(bytes, at + ORIG_QUEUE_ID.length, end, COMMA);
  }
  if (startsWith(words, at, end, ORIG_CLIENT)) batch.flags[row] |= FLAG.reinjected;
  if (userEnd <= userStart) return LINE.event;
  line.setWanted(row, TEXT.user, userStart, userEnd);
  const success = line.push(KIND.auth_success);
  batch.copyRow(row, success);
  batch.kind[success] = KIND.auth_success;
  batch.phase[success] = PHASE.ehlo;
  return LINE.event;
}

function endOfUser(bytes: Buffer, at: number, end: number): number {
  let stop = end;
  for (const field of [SASL_SENDER, ORIG_QUEUE_ID, ORIG_CLIENT]) {
    const next = findFirst(bytes, at, stop, field);
    if (next >= 0) stop = next;
  }
  return stop;
}

/** Limits that anvil counts: what the client was answered is not in the log. */
const LIMITS: readonly (readonly [limit: Phrase, code: number])[] = [
  [phrase('Connection rate limit exceeded: '), 421],
  [phrase('Connection concurrency limit exceeded: '), 421],
  [phrase('New TLS session rate limit exceeded: '), 421],
  [phrase('Message delivery request rate limit exceeded: '), 450],
  [phrase('Recipient address rate limit exceeded: '), 450],
  [phrase('AUTH command rate limit exceeded: '), 450],
];
const FROM = phrase(' from ');
const ILLEGAL_ADDRESS = phrase('Illegal address syntax from ');
const IN_RCPT = phrase(' in RCPT command: <');
const IN_MAIL = phrase(' in MAIL command: <');

/** Reads what stands behind `warning: `. */
export function readWarning(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end } = line;
  const c = bytes[at];
  if (c === 73 && startsWith(words, at, end, ILLEGAL_ADDRESS)) return readIllegal(line, at);
  if (c === 67 || c === 78 || c === 77 || c === 82 || c === 65) {
    for (const [limit, code] of LIMITS) {
      if (startsWith(words, at, end, limit)) return readLimit(line, at, limit.length, code);
    }
  }
  return readSasl(line, at);
}

/** `Connection rate limit exceeded: 61 from PEER for service smtp` */
function readLimit(line: ProgramLine, at: number, length: number, code: number): LineClass {
  const { bytes, words, end } = line;
  const count = at + length;
  const from = findByte(bytes, count, end, BLANK);
  if (!startsWith(words, from, end, FROM)) return line.unparsed('no peer');
  return readRefusal(line, from + FROM.length, code, at, count - 2);
}

/** `Illegal address syntax from PEER in RCPT command: <address>` */
function readIllegal(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  const client = at + ILLEGAL_ADDRESS.length;
  const result = readRefusal(line, client, 501, at, client - FROM.length);
  if (result !== LINE.event) return result;
  const row = batch.rows - 1;
  const last = end > peer.next && bytes[end - 1] === 62 ? end - 1 : end;
  if (startsWith(words, peer.next, end, IN_RCPT)) {
    line.setWanted(row, TEXT.recipient, peer.next + IN_RCPT.length, last);
  } else if (startsWith(words, peer.next, end, IN_MAIL)) {
    line.setWanted(row, TEXT.sender, peer.next + IN_MAIL.length, last);
  }
  return LINE.event;
}

/** A refusal of which the log has a warning only; its reason is the phrase of the warning. */
function readRefusal(
  line: ProgramLine,
  client: number,
  code: number,
  reasonStart: number,
  reasonEnd: number,
): LineClass {
  const { batch, peer } = line;
  if (!peer.read(line.bytes, line.words, client, line.end)) return line.unparsed('no peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.rejection);
  line.setProcess(row);
  batch.code[row] = code;
  batch.verdict[row] = LOGGED_AS.rejected;
  line.setWanted(row, TEXT.reason, reasonStart, reasonEnd);
  return LINE.event;
}

const SASL = phrase(': SASL ');
const FAILED = phrase(' authentication failed');
const ABORTED = phrase(' authentication aborted');
const UNAVAILABLE = phrase('(unavailable)');

/** `PEER: SASL LOGIN authentication failed: REASON, sasl_username=U`; else irrelevant. */
function readSasl(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  if (!peer.read(bytes, words, at, end)) return LINE.irrelevant;
  if (!startsWith(words, peer.next, end, SASL)) return LINE.irrelevant;
  const mechanism = findByte(bytes, peer.next + SASL.length, end, BLANK);
  const failed = startsWith(words, mechanism, end, FAILED);
  if (!failed && !startsWith(words, mechanism, end, ABORTED)) return LINE.irrelevant;
  if (!peer.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(failed ? KIND.auth_failure : KIND.auth_aborted);
  line.setProcess(row);
  batch.phase[row] = PHASE.ehlo;
  batch.code[row] = failed ? 535 : 501;
  const rest = mechanism + FAILED.length;
  const reason = bytes[rest] === 58 ? Math.min(rest + 2, end) : end;
  // The reason is the server's; the user name is the client's and may repeat the field's name.
  const field = findFirst(bytes, rest, end, SASL_USERNAME);
  line.setWanted(row, TEXT.reason, reason, field < 0 ? end : field);
  if (field >= 0) {
    const user = field + SASL_USERNAME.length;
    const none = end - user === UNAVAILABLE.length && startsWith(words, user, end, UNAVAILABLE);
    if (!none) line.setWanted(row, TEXT.user, user, end);
  }
  return LINE.event;
}
