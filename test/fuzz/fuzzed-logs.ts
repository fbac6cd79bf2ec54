import { fixture } from '../unit/input/event-rows.ts';

/** A dialect under fire: real lines of it, and how its server writes what a client chose. */
export interface FuzzedLog {
  readonly name: string;
  readonly lines: readonly string[];
  /** Lines at the front of every such file. */
  readonly preamble?: string;
  /**
   * What the server makes of a field's text in the log. Undefined where no line shows both what a
   * client chose and what comes of it.
   */
  readonly written: ((text: string, field: string) => string) | undefined;
}

const linesOf = (...names: readonly string[]): string[] =>
  names.flatMap((name) => fixture(name).toString('latin1').trimEnd().split(/\r?\n/));

const isFront = (line: string): boolean =>
  line.startsWith('#') || line.startsWith('\u00ef\u00bb\u00bf#');
const bodyOf = (name: string): string[] => linesOf(name).filter((line) => !isFront(line));
const frontOf = (name: string): string => `${linesOf(name).filter(isFront).join('\n')}\n`;

const asItIs = (text: string): string => text;

const quotedText = (text: string): string => text.replace(/["\\]/g, '\\$&');

/** Postfix writes blanks of a HELO as `?`. */
const postfixText = (text: string, field: string): string =>
  field === 'helo' ? text.replace(/\s/g, '?') : text;

/** An address that Exim takes has blanks in a quoted local part only, a HELO that it takes has none. */
function eximText(text: string, field: string): string {
  if (field === 'helo') return text.replace(/\s/g, '?');
  return field === 'user' ? text : `"${quotedText(text)}"@x.example`;
}

const jsonText = (text: string): string => JSON.stringify(text).slice(1, -1);
/** One word, as in `user=<…>` or a path of SMTP. */
const wordText = (text: string): string => text.replace(/[\s<>]/g, '?');

/** Events of a converted log, every field of text between quotes. */
const EVENTS = linesOf('exim/mainlog.mid.events.csv.gz').map((line, index) =>
  index === 0 || line.includes('"') ? line : line.replace(/[^,]*@[^,]*/g, '"$&"'),
);

/** The event as an object. */
function jsonOf(line: string): string {
  const cells = line.replaceAll('"', '').split(',');
  const fields = EVENTS[0].split(',').map((name, index) => [name, cells[index]] as const);
  return JSON.stringify(Object.fromEntries(fields.filter(([, value]) => value !== '')));
}

export const FUZZED_LOGS: readonly FuzzedLog[] = [
  { name: 'postfix', lines: linesOf('postfix/recorded.log.gz'), written: postfixText },
  {
    name: 'postfix in RFC 5424',
    lines: linesOf('postfix/recorded.rfc5424.log.gz'),
    written: postfixText,
  },
  {
    name: 'rsyslog-json',
    lines: linesOf('postfix/recorded.jsonl.gz'),
    written: (text, field) => jsonText(postfixText(text, field)),
  },
  {
    name: 'journald',
    lines: linesOf('journald/journal.json.gz'),
    written: (text, field) => jsonText(postfixText(text, field)),
  },
  {
    name: 'sendmail',
    lines: linesOf('sendmail/loglevel9.log.gz', 'sendmail/loglevel14.log.gz'),
    written: wordText,
  },
  {
    name: 'exim',
    lines: linesOf('exim/mainlog.full.gz', 'exim/mainlog.mid.gz', 'exim/rejectlog.default.gz'),
    written: eximText,
  },
  { name: 'exim over syslog', lines: linesOf('exim/syslog.full.log.gz'), written: eximText },
  { name: 'opensmtpd', lines: linesOf('opensmtpd/mail.log.gz'), written: asItIs },
  { name: 'dovecot', lines: linesOf('dovecot/mail.log.gz'), written: asItIs },
  { name: 'haraka', lines: linesOf('haraka/default.log.gz'), written: quotedText },
  { name: 'haraka in logfmt', lines: linesOf('haraka/logfmt.log.gz'), written: quotedText },
  { name: 'haraka in JSON', lines: linesOf('haraka/json.log.gz'), written: jsonText },
  { name: 'kumomta', lines: linesOf('kumomta/records.json'), written: jsonText },
  {
    name: 'momentum',
    lines: linesOf(
      'momentum/mainlog.ec',
      'momentum/rejectlog.ec',
      'momentum/bouncelog.ec',
      'momentum/acctlog.ec',
    ),
    written: (text) => quotedText(text).replaceAll('@', '\\@'),
  },
  {
    name: 'csv',
    lines: EVENTS.slice(1),
    preamble: `${EVENTS[0]}\n`,
    written: (text) => text.replaceAll('"', '""'),
  },
  { name: 'ndjson', lines: EVENTS.slice(1).map(jsonOf), written: jsonText },
  {
    name: 'exchange tracking',
    lines: bodyOf('exchange/MSGTRK2026112019-1.LOG'),
    preamble: frontOf('exchange/MSGTRK2026112019-1.LOG'),
    written: (text) => text.replaceAll('"', '""'),
  },
  {
    name: 'exchange receive',
    lines: bodyOf('exchange/RECV2026112019-1.LOG'),
    preamble: frontOf('exchange/RECV2026112019-1.LOG'),
    written: undefined,
  },
];
