import type { EventBatch } from '../../model/event-batch.ts';
import type { KindName, Needs } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { seekEither } from '../../model/words.ts';
import { isFiller, sameBytes } from '../byte-text.ts';
import { LINE, type LineClass, type LineRun, type LogParser } from '../port.ts';
import { DAEMON } from '../postfix/daemons.ts';
import { SeenHead } from '../seen-head.ts';
import { SeenTags } from '../seen-tags.ts';
import type { StampDater } from '../stamp-dater.ts';
import { SyslogHeader } from '../syslog-header.ts';
import { WordCache } from '../word-cache.ts';
import { lastRepeated, NO_WORD, ProgramTexts } from './program-texts.ts';
import { repeatRows } from './repeat-rows.ts';

export interface SyslogOptions {
  /** The vocabulary of every batch that the parser will get. */
  readonly vocabulary: Vocabulary;
  readonly dater: StampDater;
  readonly needs: Needs;
  /** Stands for the host that the lines name. */
  readonly node?: string | undefined;
}

/** A parser of one log in any syslog form, whichever programs write to it (formats, section 3). */
export function createSyslogParser(options: SyslogOptions): LogParser {
  return new SyslogParser(options);
}

const MINUTE_MS = 60_000;
const LETTER_M = 109;
const COLON = 58;
const CLOSE = 93;
const OPEN = 91;
const BLANK = 32;

class SyslogParser implements LogParser {
  lineTime = Number.NaN;
  reason = '';
  readonly #dater: StampDater;
  readonly #header: SyslogHeader;
  /** The header of a line that a later line repeats. */
  readonly #repeated: SyslogHeader;
  readonly #tags = new SeenTags();
  /** The head of the line that `parseLine` read last, and when its minute began. */
  readonly #head = new SeenHead();
  #minuteMs = Number.NaN;
  readonly #texts: ProgramTexts;
  readonly #hosts: WordCache;
  readonly #fixedNode: boolean;
  #node: number;
  /** The last line that was no repetition; -1 when there is none. */
  #previousStart = -1;
  #previousEnd = -1;

  constructor({ vocabulary, dater, needs, node }: SyslogOptions) {
    this.#dater = dater;
    this.#texts = new ProgramTexts(vocabulary, needs);
    const tagNumber = (tag: string): number => this.#texts.tagNumber(tag);
    this.#header = new SyslogHeader(tagNumber, this.#tags);
    this.#repeated = new SyslogHeader(tagNumber, this.#tags);
    this.#hosts = new WordCache((host) => vocabulary.nodes.id(host) ?? NO_WORD);
    this.#fixedNode = node !== undefined;
    this.#node = vocabulary.nodes.id(node ?? '') ?? NO_WORD;
  }

  /** The programs that wrote to the log, such as `dovecot+postfix`. */
  get dialect(): string {
    return this.#texts.programs || 'syslog';
  }

  get lacks(): readonly KindName[] {
    return this.#texts.lacks;
  }

  get carryFrom(): number {
    return this.#previousStart;
  }

  rebase(delta: number): void {
    if (this.#previousStart < 0) return;
    this.#previousStart -= delta;
    this.#previousEnd -= delta;
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    const header = this.#header;
    if (!header.read(bytes, start, end)) {
      this.lineTime = Number.NaN;
      this.#previousStart = -1;
      return this.#unparsed(header.reason);
    }
    const time = this.#dater.toUtc(header);
    this.lineTime = time;
    if (Number.isNaN(time)) {
      this.#previousStart = -1;
      this.#head.forget();
      return this.#unparsed('no such date');
    }
    if (header.hostChanged && !this.#fixedNode) {
      this.#node = this.#hosts.number(bytes, header.hostStart, header.hostEnd);
    }
    if (header.stampChanged || header.hostChanged) this.#keepHead(batch, start);
    if (header.tagEnd === header.tagStart) return this.#parseUntagged(batch, start, end, line);
    this.#previousStart = start;
    this.#previousEnd = end;
    return this.#parseText(batch, header, line, start);
  }

  scan(batch: EventBatch, from: number, limit: number, run: LineRun): number {
    const { bytes, words } = batch;
    const head = this.#head;
    const tags = this.#tags;
    const dater = this.#dater;
    const texts = this.#texts;
    const { line } = texts;
    if (!head.matches(bytes, words, from, limit)) return from;
    if (!dater.steady || this.#node === NO_WORD) return from;
    line.batch = batch;
    line.bytes = bytes;
    line.words = words;
    line.node = this.#node;
    const lines = bytes.subarray(0, limit);
    let lastTime = this.lineTime;
    let { settledMs } = run;
    let at = from;
    do {
      const tagStart = at + head.length;
      const place = tags.find(bytes, words, tagStart, limit);
      if (place < 0) break;
      const tagEnd = tagStart + tags.length(place);
      const lineEnd = lines.indexOf(10, tagEnd);
      if (lineEnd === -1) break;
      let pidStart = tagEnd;
      let pidEnd = tagEnd;
      let text = tagEnd;
      if (bytes[tagEnd] === OPEN) {
        pidStart++;
        pidEnd = seekEither(words, pidStart, lineEnd, CLOSE, BLANK);
        if (bytes[pidEnd] !== CLOSE) break;
        text = pidEnd + 1;
      }
      if (bytes[text] !== COLON || bytes[text + 1] !== BLANK || bytes[text + 2] <= BLANK) break;
      text += 2;
      const tag = tags.number(place);
      const row = batch.rows;
      const time = this.#minuteMs + head.msOfMinute;
      let seen = time;
      let end = lineEnd;
      if (tag > DAEMON.quiet) {
        if (bytes[text] === LETTER_M) break;
        while (isFiller(bytes[end - 1])) end--;
        line.time = time;
        line.lineNumber = run.line + 1;
        line.lineStart = at;
        line.tagStart = tagStart;
        line.tagEnd = tagEnd;
        line.pidStart = pidStart;
        line.pidEnd = pidEnd;
        line.at = text;
        line.end = end;
        const result = texts.read(tag);
        if (result === LINE.unparsed) break;
        seen = line.time;
        if (result === LINE.event) run.event++;
        else run.irrelevant++;
      } else if (tag === NO_WORD) break;
      else run.irrelevant++;
      run.line++;
      if (time !== lastTime) {
        dater.follow(time);
        lastTime = time;
      }
      if (seen !== settledMs) {
        run.see(seen, batch, row);
        settledMs = run.settledMs;
      }
      this.#previousStart = at;
      this.#previousEnd = end;
      at = lineEnd + 1;
    } while (head.matches(bytes, words, at, limit));
    return at;
  }

  #keepHead({ bytes, words }: EventBatch, start: number): void {
    const header = this.#header;
    if (!header.plain) {
      this.#head.forget();
      return;
    }
    const { secondStart, clockEnd, tagStart } = header;
    this.#head.keep(bytes, words, start, secondStart, clockEnd, tagStart);
    this.#minuteMs = this.lineTime - (header.msOfDay % MINUTE_MS);
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  /** Reads the text of `header`'s line at the time of the line read last. */
  #parseText(
    batch: EventBatch,
    header: SyslogHeader,
    lineNumber: number,
    lineStart: number,
  ): LineClass {
    const { line } = this.#texts;
    line.batch = batch;
    line.bytes = batch.bytes;
    line.words = batch.words;
    line.tagStart = header.tagStart;
    line.tagEnd = header.tagEnd;
    line.pidStart = header.pidStart;
    line.pidEnd = header.pidEnd;
    line.lineNumber = lineNumber;
    line.lineStart = lineStart;
    line.time = this.lineTime;
    line.node = this.#node;
    line.at = header.textStart;
    line.end = header.end;
    const result = this.#texts.readAny(header.tagNumber);
    this.lineTime = line.time;
    if (result === LINE.unparsed) this.reason = line.reason;
    return result;
  }

  /** `last message repeated N times`: the line before it, N times more, at the time of this one. */
  #parseUntagged(batch: EventBatch, start: number, end: number, line: number): LineClass {
    const { bytes } = batch;
    const header = this.#header;
    const times = lastRepeated(bytes, batch.words, header.textStart, header.end);
    if (times === 0) {
      this.#previousStart = start;
      this.#previousEnd = end;
      return LINE.irrelevant;
    }
    const before = this.#repeated;
    const known =
      this.#previousStart >= 0 &&
      this.#previousEnd < start &&
      before.read(bytes, this.#previousStart, this.#previousEnd) &&
      sameBytes(bytes, before.hostStart, before.hostEnd, header.hostStart, header.hostEnd);
    if (!known) return this.#unparsed('repeats a line that is not there');
    if (before.tagEnd === before.tagStart) return LINE.irrelevant;
    const firstRow = batch.rows;
    const result = this.#parseText(batch, before, line, start);
    repeatRows(batch, firstRow, times);
    return result;
  }
}
