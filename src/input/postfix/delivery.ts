import { KIND, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { seekByte, seekEither } from '../../model/words.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { replyCode } from '../reply-code.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const GREATER = 62;
const COMMA = 44;
const OPEN = 40;
const CLOSE = 41;
const RECIPIENT = phrase('to=<');
const ORIGINAL = phrase(', orig_to=<');
const RELAY = phrase(', relay=');
const DELAY = phrase(', delay=');
const DSN = phrase(', dsn=');
const STATUS = phrase(', status=');

const RESULTS: readonly (readonly [word: Phrase, kind: number])[] = [
  [phrase('sent '), KIND.delivery],
  [phrase('bounced '), KIND.bounce],
  [phrase('deferred '), KIND.deferral],
];

/** Reads a line of a delivery agent. */
export function readDeliveryAgent(line: ProgramLine): LineClass {
  const verb = line.readQueueId(line.at);
  return verb < 0 ? LINE.irrelevant : readDelivery(line, verb);
}

/**
 * `to=<r>, orig_to=<o>, relay=h[ip]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (TEXT)`
 *
 * TEXT is what the next server said and may imitate any field, so the first `dsn=` and `status=`
 * behind the recipient's address count. Before 2.3 there was no `dsn=`.
 */
export function readDelivery(line: ProgramLine, verb: number): LineClass {
  const { bytes, words, end, batch } = line;
  if (!startsWith(words, verb, end, RECIPIENT)) return LINE.irrelevant;
  const recipient = verb + RECIPIENT.length;
  const recipientEnd = endOfAddress(bytes, words, recipient, end);
  if (recipientEnd >= end) return line.unparsed('no delivery status');
  let at = recipientEnd + 1;
  if (startsWith(words, at, end, ORIGINAL)) {
    at = endOfAddress(bytes, words, at + ORIGINAL.length, end) + 1;
  }
  const status = findStatus(bytes, words, at, end);
  if (status < 0) return line.unparsed('no delivery status');
  const word = status + STATUS.length;
  for (const [result, kind] of RESULTS) {
    if (!startsWith(words, word, end, result)) continue;
    const row = line.push(kind);
    line.setQueueId(row);
    line.setWanted(row, TEXT.recipient, recipient, recipientEnd);
    if (line.wants(TEXT.enhanced)) {
      const dsn = findFirst(bytes, at, status, DSN);
      const value = dsn + DSN.length;
      if (dsn >= 0) {
        batch.setSpan(row, TEXT.enhanced, value, findByte(bytes, value, status, COMMA));
      }
    }
    readReply(line, row, word + result.length);
    return LINE.event;
  }
  return LINE.irrelevant;
}

/** Where the first `, status=` behind a `, delay=` starts, or -1. */
function findStatus(bytes: Buffer, words: Int32Array, at: number, end: number): number {
  let delayed = false;
  const last = end - STATUS.length;
  for (let i = at; ; i++) {
    i = seekByte(words, i, last, COMMA);
    if (i >= last) return -1;
    const key = bytes[i + 2];
    if (key === 100) delayed ||= startsWith(words, i, end, DELAY);
    else if (key === 115 && delayed && startsWith(words, i, end, STATUS)) return i;
  }
}

const HOST = phrase('host ');
const ANSWERS = ['said: ', 'refused to talk to me: '].map(phrase);

/** `(250 2.0.0 Ok)`, `(host h[ip] said: 550 5.1.1 … (in reply to RCPT TO command))` */
function readReply(line: ProgramLine, row: number, at: number): void {
  const { bytes, words, end, batch } = line;
  if (at >= end || bytes[at] !== OPEN) return;
  const text = at + 1;
  const textEnd = bytes[end - 1] === CLOSE ? end - 1 : end;
  line.setWanted(row, TEXT.reason, text, textEnd);
  let code = replyCode(bytes, text, textEnd);
  if (code === 0 && startsWith(words, text, textEnd, HOST)) {
    const answer = findByte(bytes, text + HOST.length, textEnd, 32) + 1;
    for (const word of ANSWERS) {
      if (!startsWith(words, answer, textEnd, word)) continue;
      code = replyCode(bytes, answer + word.length, textEnd);
    }
  }
  if (code >= 200 && code < 600) batch.code[row] = code;
}

/**
 * The `>` that ends the address at `at`, or `end`. A quoted local part may hold any byte; where
 * the quotes do not pair (before 3.5 they were not logged) the first `>,` counts.
 */
function endOfAddress(bytes: Buffer, words: Int32Array, at: number, end: number): number {
  const plain = seekEither(words, at, end, GREATER, QUOTE);
  if (plain < end && bytes[plain] === GREATER && isFieldAhead(words, plain + 1, end)) return plain;
  let quoted = false;
  for (let i = at; i + 1 < end; i++) {
    const c = bytes[i];
    if (c === BACKSLASH && quoted) i++;
    else if (c === QUOTE) quoted = !quoted;
    else if (c === GREATER && !quoted && isFieldAhead(words, i + 1, end)) return i;
  }
  for (let i = at; i + 1 < end; i++) if (bytes[i] === GREATER && bytes[i + 1] === COMMA) return i;
  return end;
}

/** Whether `, relay=` or `, orig_to=<`, which follow an address, stand at `at`. */
function isFieldAhead(words: Int32Array, at: number, end: number): boolean {
  return startsWith(words, at, end, RELAY) || startsWith(words, at, end, ORIGINAL);
}
