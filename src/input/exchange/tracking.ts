import { KIND, LOGGED_AS, TEXT } from '../../model/event.ts';
import { findByte, isDigit } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ColumnMap } from './columns.ts';
import type { ExchangeRecord } from './record.ts';

const SEMICOLON = 59;
const LESS = 60;
const GREATER = 62;
const LARGEST_RECIPIENTS = 0x7fff_ffff;
/** What a server puts before the status of a recipient: `[{LED=550 5.1.1 …`. */
const STATUS_PREFIX = /^[[{]*(?:LED=)?/;
const LONGEST_PREFIX = 8;

/** Of which only the events are listed; all others tell of steps inside the server. */
const RESULTS: readonly (readonly [event: string, kind: number])[] = [
  ['DELIVER', KIND.delivery],
  ['SEND', KIND.delivery],
  ['SENDEXTERNAL', KIND.delivery],
  ['FAIL', KIND.bounce],
  ['DEFER', KIND.deferral],
];

const HOPS = Buffer.from('S:ProxyHop');
const PROXIED = Buffer.from('S:ProxiedClientIPAddress=');

/** Reads a record of the message tracking log (formats, section 12). */
export function readTracking(record: ExchangeRecord, columns: ColumnMap): LineClass {
  const event = columns.of('event-id');
  if (record.is(event, 'RECEIVE')) {
    // From a mailbox or another part of the server: no client brought it.
    if (!record.is(columns.of('source'), 'SMTP')) return LINE.irrelevant;
    return readReception(record, columns);
  }
  for (const [word, kind] of RESULTS) {
    if (record.is(event, word)) return readResults(record, columns, kind);
  }
  return LINE.irrelevant;
}

function readReception(record: ExchangeRecord, columns: ColumnMap): LineClass {
  const { batch } = record;
  const isDirect = readClient(record, columns);
  if (isDirect === undefined) return record.unparsed('peer cannot be read');
  const node = nodeOf(record, columns.of('server-hostname'));
  const connector = columns.of('connector-id');
  const listener = record.isEmpty(connector)
    ? 0
    : record.listener(record.startOf(connector), record.endOf(connector));
  if (node < 0 || listener < 0) return record.unparsed('too many words');
  const row = record.push(KIND.reception, node, listener);
  record.setPeer(row);
  batch.verdict[row] = LOGGED_AS.accepted;
  setMessage(record, columns, row);
  const counted = record.number(columns.of('recipient-count'));
  if (counted >= 0) batch.recipients[row] = Math.min(counted, LARGEST_RECIPIENTS);
  const recipients = columns.of('recipient-address');
  if (!record.isEmpty(recipients)) {
    const start = record.startOf(recipients);
    const end = record.endOf(recipients);
    const first = findByte(record.bytes, start, end, SEMICOLON);
    record.setWanted(row, TEXT.recipient, recipients, start, first);
  }
  // Of a message that came through a front end, this is the front end's name.
  if (isDirect) record.setColumn(row, TEXT.helo, columns.of('client-hostname'));
  // The session of the protocol log, then what it was about: `08DD0A1B2C3D4E5F;2026-…;0`.
  const context = columns.of('source-context');
  if (!record.isEmpty(context)) {
    const start = record.startOf(context);
    const end = findByte(record.bytes, start, record.endOf(context), SEMICOLON);
    batch.setSpan(row, TEXT.session, start, end);
  }
  return LINE.event;
}

/** One event for each recipient of the record. */
function readResults(record: ExchangeRecord, columns: ColumnMap, kind: number): LineClass {
  const { bytes } = record;
  // The other server is the next one; a mailbox may be on another one, too.
  const own = columns.of('client-hostname');
  const node = nodeOf(record, record.isEmpty(own) ? columns.of('server-hostname') : own);
  if (node < 0) return record.unparsed('too many words');
  const column = columns.of('recipient-address');
  const isListed = !record.isEmpty(column);
  const end = isListed ? record.endOf(column) : 0;
  const status = columns.of('recipient-status');
  const hasStatus = !record.isEmpty(status);
  const isParallel = isListed && hasStatus && parts(record, column) === parts(record, status);
  let statusAt = hasStatus ? record.startOf(status) : 0;
  for (let at = isListed ? record.startOf(column) : 0; ;) {
    const stop = isListed ? findByte(bytes, at, end, SEMICOLON) : 0;
    const row = record.push(kind, node, 0);
    setMessage(record, columns, row);
    if (isListed) record.setWanted(row, TEXT.recipient, column, at, stop);
    if (hasStatus) {
      const last = record.endOf(status);
      const statusEnd = isParallel ? findByte(bytes, statusAt, last, SEMICOLON) : last;
      const text = behindPrefix(bytes, statusAt, statusEnd);
      record.setReply(
        row,
        status,
        text,
        text > statusAt ? withoutBraces(bytes, text, statusEnd) : statusEnd,
      );
      if (isParallel) statusAt = Math.min(statusEnd + 1, last);
    }
    if (stop >= end) return LINE.event;
    at = stop + 1;
  }
}

/**
 * Reads the client's address; true when it was the one who connected, false when a front end stood
 * between, undefined when it cannot be read.
 *
 * The front end's word for it stands in a column of its own, or at the front of a list in which
 * names follow that a client chose.
 */
function readClient(record: ExchangeRecord, columns: ColumnMap): boolean | undefined {
  const original = columns.of('original-client-ip');
  const client = columns.of('client-ip');
  if (!record.isEmpty(original)) {
    if (!record.readAddress(record.startOf(original), record.endOf(original))) return undefined;
    return isSame(record, original, client);
  }
  if (readProxied(record, columns.of('custom-data'))) return false;
  if (record.isEmpty(client)) {
    record.family = 0;
    return true;
  }
  return record.readAddress(record.startOf(client), record.endOf(client)) ? true : undefined;
}

function isSame(record: ExchangeRecord, column: number, other: number): boolean {
  if (record.isEmpty(other)) return false;
  const { bytes } = record;
  const text = bytes.subarray(record.startOf(column), record.endOf(column));
  return text.equals(bytes.subarray(record.startOf(other), record.endOf(other)));
}

/** `S:ProxyHop1=…;S:ProxiedClientIPAddress=192.0.2.1;S:ProxiedClientHostname=…` */
function readProxied(record: ExchangeRecord, column: number): boolean {
  if (record.isEmpty(column)) return false;
  const { bytes } = record;
  const end = record.endOf(column);
  let at = record.startOf(column);
  while (at < end) {
    const stop = findByte(bytes, at, end, SEMICOLON);
    if (beginsWith(bytes, at, stop, PROXIED)) return record.readAddress(at + PROXIED.length, stop);
    if (!beginsWith(bytes, at, stop, HOPS)) return false;
    at = stop + 1;
  }
  return false;
}

function beginsWith(bytes: Buffer, at: number, end: number, text: Buffer): boolean {
  return end - at >= text.length && bytes.compare(text, 0, text.length, at, at + text.length) === 0;
}

function nodeOf(record: ExchangeRecord, server: number): number {
  if (record.isEmpty(server)) return record.node(0, 0);
  return record.node(record.startOf(server), record.endOf(server));
}

/** What ties the records of a message together, its sender and size. */
function setMessage(record: ExchangeRecord, columns: ColumnMap, row: number): void {
  const { batch, bytes } = record;
  const id = columns.of('internal-message-id');
  if (!record.isEmpty(id)) batch.setSpan(row, TEXT.queue_id, record.startOf(id), record.endOf(id));
  batch.size[row] = record.number(columns.of('total-bytes'));
  const path = columns.of('return-path');
  const sender = path >= 0 ? path : columns.of('sender-address');
  if (record.isEmpty(sender)) return;
  const start = record.startOf(sender);
  const end = record.endOf(sender);
  const isBare = bytes[start] !== LESS || bytes[end - 1] !== GREATER;
  const inset = isBare ? 0 : 1;
  record.setWanted(row, TEXT.sender, sender, start + inset, end - inset);
}

function parts(record: ExchangeRecord, column: number): number {
  let count = 1;
  for (let at = record.startOf(column); at < record.endOf(column); at++) {
    if (record.bytes[at] === SEMICOLON) count++;
  }
  return count;
}

function behindPrefix(bytes: Buffer, start: number, end: number): number {
  if (start < end && isDigit(bytes[start])) return start;
  const head = bytes.toString('latin1', start, Math.min(end, start + LONGEST_PREFIX));
  return start + (STATUS_PREFIX.exec(head)?.[0].length ?? 0);
}

/** Without the `}` and `]` that close what the prefix opened. */
function withoutBraces(bytes: Buffer, start: number, end: number): number {
  let stop = end;
  while (stop > start && (bytes[stop - 1] === 125 || bytes[stop - 1] === 93)) stop--;
  return stop;
}
