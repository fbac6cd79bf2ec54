import { KIND, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { endOfAddress } from './quoted-address.ts';

const COMMA = 44;
const BLANK = 32;
const LESS = 60;
const OPEN = 40;
const CLOSE = 41;
const DELAY = phrase(', delay=');
const DSN = phrase(', dsn=');
const REPLY = phrase(', reply=');
const STAT = phrase(', stat=');
const NONE = -1;

/** Results without a `dsn=`; others, such as `queued` and `discarded`, are none. */
const RESULTS: readonly (readonly [word: Phrase, kind: number])[] = [
  [phrase('Sent'), KIND.delivery],
  [phrase('Deferred'), KIND.deferral],
  [phrase('User unknown'), KIND.bounce],
  [phrase('Service unavailable'), KIND.bounce],
  [phrase('Host unknown'), KIND.bounce],
  [phrase('Data format error'), KIND.bounce],
];
const NOT_TRIED = ['queued', 'discarded'].map(phrase);

/**
 * `to=<a>,<b>, ctladdr=…, delay=…, mailer=…, relay=h [ip], dsn=2.0.0, reply=250 …, stat=Sent (…)`: one
 * event for each recipient. What the next server said follows `dsn=` and cannot reach in front of it.
 *
 * @param list behind `to=`
 */
export function readRecipients(line: ProgramLine, list: number): LineClass {
  const { bytes, end } = line;
  const listEnd = endOfList(bytes, list, end);
  const delay = findFirst(bytes, listEnd, end, DELAY);
  if (delay < 0) return line.unparsed('no delivery status');
  const dsn = findFirst(bytes, delay, end, DSN);
  const stat = findFirst(bytes, dsn < 0 ? delay : dsn, end, STAT);
  if (stat < 0) return line.unparsed('no delivery status');
  const kind = kindOf(line, dsn, stat + STAT.length);
  if (kind === NONE) return LINE.irrelevant;
  for (let at = list; at < listEnd;) {
    const bracketed = bytes[at] === LESS;
    const start = bracketed ? at + 1 : at;
    const stop = bracketed
      ? endOfAddress(bytes, start, listEnd)
      : findByte(bytes, start, listEnd, COMMA);
    pushResult(line, kind, start, stop, dsn, stat);
    at = (bracketed ? stop + 1 : stop) + 1;
  }
  return LINE.event;
}

/** The `, ` behind the last recipient. */
function endOfList(bytes: Buffer, list: number, end: number): number {
  let at = list;
  while (at < end) {
    const stop =
      bytes[at] === LESS
        ? Math.min(endOfAddress(bytes, at + 1, end) + 1, end)
        : findByte(bytes, at, end, COMMA);
    if (stop + 1 >= end || bytes[stop + 1] === BLANK) return stop;
    at = stop + 1;
  }
  return end;
}

function kindOf({ bytes, words, end }: ProgramLine, dsn: number, stat: number): number {
  for (const word of NOT_TRIED) if (startsWith(words, stat, end, word)) return NONE;
  if (dsn >= 0) {
    const first = bytes[dsn + DSN.length];
    if (first === 50) return KIND.delivery;
    if (first === 52) return KIND.deferral;
    if (first === 53) return KIND.bounce;
  }
  for (const [word, kind] of RESULTS) if (startsWith(words, stat, end, word)) return kind;
  return NONE;
}

function pushResult(
  line: ProgramLine,
  kind: number,
  start: number,
  stop: number,
  dsn: number,
  stat: number,
): void {
  const { bytes, words, end, batch } = line;
  const row = line.push(kind);
  line.setQueueId(row);
  line.setWanted(row, TEXT.recipient, start, stop);
  if (dsn >= 0) {
    const enhancedEnd = findByte(bytes, dsn + DSN.length, end, COMMA);
    line.setWanted(row, TEXT.enhanced, dsn + DSN.length, enhancedEnd);
    const reply = startsWith(words, enhancedEnd, end, REPLY);
    if (reply) batch.code[row] = replyCode(bytes, enhancedEnd + REPLY.length, end);
  }
  let text = stat + STAT.length;
  let textEnd = end;
  if (kind === KIND.delivery && bytes[end - 1] === CLOSE) {
    // `Sent (250 ok)`
    const open = findByte(bytes, text, end, OPEN);
    if (open < end) {
      text = open + 1;
      textEnd = end - 1;
    }
  }
  line.setWanted(row, TEXT.reason, text, textEnd);
}
