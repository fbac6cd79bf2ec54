import { readAddress, type Family } from '../../model/address.ts';
import { decodeText, FLAG, type EventBatch } from '../../model/event-batch.ts';
import { KIND, PHASE, TEXT, type Needs } from '../../model/event.ts';
import { isDigit, phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { setReplyCodes } from '../reply-code.ts';

const BACKSLASH = 92;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const LETTER_N = 110;
const LARGEST_PORT = 65_535;
const UNKNOWN = phrase('unknown');

/** The record being read: what the readers of the logs share. One instance serves a parser. */
export class MomentumRecord {
  batch!: EventBatch;
  bytes!: Buffer;
  /** The same bytes, four at a time. */
  words!: Int32Array;
  lineNumber = 0;
  /** The record is `bytes[start, end)`; behind its time it goes on at `at`. */
  start = 0;
  at = 0;
  end = 0;
  timeMs = 0;
  /** The connection that the record names; an empty span when it names none. */
  connectionStart = 0;
  connectionEnd = 0;
  /** The address read last. */
  family: Family = 0;
  readonly address = new Int32Array(4);
  /** Why the record is unparsed. */
  reason = '';
  readonly #node: number;
  readonly #textFields: number;
  readonly #infersConnections: boolean;

  constructor(node: number, needs: Needs, infersConnections: boolean) {
    this.#node = node;
    this.#textFields = needs.textFields;
    this.#infersConnections = infersConnections;
  }

  wants(field: number): boolean {
    return (this.#textFields & (1 << field)) !== 0;
  }

  unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  /** Reads an address, or `unknown` (mail that came over HTTP); false when it is neither. */
  readAddress(start: number, end: number): boolean {
    this.family = readAddress(this.bytes, start, end, this.address, 0);
    if (this.family !== 0) return true;
    return end - start === UNKNOWN.length && startsWith(this.words, start, end, UNKNOWN);
  }

  /**
   * Reads `192.0.2.1:25`, `[2001:db8::1]:25` or `2001:db8::1:25`, of which only the first form is
   * documented; false when there is no address.
   */
  readEndpoint(start: number, end: number): boolean {
    const { bytes, address } = this;
    let close = end;
    while (close > start && isDigit(bytes[close - 1])) close--;
    const port = wholeNumber(bytes, close, end);
    const hasPort = port >= 0 && port <= LARGEST_PORT && bytes[close - 1] === COLON;
    const hostEnd = hasPort ? close - 1 : end;
    if (bytes[start] === OPEN && bytes[hostEnd - 1] === CLOSE) {
      this.family = readAddress(bytes, start + 1, hostEnd - 1, address, 0);
    } else {
      this.family = hasPort ? readAddress(bytes, start, hostEnd, address, 0) : 0;
      if (this.family === 0) this.family = readAddress(bytes, start, end, address, 0);
    }
    return this.family !== 0;
  }

  /** Adds an event without peer. */
  push(kind: number): number {
    const row = this.batch.push(this.timeMs, kind, this.lineNumber, this.start);
    this.batch.node[row] = this.#node;
    return row;
  }

  /** Adds an event of the address read last, on the connection that the record names. */
  pushOfPeer(kind: number, listener: number, service: number): number {
    const infers = this.#infersConnections && this.family !== 0;
    if (infers && this.connectionEnd > this.connectionStart) {
      const connect = this.#pushOfPeer(KIND.connect, listener, service);
      this.batch.phase[connect] = PHASE.connect;
      this.batch.flags[connect] |= FLAG.inferred;
    }
    return this.#pushOfPeer(kind, listener, service);
  }

  #pushOfPeer(kind: number, listener: number, service: number): number {
    const { batch, family, address } = this;
    const row = this.push(kind);
    batch.listener[row] = listener;
    batch.service[row] = service;
    batch.setSpan(row, TEXT.session, this.connectionStart, this.connectionEnd);
    batch.setPeer(row, family, address);
    return row;
  }

  /** Sets a text field when the run asks for it, without the backslashes that escape. */
  setWanted(row: number, field: number, start: number, end: number): void {
    if (!this.wants(field) || end <= start) return;
    for (let at = start; at < end; at++) {
      if (this.bytes[at] !== BACKSLASH) continue;
      this.batch.setText(row, field, unescaped(this.bytes, start, end));
      return;
    }
    this.batch.setSpan(row, field, start, end);
  }

  /** Sets code, enhanced code and reason of a reply: `550 5.7.1 relaying denied`. */
  setReply(row: number, start: number, end: number): void {
    setReplyCodes(this.batch, row, start, end, this.wants(TEXT.enhanced));
    this.setWanted(row, TEXT.reason, start, end);
  }
}

/** `\@`, `\\` and `\"` are the character itself, `\n` is a line end; other backslashes stay. */
function unescaped(bytes: Buffer, start: number, end: number): string {
  const text = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const next = at + 1 < end ? bytes[at + 1] : 0;
    const escapes = bytes[at] === BACKSLASH && (next === 64 || next === BACKSLASH || next === 34);
    if (escapes) at++;
    if (!escapes && bytes[at] === BACKSLASH && next === LETTER_N) {
      text[length++] = 10;
      at++;
    } else text[length++] = bytes[at];
  }
  return decodeText(text, 0, length);
}
