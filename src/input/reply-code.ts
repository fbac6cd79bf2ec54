import type { EventBatch } from '../model/event-batch.ts';
import { TEXT } from '../model/event.ts';
import { isDigit } from './byte-text.ts';

const BLANK = 32;
const DASH = 45;
const DOT = 46;
const SEMICOLON = 59;

/** The SMTP reply code at `at`; 0 when there is none. */
export function replyCode(bytes: Buffer, at: number, end: number): number {
  if (end - at < 3) return 0;
  if (!isDigit(bytes[at]) || !isDigit(bytes[at + 1]) || !isDigit(bytes[at + 2])) return 0;
  const next = at + 3 < end ? bytes[at + 3] : BLANK;
  if (next !== BLANK && next !== DASH && next !== SEMICOLON) return 0;
  return (bytes[at] - 48) * 100 + (bytes[at + 1] - 48) * 10 + bytes[at + 2] - 48;
}

/** The end of the enhanced status code (`5.7.1`) at `at`; `at` when there is none. */
export function endOfEnhanced(bytes: Buffer, at: number, end: number): number {
  if (end - at < 5 || !isDigit(bytes[at]) || bytes[at + 1] !== DOT) return at;
  let i = at + 2;
  const subject = i;
  while (i < end && isDigit(bytes[i])) i++;
  if (i === subject || i - subject > 3 || i >= end || bytes[i] !== DOT) return at;
  const detail = ++i;
  while (i < end && isDigit(bytes[i])) i++;
  if (i === detail || i - detail > 3) return at;
  return i < end && bytes[i] !== BLANK && bytes[i] !== SEMICOLON ? at : i;
}

/**
 * Sets the code of the reply `550 5.7.1 text` in `batch.bytes[start, end)`, where it is one of SMTP's,
 * and the enhanced code behind it when `wantsEnhanced`.
 */
export function setReplyCodes(
  batch: EventBatch,
  row: number,
  start: number,
  end: number,
  wantsEnhanced: boolean,
): void {
  const { bytes } = batch;
  const code = replyCode(bytes, start, end);
  if (code >= 200 && code < 600) batch.code[row] = code;
  if (!wantsEnhanced) return;
  let at = code === 0 ? start : start + 3;
  while (at < end && bytes[at] === BLANK) at++;
  batch.setSpan(row, TEXT.enhanced, at, endOfEnhanced(bytes, at, end));
}
