import { KIND, LOGGED_AS, TEXT } from '../../model/event.ts';
import { FLAG } from '../../model/event-batch.ts';
import { findByte, phrase, sameBytes, startsWith, wholeNumber, type Phrase } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { AtFields } from './fields.ts';
import type { MomentumRecord } from './record.ts';

const NEWLINE = 10;
const AT = 64;
const LETTER_R = 82;
/** Fields of a reception, and behind its type. */
const RECEPTION_FIELDS = 10;
/** Of the client's address, counted from the end: size, protocol, group and binding follow. */
const PEER_FROM_END = 5;
/** Lines of one message further apart are not looked for; one recipient takes some 150 bytes. */
const LONGEST_MESSAGE_BYTES = 512 * 1024;

/** `00/00-25004-31B987F3`; a longer one is left to the correlator. */
const LONGEST_ID = 64;

const ESMTP = phrase('esmtp');
const REST = phrase('rest');
const ECSTREAM = phrase('ecstream');
const TRANSFER = phrase('xfer');
const INTERNAL = phrase('internal');
const PROTOCOLS: readonly Phrase[] = [ESMTP, REST, ECSTREAM, TRANSFER, INTERNAL];

/** Reads the records of mainlog.ec (formats, section 8). `type` is the number of the type's field. */
export class MainLogReader {
  readonly #record: MomentumRecord;
  readonly #fields: AtFields;
  readonly #ecstream: number;
  /** The message id of the reception read last. */
  readonly #id = new Uint8Array(LONGEST_ID);
  #idLength = 0;

  constructor(record: MomentumRecord, fields: AtFields, ecstream: number) {
    this.#record = record;
    this.#fields = fields;
    this.#ecstream = ecstream;
  }

  /**
   * `R@rcpt local@rcpt domain@sender local@sender domain@ip@size@protocol@group@binding`, one line for
   * each recipient.
   *
   * Local parts are the client's and may hold an `@`: the address is counted from the end, where
   * nothing is the client's to say.
   */
  readReception(type: number, limit: number): LineClass {
    const record = this.#record;
    const { starts, ends, count, kept } = this.#fields;
    const { batch, bytes } = record;
    const plain = count === type + RECEPTION_FIELDS;
    const peer = kept - PEER_FROM_END;
    if (peer < type + 3) return record.unparsed('wrong number of fields');
    const protocol = peer + 2;
    const known = PROTOCOLS.find((own) => this.#is(protocol, own));
    if (!plain && known === undefined) return record.unparsed('wrong number of fields');
    // Counted where the message came in, or made by the server itself.
    if (known === TRANSFER || known === INTERNAL) return LINE.irrelevant;
    if (this.#isRepeated()) return LINE.irrelevant;
    const size = wholeNumber(bytes, starts[peer + 1], ends[peer + 1]);
    if (size < 0) return record.unparsed('size cannot be read');
    if (!record.readAddress(starts[peer], ends[peer])) {
      return record.unparsed('peer cannot be read');
    }
    const row = record.pushOfPeer(KIND.reception, 0, known === ECSTREAM ? this.#ecstream : 0);
    batch.setSpan(row, TEXT.queue_id, starts[1], ends[1]);
    batch.flags[row] |= FLAG.perRecipient;
    batch.size[row] = size;
    batch.recipients[row] = this.#countRecipients(limit);
    batch.verdict[row] = LOGGED_AS.accepted;
    if (plain) {
      this.#setAddress(row, TEXT.recipient, type + 1);
      this.#setAddress(row, TEXT.sender, type + 3);
    }
    this.#keepId();
    return LINE.event;
  }

  /** `D@domain@size@group@binding@retries@delay@remote ip`; the peer comes from the reception. */
  readDelivery(type: number): LineClass {
    const record = this.#record;
    const { starts, ends, count } = this.#fields;
    if (count < type + 8) return record.unparsed('wrong number of fields');
    const row = record.push(KIND.delivery);
    record.batch.setSpan(row, TEXT.queue_id, starts[1], ends[1]);
    this.#setSize(row, type + 2);
    return LINE.event;
  }

  /** `T@domain@size@group@binding@stage@retries@delay@remote ip@text`, P the same. */
  readFailure(type: number, kind: number): LineClass {
    const record = this.#record;
    const { starts, ends, count } = this.#fields;
    if (count < type + 10) return record.unparsed('wrong number of fields');
    const row = record.push(kind);
    record.batch.setSpan(row, TEXT.queue_id, starts[1], ends[1]);
    this.#setSize(row, type + 2);
    record.setReply(row, starts[type + 9], record.end);
    return LINE.event;
  }

  /**
   * How many lines from here on tell of a recipient of this message, one behind the other. The
   * others are taken out by the correlator, wherever they stand.
   */
  #countRecipients(limit: number): number {
    const { bytes, start, end } = this.#record;
    const { starts, ends } = this.#fields;
    const idStart = starts[1];
    const idEnd = ends[1];
    const length = idEnd - start;
    let recipients = 1;
    let at = end + 1;
    for (;;) {
      const other = at + idStart - start;
      const stop = at + length;
      if (stop >= limit || bytes[stop] !== AT || bytes[other - 1] !== AT) return recipients;
      if (!sameBytes(bytes, idStart, idEnd, other, stop)) return recipients;
      const lineEnd = bytes.indexOf(NEWLINE, stop);
      if (lineEnd === -1 || lineEnd >= limit) return recipients;
      if (!isReception(bytes, stop, lineEnd)) return recipients;
      recipients++;
      at = lineEnd + 1;
    }
  }

  #isRepeated(): boolean {
    const { bytes } = this.#record;
    const start = this.#fields.starts[1];
    const length = this.#fields.ends[1] - start;
    if (length === 0 || length !== this.#idLength) return false;
    for (let i = 0; i < length; i++) if (this.#id[i] !== bytes[start + i]) return false;
    return true;
  }

  #keepId(): void {
    const start = this.#fields.starts[1];
    const length = this.#fields.ends[1] - start;
    this.#idLength = length > LONGEST_ID ? 0 : length;
    for (let i = 0; i < this.#idLength; i++) this.#id[i] = this.#record.bytes[start + i];
  }

  #is(field: number, word: Phrase): boolean {
    const { starts, ends } = this.#fields;
    const at = starts[field];
    return (
      ends[field] - at === word.length && startsWith(this.#record.words, at, ends[field], word)
    );
  }

  /** Local part and domain stand side by side, with the `@` of the address between them. */
  #setAddress(row: number, field: number, local: number): void {
    const { starts, ends } = this.#fields;
    if (ends[local + 1] - starts[local] > 1) {
      this.#record.setWanted(row, field, starts[local], ends[local + 1]);
    }
  }

  #setSize(row: number, field: number): void {
    const { starts, ends } = this.#fields;
    const { batch, bytes } = this.#record;
    batch.size[row] = wholeNumber(bytes, starts[field], ends[field]);
  }
}

/**
 * Where the lines of the message begin that are the last of `bytes[from, limit)`: more of them may
 * follow. `limit` when the last line is no reception, or there are too many.
 */
export function startOfLastMessage(bytes: Buffer, from: number, limit: number): number {
  let found = limit;
  let lineEnd = bytes.lastIndexOf(NEWLINE, limit - 1);
  while (lineEnd >= from && limit - lineEnd < LONGEST_MESSAGE_BYTES) {
    const start = lineEnd === 0 ? 0 : Math.max(from, bytes.lastIndexOf(NEWLINE, lineEnd - 1) + 1);
    const idStart = findByte(bytes, start, lineEnd, AT) + 1;
    const idEnd = findByte(bytes, idStart, lineEnd, AT);
    if (!isReception(bytes, idEnd, lineEnd)) return found;
    if (found < limit) {
      const id = findByte(bytes, found, limit, AT) + 1;
      if (!sameBytes(bytes, idStart, idEnd, id, findByte(bytes, id, limit, AT))) return found;
    }
    found = start;
    lineEnd = start - 1;
  }
  return limit - found < LONGEST_MESSAGE_BYTES ? found : limit;
}

/** Whether the type behind the message id, which ends at `at`, is R: `@batch@connection@R@` or `@R@`. */
function isReception(bytes: Uint8Array, at: number, end: number): boolean {
  let fields = 0;
  for (let i = at; i + 2 < end && fields < 3; i++) {
    if (bytes[i] !== AT) continue;
    if (bytes[i + 1] === LETTER_R && bytes[i + 2] === AT) return fields !== 1;
    fields++;
  }
  return false;
}
