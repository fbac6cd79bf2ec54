import { KIND } from '../../model/event.ts';
import { phrase, startsWith } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const MARKS = ['daemon started -- ', 'terminating on signal '].map(phrase);

/** Reads a line of master: its start and its end close every session of its instance. */
export function readMaster(line: ProgramLine): LineClass {
  for (const mark of MARKS) {
    if (!startsWith(line.words, line.at, line.end, mark)) continue;
    line.push(KIND.restart);
    return LINE.event;
  }
  return LINE.irrelevant;
}
