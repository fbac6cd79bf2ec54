import { LOGGED_AS } from '../../model/event.ts';
import { seekByte } from '../../model/words.ts';
import { findByte, findFirst, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const PAREN = 40;
const GREATER = 62;
const WRITE_LOG = phrase('rspamd_task_write_log: ');
const QUEUE_ID = phrase(', qid: <');
const RESULT = phrase('(default: ');
const NO_ACTION = phrase('(no action)');
/** `<1a2b3c>; proxy; ` stands before the name of the function. */
const LONGEST_HEAD = 80;

const ACTIONS: readonly (readonly [action: Phrase, verdict: number])[] = [
  [phrase('(reject)'), LOGGED_AS.spam],
  [phrase('(add header)'), LOGGED_AS.spam],
  [phrase('(rewrite subject)'), LOGGED_AS.spam],
  [phrase('(quarantine)'), LOGGED_AS.spam],
  [phrase('(discard)'), LOGGED_AS.spam],
  [phrase('(greylist)'), LOGGED_AS.greylisted],
];

/**
 * `<1a2b3c>; proxy; rspamd_task_write_log: id: <m>, qid: <Q>, ip: A, from: <s>, (default: T (reject):
 * [15.10/15.00] [SYMBOLS]), len: …`
 *
 * The message id, the sender and what symbols quote are the client's: where a part stands twice,
 * the line says nothing.
 */
export function readRspamd(line: ProgramLine): LineClass {
  const { bytes, words, at, end } = line;
  // Most mail is good, and a line that begins by saying so says nothing more.
  const first = firstResult(words, at, end);
  const actionOfFirst = seekByte(words, first, end, PAREN);
  if (first >= end || startsWith(words, actionOfFirst, end, NO_ACTION)) return LINE.irrelevant;
  const log = findFirst(bytes, at, Math.min(end, at + LONGEST_HEAD), WRITE_LOG);
  if (log < 0) return LINE.irrelevant;
  const id = onlyOne(bytes, log, end, QUEUE_ID);
  const result = onlyOne(bytes, log, end, RESULT);
  if (id < 0 || result < id) return LINE.irrelevant;
  // `T (reject)`, `F (no action)`
  const action = seekByte(words, result, end, PAREN);
  for (const [word, verdict] of ACTIONS) {
    if (!startsWith(words, action, end, word)) continue;
    line.verdicts.set(line.node, bytes, id, findByte(bytes, id, result, GREATER), verdict);
  }
  return LINE.irrelevant;
}

/** Behind the first `(default: `; `end` when there is none. */
function firstResult(words: Int32Array, from: number, end: number): number {
  let at = seekByte(words, from, end, PAREN);
  while (at < end && !startsWith(words, at, end, RESULT)) at = seekByte(words, at + 1, end, PAREN);
  return Math.min(at + RESULT.length, end);
}

/** Behind the only `text` in `bytes[at, end)`; -1 when there is none or more than one. */
export function onlyOne(bytes: Uint8Array, at: number, end: number, text: Phrase): number {
  const first = findFirst(bytes, at, end, text);
  if (first < 0) return -1;
  const behind = first + text.length;
  return findFirst(bytes, behind, end, text) < 0 ? behind : -1;
}
