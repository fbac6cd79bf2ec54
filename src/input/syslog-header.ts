import { Piece, WordView } from '../model/words.ts';
import { DAY_MS, daysFromCivil, daysInMonth } from '../model/time.ts';
import { isDigit, isFiller } from './byte-text.ts';
import { SeenTags } from './seen-tags.ts';
import { WordCache } from './word-cache.ts';

/**
 * What a stamp leaves open: nothing (`absolute`, with an offset), the zone (`zoneless`, a full date)
 * or the zone and the year.
 */
export type StampKind = 'absolute' | 'zoneless' | 'yearless';

const BLANK = 32;
const COLON = 58;
const DASH = 45;
const LESS = 60;
const GREATER = 62;
const OPEN = 91;
const CLOSE = 93;
const LONGEST_STAMP = 64;
/** Length of `2026-11-20T18:27:` */
const ISO_MINUTE = 17;
const LONGEST_HOST = 255;
/** A leap year, so that 29 February passes where the year is not known yet. */
const SOME_LEAP_YEAR = 2000;

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const WEEKDAYS = 'SunMonTueWedThuFriSat';

const letters = (names: string): readonly number[] =>
  Array.from({ length: names.length / 3 }, (_, index) => {
    const [a, b, c] = [0, 1, 2].map((offset) => names.charCodeAt(index * 3 + offset));
    return (a << 16) | (b << 8) | c;
  });
const MONTH_LETTERS = letters(MONTHS);
const WEEKDAY_LETTERS = letters(WEEKDAYS);

/**
 * Reads the envelope of a syslog line: stamp, host, tag and process id, and where the text starts.
 *
 * Forms: RFC 3164 (day padded by a blank or a zero; a weekday before, decimals or a year after),
 * RFC 3339, either behind `<PRI>`, FreeBSD's `<mail.notice>` behind the stamp, and RFC 5424. All
 * results are numbers into the caller's bytes; nothing is allocated for a line. One instance serves
 * one file, because most lines repeat the stamp and host of the line before.
 */
export class SyslogHeader {
  /** Why the last `read` failed; `''` when it did not. */
  reason = '';
  stamp: StampKind = 'yearless';
  /** The stamp differs from that of the line read before. */
  stampChanged = true;
  /** 0 when the stamp has none. */
  year = 0;
  /** 1..12 */
  month = 0;
  /** 1..31; exists in that month of that year, or of a leap year when the year is not known. */
  day = 0;
  /** Milliseconds since midnight; further decimals are cut off, second 60 is 59. */
  msOfDay = 0;
  /** 0 Sunday … 6 Saturday, -1 when the stamp names none. */
  weekday = -1;
  /** The civil time as if it were UTC, in milliseconds; NaN for a yearless stamp. */
  localMs = Number.NaN;
  /** Offset from UTC in milliseconds; 0 unless the stamp is absolute. */
  offsetMs = 0;
  /** An empty span when the line names no host. */
  hostStart = 0;
  hostEnd = 0;
  /** False only when the host is that of the line read before. */
  hostChanged = true;
  /** `postfix/smtpd`; an empty span for text without a tag. */
  tagStart = 0;
  tagEnd = 0;
  /** What the caller's function gave for the tag; 0 for text without a tag. */
  tagNumber = 0;
  /** `19832`; an empty span when there is none. */
  pidStart = 0;
  pidEnd = 0;
  textStart = 0;
  /** Where the seconds of the stamp start, and where they and their decimals end. */
  secondStart = 0;
  clockEnd = 0;
  /** RFC 3164 or RFC 3339 without anything in front of the stamp. */
  plain = false;
  /** The end of the text: line ends, blanks and NULs behind it are left out. */
  end = 0;

  readonly #seenStamp = new Piece(LONGEST_STAMP);
  #stampLength = 0;
  /** Of the stamp read last: from its start to its seconds, and to the end of their decimals. */
  #secondOffset = 0;
  #clockLength = 0;
  readonly #seenHost = new Piece(LONGEST_HOST);
  readonly #tags: SeenTags;
  readonly #tagNumbers: WordCache;
  readonly #view = new WordView();
  #words: Int32Array = new Int32Array(0);
  /** `2026-11-20T18:27:`; while it is kept, date and minute are those of the last stamp. */
  readonly #seenMinute = new Piece(ISO_MINUTE + 3);
  /** Milliseconds of the day at which the minute of the last stamp starts. */
  #minuteMs = 0;
  #dayMs = 0;
  /** Year * 10,000 + month * 100 + day whose `#dayMs` is known. */
  #dayKey = -1;

  /**
   * @param tagNumber gives `tagNumber` for a tag; asked again now and then for the same tag
   * @param tags keeps the numbers of tags that have been read
   */
  constructor(tagNumber: (tag: string) => number = () => 0, tags: SeenTags = new SeenTags()) {
    this.#tagNumbers = new WordCache(tagNumber);
    this.#tags = tags;
  }

  /** Reads the line `bytes[start, limit)`; false, with a reason, when it has no usable header. */
  read(bytes: Buffer, start: number, limit: number): boolean {
    this.#words = this.#view.of(bytes);
    let end = limit;
    while (end > start && isFiller(bytes[end - 1])) end--;
    this.end = end;
    let at = start;
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    let structured = false;
    if (bytes[at] === LESS) {
      at = skipAngle(bytes, at, end);
      if (bytes[at] === 49 && bytes[at + 1] === BLANK) {
        structured = true;
        at += 2;
      }
    }
    if (!this.#repeatsStamp(bytes, at, end) && !this.#readStamp(bytes, at, end)) {
      this.#seenStamp.length = 0;
      return false;
    }
    this.secondStart = at + this.#secondOffset;
    this.clockEnd = at + this.#clockLength;
    this.plain = at === start && !structured;
    at += this.#stampLength;
    if (at >= end) return this.#fail('no header');
    at = skipBlanks(bytes, at, end);
    if (!structured && bytes[at] === LESS) {
      at = skipBlanks(bytes, skipAngle(bytes, at, end), end);
    }
    at = this.#readHost(bytes, at, end);
    if (structured) this.#readStructured(bytes, at, end);
    else this.#readTag(bytes, at, end);
    this.reason = '';
    return true;
  }

  #fail(reason: string): false {
    this.reason = reason;
    return false;
  }

  #repeatsStamp(bytes: Buffer, at: number, end: number): boolean {
    const seen = this.#seenStamp;
    const { length } = seen;
    if (length === 0 || end - at <= length || bytes[at + length] !== BLANK) return false;
    if (!seen.standsAt(this.#words, at)) return false;
    this.#stampLength = length;
    this.stampChanged = false;
    return true;
  }

  #readStamp(bytes: Buffer, at: number, end: number): boolean {
    this.stampChanged = true;
    this.reason = 'no header';
    const stop = isDigit(bytes[at]) ? this.#readIso(bytes, at, end) : this.#readBsd(bytes, at, end);
    if (stop < 0) return false;
    if (stop < end && bytes[stop] !== BLANK) return this.#fail('no header');
    this.#stampLength = stop - at;
    this.#secondOffset = this.secondStart - at;
    this.#clockLength = this.clockEnd - at;
    this.#seenStamp.keep(this.#words, at, stop - at);
    return true;
  }

  /** `Nov 20 18:27:13`, `Nov  1 …`, `Nov 01 …`, `Fri Nov 20 18:27:13 2026`; the end, or -1. */
  #readBsd(bytes: Buffer, start: number, end: number): number {
    let at = start;
    if (end - at < 14) return -1;
    this.#seenMinute.length = 0;
    let month = indexOfName(MONTH_LETTERS, bytes, at);
    this.weekday = -1;
    if (month < 0) {
      this.weekday = indexOfName(WEEKDAY_LETTERS, bytes, at);
      if (this.weekday < 0) return -1;
      at += bytes[at + 3] === 44 ? 5 : 4;
      if (end - at < 14) return -1;
      month = indexOfName(MONTH_LETTERS, bytes, at);
      if (month < 0) return -1;
    }
    if (bytes[at + 3] !== BLANK) return -1;
    // A single digit without padding moves the clock one byte to the left.
    const narrow = bytes[at + 5] === BLANK && isDigit(bytes[at + 4]);
    const ones = bytes[at + (narrow ? 4 : 5)];
    if (!isDigit(ones)) return -1;
    const padded = narrow || bytes[at + 4] === BLANK;
    if (!padded && !isDigit(bytes[at + 4])) return -1;
    const day = (padded ? 0 : bytes[at + 4] - 48) * 10 + ones - 48;
    at += narrow ? 5 : 6;
    if (bytes[at] !== BLANK) return -1;
    at = this.#readClock(bytes, at + 1, end);
    if (at < 0) return -1;
    const year = yearBehind(bytes, at, end);
    if (!this.#setDate(year, month + 1, day)) return -1;
    this.stamp = year === 0 ? 'yearless' : 'zoneless';
    this.offsetMs = 0;
    this.localMs = year === 0 ? Number.NaN : this.#dayMs + this.msOfDay;
    return year === 0 ? at : at + 5;
  }

  /** `2026-11-20T18:27:13.049295+01:00`; the end, or -1. */
  #readIso(bytes: Buffer, at: number, end: number): number {
    if (end - at < 19) return -1;
    let stop = -1;
    if (this.#seenMinute.length > 0 && this.#seenMinute.standsAt(this.#words, at)) {
      stop = this.#readSecond(bytes, at + ISO_MINUTE, end, this.#minuteMs);
    } else {
      this.#seenMinute.length = 0;
      stop = this.#readIsoClock(bytes, at, end);
      if (stop > 0) this.#seenMinute.keep(this.#words, at, ISO_MINUTE);
    }
    if (stop < 0) return -1;
    this.weekday = -1;
    this.stamp = 'absolute';
    this.offsetMs = 0;
    const zone = bytes[stop];
    if (stop < end && (zone === 90 || zone === 122)) stop++;
    else if (stop < end && (zone === 43 || zone === DASH))
      stop = this.#readOffset(bytes, stop, end);
    else this.stamp = 'zoneless';
    this.localMs = this.#dayMs + this.msOfDay;
    return stop;
  }

  /** `2026-11-20T18:27:13.049295`; the end, or -1. */
  #readIsoClock(bytes: Buffer, at: number, end: number): number {
    if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return -1;
    const separator = bytes[at + 10];
    if (separator !== 84 && separator !== 116 && separator !== BLANK) return -1;
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const day = twoDigits(bytes, at + 8);
    if (year < 0 || month < 0 || day < 0) return -1;
    // 0 stands for a year that is not known.
    if (year === 0) {
      this.reason = 'no such time';
      return -1;
    }
    const stop = this.#readClock(bytes, at + 11, end);
    return stop > 0 && this.#setDate(year, month, day) ? stop : -1;
  }

  /** `+01:00`, `+0100` or `+01`; the end, or -1. */
  #readOffset(bytes: Buffer, at: number, end: number): number {
    if (end - at < 3) return -1;
    const hours = twoDigits(bytes, at + 1);
    let stop = at + 3;
    let minutes = 0;
    if (stop < end && bytes[stop] !== BLANK) {
      if (bytes[stop] === COLON) stop++;
      if (end - stop < 2) return -1;
      minutes = twoDigits(bytes, stop);
      stop += 2;
    }
    if (hours < 0 || minutes < 0) return -1;
    if (hours > 23 || minutes > 59) {
      this.reason = 'no such time';
      return -1;
    }
    const offset = (hours * 60 + minutes) * 60_000;
    this.offsetMs = bytes[at] === DASH ? -offset : offset;
    return stop;
  }

  /** `18:27:13` and decimals, into `msOfDay`; the end, or -1. */
  #readClock(bytes: Buffer, at: number, end: number): number {
    if (end - at < 8 || bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return -1;
    const hour = twoDigits(bytes, at);
    const minute = twoDigits(bytes, at + 3);
    if (hour < 0 || minute < 0) return -1;
    if (hour > 23 || minute > 59) {
      this.reason = 'no such time';
      return -1;
    }
    return this.#readSecond(bytes, at + 6, end, (hour * 60 + minute) * 60_000);
  }

  /** `13` and decimals behind the minute that starts at `minuteMs` of the day. */
  #readSecond(bytes: Buffer, at: number, end: number, minuteMs: number): number {
    const second = twoDigits(bytes, at);
    if (second < 0) return -1;
    if (second > 60) {
      this.reason = 'no such time';
      return -1;
    }
    let stop = at + 2;
    let ms = 0;
    if (stop + 1 < end && (bytes[stop] === 46 || bytes[stop] === 44) && isDigit(bytes[stop + 1])) {
      let unit = 100;
      for (stop++; stop < end && isDigit(bytes[stop]); stop++) {
        ms += (bytes[stop] - 48) * unit;
        unit = unit === 1 ? 0 : unit / 10;
      }
    }
    this.secondStart = at;
    this.clockEnd = stop;
    this.#minuteMs = minuteMs;
    this.msOfDay = minuteMs + Math.min(second, 59) * 1000 + ms;
    return stop;
  }

  /** @param year 0 when it is not known */
  #setDate(year: number, month: number, day: number): boolean {
    const key = year * 10_000 + month * 100 + day;
    if (key !== this.#dayKey) {
      const exists =
        month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year || SOME_LEAP_YEAR, month);
      if (!exists) return this.#fail('no such time');
      this.#dayKey = key;
      this.#dayMs = year === 0 ? Number.NaN : daysFromCivil(year, month, day) * DAY_MS;
    }
    this.year = year;
    this.month = month;
    this.day = day;
    return true;
  }

  #readHost(bytes: Buffer, at: number, end: number): number {
    const { length } = this.#seenHost;
    if (end - at >= length && this.#seenHost.standsAt(this.#words, at)) {
      this.hostStart = at;
      this.hostEnd = at + length - 1;
      this.hostChanged = false;
      return at + length;
    }
    const stop = wordEnd(bytes, at, end);
    // `postfix/smtpd[19832]:` where the host should be: the line names no host.
    const hostless = stop > at + 1 && bytes[stop - 1] === COLON;
    this.hostStart = at;
    this.hostEnd = hostless ? at : stop;
    this.hostChanged = true;
    const next = hostless ? at : Math.min(stop + 1, end);
    // With the blank behind it, so that no longer name passes for it.
    this.#seenHost.keep(this.#words, at, next > stop ? next - at : 0);
    return next;
  }

  /** `tag[pid]: text`, `tag: text` or text without a tag. */
  #readTag(bytes: Buffer, start: number, end: number): void {
    const at = skipBlanks(bytes, start, end);
    const known = this.#tags.find(bytes, this.#words, at, end);
    let stop = known < 0 ? at : at + this.#tags.length(known);
    while (stop < end && !endsTag(bytes[stop])) stop++;
    const c = stop < end && stop > at ? bytes[stop] : BLANK;
    this.tagStart = at;
    this.tagEnd = stop;
    this.pidStart = stop;
    this.pidEnd = stop;
    let text = -1;
    if (c === COLON) text = stop + 1;
    else if (c === OPEN) {
      let close = stop + 1;
      while (close < end && bytes[close] !== CLOSE && bytes[close] !== BLANK) close++;
      if (close < end && bytes[close] === CLOSE) {
        this.pidStart = stop + 1;
        this.pidEnd = close;
        text = close + 1 < end && bytes[close + 1] === COLON ? close + 2 : close + 1;
      }
    }
    if (text < 0) {
      this.tagEnd = this.pidStart = this.pidEnd = at;
      this.tagNumber = 0;
      this.textStart = at;
      return;
    }
    this.textStart = skipBlanks(bytes, text, end);
    if (known >= 0) this.tagNumber = this.#tags.number(known);
    else {
      this.tagNumber = this.#tagNumbers.number(bytes, at, stop);
      this.#tags.keep(this.#words, at, stop - at, this.tagNumber);
    }
  }

  /** RFC 5424 behind the host: `app procid msgid structured-data text`. */
  #readStructured(bytes: Buffer, start: number, end: number): void {
    this.tagStart = start;
    this.tagEnd = wordEnd(bytes, start, end);
    this.pidStart = Math.min(this.tagEnd + 1, end);
    this.pidEnd = wordEnd(bytes, this.pidStart, end);
    const message = Math.min(this.pidEnd + 1, end);
    let at = Math.min(wordEnd(bytes, message, end) + 1, end);
    at = skipStructuredData(bytes, at, end);
    at = skipBlanks(bytes, at, end);
    if (end - at >= 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) {
      at = skipBlanks(bytes, at + 3, end);
    }
    this.textStart = at;
    // NILVALUE
    if (this.#isNil(bytes, this.hostStart, this.hostEnd)) this.hostEnd = this.hostStart;
    if (this.#isNil(bytes, this.tagStart, this.tagEnd)) this.tagEnd = this.tagStart;
    this.tagNumber = 0;
    if (this.tagEnd > this.tagStart) {
      this.tagNumber = this.#tagNumbers.number(bytes, this.tagStart, this.tagEnd);
    }
    if (this.#isNil(bytes, this.pidStart, this.pidEnd)) this.pidEnd = this.pidStart;
  }

  #isNil(bytes: Buffer, start: number, end: number): boolean {
    return end - start === 1 && bytes[start] === DASH;
  }
}

function endsTag(byte: number): boolean {
  return byte === OPEN || byte === COLON || byte === BLANK;
}

/** Behind `<…>`; where it was when there is no `>` within 40 bytes. */
function skipAngle(bytes: Buffer, at: number, end: number): number {
  const limit = Math.min(end, at + 40);
  for (let i = at + 1; i < limit; i++) if (bytes[i] === GREATER) return i + 1;
  return at;
}

function skipBlanks(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === BLANK) i++;
  return i;
}

function wordEnd(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== BLANK) i++;
  return i;
}

/** `-` or `[id name="value"]…`, where a value escapes `"`, `\` and `]` by `\`. */
function skipStructuredData(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (bytes[at] === DASH) return Math.min(at + 1, end);
  while (at < end && bytes[at] === OPEN) {
    let quoted = false;
    for (at++; at < end; at++) {
      const c = bytes[at];
      if (quoted && c === 92) at++;
      else if (c === 34) quoted = !quoted;
      else if (c === CLOSE && !quoted) break;
    }
    at = Math.min(at + 1, end);
  }
  return at;
}

function indexOfName(names: readonly number[], bytes: Buffer, at: number): number {
  return names.indexOf((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]);
}

/** Far below 0 when one of the two bytes is no digit: a year made of two pairs stays negative. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -100_000;
}

/** The year in ` 2026 ` behind a clock; 0 when there is none (1970 to 2199 are years). */
function yearBehind(bytes: Buffer, at: number, end: number): number {
  if (end - at < 6 || bytes[at] !== BLANK || bytes[at + 5] !== BLANK) return 0;
  const year = twoDigits(bytes, at + 1) * 100 + twoDigits(bytes, at + 3);
  return year >= 1970 && year < 2200 ? year : 0;
}
