import { KIND, TEXT } from '../../model/event.ts';
import { findByte, findFirst, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const BLANK = 32;
const QUOTE = 34;
const ENVELOPE = phrase('evpid=');
const FROM = phrase(' from=<');
const TO = phrase('> to=<');
const RCPT = phrase('> rcpt=<');
const DELAY = phrase(' delay=');
const RESULT = phrase(' result=');
const STAT = phrase(' stat=');
const MESSAGE_ID_LENGTH = 8;

const RESULTS: readonly (readonly [result: Phrase, kind: number])[] = [
  [phrase('Ok'), KIND.delivery],
  [phrase('TempFail'), KIND.deferral],
  [phrase('PermFail'), KIND.bounce],
  [phrase('Loop'), KIND.bounce],
];

/**
 * `evpid=… from=<s> to=<r> rcpt=<o> source=… relay=… delay=1s result="Ok" stat="250 …"`, also without
 * quotes. What the next server said is the last part.
 */
export function readDelivery(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch } = line;
  if (!startsWith(words, at, end, ENVELOPE)) return LINE.irrelevant;
  const id = at + ENVELOPE.length;
  const from = findByte(bytes, id, end, BLANK);
  if (!startsWith(words, from, end, FROM)) return line.unparsed('no delivery status');
  const to = findFirst(bytes, from + FROM.length, end, TO);
  const rcpt = to < 0 ? -1 : findFirst(bytes, to + TO.length, end, RCPT);
  const delay = rcpt < 0 ? -1 : findFirst(bytes, rcpt, end, DELAY);
  const result = delay < 0 ? -1 : findFirst(bytes, delay, end, RESULT);
  if (result < 0) return line.unparsed('no delivery status');
  const word = unquoted(bytes, result + RESULT.length);
  for (const [name, kind] of RESULTS) {
    if (!startsWith(words, word, end, name)) continue;
    const row = line.push(kind);
    batch.setSpan(row, TEXT.queue_id, id, Math.min(id + MESSAGE_ID_LENGTH, from));
    line.setWanted(row, TEXT.sender, from + FROM.length, to);
    line.setWanted(row, TEXT.recipient, to + TO.length, rcpt);
    const stat = findFirst(bytes, word, end, STAT);
    if (stat < 0) return LINE.event;
    const text = unquoted(bytes, stat + STAT.length);
    const code = replyCode(bytes, text, end);
    batch.code[row] = code;
    if (code > 0) {
      const enhanced = Math.min(text + 4, end);
      line.setWanted(row, TEXT.enhanced, enhanced, endOfEnhanced(bytes, enhanced, end));
    }
    line.setWanted(row, TEXT.reason, text, bytes[end - 1] === QUOTE ? end - 1 : end);
    return LINE.event;
  }
  return LINE.irrelevant;
}

function unquoted(bytes: Buffer, at: number): number {
  return bytes[at] === QUOTE ? at + 1 : at;
}
