import { readAddress, type Family } from '../../model/address.ts';
import { FLAG, type EventBatch } from '../../model/event-batch.ts';
import { KIND, PHASE, TEXT, type KindName, type TextFieldName } from '../../model/event.ts';
import { isFiller, wholeNumber } from '../byte-text.ts';
import { CsvTime } from '../csv-time.ts';
import type { ParserSetting } from '../dialects.ts';
import { JSON_TYPE, JsonLine } from '../json/json-line.ts';
import { LINE, type LineClass, type LogParser } from '../port.ts';
import { WordCache } from '../word-cache.ts';
import { AUTH, commandOf, phaseOf } from './command.ts';
import { FIELD, KIND_OF, PATHS, RECORD, recordOf } from './record.ts';

const LARGEST_CODE = 999;
/** An enhanced code has up to three digits a part. */
const PARTS = 1000;

/**
 * Reads KumoMTA's records. Nothing tells when a connection began or ended; `session_id` is what the
 * records of one have in common, so the first with a new one is the first sign of it.
 */
export class KumoParser implements LogParser {
  readonly dialect = 'kumomta';
  readonly lacks: readonly KindName[];
  readonly infers: readonly KindName[];
  lineTime = Number.NaN;
  reason = '';
  readonly #json = new JsonLine(PATHS);
  readonly #time: CsvTime;
  readonly #types = new WordCache(recordOf);
  readonly #nodes: WordCache;
  readonly #node: number;
  readonly #needs: number;
  readonly #address = new Int32Array(4);
  /** Texts of enhanced codes by number. */
  readonly #enhanced = new Map<number, string>();

  constructor({ vocabulary, needs, dater, node, inferConnections = false }: ParserSetting) {
    this.lacks = inferConnections ? ['disconnect'] : ['connect', 'disconnect'];
    this.infers = inferConnections ? ['connect'] : [];
    this.#time = new CsvTime((localMs) => dater.offsetOf(localMs));
    this.#nodes = new WordCache((word) => vocabulary.nodes.id(word) ?? 0);
    this.#node = node === undefined ? -1 : (vocabulary.nodes.id(node) ?? 0);
    this.#needs = needs.textFields | (1 << TEXT.session) | (1 << TEXT.queue_id);
  }

  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass {
    this.lineTime = Number.NaN;
    const { bytes } = batch;
    const json = this.#json;
    if (!json.read(bytes, start, end)) {
      return isBlank(bytes, start, end) ? LINE.irrelevant : this.#unparsed('not JSON');
    }
    if (json.types[FIELD.type] !== JSON_TYPE.string) return this.#unparsed('no record type');
    const record = this.#wordOf(this.#types, bytes, FIELD.type);
    const { starts, ends } = json;
    const { eventTime, timestamp } = FIELD;
    const clock = json.types[eventTime] <= JSON_TYPE.null ? timestamp : eventTime;
    const time = this.#time.read(bytes, starts[clock], ends[clock]);
    this.lineTime = time;
    if (Number.isNaN(time)) return this.#unparsed('no such time');
    if (record === RECORD.irrelevant) return LINE.irrelevant;
    const family = this.#readPeer(bytes, record);
    if (family === -1) return this.#unparsed('address cannot be read');
    const code = this.#readCode(bytes);
    if (code < 0) return this.#unparsed('code cannot be read');

    const hasSession = ends[FIELD.session] > starts[FIELD.session];
    if (this.infers.length > 0 && family > 0 && hasSession) {
      const connect = this.#push(batch, KIND.connect, family, line, start);
      this.#setText(batch, connect, 'session', FIELD.session);
      batch.phase[connect] = PHASE.connect;
      batch.flags[connect] |= FLAG.inferred;
    }
    const row = this.#push(batch, KIND_OF[record], family, line, start);
    if (record === RECORD.authentication) this.#readAuthentication(batch, row);
    else this.#readMessage(batch, row, record, code);
    return LINE.event;
  }

  #push(batch: EventBatch, kind: number, family: Family, line: number, start: number): number {
    const row = batch.push(this.lineTime, kind, line, start);
    batch.setPeer(row, family, this.#address);
    const { bytes } = batch;
    batch.node[row] = this.#node >= 0 ? this.#node : this.#wordOf(this.#nodes, bytes, FIELD.node);
    return row;
  }

  #unparsed(reason: string): LineClass {
    this.reason = reason;
    return LINE.unparsed;
  }

  #readMessage(batch: EventBatch, row: number, record: number, code: number): void {
    const { bytes } = batch;
    const { types, starts, ends } = this.#json;
    if (record !== RECORD.reported) this.#setText(batch, row, 'queue_id', FIELD.id);
    this.#setText(batch, row, 'session', FIELD.session);
    this.#setText(batch, row, 'sender', FIELD.sender);
    const recipients = this.#readRecipients(batch, row);
    if (record === RECORD.reception) {
      batch.recipients[row] = recipients;
      const size = wholeNumber(bytes, starts[FIELD.size], ends[FIELD.size]);
      if (types[FIELD.size] === JSON_TYPE.number) batch.size[row] = size;
      this.#setText(batch, row, 'helo', FIELD.peerName);
      return;
    }
    batch.code[row] = code;
    this.#setText(batch, row, 'reason', FIELD.content);
    if (this.#wants('enhanced')) this.#setEnhanced(batch, row);
    if (record === RECORD.rejection) this.#readRejection(batch, row, code);
  }

  #readRejection(batch: EventBatch, row: number, code: number): void {
    const { starts, ends } = this.#json;
    this.#setText(batch, row, 'helo', FIELD.peerName);
    const at = starts[FIELD.command];
    const behind = ends[FIELD.command];
    if (behind > at) {
      const command = commandOf(batch.bytes, at, behind);
      batch.phase[row] = phaseOf(command);
      if (command === AUTH && code >= 500) batch.kind[row] = KIND.auth_failure;
      return;
    }
    // Before its first command a client has said nothing.
    const said =
      ends[FIELD.peerName] > starts[FIELD.peerName] || ends[FIELD.sender] > starts[FIELD.sender];
    batch.phase[row] = said ? PHASE.none : PHASE.connect;
  }

  #readAuthentication(batch: EventBatch, row: number): void {
    if (this.#json.types[FIELD.success] === JSON_TYPE.true) batch.kind[row] = KIND.auth_success;
    this.#setText(batch, row, 'user', FIELD.identity);
  }

  /** The client's family, its words being in `#address`; 0 where there is none, -1 unreadable. */
  #readPeer(bytes: Buffer, record: number): Family | -1 {
    const { types, starts, ends } = this.#json;
    let field: number = FIELD.peerAddress;
    if (record === RECORD.authentication) {
      const isText = types[FIELD.authPeer] === JSON_TYPE.string;
      field = isText ? FIELD.authPeer : FIELD.authPeerAddress;
    } else if (record !== RECORD.reception && record !== RECORD.rejection) return 0;
    const start = starts[field];
    const end = ends[field];
    if (end === start) return 0;
    const family = readAddress(bytes, start, end, this.#address, 0);
    return family === 0 ? this.#readSocket(bytes, start, end) : family;
  }

  /** `192.0.2.7:25` or `[2001:db8::1]:25` */
  #readSocket(bytes: Buffer, start: number, end: number): Family | -1 {
    let at = end;
    while (at > start && bytes[at - 1] !== 58) at--;
    if (at <= start + 1 || wholeNumber(bytes, at, end) < 0) return -1;
    const bracketed = bytes[start] === 91 && bytes[at - 2] === 93;
    const from = bracketed ? start + 1 : start;
    const family = readAddress(bytes, from, bracketed ? at - 2 : at - 1, this.#address, 0);
    return family === 0 ? -1 : family;
  }

  #readCode(bytes: Buffer): number {
    const { types, starts, ends } = this.#json;
    if (types[FIELD.code] <= JSON_TYPE.null) return 0;
    const code = wholeNumber(bytes, starts[FIELD.code], ends[FIELD.code]);
    return code > LARGEST_CODE ? -1 : code;
  }

  /** Sets the recipient, of several the first, and returns how many there are. */
  #readRecipients(batch: EventBatch, row: number): number {
    const json = this.#json;
    const { bytes } = batch;
    const { starts, ends, types } = json;
    const { recipient } = FIELD;
    if (types[recipient] !== JSON_TYPE.array) {
      this.#setText(batch, row, 'recipient', recipient);
      return ends[recipient] > starts[recipient] ? 1 : -1;
    }
    const count = json.readElements(bytes, recipient);
    if (count === 0) return -1;
    if (this.#wants('recipient')) {
      if (json.elementEscaped[0] === 1) {
        batch.setText(row, TEXT.recipient, json.elementText(bytes, 0));
      } else batch.setSpan(row, TEXT.recipient, json.elementStarts[0], json.elementEnds[0]);
    }
    return count;
  }

  #setEnhanced(batch: EventBatch, row: number): void {
    const { starts, ends } = this.#json;
    let number = 0;
    for (let field = FIELD.enhancedClass; field <= FIELD.enhancedDetail; field++) {
      const part = wholeNumber(batch.bytes, starts[field], ends[field]);
      if (part < 0 || part >= PARTS) return;
      number = number * PARTS + part;
    }
    let text = this.#enhanced.get(number);
    if (text === undefined) {
      const high = Math.floor(number / PARTS);
      text = `${Math.floor(high / PARTS)}.${high % PARTS}.${number % PARTS}`;
      if (this.#enhanced.size < PARTS) this.#enhanced.set(number, text);
    }
    batch.setText(row, TEXT.enhanced, text);
  }

  #wants(name: TextFieldName): boolean {
    return ((this.#needs >> TEXT[name]) & 1) === 1;
  }

  #setText(batch: EventBatch, row: number, name: TextFieldName, field: number): void {
    const json = this.#json;
    if (!this.#wants(name) || json.types[field] !== JSON_TYPE.string) return;
    if (json.escaped[field] === 1) batch.setText(row, TEXT[name], json.text(batch.bytes, field));
    else batch.setSpan(row, TEXT[name], json.starts[field], json.ends[field]);
  }

  #wordOf(words: WordCache, bytes: Buffer, field: number): number {
    const json = this.#json;
    if (json.escaped[field] === 1) return words.numberOf(json.text(bytes, field));
    const start = json.starts[field];
    const end = json.ends[field];
    return end === start ? 0 : words.number(bytes, start, end);
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isFiller(bytes[at])) at++;
  return at === end;
}
