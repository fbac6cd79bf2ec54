import { LOGGED_AS } from '../../model/event.ts';
import { findByte, findFirst, phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const BLANK = 32;
const MESSAGE = phrase('Message ');
const FROM = phrase(' from ');
const INFECTED = phrase(' infected by ');

/** `Message Q from <s> to <r> … infected by NAME`; a clean one begins with another word. */
export function readClamavMilter(line: ProgramLine): LineClass {
  const { bytes, words, at, end } = line;
  if (!startsWith(words, at, end, MESSAGE)) return LINE.irrelevant;
  const id = at + MESSAGE.length;
  const idEnd = findByte(bytes, id, end, BLANK);
  if (!startsWith(words, idEnd, end, FROM)) return LINE.irrelevant;
  if (findFirst(bytes, idEnd, end, INFECTED) < 0) return LINE.irrelevant;
  line.verdicts.set(line.node, bytes, id, idEnd, LOGGED_AS.virus);
  return LINE.irrelevant;
}
