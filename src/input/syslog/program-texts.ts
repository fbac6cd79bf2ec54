import type { KindName, Needs } from '../../model/event.ts';
import { compareText } from '../../model/order.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { findByte, phrase, type Phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { readCleanup } from '../postfix/cleanup.ts';
import { DAEMON } from '../postfix/daemons.ts';
import { readDeliveryAgent } from '../postfix/delivery.ts';
import { HiddenDaemonReader } from '../postfix/hidden.ts';
import { readMaster } from '../postfix/master.ts';
import { readPostscreen } from '../postfix/postscreen.ts';
import { readQueueManager } from '../postfix/queue.ts';
import { readSmtpd } from '../postfix/smtpd.ts';
import { lackedByAll } from './lacked-kinds.ts';
import { ProgramLine } from './program-line.ts';
import {
  factsOfTag,
  FIRST_PROGRAM,
  PROGRAM_BITS,
  PROGRAMS,
  type ProgramReader,
} from './programs.ts';
import { MOST_REPEATS, repeatRows } from './repeat-rows.ts';

const PROGRAM_MASK = (1 << PROGRAM_BITS) - 1;
/** The number of a word that the vocabulary has no room for. */
export const NO_WORD = -1;
export const UNREADABLE = -1;
const LETTER_M = 109;
const CLOSE = 93;
const OPEN = 91;
const BLANK = 32;
const LAST_REPEATED = phrase('last message repeated ');
const REPEATED = phrase('message repeated ');
const TIMES = phrase(' time');

/**
 * The texts of the programs that write to one syslog, whatever carried them: whose text it is, and
 * what it says. The envelope's reader sets `line`, then asks by the number of the tag.
 */
export class ProgramTexts {
  readonly line: ProgramLine;
  readonly #vocabulary: Vocabulary;
  readonly #hidden = new HiddenDaemonReader();
  /** By place in `PROGRAMS`. */
  readonly #readers: (ProgramReader | undefined)[] = [];
  /** Names of the programs that wrote to the log. */
  readonly #names = new Set<string>();

  constructor(vocabulary: Vocabulary, needs: Needs) {
    this.#vocabulary = vocabulary;
    this.line = new ProgramLine(needs);
  }

  /** The programs that wrote to the log, such as `dovecot+postfix`; empty when it is none of ours. */
  get programs(): string {
    return [...this.#names].sort(compareText).join('+');
  }

  get lacks(): readonly KindName[] {
    // Postfix shows every kind.
    if (this.#names.has('postfix')) return [];
    return lackedByAll(
      this.#readers.flatMap((reader) => (reader === undefined ? [] : [reader.lacks])),
    );
  }

  /** The number that stands for a tag such as `postfix/smtpd`: its program and its listener. */
  tagNumber(tag: string): number {
    const { program, listener, name } = factsOfTag(tag);
    if (name !== undefined) this.#names.add(name);
    if (program <= DAEMON.quiet) return program;
    const number = this.#vocabulary.listeners.id(listener);
    return number === undefined ? NO_WORD : (number << PROGRAM_BITS) + program;
  }

  /** Reads the text of `line`, which a program of this tag wrote; its node and tag have numbers. */
  read(tag: number): LineClass {
    const { line } = this;
    line.listener = tag >> PROGRAM_BITS;
    const program = tag & PROGRAM_MASK;
    switch (program) {
      case DAEMON.smtpd:
        return readSmtpd(line);
      case DAEMON.postscreen:
        return readPostscreen(line);
      case DAEMON.cleanup:
        return readCleanup(line);
      case DAEMON.qmgr:
      case DAEMON.postsuper:
        return readQueueManager(line);
      case DAEMON.delivery:
        return readDeliveryAgent(line);
      case DAEMON.master:
        return readMaster(line);
      case DAEMON.hidden:
        return this.#hidden.read(line);
      default:
        return this.#readerOf(program - FIRST_PROGRAM).read(line);
    }
  }

  /** The same for any tag, node and text, also one that says `message repeated N times: [ … ]`. */
  readAny(tag: number): LineClass {
    const { line } = this;
    const times = this.expect(tag);
    if (times === UNREADABLE) return LINE.unparsed;
    if (times === 0) return LINE.irrelevant;
    const { batch } = line;
    const before = batch.rows;
    const result = this.read(tag);
    if (times > 1) repeatRows(batch, before, times);
    return result;
  }

  /**
   * How often the text of `line` is to count, by a program of this tag; narrows it to what is
   * repeated. 0 when it is no text of interest, `UNREADABLE` with a reason when a word is missing.
   */
  expect(tag: number): number {
    const { line } = this;
    if (tag === DAEMON.quiet || tag === DAEMON.foreign) return 0;
    if (tag === NO_WORD || line.node === NO_WORD) {
      line.reason = tag === NO_WORD ? 'too many tags' : 'too many hosts';
      return UNREADABLE;
    }
    // `m` for `message repeated`; no other text of interest starts so.
    return line.bytes[line.at] === LETTER_M ? unwrapRepetition(line) : 1;
  }

  #readerOf(place: number): ProgramReader {
    return (this.#readers[place] ??= PROGRAMS[place].createReader());
  }
}

/** N of a text without tag, `last message repeated N times`; 0 when it says something else. */
export function lastRepeated(bytes: Buffer, words: Int32Array, at: number, end: number): number {
  return repetitions(bytes, words, at, end, LAST_REPEATED);
}

/** N of `said N times`, 0 when the text at `at` does not say so. */
function repetitions(
  bytes: Buffer,
  words: Int32Array,
  at: number,
  end: number,
  said: Phrase,
): number {
  if (!startsWith(words, at, end, said)) return 0;
  const number = at + said.length;
  const stop = findByte(bytes, number, end, BLANK);
  if (!startsWith(words, stop, end, TIMES)) return 0;
  return Math.max(0, Math.min(MOST_REPEATS, wholeNumber(bytes, number, stop)));
}

/**
 * Narrows `message repeated N times: [ text]` (rsyslog) to its text and returns N; 1 when the line
 * is no such, 0 when its brackets are missing.
 */
function unwrapRepetition(line: ProgramLine): number {
  const { bytes, words, at, end } = line;
  const times = repetitions(bytes, words, at, end, REPEATED);
  if (times === 0) return 1;
  let text = findByte(bytes, at + REPEATED.length, end, OPEN) + 1;
  if (text >= end || bytes[end - 1] !== CLOSE) return 0;
  while (text < end && bytes[text] === BLANK) text++;
  line.at = text;
  line.end = end - 1;
  return times;
}
