import { fixture } from '../unit/input/event-rows.ts';

/** A dialect under fire: real lines of it, and how its server writes what a client chose. */
export interface FuzzedLog {
  readonly name: string;
  readonly lines: readonly string[];
  /** Lines at the front of every such file. */
  readonly preamble?: string;
  /** Of a field's text: what the server has made of it in the log. */
  readonly written: (text: string, field: string) => string;
}

const linesOf = (...names: readonly string[]): string[] =>
  names.flatMap((name) => fixture(name).toString('latin1').trimEnd().split('\n'));

/** Postfix writes blanks of a HELO as `?`. */
const postfixText = (text: string, field: string): string =>
  field === 'helo' ? text.replace(/\s/g, '?') : text;

export const FUZZED_LOGS: readonly FuzzedLog[] = [
  { name: 'postfix', lines: linesOf('postfix/recorded.log.gz'), written: postfixText },
  {
    name: 'postfix in RFC 5424',
    lines: linesOf('postfix/recorded.rfc5424.log.gz'),
    written: postfixText,
  },
];
