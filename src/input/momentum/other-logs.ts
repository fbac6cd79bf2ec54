import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { findLast, phrase, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { WordCache } from '../word-cache.ts';
import type { AtFields } from './fields.ts';
import type { MomentumRecord } from './record.ts';

/** The stage of a bounce that came as a message of its own. */
const OUT_OF_BAND = 21;
const BOUNCE_FIELDS = 16;
const AT = 64;
const LETTER_N = 78;
const LETTER_T = 84;
const SLASH = 47;
const FAILED = 48;
const SUCCEEDED = 49;
/** Where the console listens unless it is told otherwise. */
const CONSOLE_PORT = phrase(':2025');

/**
 * `B@rcpt local@rcpt domain@sender local@sender domain@group@binding@stage@class@size@remote ip@text`
 *
 * A failure of our own delivery stands in mainlog.ec too, as P or T, and is counted there.
 */
export function readBounce(record: MomentumRecord, fields: AtFields): LineClass {
  const { starts, ends, count } = fields;
  const { bytes } = record;
  if (count < BOUNCE_FIELDS) return record.unparsed('wrong number of fields');
  const stage = wholeNumber(bytes, starts[11], ends[11]);
  if (stage < 0) return record.unparsed('stage cannot be read');
  if (stage !== OUT_OF_BAND) return LINE.irrelevant;
  const row = record.push(KIND.bounce);
  const { batch } = record;
  batch.setSpan(row, TEXT.queue_id, starts[1], ends[1]);
  batch.size[row] = wholeNumber(bytes, starts[13], ends[13]);
  if (ends[6] - starts[5] > 1) record.setWanted(row, TEXT.recipient, starts[5], ends[6]);
  if (ends[8] - starts[7] > 1) record.setWanted(row, TEXT.sender, starts[7], ends[8]);
  record.setReply(row, starts[15], record.end);
  return LINE.event;
}

/** Whether a T is one of bouncelog.ec: in mainlog.ec, size, stage and retries stand elsewhere. */
export function isBounceLog(record: MomentumRecord, { starts, ends, count }: AtFields): boolean {
  const { bytes } = record;
  const number = (field: number): number => wholeNumber(bytes, starts[field], ends[field]);
  if (count < BOUNCE_FIELDS || number(11) < 0 || number(12) < 0 || number(13) < 0) return false;
  return number(6) < 0 || number(9) < 0 || number(10) < 0;
}

/** acctlog.ec: `N@listener@peer ip:port@user@0|1`, an authentication; `T` is one that timed out. */
export class AccountLogReader {
  readonly #record: MomentumRecord;
  readonly #fields: AtFields;
  readonly #listeners: WordCache;
  readonly #control: number;

  constructor(record: MomentumRecord, fields: AtFields, listeners: WordCache, control: number) {
    this.#record = record;
    this.#fields = fields;
    this.#listeners = listeners;
    this.#control = control;
  }

  read(type: number): LineClass {
    const record = this.#record;
    const fields = this.#fields;
    const { starts, ends, count } = fields;
    const { bytes, batch } = record;
    // Z: what somebody on the console was allowed to do.
    if (type !== LETTER_N && type !== LETTER_T) return LINE.irrelevant;
    if (count < 5) return record.unparsed('wrong number of fields');
    // A UNIX socket: nobody came over the network.
    if (fields.isEmpty(3) || bytes[starts[2]] === SLASH) return LINE.irrelevant;
    // The user is the client's word, so the result is read from the end.
    const userEnd = type === LETTER_N ? record.end - 2 : record.end;
    const result = bytes[userEnd] === AT ? bytes[userEnd + 1] : 0;
    if (type === LETTER_N && result !== FAILED && result !== SUCCEEDED) {
      return record.unparsed('result cannot be read');
    }
    if (!record.readEndpoint(starts[3], ends[3])) return record.unparsed('peer cannot be read');
    const listener = this.#listeners.number(bytes, starts[2], ends[2]);
    if (listener < 0) return record.unparsed('too many listeners');
    const port = findLast(bytes, starts[2], ends[2], CONSOLE_PORT);
    const isConsole = port >= 0 && port + CONSOLE_PORT.length === ends[2];
    const kind =
      type === LETTER_T
        ? KIND.auth_aborted
        : result === FAILED
          ? KIND.auth_failure
          : KIND.auth_success;
    const row = record.pushOfPeer(kind, listener, isConsole ? this.#control : 0);
    batch.phase[row] = PHASE.ehlo;
    record.setWanted(row, TEXT.user, starts[4], userEnd);
    return LINE.event;
  }
}
