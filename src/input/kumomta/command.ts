import { PHASE } from '../../model/event.ts';

const COMMANDS: readonly (readonly [command: string, phase: number])[] = [
  ['AUTH', PHASE.ehlo],
  ['EHLO', PHASE.ehlo],
  ['HELO', PHASE.ehlo],
  ['LHLO', PHASE.ehlo],
  ['STARTTLS', PHASE.ehlo],
  ['MAIL', PHASE.mailfrom],
  ['RCPT', PHASE.rcptto],
  ['DATA', PHASE.data],
  ['BDAT', PHASE.data],
  ['.', PHASE.data],
];
const WORDS = COMMANDS.map(([command]) => Buffer.from(command));

/** Number of AUTH among the commands. */
export const AUTH = 0;
const NO_COMMAND = -1;

/** Which command `bytes[start, end)` begins with, in any case; `NO_COMMAND` for one that has no phase. */
export function commandOf(bytes: Uint8Array, start: number, end: number): number {
  for (let n = 0; n < WORDS.length; n++) {
    const word = WORDS[n];
    const behind = start + word.length;
    if (behind > end) continue;
    let i = 0;
    while (i < word.length && upper(bytes[start + i]) === word[i]) i++;
    if (i === word.length && (behind === end || bytes[behind] <= 32)) return n;
  }
  return NO_COMMAND;
}

/** The phase in which a command is answered; none for one that belongs to no phase. */
export function phaseOf(command: number): number {
  return command === NO_COMMAND ? PHASE.none : COMMANDS[command][1];
}

function upper(byte: number): number {
  return byte >= 97 && byte <= 122 ? byte - 32 : byte;
}
