import { KIND, TEXT } from '../../model/event.ts';
import { phrase, endsWith, findLast, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const GREATER = 62;
const BLANK = 32;
const SENDER = phrase('from=<');
const QUEUE_ACTIVE = phrase(' (queue active)');
const NRCPT = phrase(', nrcpt=');
const SIZE = phrase(', size=');
const EXPIRED = phrase(', status=expired, returned to sender');
const FORCE_EXPIRED = phrase(', status=force-expired, returned to sender');
const REMOVED = phrase('removed');

/** Reads a line of the queue manager, or of postsuper: `removed` frees a queue id. */
export function readQueueManager(line: ProgramLine): LineClass {
  const verb = line.readQueueId(line.at);
  if (verb < 0) return LINE.irrelevant;
  return line.bytes[verb] === 102 ? readSender(line, verb) : readRemoved(line, verb);
}

/** `removed`, and cleanup's `removed (canceled)` */
export function readRemoved(line: ProgramLine, verb: number): LineClass {
  const { bytes, words, end } = line;
  if (!startsWith(words, verb, end, REMOVED)) return LINE.irrelevant;
  const next = verb + REMOVED.length;
  if (next < end && bytes[next] !== BLANK) return LINE.irrelevant;
  if (line.queueEnd <= line.queueStart) return LINE.irrelevant;
  line.setQueueId(line.push(KIND.removed));
  return LINE.event;
}

/**
 * `from=<s>, size=1234, nrcpt=1 (queue active)` or `from=<s>, status=expired, returned to sender`
 *
 * Read from the end, which the client's address cannot reach.
 */
export function readSender(line: ProgramLine, verb: number): LineClass {
  const { bytes, words, end } = line;
  if (!startsWith(words, verb, end, SENDER)) return LINE.irrelevant;
  const sender = verb + SENDER.length;
  if (endsWith(words, sender, end, QUEUE_ACTIVE)) return readActive(line, sender);
  for (const ending of [EXPIRED, FORCE_EXPIRED]) {
    if (!endsWith(words, sender, end, ending)) continue;
    const row = line.push(KIND.bounce);
    line.setQueueId(row);
    const close = end - ending.length - 1;
    if (bytes[close] === GREATER) line.setWanted(row, TEXT.sender, sender, close);
    return LINE.event;
  }
  return line.unparsed('sender without size or status');
}

function readActive(line: ProgramLine, sender: number): LineClass {
  const { bytes, end, batch } = line;
  const recipientsEnd = end - QUEUE_ACTIVE.length;
  const nrcpt = findLast(bytes, sender, recipientsEnd, NRCPT);
  const size = nrcpt < 0 ? -1 : findLast(bytes, sender, nrcpt, SIZE);
  if (size <= sender - 1 || bytes[size - 1] !== GREATER) return line.unparsed('no message size');
  const sizeBytes = wholeNumber(bytes, size + SIZE.length, nrcpt);
  const recipients = wholeNumber(bytes, nrcpt + NRCPT.length, recipientsEnd);
  if (sizeBytes < 0) return line.unparsed('no message size');
  if (recipients < 0 || recipients > 0x7fff_ffff) return line.unparsed('no recipient count');
  const row = line.push(KIND.queued);
  line.setQueueId(row);
  batch.size[row] = sizeBytes;
  batch.recipients[row] = recipients;
  line.setFinding(row);
  line.setWanted(row, TEXT.sender, sender, size - 1);
  return LINE.event;
}
