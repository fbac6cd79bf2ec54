import { LOGGED_AS } from '../../model/event.ts';
import { findByte, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { onlyOne } from './rspamd.ts';

const OPEN = 40;
const BLANK = 32;
const COMMA = 44;
const QUEUE_ID = phrase(', Queue-ID: ');
const OUTCOMES = ['Blocked ', 'Passed '].map(phrase);
const FINDINGS: readonly (readonly [finding: Phrase, verdict: number])[] = [
  [phrase('SPAM'), LOGGED_AS.spam],
  [phrase('INFECTED'), LOGGED_AS.virus],
];

/**
 * `(12345-01) Blocked SPAM {RejectedInbound}, [ip]:port [ip] <s> -> <r>, Queue-ID: Q, Message-ID:
 * <m>, …`, also `Passed` and `INFECTED (name)`. Addresses and message id are the client's: a queue id
 * that stands twice says nothing.
 */
export function readAmavis(line: ProgramLine): LineClass {
  const { bytes, words, at, end } = line;
  const head = bytes[at] === OPEN ? findByte(bytes, at, end, BLANK) + 1 : at;
  for (const outcome of OUTCOMES) {
    if (!startsWith(words, head, end, outcome)) continue;
    for (const [finding, verdict] of FINDINGS) {
      if (!startsWith(words, head + outcome.length, end, finding)) continue;
      const id = onlyOne(bytes, head, end, QUEUE_ID);
      if (id < 0) continue;
      line.verdicts.set(line.node, bytes, id, findByte(bytes, id, end, COMMA), verdict);
    }
  }
  return LINE.irrelevant;
}
