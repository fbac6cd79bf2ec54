import type { EventBatch } from '../../model/event-batch.ts';
import type { KindName } from '../../model/event.ts';
import { seekByte, WordView } from '../../model/words.ts';
import { isFiller, phrase, startsWith, type Phrase } from '../byte-text.ts';
import type { Dialect, ParserSetting } from '../dialects.ts';
import { EXIM_HINTS } from './hints.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { ProgramLine } from '../syslog/program-line.ts';
import { behindProcess } from './behind-process.ts';
import type { LineCounts } from './line-counts.ts';
import { messageIdEnd } from './message-id.ts';
import { EximReader } from './reader.ts';
import { EximStamp } from './stamp.ts';

const BLANK = 32;
const NO_WORD = -1;

/** How texts begin that only Exim writes so. */
const BEGINNINGS: readonly Phrase[] = [
  'H=',
  'SMTP ',
  'no host name found for IP address ',
  'no IP address found for host ',
  'no MAIL in SMTP connection from ',
  'exim ',
  'Start queue run: pid=',
  'End queue run: pid=',
  'rejected ',
  'refused connection from ',
  'Connection from ',
  'unexpected disconnection while reading SMTP command from ',
  'TLS error on connection ',
  'unqualified ',
  'VRFY failed for ',
  'ETRN ',
].map(phrase);
const LOGIN_FAILED = phrase(' authenticator failed for ');
const LONGEST_NAME = 128;
const TAB = 9;
const DASH = 45;
const ENVELOPE = 'Envelope-';

class EximParser implements LogParser {
  readonly dialect = 'exim';
  lineTime = Number.NaN;
  reason = '';
  repeated = 0;
  readonly #mainlog: LineCounts | undefined;
  readonly #stamp = new EximStamp();
  readonly #reader = new EximReader();
  readonly #line: ProgramLine;
  readonly #dater: ParserSetting['dater'];

  constructor({ vocabulary, dater, needs, node, repeated }: ParserSetting) {
    this.#line = new ProgramLine(needs);
    this.#dater = dater;
    this.#mainlog = repeated?.copy();
    this.#line.node = vocabulary.nodes.id(node ?? '') ?? NO_WORD;
  }

  get lacks(): readonly KindName[] | undefined {
    return this.#reader.lacks;
  }

  parseLine(batch: EventBatch, start: number, limit: number, lineNumber: number): LineClass {
    const { bytes, words } = batch;
    let end = limit;
    while (end > start && isFiller(bytes[end - 1])) end--;
    const stamp = this.#stamp;
    if (!stamp.read(bytes, words, start, end)) return this.#parseUndated(bytes, start, end);
    const { localMs, offsetMs } = stamp;
    // The repeated hour of DST is told by the order of the lines, so each is asked.
    this.lineTime = localMs - (Number.isNaN(offsetMs) ? this.#dater.offsetOf(localMs) : offsetMs);
    if (this.#mainlog?.take(words, start, end) === true) {
      this.repeated++;
      return LINE.irrelevant;
    }
    const line = this.#line;
    if (line.node === NO_WORD) return this.#unparsed('too many hosts');
    line.batch = batch;
    line.bytes = bytes;
    line.words = words;
    line.time = this.lineTime;
    line.lineNumber = lineNumber;
    line.lineStart = start;
    line.at = behindProcess(bytes, stamp.next, end);
    line.end = end;
    const result = this.#reader.read(line);
    if (result === LINE.unparsed) this.reason = line.reason;
    return result;
  }

  #parseUndated(bytes: Buffer, start: number, end: number): LineClass {
    // Below the entry of a rejectlog, and of its time.
    if (!Number.isNaN(this.lineTime) && isHeaderText(bytes, start, end)) return LINE.irrelevant;
    this.lineTime = Number.NaN;
    return this.#unparsed(this.#stamp.reason);
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}

export const EXIM: Dialect = {
  dialect: 'exim',
  owns: ownsLine,
  createParser: (setting) => new EximParser(setting),
  hints: EXIM_HINTS,
};

const ownStamp = new EximStamp();
const ownWords = new WordView();

/** A line with Exim's stamp and a text that it writes; others write such stamps too. */
function ownsLine(bytes: Buffer, start: number, end: number): boolean {
  const words = ownWords.of(bytes);
  if (!ownStamp.read(bytes, words, start, end)) return false;
  const at = behindProcess(bytes, ownStamp.next, end);
  if (messageIdEnd(bytes, at, end) >= 0) return true;
  if (BEGINNINGS.some((beginning) => startsWith(words, at, end, beginning))) return true;
  const nameEnd = seekByte(words, at, Math.min(end, at + LONGEST_NAME), BLANK);
  return startsWith(words, nameEnd, end, LOGIN_FAILED);
}

/**
 * Whether a line without a stamp has the form of what a rejectlog shows below an entry: dashes, the
 * envelope, headers behind their letter (`P Received: …`, `  Subject: …`) and their further lines.
 */
function isHeaderText(bytes: Buffer, start: number, end: number): boolean {
  if (end === start) return true;
  const first = bytes[start];
  if (first === BLANK || first === TAB || bytes[start + 1] === BLANK) return true;
  if (first === DASH) {
    for (let at = start; at < end; at++) if (bytes[at] !== DASH) return false;
    return true;
  }
  for (let i = 0; i < ENVELOPE.length; i++) {
    if (bytes[start + i] !== ENVELOPE.charCodeAt(i)) return false;
  }
  return true;
}
