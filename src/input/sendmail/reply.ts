import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { endsWith, findLast, phrase } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const LESS = 60;
const GREATER = 62;
const BEFORE = phrase('... ');
const USER_UNKNOWN = phrase('... User unknown');

/**
 * `<r>... User unknown`: what the client was answered, of which sendmail logs neither code nor client.
 * `line.peer` is the client where an earlier line of the message named it.
 */
export function readReply(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch } = line;
  const before = findLast(bytes, at, end, BEFORE);
  if (before < 0) return LINE.irrelevant;
  const row = line.pushOfPeer(KIND.rejection);
  line.setQueueId(row);
  line.setProcess(row);
  batch.verdict[row] = LOGGED_AS.rejected;
  line.setWanted(row, TEXT.reason, before + BEFORE.length, end);
  if (!endsWith(words, at, end, USER_UNKNOWN)) return LINE.event;
  batch.phase[row] = PHASE.rcptto;
  batch.code[row] = 550;
  const bracketed = bytes[at] === LESS;
  const stop = bracketed && bytes[before - 1] === GREATER ? before - 1 : before;
  line.setWanted(row, TEXT.recipient, bracketed ? at + 1 : at, stop);
  return LINE.event;
}
