import { readAddress } from '../../model/address.ts';
import type { EventBatch } from '../../model/event-batch.ts';
import { TEXT, type TextFieldName } from '../../model/event.ts';
import type { ParserSetting } from '../dialects.ts';
import { FIELD } from './fields.ts';
import type { HarakaLine } from './line.ts';
import { enhancedEnd, replyCode } from './reply.ts';

const DOT = 46;
const BACKSLASH = 92;

/** Appends the events of a line that was read. */
export class EntryRows {
  /** Where the line starts, and its number in the file. */
  start = 0;
  number = 0;
  /** The UUID of the session, and behind it the number of the transaction. */
  uuid = 0;
  uuidEnd = 0;
  messageEnd = 0;
  readonly #line: HarakaLine;
  readonly #node: number;
  readonly #needs: number;
  readonly #address = new Int32Array(4);

  constructor(line: HarakaLine, { vocabulary, needs, node }: ParserSetting) {
    this.#line = line;
    this.#node = node === undefined ? 0 : (vocabulary.nodes.id(node) ?? 0);
    this.#needs = needs.textFields | (1 << TEXT.session) | (1 << TEXT.queue_id);
  }

  push(batch: EventBatch, kind: number): number {
    const row = batch.push(this.#line.time, kind, this.number, this.start);
    batch.node[row] = this.#node;
    this.setSpan(batch, row, 'session', this.uuid, this.uuidEnd);
    return row;
  }

  /** An event of a message that its client may have handed in long ago. */
  pushMessage(batch: EventBatch, kind: number): number {
    const row = batch.push(this.#line.time, kind, this.number, this.start);
    batch.node[row] = this.#node;
    this.setSpan(batch, row, 'queue_id', this.uuid, this.messageEnd);
    return row;
  }

  /** Adds a row whose peer is `ip=` of the line; -1 when that cannot be read. */
  pushPeer(batch: EventBatch, kind: number): number {
    const family = this.readPeer(batch.bytes);
    if (family === 0) return -1;
    const row = this.push(batch, kind);
    batch.setPeer(row, family, this.#address);
    return row;
  }

  readPeer(bytes: Uint8Array): number {
    const { starts, ends } = this.#line.cells;
    return readAddress(bytes, starts[FIELD.ip], ends[FIELD.ip], this.#address, 0);
  }

  /** `UUID`, `UUID.N` of a transaction, `UUID.N.M` of a part of it that is sent on. */
  splitUuid(bytes: Uint8Array, start: number, end: number): void {
    this.uuid = start;
    let at = start;
    while (at < end && bytes[at] !== DOT) at++;
    this.uuidEnd = at;
    if (at < end) at++;
    while (at < end && bytes[at] !== DOT) at++;
    this.messageEnd = at;
  }

  wants(name: TextFieldName): boolean {
    return ((this.#needs >> TEXT[name]) & 1) === 1;
  }

  setField(batch: EventBatch, row: number, name: TextFieldName, field: number): void {
    const { starts, ends } = this.#line.cells;
    this.setSpan(batch, row, name, starts[field], ends[field]);
  }

  /** Sets a text, decoded where it has backslashes. */
  setSpan(batch: EventBatch, row: number, name: TextFieldName, start: number, end: number): void {
    if (!this.wants(name)) return;
    const { bytes } = batch;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== BACKSLASH) continue;
      batch.setText(row, TEXT[name], this.#line.decode(bytes, start, end));
      return;
    }
    batch.setSpan(row, TEXT[name], start, end);
  }

  /** `450 4.2.0 text`: reason and enhanced code of a reply whose code was read. */
  setReply(batch: EventBatch, row: number, start: number, end: number): void {
    const text = replyCode(batch.bytes, start, end) === 0 ? start : start + 4;
    const blank = enhancedEnd(batch.bytes, text, end);
    if (blank > text) this.setSpan(batch, row, 'enhanced', text, blank);
    this.setSpan(batch, row, 'reason', blank > text ? Math.min(blank + 1, end) : text, end);
  }
}
