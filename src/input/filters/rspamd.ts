import { LOGGED_AS } from '../../model/event.ts';
import { findByte, findFirst, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const GREATER = 62;
const WRITE_LOG = phrase('rspamd_task_write_log: ');
const QUEUE_ID = phrase(', qid: <');
const RESULT = phrase('(default: ');
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
  const log = findFirst(bytes, at, Math.min(end, at + LONGEST_HEAD), WRITE_LOG);
  if (log < 0) return LINE.irrelevant;
  const id = onlyOne(bytes, log, end, QUEUE_ID);
  const result = onlyOne(bytes, log, end, RESULT);
  if (id < 0 || result < id) return LINE.irrelevant;
  // `T (reject)`, `F (no action)`
  const action = findByte(bytes, result, end, 40);
  for (const [word, verdict] of ACTIONS) {
    if (!startsWith(words, action, end, word)) continue;
    line.verdicts.set(line.node, bytes, id, findByte(bytes, id, result, GREATER), verdict);
  }
  return LINE.irrelevant;
}

/** Behind the only `text` in `bytes[at, end)`; -1 when there is none or more than one. */
export function onlyOne(bytes: Uint8Array, at: number, end: number, text: Phrase): number {
  const first = findFirst(bytes, at, end, text);
  if (first < 0) return -1;
  const behind = first + text.length;
  return findFirst(bytes, behind, end, text) < 0 ? behind : -1;
}
