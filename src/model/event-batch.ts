import { TEXT_FIELDS } from './event.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordView } from './words.ts';

const FIELDS = TEXT_FIELDS.length;
const INITIAL_ROWS = 1024;
/** A span whose start has this value lies in `overrides`, its end being the index there. */
const OVERRIDE = 0xffff_ffff;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Row flags. */
export const FLAG = {
  /** Older, by more than the reorder buffer, than the newest line of its own file. */
  late: 1,
  /** The client of a `client=` line is a filter that hands a message back (`orig_client=`). */
  reinjected: 2,
  /**
   * One of several lines about one message, one for each recipient: only the first of a queue id is
   * the message's reception, and its `recipients` is how many results are still to come.
   */
  perRecipient: 4,
  /** A connect that no line shows: the line is one of a connection, and counts if it is the first. */
  inferred: 8,
} as const;

/**
 * Events as columns, cut from one block of one file.
 *
 * Text fields are spans into `bytes`, which the batch owns until it is recycled; a string is made
 * only when someone asks for it. Rows stand in the order of the file. All arrays are replaced when
 * the batch grows, so a loop reads them from the batch, not from a copy made before `push`.
 */
export class EventBatch {
  readonly vocabulary: Vocabulary;
  /** Which input the block comes from: its rank, which breaks ties of time. */
  source = 0;
  /** The block of the file. Whole lines only; what lies behind the last line is not ours. */
  bytes: Buffer;
  rows = 0;
  capacity = INITIAL_ROWS;

  /** Milliseconds since the epoch, UTC. */
  time = new Float64Array(INITIAL_ROWS);
  /**
   * When the row may leave the merge, milliseconds UTC: its time, or, of a late row, the newest
   * line time of the file by then minus the reorder buffer. Set by the log source.
   */
  release = new Float64Array(INITIAL_ROWS);
  /** Number in `vocabulary.kinds`, or `KIND_DROPPED`. */
  kind = new Uint16Array(INITIAL_ROWS);
  /** 4, 6, or 0 for an event without a peer. */
  family = new Uint8Array(INITIAL_ROWS);
  /** Four words a row, in network order; an IPv4 address is in the first. */
  ip = new Int32Array(INITIAL_ROWS * 4);
  /** 1-based number of the line in its file. */
  line = new Uint32Array(INITIAL_ROWS);
  /** Where the row's own line begins in `bytes`. */
  start = new Uint32Array(INITIAL_ROWS);
  node = new Uint16Array(INITIAL_ROWS);
  listener = new Uint16Array(INITIAL_ROWS);
  service = new Uint16Array(INITIAL_ROWS);
  /** SMTP reply code; 0 when the line has none. */
  code = new Uint16Array(INITIAL_ROWS);
  /** The phase the event happened in (`PHASE`). */
  phase = new Uint8Array(INITIAL_ROWS);
  /** Bit p: the event implies that phase p runs; set by the correlator. */
  phases = new Uint8Array(INITIAL_ROWS);
  /** How the running system judged it (`LOGGED_AS`). */
  verdict = new Uint8Array(INITIAL_ROWS);
  flags = new Uint8Array(INITIAL_ROWS);
  /** Message size in bytes; -1 when unknown. */
  size = new Float64Array(INITIAL_ROWS).fill(-1);
  /** Accepted recipients of a message; -1 when unknown. */
  recipients = new Int32Array(INITIAL_ROWS).fill(-1);
  /** Bit n: text field n is set. */
  has = new Uint16Array(INITIAL_ROWS);
  /** `[start, end)` into `bytes` for each text field; two numbers a field, `FIELDS` fields a row. */
  spans = new Uint32Array(INITIAL_ROWS * FIELDS * 2);
  /** Field values that do not stand in the block, such as the user of a message's `client=` line. */
  readonly #overrides: string[] = [];
  readonly #words = new WordView();

  constructor(vocabulary: Vocabulary, bytes: Buffer) {
    this.vocabulary = vocabulary;
    this.bytes = bytes;
  }

  /** The bytes, four at a time. */
  get words(): Int32Array {
    return this.#words.of(this.bytes);
  }

  /** Empties the batch for the next block; what `push` does not set is reset for all rows at once. */
  clear(): void {
    const { rows } = this;
    this.rows = 0;
    this.#overrides.length = 0;
    this.family.fill(0, 0, rows);
    this.ip.fill(0, 0, rows * 4);
    this.node.fill(0, 0, rows);
    this.listener.fill(0, 0, rows);
    this.service.fill(0, 0, rows);
    this.code.fill(0, 0, rows);
    this.phase.fill(0, 0, rows);
    this.phases.fill(0, 0, rows);
    this.verdict.fill(0, 0, rows);
    this.flags.fill(0, 0, rows);
    this.size.fill(-1, 0, rows);
    this.recipients.fill(-1, 0, rows);
    this.has.fill(0, 0, rows);
  }

  /** Adds a row without peer, text or numbers, and returns its index. */
  push(time: number, kind: number, line: number, start: number): number {
    const row = this.rows++;
    if (row === this.capacity) this.#grow();
    this.time[row] = time;
    this.release[row] = time;
    this.kind[row] = kind;
    this.line[row] = line;
    this.start[row] = start;
    return row;
  }

  /** Sets the peer; `words` are the four of its address, in network order. Family 0: none. */
  setPeer(row: number, family: number, words: Int32Array): void {
    this.family[row] = family;
    if (family === 0) return;
    const at = row * 4;
    for (let word = 0; word < 4; word++) this.ip[at + word] = words[word];
  }

  /** Sets a text field to `bytes[start, end)`; an empty span leaves it unset. */
  setSpan(row: number, field: number, start: number, end: number): void {
    if (end <= start) return;
    const at = (row * FIELDS + field) * 2;
    this.spans[at] = start;
    this.spans[at + 1] = end;
    this.has[row] |= 1 << field;
  }

  /** Sets a text field to a value that does not stand in the block. */
  setText(row: number, field: number, value: string): void {
    if (value === '') return;
    const at = (row * FIELDS + field) * 2;
    this.spans[at] = OVERRIDE;
    this.spans[at + 1] = this.#overrides.length;
    this.#overrides.push(value);
    this.has[row] |= 1 << field;
  }

  /** Makes row `row` a copy of row `from` of the same batch. */
  copyRow(from: number, row: number): void {
    this.time[row] = this.time[from];
    this.release[row] = this.release[from];
    this.kind[row] = this.kind[from];
    this.line[row] = this.line[from];
    this.start[row] = this.start[from];
    this.family[row] = this.family[from];
    this.ip.copyWithin(row * 4, from * 4, from * 4 + 4);
    this.node[row] = this.node[from];
    this.listener[row] = this.listener[from];
    this.service[row] = this.service[from];
    this.code[row] = this.code[from];
    this.phase[row] = this.phase[from];
    this.phases[row] = this.phases[from];
    this.verdict[row] = this.verdict[from];
    this.flags[row] = this.flags[from];
    this.size[row] = this.size[from];
    this.recipients[row] = this.recipients[from];
    this.has[row] = this.has[from];
    const width = FIELDS * 2;
    this.spans.copyWithin(row * width, from * width, (from + 1) * width);
  }

  /** Where a field's bytes start, or -1 when the value does not stand in `bytes`. */
  spanStart(row: number, field: number): number {
    if ((this.has[row] & (1 << field)) === 0) return -1;
    const start = this.spans[(row * FIELDS + field) * 2];
    return start === OVERRIDE ? -1 : start;
  }

  spanEnd(row: number, field: number): number {
    return this.spans[(row * FIELDS + field) * 2 + 1];
  }

  /**
   * The value of a text field, `''` when unset. Bytes that are not UTF-8 come out as `\xHH`, so
   * that two different values stay different.
   */
  text(row: number, field: number): string {
    if ((this.has[row] & (1 << field)) === 0) return '';
    const at = (row * FIELDS + field) * 2;
    const start = this.spans[at];
    if (start === OVERRIDE) return this.#overrides[this.spans[at + 1]];
    return decodeText(this.bytes, start, this.spans[at + 1]);
  }

  /** The log line that the row comes from, without its line end; of a CSV record, its first line. */
  lineText(row: number): string {
    const { bytes } = this;
    const start = this.start[row];
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    return decodeText(bytes, start, end > start && bytes[end - 1] === 13 ? end - 1 : end);
  }

  #grow(): void {
    this.capacity *= 2;
    const rows = this.capacity;
    this.time = grown(new Float64Array(rows), this.time);
    this.release = grown(new Float64Array(rows), this.release);
    this.kind = grown(new Uint16Array(rows), this.kind);
    this.family = grown(new Uint8Array(rows), this.family);
    this.ip = grown(new Int32Array(rows * 4), this.ip);
    this.line = grown(new Uint32Array(rows), this.line);
    this.start = grown(new Uint32Array(rows), this.start);
    this.node = grown(new Uint16Array(rows), this.node);
    this.listener = grown(new Uint16Array(rows), this.listener);
    this.service = grown(new Uint16Array(rows), this.service);
    this.code = grown(new Uint16Array(rows), this.code);
    this.phase = grown(new Uint8Array(rows), this.phase);
    this.phases = grown(new Uint8Array(rows), this.phases);
    this.verdict = grown(new Uint8Array(rows), this.verdict);
    this.flags = grown(new Uint8Array(rows), this.flags);
    this.size = grown(new Float64Array(rows).fill(-1), this.size);
    this.recipients = grown(new Int32Array(rows).fill(-1), this.recipients);
    this.has = grown(new Uint16Array(rows), this.has);
    this.spans = grown(new Uint32Array(rows * FIELDS * 2), this.spans);
  }
}

/** Copies `from` into the larger array `to`. */
export function grown<A extends { set(from: A): void }>(to: A, from: A): A {
  to.set(from);
  return to;
}

/** Text of a span: UTF-8, or every byte that is not ASCII as `\xHH` when it is not valid UTF-8. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  let ascii = true;
  for (let at = start; at < end; at++) {
    if (bytes[at] >= 0x80) {
      ascii = false;
      break;
    }
  }
  if (ascii) return bytes.toString('latin1', start, end);
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return bytes
      .toString('latin1', start, end)
      .replace(/[\u0080-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
  }
}
