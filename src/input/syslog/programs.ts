import type { KindName } from '../../model/event.ts';
import { DovecotReader } from '../dovecot/reader.ts';
import { readAmavis } from '../filters/amavis.ts';
import { readClamavMilter } from '../filters/clamav-milter.ts';
import { readRspamd } from '../filters/rspamd.ts';
import { EXIM_HINTS } from '../exim/hints.ts';
import { EximProgram } from '../exim/syslog.ts';
import type { LackHints } from '../dialects.ts';
import type { FormatName } from '../format-names.ts';
import { OpensmtpdReader } from '../opensmtpd/reader.ts';
import { DAEMON, daemonOfTag, listenerOfTag } from '../postfix/daemons.ts';
import type { LineClass } from '../port.ts';
import { SendmailReader } from '../sendmail/reader.ts';
import { allKindsBut } from './lacked-kinds.ts';
import type { ProgramLine } from './program-line.ts';

/** Reads the texts of one program; an instance serves one file and may keep state between lines. */
export interface ProgramReader {
  /** May set the time of the line, where its text tells it more exactly than the envelope. */
  read(line: ProgramLine): LineClass;
  /** Kinds that the program's lines have not shown and, as far as is known, will not show. */
  readonly lacks: readonly KindName[];
}

/** What judges messages and has no log of its own kind. */
type FilterName = 'rspamd' | 'amavis' | 'clamav-milter';

/** A program that writes to syslog, beside Postfix with its many daemons. */
export interface Program {
  /** As reports name it; of a mail server also `--input-format`. */
  readonly name: FormatName | FilterName;
  readonly hasTag: (tag: string) => boolean;
  readonly createReader: () => ProgramReader;
  /** What makes it log a kind of event that its log lacks. */
  readonly hints?: LackHints;
}

const NO_EVENTS = allKindsBut([]);
/** A filter, whose lines judge messages and are no events. */
const filter = (read: (line: ProgramLine) => LineClass): (() => ProgramReader) => {
  return () => ({ read, lacks: NO_EVENTS });
};
const SENDMAIL_TAG = /^(?:sendmail|sm-(?:mta|msp|acceptingconnections|que)[a-z-]*)$/;

const EXIM_TAG = /^exim\d?(?:[-_./].*)?$/;

export const PROGRAMS: readonly Program[] = [
  /** Also Debian's `exim4`, and others of that name (`syslog_processname` is the user's). */
  {
    name: 'exim',
    hasTag: (tag) => EXIM_TAG.test(tag),
    createReader: () => new EximProgram(),
    hints: EXIM_HINTS,
  },
  {
    name: 'sendmail',
    hasTag: (tag) => SENDMAIL_TAG.test(tag),
    createReader: () => new SendmailReader(),
    hints: { connect: 'sendmail logs connections at LogLevel 14 and above' },
  },
  {
    name: 'opensmtpd',
    hasTag: (tag) => tag === 'smtpd',
    createReader: () => new OpensmtpdReader(),
  },
  {
    name: 'dovecot',
    hasTag: (tag) => tag === 'dovecot',
    createReader: () => new DovecotReader(),
  },
  { name: 'rspamd', hasTag: (tag) => tag === 'rspamd', createReader: filter(readRspamd) },
  {
    name: 'amavis',
    hasTag: (tag) => tag === 'amavis' || tag === 'amavisd',
    createReader: filter(readAmavis),
  },
  {
    name: 'clamav-milter',
    hasTag: (tag) => tag === 'clamav-milter',
    createReader: filter(readClamavMilter),
  },
];

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
