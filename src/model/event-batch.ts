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

/** Bytes that a row takes in all columns together. */
const ROW_BYTES = 3 * 8 + (4 + 3 + FIELDS * 2) * 4 + 6 * 2 + 5;

/** Memory for the columns of `rows` rows. */
function memoryFor(rows: number, isShared: boolean): ArrayBufferLike {
  const bytes = rows * ROW_BYTES;
  return isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/**
 * Events as columns, cut from one block of one file.
 *
 * Text fields are spans into `bytes`, which the batch owns until it is recycled; a string is made
 * only when someone asks for it. Rows stand in the order of the file. All columns lie in one piece
 * of memory and are replaced when the batch grows, so a loop reads them from the batch, not from a
 * copy made before `push`.
 */
export class EventBatch {
  readonly vocabulary: Vocabulary;
  /** Which input the block comes from: its rank, which breaks ties of time. */
  source = 0;
  /** The block of the file. Whole lines only; what lies behind the last line is not ours. */
  bytes: Buffer;
  rows = 0;
  declare capacity: number;
  /** Where all columns lie. */
  declare memory: ArrayBufferLike;

  /** Milliseconds since the epoch, UTC. */
  declare time: Float64Array;
  /**
   * When the row may leave the merge, milliseconds UTC: its time, or, of a late row, the newest
   * line time of the file by then minus the reorder buffer. Set by the log source.
   */
  declare release: Float64Array;
  /** Message size in bytes; -1 when unknown. */
  declare size: Float64Array;
  /** Four words a row, in network order; an IPv4 address is in the first. */
  declare ip: Int32Array;
  /** Accepted recipients of a message; -1 when unknown. */
  declare recipients: Int32Array;
  /** 1-based number of the line in its file. */
  declare line: Uint32Array;
  /** Where the row's own line begins in `bytes`. */
  declare start: Uint32Array;
  /** `[start, end)` into `bytes` for each text field; two numbers a field, `FIELDS` fields a row. */
  declare spans: Uint32Array;
  /** Number in `vocabulary.kinds`, or `KIND_DROPPED`. */
  declare kind: Uint16Array;
  declare node: Uint16Array;
  declare listener: Uint16Array;
  declare service: Uint16Array;
  /** SMTP reply code; 0 when the line has none. */
  declare code: Uint16Array;
  /** Bit n: text field n is set. */
  declare has: Uint16Array;
  /** 4, 6, or 0 for an event without a peer. */
  declare family: Uint8Array;
  /** The phase the event happened in (`PHASE`). */
  declare phase: Uint8Array;
  /** Bit p: the event implies that phase p runs; set by the correlator. */
  declare phases: Uint8Array;
  /** How the running system judged it (`LOGGED_AS`). */
  declare verdict: Uint8Array;
  declare flags: Uint8Array;
  /** Field values that do not stand in the block, such as the user of a message's `client=` line. */
  #overrides: string[] = [];
  readonly #words = new WordView();

  /** @param isShared whether other threads are to see the columns */
  constructor(vocabulary: Vocabulary, bytes: Buffer, isShared = false) {
    this.vocabulary = vocabulary;
    this.bytes = bytes;
    this.#lieIn(memoryFor(INITIAL_ROWS, isShared));
    this.#forgetNumbers(0);
  }

  /** The bytes, four at a time. */
  get words(): Int32Array {
    return this.#words.of(this.bytes);
  }

  /** Values of text fields that do not stand in the block, by the number in their span. */
  get overrides(): readonly string[] {
    return this.#overrides;
  }

  /** Shows what another batch holds, which may be a thread's: all but its source and `bytes`. */
  show(memory: ArrayBufferLike, rows: number, overrides: string[]): void {
    if (memory !== this.memory) this.#lieIn(memory);
    this.rows = rows;
    this.#overrides = overrides;
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
    const { capacity, time, release, size, ip, recipients, line, start, spans } = this;
    const { kind, node, listener, service, code, has, family, phase, phases, verdict, flags } =
      this;
    this.#lieIn(memoryFor(capacity * 2, this.memory instanceof SharedArrayBuffer));
    this.#forgetNumbers(capacity);
    grown(this.time, time);
    grown(this.release, release);
    grown(this.size, size);
    grown(this.ip, ip);
    grown(this.recipients, recipients);
    grown(this.line, line);
    grown(this.start, start);
    grown(this.spans, spans);
    grown(this.kind, kind);
    grown(this.node, node);
    grown(this.listener, listener);
    grown(this.service, service);
    grown(this.code, code);
    grown(this.has, has);
    grown(this.family, family);
    grown(this.phase, phase);
    grown(this.phases, phases);
    grown(this.verdict, verdict);
    grown(this.flags, flags);
  }

  /** Has the columns lie in `memory`, the widest first, so that each begins where it may. */
  #lieIn(memory: ArrayBufferLike): void {
    const rows = memory.byteLength / ROW_BYTES;
    this.memory = memory;
    this.capacity = rows;
    let at = 0;
    const next = (rowBytes: number): number => {
      const from = at;
      at += rows * rowBytes;
      return from;
    };
    this.time = new Float64Array(memory, next(8), rows);
    this.release = new Float64Array(memory, next(8), rows);
    this.size = new Float64Array(memory, next(8), rows);
    this.ip = new Int32Array(memory, next(16), rows * 4);
    this.recipients = new Int32Array(memory, next(4), rows);
    this.line = new Uint32Array(memory, next(4), rows);
    this.start = new Uint32Array(memory, next(4), rows);
    this.spans = new Uint32Array(memory, next(FIELDS * 8), rows * FIELDS * 2);
    this.kind = new Uint16Array(memory, next(2), rows);
    this.node = new Uint16Array(memory, next(2), rows);
    this.listener = new Uint16Array(memory, next(2), rows);
    this.service = new Uint16Array(memory, next(2), rows);
    this.code = new Uint16Array(memory, next(2), rows);
    this.has = new Uint16Array(memory, next(2), rows);
    this.family = new Uint8Array(memory, next(1), rows);
    this.phase = new Uint8Array(memory, next(1), rows);
    this.phases = new Uint8Array(memory, next(1), rows);
    this.verdict = new Uint8Array(memory, next(1), rows);
    this.flags = new Uint8Array(memory, next(1), rows);
  }

  /** Rows from `row` on have neither size nor recipients. */
  #forgetNumbers(row: number): void {
    this.size.fill(-1, row);
    this.recipients.fill(-1, row);
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
