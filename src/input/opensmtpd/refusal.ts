import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { findLast, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { judgeRefusal } from '../filters/refusal-words.ts';
import { LINE, type LineClass } from '../port.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { setSession } from './session-id.ts';

const BLANK = 32;
const QUOTE = 34;
const GREATER = 62;
const RESULT = phrase('" result="');
const AUTH = phrase('AUTH ');
const NO_FIELD = -1;
const WRONG_PASSWORD = 535;

/** Commands by their phase, and the field that their argument is. */
const COMMANDS: readonly (readonly [command: Phrase, phase: number, field: number])[] = [
  [phrase('RCPT TO:<'), PHASE.rcptto, TEXT.recipient],
  [phrase('MAIL FROM:<'), PHASE.mailfrom, TEXT.sender],
  [phrase('EHLO '), PHASE.ehlo, TEXT.helo],
  [phrase('HELO '), PHASE.ehlo, TEXT.helo],
  [phrase('DATA'), PHASE.data, NO_FIELD],
  [phrase('."'), PHASE.data, NO_FIELD],
];

/**
 * `RCPT TO:<r>" result="550 text"` from the command on. Quotes inside are not escaped; the command is
 * the client's, and the answer stands behind it, so the last `result=` counts.
 */
export function readFailedCommand(line: ProgramLine, command: number): LineClass {
  const { bytes, words, end, batch } = line;
  const result = findLast(bytes, command, end, RESULT);
  if (result < command) return line.unparsed('no result');
  const answer = result + RESULT.length;
  const code = replyCode(bytes, answer, end);
  // A line of its own tells that the login failed.
  if (code === WRONG_PASSWORD && startsWith(words, command, end, AUTH)) return LINE.irrelevant;
  const row = pushRefusal(line, answer, code);
  if (result === command && code !== 500) batch.phase[row] = PHASE.connect;
  for (const [word, phase, field] of COMMANDS) {
    if (!startsWith(words, command, end, word)) continue;
    batch.phase[row] = phase;
    const argument = command + word.length;
    const bracketed = field === TEXT.recipient || field === TEXT.sender;
    const last = bracketed && bytes[result - 1] === GREATER ? result - 1 : result;
    if (field !== NO_FIELD) line.setWanted(row, field, argument, last);
  }
  judge(line, row, answer);
  return LINE.event;
}

/** `500 5.5.1 text"` from the answer on */
export function readBadInput(line: ProgramLine, answer: number): LineClass {
  const code = replyCode(line.bytes, answer, line.end);
  line.batch.verdict[pushRefusal(line, answer, code)] = LOGGED_AS.rejected;
  return LINE.event;
}

function pushRefusal(line: ProgramLine, answer: number, code: number): number {
  const { bytes, end, batch } = line;
  const row = line.pushOfPeer(KIND.rejection);
  setSession(line, row);
  batch.code[row] = code;
  const enhanced = code > 0 ? Math.min(answer + 4, end) : answer;
  const enhancedEnd = endOfEnhanced(bytes, enhanced, end);
  line.setWanted(row, TEXT.enhanced, enhanced, enhancedEnd);
  let text = enhancedEnd;
  if (text > enhanced && bytes[text] === BLANK) text++;
  line.setWanted(row, TEXT.reason, text, endOfAnswer(line));
  return row;
}

/** At the end of a message the answer is a filter's, elsewhere it may quote the client. */
function judge(line: ProgramLine, row: number, answer: number): void {
  const { bytes, batch } = line;
  const atEnd = batch.phase[row] === PHASE.data;
  const soft = batch.code[row] >= 400 && batch.code[row] < 500;
  const quotesClient = findLast(bytes, answer, line.end, LESS) >= 0;
  batch.verdict[row] = quotesClient
    ? LOGGED_AS.rejected
    : judgeRefusal(bytes, line.words, answer, endOfAnswer(line), soft, atEnd);
}

const LESS = phrase('<');

function endOfAnswer({ bytes, end }: ProgramLine): number {
  return bytes[end - 1] === QUOTE ? end - 1 : end;
}
