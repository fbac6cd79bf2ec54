import type { LackHints } from '../dialects.ts';
import type { FormatName } from '../format-names.ts';
import { DAEMON, daemonOfTag, listenerOfTag } from '../postfix/daemons.ts';
import type { LineClass } from '../port.ts';
import type { ProgramLine } from './program-line.ts';

/** Reads the texts of one program; an instance serves one file and may keep state between lines. */
export interface ProgramReader {
  read(line: ProgramLine): LineClass;
}

/** A program that writes to syslog, beside Postfix with its many daemons. */
export interface Program {
  /** As reports and `--input-format` name it. */
  readonly name: FormatName;
  readonly hasTag: (tag: string) => boolean;
  readonly createReader: () => ProgramReader;
  /** What makes it log a kind of event that its log lacks. */
  readonly hints?: LackHints;
}

export const PROGRAMS: readonly Program[] = [];

/** Numbers of programs follow those of Postfix's daemons. */
export const FIRST_PROGRAM = 16;
export const PROGRAM_BITS = 6;

/** What a tag such as `postfix/submission/smtpd` or `dovecot` says about who wrote a line. */
export interface TagFacts {
  /** A `DAEMON` of Postfix, or `FIRST_PROGRAM` and the place in `PROGRAMS`. */
  readonly program: number;
  readonly listener: string;
  /** Undefined for programs that we do not read. */
  readonly name: string | undefined;
}

export function factsOfTag(tag: string): TagFacts {
  const daemon = daemonOfTag(tag);
  if (daemon !== DAEMON.foreign) {
    return { program: daemon, listener: listenerOfTag(tag), name: 'postfix' };
  }
  const place = PROGRAMS.findIndex(({ hasTag }) => hasTag(tag));
  if (place === -1) return { program: DAEMON.foreign, listener: '', name: undefined };
  return { program: FIRST_PROGRAM + place, listener: tag, name: PROGRAMS[place].name };
}
