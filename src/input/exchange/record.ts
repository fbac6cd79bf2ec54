import { readAddress, type Family } from '../../model/address.ts';
import { decodeText, type EventBatch } from '../../model/event-batch.ts';
import { TEXT, type Needs } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import { isDigit, wholeNumber } from '../byte-text.ts';
import { CsvRecord } from '../csv-record.ts';
import { LINE, type LineClass } from '../port.ts';
import { setReplyCodes } from '../reply-code.ts';
import { WordCache } from '../word-cache.ts';

const COMMA = 44;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const NO_WORD = -1;

/** The record being read: what the readers of the two logs share. One instance serves a parser. */
export class ExchangeRecord {
  batch!: EventBatch;
  bytes!: Buffer;
  lineNumber = 0;
  /** The record is `bytes[start, end)`. */
  start = 0;
  end = 0;
  timeMs = 0;
  readonly fields = new CsvRecord(COMMA);
  /** The address read last. */
  family: Family = 0;
  readonly address = new Int32Array(4);
  /** Why the record is unparsed. */
  reason = '';
  readonly #nodes: WordCache;
  readonly #listeners: WordCache;
  readonly #node: number;
  readonly #textFields: number;

  constructor({ nodes, listeners }: Vocabulary, needs: Needs, node: string | undefined) {
    this.#nodes = new WordCache((word) => nodes.id(word) ?? NO_WORD);
    this.#listeners = new WordCache((word) => listeners.id(word) ?? NO_WORD);
    this.#node = node === undefined ? NO_WORD : (nodes.id(node) ?? 0);
    this.#textFields = needs.textFields;
  }

  wants(field: number): boolean {
    return (this.#textFields & (1 << field)) !== 0;
  }

  unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  isEmpty(column: number): boolean {
    return column < 0 || column >= this.fields.count || this.startOf(column) === this.endOf(column);
  }

  startOf(column: number): number {
    return this.fields.starts[column];
  }

  endOf(column: number): number {
    return this.fields.ends[column];
  }

  /** Whether a column holds `word`, in these letters. */
  is(column: number, word: string): boolean {
    const start = this.startOf(column);
    if (this.endOf(column) - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[start + i] !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Number of the node named by `bytes[start, end)`, or of the one that the user named. */
  node(start: number, end: number): number {
    return this.#node === NO_WORD ? this.#nodes.number(this.bytes, start, end) : this.#node;
  }

  listener(start: number, end: number): number {
    return this.#listeners.number(this.bytes, start, end);
  }

  /** Reads an address without a port; false when it is none. */
  readAddress(start: number, end: number): boolean {
    const bracketed =
      end - start > 2 && this.bytes[start] === OPEN && this.bytes[end - 1] === CLOSE;
    const inset = bracketed ? 1 : 0;
    this.family = readAddress(this.bytes, start + inset, end - inset, this.address, 0);
    return this.family !== 0;
  }

  /** Reads `192.0.2.1:25` or `[2001:db8::1]:25`; false when it is neither. */
  readEndpoint(start: number, end: number): boolean {
    let colon = end;
    while (colon > start && isDigit(this.bytes[colon - 1])) colon--;
    const hasPort = colon < end && colon > start && this.bytes[colon - 1] === COLON;
    return this.readAddress(start, hasPort ? colon - 1 : end);
  }

  /** A whole number in a column; -1 when there is none. */
  number(column: number): number {
    if (this.isEmpty(column)) return -1;
    return wholeNumber(this.bytes, this.startOf(column), this.endOf(column));
  }

  push(kind: number, node: number, listener: number): number {
    const row = this.batch.push(this.timeMs, kind, this.lineNumber, this.start);
    this.batch.node[row] = node;
    this.batch.listener[row] = listener;
    return row;
  }

  /** Gives an event the address read last. */
  setPeer(row: number): void {
    this.batch.setPeer(row, this.family, this.address);
  }

  /** Sets a text field when the run asks for it; doubled quotes stand for one each. */
  setWanted(row: number, field: number, column: number, start: number, end: number): void {
    if (!this.wants(field)) return;
    if (this.fields.escaped[column] === 0) this.batch.setSpan(row, field, start, end);
    else this.batch.setText(row, field, this.text(column, start, end));
  }

  setColumn(row: number, field: number, column: number): void {
    if (this.isEmpty(column)) return;
    this.setWanted(row, field, column, this.startOf(column), this.endOf(column));
  }

  /** The text of a part of a column. */
  text(column: number, start: number, end: number): string {
    const text = decodeText(this.bytes, start, end);
    return this.fields.escaped[column] === 0 ? text : text.replaceAll('""', '"');
  }

  /** Sets code, enhanced code and reason of the reply `bytes[start, end)`. */
  setReply(row: number, column: number, start: number, end: number): void {
    setReplyCodes(this.batch, row, start, end, this.wants(TEXT.enhanced));
    this.setWanted(row, TEXT.reason, column, start, end);
  }
}
