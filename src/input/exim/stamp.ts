import { DAY_MS, daysFromCivil, daysInMonth } from '../../model/time.ts';
import { Piece } from '../../model/words.ts';
import { isDigit } from '../byte-text.ts';

const BLANK = 32;
const DASH = 45;
const PLUS = 43;
const DOT = 46;
const COLON = 58;
/** Length of `2026-11-20 18:44:` */
const MINUTE = 17;

/** Reads `2026-11-20 18:44:04.565 +0100`, whose decimals and offset may be missing. */
export class EximStamp {
  /** Civil time as if it were UTC, in milliseconds. */
  localMs = Number.NaN;
  /** Offset from UTC in milliseconds; NaN when the stamp tells none. */
  offsetMs = Number.NaN;
  /** Behind the stamp and the blank that ends it. */
  next = 0;
  /** Why the last `read` failed. */
  reason = 'no time stamp';

  readonly #seenMinute = new Piece(MINUTE + 3);
  #minuteMs = 0;

  read(bytes: Buffer, words: Int32Array, start: number, end: number): boolean {
    this.reason = 'no time stamp';
    if (end - start < MINUTE + 2) return false;
    if (!this.#seenMinute.standsAt(words, start)) {
      this.#seenMinute.length = 0;
      if (!this.#readMinute(bytes, start)) return false;
      this.#seenMinute.keep(words, start, MINUTE);
    }
    let at = start + MINUTE;
    const second = twoDigits(bytes, at);
    if (second < 0) return false;
    if (second > 60) return this.#noSuchTime();
    this.localMs = this.#minuteMs + Math.min(second, 59) * 1000;
    at += 2;
    if (at + 1 < end && bytes[at] === DOT && isDigit(bytes[at + 1])) {
      let unit = 100;
      for (at++; at < end && isDigit(bytes[at]); at++) {
        this.localMs += (bytes[at] - 48) * unit;
        unit = unit === 1 ? 0 : unit / 10;
      }
    }
    if (at < end && bytes[at] !== BLANK) return false;
    this.next = Math.min(at + 1, end);
    this.offsetMs = Number.NaN;
    return end - at < 6 || this.#readOffset(bytes, at + 1, end);
  }

  #readMinute(bytes: Buffer, at: number): boolean {
    const shaped =
      bytes[at + 4] === DASH &&
      bytes[at + 7] === DASH &&
      bytes[at + 10] === BLANK &&
      bytes[at + 13] === COLON &&
      bytes[at + 16] === COLON;
    if (!shaped) return false;
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const day = twoDigits(bytes, at + 8);
    const hour = twoDigits(bytes, at + 11);
    const minute = twoDigits(bytes, at + 14);
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0) return false;
    const exists =
      year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
    if (!exists || hour > 23 || minute > 59) return this.#noSuchTime();
    this.#minuteMs = daysFromCivil(year, month, day) * DAY_MS + (hour * 60 + minute) * 60_000;
    return true;
  }

  /** `+0100` and the blank behind it, where they stand; false for a sign without an offset. */
  #readOffset(bytes: Buffer, at: number, end: number): boolean {
    const sign = bytes[at];
    if (sign !== PLUS && sign !== DASH) return true;
    const hours = twoDigits(bytes, at + 1);
    const minutes = twoDigits(bytes, at + 3);
    // A text that begins with a sign is none of ours, but its line has a time.
    if (hours < 0 || minutes < 0 || (at + 5 < end && bytes[at + 5] !== BLANK)) return true;
    if (hours > 23 || minutes > 59) return this.#noSuchTime();
    const offsetMs = (hours * 60 + minutes) * 60_000;
    this.offsetMs = sign === DASH ? -offsetMs : offsetMs;
    this.next = Math.min(at + 6, end);
    return true;
  }

  #noSuchTime(): false {
    this.reason = 'no such time';
    return false;
  }
}

/** Far below 0 when one of the two bytes is no digit. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -100_000;
}
