import { seekByte } from '../../model/words.ts';
import { findByte, isDigit, phrase, startsWith } from '../byte-text.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const BLANK = 32;
const OPEN_PAREN = 40;
const CLOSE_PAREN = 41;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
/** A reverse DNS name has 255 characters at most; a command line of SMTP is cut far below 4,096. */
const LONGEST_NAME = 300;
const LONGEST_HELO = 4096;
/** `[address]:port`; so that a HELO of brackets costs no more than its length. */
const LONGEST_ADDRESS = 80;
const INTERFACE = phrase(' I=[');
const CONNECTION_ID = phrase(' Ci=');

/**
 * Reads a host as Exim writes it: `name (helo) [address]:port I=[address]:port Ci=id`, where all but
 * the address may be missing (formats, section 5). The address goes to the `peer` of the line.
 *
 * What a client said as HELO stands in round brackets and may hold anything, addresses too. Exim
 * lets only letters, digits and `.:_-[]` pass unless it is told otherwise, so the first `) [address]`
 * behind which a host may end is the end of the HELO.
 */
export class HostReader {
  heloStart = 0;
  heloEnd = 0;
  /** Behind the host, its interface and connection id. */
  next = 0;
  /** 0 when the line names no port. */
  port = 0;
  /** What tells the connection apart: `Ci=id` or `[address]:port`; empty when it has neither. */
  sessionStart = 0;
  sessionEnd = 0;
  /** `[address]:port` of ours; empty when the line does not tell it. */
  interfaceStart = 0;
  interfaceEnd = 0;
  /** Where `Ci=id` stands before the host; the caller's to set, `read` takes it once. */
  idStart = 0;
  idEnd = 0;

  /** An id that was set for a line without a host is not the next line's. */
  forgetId(): void {
    this.idStart = this.idEnd = 0;
  }

  /** Reads the host at `at`; false when there is none with an address. */
  read(line: ProgramLine, at: number, wantsLast = false): boolean {
    const { bytes, words, end } = line;
    const { idStart, idEnd } = this;
    this.forgetId();
    this.heloStart = this.heloEnd = at;
    let open = at;
    if (bytes[at] !== OPEN && bytes[at] !== OPEN_PAREN) {
      open = seekByte(words, at, Math.min(end, at + LONGEST_NAME), BLANK) + 1;
    }
    if (open >= end) return false;
    if (bytes[open] === OPEN_PAREN) {
      if (!this.#readHelo(line, open, wantsLast)) return false;
    } else if (bytes[open] !== OPEN || !this.#readAddress(line, open)) return false;
    this.sessionStart = idStart;
    this.sessionEnd = idEnd;
    this.#readFields(line);
    return true;
  }

  #readHelo(line: ProgramLine, open: number, wantsLast: boolean): boolean {
    const { bytes, words, end } = line;
    const limit = Math.min(end, open + LONGEST_HELO);
    let found = -1;
    for (let at = open + 1; ; at++) {
      at = seekByte(words, at, limit, CLOSE_PAREN);
      if (at >= limit) break;
      if (at + 2 >= end || bytes[at + 1] !== BLANK || bytes[at + 2] !== OPEN) continue;
      if (!this.#readAddress(line, at + 2)) continue;
      found = at;
      if (!wantsLast) break;
    }
    if (found < 0) return false;
    this.heloStart = open + 1;
    this.heloEnd = found;
    return !wantsLast || this.#readAddress(line, found + 2);
  }

  /** `[address]:port` and nothing glued to it. */
  #readAddress(line: ProgramLine, open: number): boolean {
    const { bytes, words, end, peer } = line;
    const limit = Math.min(end, open + LONGEST_ADDRESS);
    if (!peer.read(bytes, words, open, limit) || peer.family === 0) return false;
    const { next } = peer;
    const after = bytes[next];
    return next >= end || after === BLANK || (after === COLON && bytes[next + 1] === BLANK);
  }

  #readFields(line: ProgramLine): void {
    const { bytes, words, end, peer } = line;
    this.interfaceStart = this.interfaceEnd = 0;
    this.port = 0;
    let at = peer.next;
    let digits = at;
    while (isDigit(bytes[digits - 1])) digits--;
    if (bytes[digits - 1] === COLON) {
      for (let i = digits; i < at; i++) this.port = this.port * 10 + bytes[i] - 48;
      if (this.sessionEnd === this.sessionStart) {
        this.sessionStart = peer.open;
        this.sessionEnd = at;
      }
    }
    if (startsWith(words, at, end, INTERFACE)) {
      const start = at + 3;
      at = seekByte(words, start, end, CLOSE) + 1;
      if (bytes[at] === COLON && isDigit(bytes[at + 1])) at = digitsEnd(bytes, at + 1, end);
      at = Math.min(at, end);
      this.interfaceStart = start;
      this.interfaceEnd = at;
    }
    if (startsWith(words, at, end, CONNECTION_ID)) {
      this.sessionStart = at + 1;
      at = findIdEnd(bytes, at + CONNECTION_ID.length, end);
      this.sessionEnd = at;
    }
    this.next = at;
  }
}

/** The end of the connection id at `at`: letters and digits. */
export function findIdEnd(bytes: Buffer, at: number, end: number): number {
  let stop = findByte(bytes, at, end, BLANK);
  if (stop > at && bytes[stop - 1] === COLON) stop--;
  return stop;
}

function digitsEnd(bytes: Buffer, at: number, end: number): number {
  let stop = at;
  while (stop < end && isDigit(bytes[stop])) stop++;
  return stop;
}
