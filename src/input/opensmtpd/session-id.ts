import { TEXT } from '../../model/event.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

export const SESSION_ID_LENGTH = 16;

/** Whether the line begins with a session id, sixteen hexadecimal digits. */
export function hasSessionId({ bytes, at, end }: ProgramLine): boolean {
  if (end - at < SESSION_ID_LENGTH) return false;
  for (let i = at; i < at + SESSION_ID_LENGTH; i++) {
    const c = bytes[i];
    if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return false;
  }
  return true;
}

/** Sets the session to the id that the line begins with. */
export function setSession(line: ProgramLine, row: number): void {
  line.batch.setSpan(row, TEXT.session, line.at, line.at + SESSION_ID_LENGTH);
}
