import { decodeText, type EventBatch } from '../../model/event-batch.ts';
import type { Needs } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { WordView } from '../../model/words.ts';
import { findByte, isFiller, wholeNumber } from '../byte-text.ts';
import { JSON_TYPE, type JsonLine } from '../json/json-line.ts';
import { LINE, type LineClass } from '../port.ts';
import { DAEMON } from '../postfix/daemons.ts';
import { lastRepeated, NO_WORD, ProgramTexts, UNREADABLE } from '../syslog/program-texts.ts';
import { repeatRows } from '../syslog/repeat-rows.ts';
import { WordCache } from '../word-cache.ts';
import { UnescapedText } from './unescaped-text.ts';

/** No value of the record. */
export const ABSENT = -1;
const OPEN = 91;
const CLOSE = 93;
const COLON = 58;
const BLANK = 32;
const DASH = 45;
const ZERO = 48;
const MOST_TAGS = 4096;
/** The place of a tag whose texts are no events. */
const SILENT = -2;
const MOST_PROCESSES = 8192;
/** Process ids are below this, on Linux. */
const PROCESS_IDS = 0x40_0000;

interface Tag {
  readonly name: string;
  /** The number that `ProgramTexts` gives it. */
  readonly number: number;
}

export interface EnclosedTextOptions {
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Stands for the host that the records name. */
  readonly node: string | undefined;
}

/**
 * Reads what a program wrote to syslog where it stands in a JSON record, with its tag, process id
 * and host in values of their own. The record's reader says in `host`, `tag`, `pid` and `text` which
 * values of `json` these are.
 *
 * A text without escapes is read in its place. Any other is decoded into a buffer and read there;
 * then the texts of its events are made to point into the record, where they stand there as they are.
 */
export class EnclosedText {
  host = ABSENT;
  tag = ABSENT;
  pid = ABSENT;
  text = ABSENT;
  reason = '';

  readonly #json: JsonLine;
  readonly #texts: ProgramTexts;
  readonly #hosts: WordCache;
  readonly #fixedNode: boolean;
  readonly #node: number;
  readonly #tags: Tag[] = [];
  readonly #tagPlaces: WordCache;
  readonly #placeByTag = new Map<string, number>();
  /** `postfix/smtpd[19832]` by tag and process id; emptied when there are too many. */
  readonly #processes = new Map<number, string>();
  readonly #decoded = new UnescapedText();
  readonly #words = new WordView();
  /** The span of the value read last. */
  #start = 0;
  #end = 0;

  constructor(json: JsonLine, { vocabulary, needs, node }: EnclosedTextOptions) {
    this.#json = json;
    this.#texts = new ProgramTexts(vocabulary, needs);
    this.#hosts = new WordCache((host) => vocabulary.nodes.id(unescaped(host)) ?? NO_WORD);
    this.#fixedNode = node !== undefined;
    this.#node = vocabulary.nodes.id(node ?? '') ?? NO_WORD;
    this.#tagPlaces = new WordCache((tag) => this.#placeOf(unescaped(tag)));
  }

  /** The programs whose texts were read so far. */
  get programs(): string {
    return this.#texts.programs;
  }

  /** Reads the record's text and appends its events to the batch. */
  read(batch: EventBatch, time: number, lineNumber: number, lineStart: number): LineClass {
    const { bytes } = batch;
    const { line } = this.#texts;
    if (!this.#load(bytes, this.tag) || this.#start === this.#end) return this.#untagged(batch);
    const tagStart = this.#start;
    const tagEnd = tagEndIn(bytes, tagStart, this.#end);
    let pidStart = tagEnd + 1;
    let pidEnd = 0;
    if (bytes[tagEnd] === OPEN && tagEnd < this.#end) {
      pidEnd = findByte(bytes, pidStart, this.#end, CLOSE);
    } else if (this.#load(bytes, this.pid)) {
      pidStart = this.#start;
      // `-` is RFC 5424's word for none.
      pidEnd = bytes[pidStart] === DASH ? pidStart : this.#end;
    }
    const place = this.#tagPlaces.number(bytes, tagStart, tagEnd);
    if (place === SILENT) return LINE.irrelevant;
    if (place === NO_WORD) return this.#unparsed('too many tags');
    const tag = this.#tags[place];
    line.tagStart = tagStart;
    line.tagEnd = tagEnd;
    line.pidStart = pidStart;
    line.pidEnd = Math.max(pidStart, pidEnd);
    line.process = this.#processOf(bytes, place, pidStart, pidEnd);
    line.time = time;
    line.lineNumber = lineNumber;
    line.lineStart = lineStart;
    line.node = this.#nodeOf(bytes);
    const { types, starts, ends, escaped } = this.#json;
    const { text } = this;
    if (text !== ABSENT && types[text] === JSON_TYPE.string) {
      if (escaped[text] === 0) return this.#readInPlace(batch, tag, starts[text], ends[text]);
      this.#decoded.decode(bytes, starts[text], ends[text]);
      return this.#readDecoded(batch, tag);
    }
    return this.#readArray(batch, tag);
  }

  /** The value n as bytes `[#start, #end)`: a string or number, or the first of several. */
  #load(bytes: Buffer, n: number): boolean {
    if (n === ABSENT) return false;
    const json = this.#json;
    let type = json.types[n];
    if (type === JSON_TYPE.array && json.readElements(bytes, n) > 0) {
      type = json.elementTypes[0];
      this.#start = json.elementStarts[0];
      this.#end = json.elementEnds[0];
      // Bytes one by one: no name of ours.
      return type === JSON_TYPE.string;
    }
    this.#start = json.starts[n];
    this.#end = json.ends[n];
    return type === JSON_TYPE.string || type === JSON_TYPE.number;
  }

  #nodeOf(bytes: Buffer): number {
    if (this.#fixedNode || !this.#load(bytes, this.host)) return this.#node;
    return this.#hosts.number(bytes, this.#start, this.#end);
  }

  #placeOf(tag: string): number {
    const known = this.#placeByTag.get(tag);
    if (known !== undefined) return known;
    const number = this.#texts.tagNumber(tag);
    // Any program may write to a syslog, under any name: only those that we read take room.
    if (number === DAEMON.quiet || number === DAEMON.foreign) return SILENT;
    if (number === NO_WORD || this.#tags.length === MOST_TAGS) return NO_WORD;
    const place = this.#tags.push({ name: tag, number }) - 1;
    this.#placeByTag.set(tag, place);
    return place;
  }

  #processOf(bytes: Buffer, place: number, start: number, end: number): string {
    if (end <= start) return '';
    const { name } = this.#tags[place];
    // Only a number that is written as it is printed comes out of the table as it was.
    const pid = bytes[start] === ZERO ? -1 : wholeNumber(bytes, start, end);
    if (pid < 0 || pid >= PROCESS_IDS) return `${name}[${bytes.toString('latin1', start, end)}]`;
    const key = place * PROCESS_IDS + pid;
    let process = this.#processes.get(key);
    if (process === undefined) {
      if (this.#processes.size === MOST_PROCESSES) this.#processes.clear();
      process = `${name}[${pid}]`;
      this.#processes.set(key, process);
    }
    return process;
  }

  #readInPlace(batch: EventBatch, tag: Tag, start: number, end: number): LineClass {
    const { line } = this.#texts;
    line.batch = batch;
    line.bytes = batch.bytes;
    line.words = batch.words;
    this.#trim(start, end);
    const result = this.#texts.readAny(tag.number);
    return result === LINE.unparsed ? this.#unparsed(line.reason) : result;
  }

  /** Sets the text: rsyslog's begins with a blank, and fillers may stand at any end. */
  #trim(start: number, end: number): void {
    const { line } = this.#texts;
    let from = start;
    let to = end;
    while (to > from && isFiller(line.bytes[to - 1])) to--;
    while (from < to && line.bytes[from] === BLANK) from++;
    line.at = from;
    line.end = to;
  }

  /** A text as an array: its bytes, where it is not UTF-8, or several texts, of which the first counts. */
  #readArray(batch: EventBatch, tag: Tag): LineClass {
    const { bytes } = batch;
    const json = this.#json;
    const { text } = this;
    if (text === ABSENT || json.types[text] === JSON_TYPE.null) return this.#unparsed('no text');
    const count = json.readElements(bytes, text);
    if (count === 0) return this.#unparsed('no text');
    const { elementStarts, elementEnds, elementTypes } = json;
    if (elementTypes[0] === JSON_TYPE.string) {
      if (json.elementEscaped[0] === 0) {
        return this.#readInPlace(batch, tag, elementStarts[0], elementEnds[0]);
      }
      this.#decoded.decode(bytes, elementStarts[0], elementEnds[0]);
      return this.#readDecoded(batch, tag);
    }
    const text8 = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const byte = wholeNumber(bytes, elementStarts[i], elementEnds[i]);
      if (byte < 0 || byte > 255) return this.#unparsed('text cannot be read');
      text8[i] = byte;
    }
    this.#decoded.take(text8);
    return this.#readDecoded(batch, tag);
  }

  #readDecoded(batch: EventBatch, tag: Tag): LineClass {
    const texts = this.#texts;
    const { line } = texts;
    const decoded = this.#decoded;
    // Readers look at the process id of the line, which has to stand in the same bytes.
    const pid = decoded.length;
    line.pidEnd = decoded.append(pid, batch.bytes, line.pidStart, line.pidEnd);
    line.pidStart = pid;
    line.tagStart = line.tagEnd = pid;
    // The readers see the decoded bytes as the block; the block itself comes back below.
    const { bytes } = batch;
    const first = batch.rows;
    batch.bytes = decoded.bytes;
    line.batch = batch;
    line.bytes = decoded.bytes;
    line.words = this.#words.of(decoded.bytes);
    this.#trim(0, decoded.length);
    const times = texts.expect(tag.number);
    const result = times > 0 ? texts.read(tag.number) : LINE.irrelevant;
    batch.bytes = bytes;
    for (let row = first; row < batch.rows; row++) this.#pointBack(batch, row);
    if (times > 1) repeatRows(batch, first, times);
    if (times === UNREADABLE || result === LINE.unparsed) return this.#unparsed(line.reason);
    return result;
  }

  /** Makes the texts of a row that point into the decoded bytes point into the record, or values. */
  #pointBack(batch: EventBatch, row: number): void {
    const decoded = this.#decoded;
    const has = batch.has[row];
    for (let field = 0; has >> field !== 0; field++) {
      const start = batch.spanStart(row, field);
      if (start < 0) continue;
      const end = batch.spanEnd(row, field);
      const source = decoded.sourceOf(start, end);
      if (source >= 0) batch.setSpan(row, field, source, source + end - start);
      else batch.setText(row, field, decodeText(decoded.bytes, start, end));
    }
  }

  /** A record without a tag is of no program; one that repeats another text is a loss to report. */
  #untagged({ bytes, words }: EventBatch): LineClass {
    if (!this.#load(bytes, this.text)) return LINE.irrelevant;
    let at = this.#start;
    while (at < this.#end && bytes[at] === BLANK) at++;
    if (lastRepeated(bytes, words, at, this.#end) === 0) return LINE.irrelevant;
    return this.#unparsed('repeats a line that is not there');
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }
}

/** Where the name in `postfix/smtpd[19832]:` ends. */
function tagEndIn(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== OPEN && bytes[at] !== COLON && bytes[at] !== BLANK) at++;
  return at;
}

/** A word as it stands in a JSON string; words are few. */
function unescaped(word: string): string {
  if (!word.includes('\\')) return word;
  try {
    return String(JSON.parse(`"${word}"`));
  } catch {
    return word;
  }
}
