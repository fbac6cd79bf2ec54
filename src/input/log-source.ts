import type { UserError } from '../model/errors.ts';
import type { KindName } from '../model/event.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { compareText } from '../model/order.ts';
import { LineAccounting } from './accounting.ts';
import type { BatchPool } from './batch-pool.ts';
import type { BlockReader } from './blocks.ts';
import type { Input } from './discover.ts';
import { FileClock } from './file-clock.ts';
import { FileRun } from './file-run.ts';
import type { LogFacts } from './log-facts.ts';
import { LINE, LONGEST_LINE_BYTES, type LogParser } from './port.ts';
import type { Repeats } from './repeats.ts';
import type { Archive } from './unpack/archive.ts';

/** Batches; ten seconds of the busiest logs are fewer. */
const MOST_READ_AHEAD = 64;
const TOO_LONG = 'line too long';
const QUOTE_OPEN = 'quote not closed';

export interface LogSourceOptions {
  readonly input: Input;
  /** Order of the inputs at equal times; the `source` of every batch. */
  readonly rank: number;
  /** No row has a release time before this, milliseconds UTC. */
  readonly lowerBound: number;
  readonly createParser: () => LogParser;
  readonly openBlocks: () => Promise<BlockReader>;
  readonly pool: BatchPool;
  readonly reorderMs: number;
  readonly gapMs: number;
  /** What other files of the rotation hold as well; undefined where nothing is compared. */
  readonly repeats?: Repeats | undefined;
  /** Whether the zone has dated a line. */
  readonly usedZone?: (() => boolean) | undefined;
  /** The mistake of the user behind a stamp that could not be dated, if there is one. */
  readonly undatable?: (line: number) => UserError | undefined;
}

interface Decided {
  readonly batch: EventBatch;
  readonly watermark: number;
}

/**
 * One log, read forward as batches of events: whole lines only, in the order of the file.
 *
 * A batch is handed out when all its rows are decided (see `FileClock`). Batches belong to the
 * caller until it recycles them; several of one file may be alive at a time.
 */
export class LogSource {
  readonly input: Input;
  readonly rank: number;
  readonly lowerBound: number;
  readonly accounting = new LineAccounting();
  /** Late lines, quarantine, gaps, first and newest time of the file. */
  readonly clock: FileClock;
  /** Every row still to come has a release time at or after this; Infinity at the end. */
  watermark = -Infinity;
  /** How the file is packed, when it was opened; what is odd about it, when it was read. */
  archive: Archive | undefined;

  readonly #options: LogSourceOptions;
  readonly #reorderMs: number;
  readonly #pool: BatchPool;
  #parser: LogParser | undefined;
  #dialect: string | undefined;
  #repeated = 0;
  #lacks: readonly KindName[] = [];
  #infers: readonly KindName[] = [];
  #blocks: BlockReader | undefined;
  #bytesRead = 0;
  #ended = false;
  /** Read and not yet handed out. */
  readonly #pending: EventBatch[] = [];
  readonly #watermarks: number[] = [];
  /** The batch being filled: it holds `#filled` bytes, the first line not yet read is at `#at`. */
  #batch: EventBatch | undefined;
  #filled = 0;
  #at = 0;
  /** Inside a line that is too long: bytes up to its end are thrown away. */
  #skipping = false;
  readonly #run: FileRun;
  /** Lines at the front that an earlier file holds as well; Infinity for all of them. */
  #repeatedLines = 0;

  constructor(options: LogSourceOptions) {
    this.#options = options;
    this.input = options.input;
    this.rank = options.rank;
    this.lowerBound = options.lowerBound;
    this.#reorderMs = options.reorderMs;
    this.#pool = options.pool;
    this.clock = new FileClock(options);
    this.#run = new FileRun(this.clock, this.#pending);
  }

  /** Bytes taken from the file so far, before they were unpacked: for a progress display. */
  get bytesRead(): number {
    return this.#blocks?.bytesRead ?? this.#bytesRead;
  }

  /** What the parser has recognised so far; undefined before the file was opened. */
  get dialect(): string | undefined {
    return this.#parser?.dialect ?? this.#dialect;
  }

  /** What was read so far. */
  get facts(): LogFacts {
    const { accounting, clock } = this;
    const { lines, event, irrelevant, unparsed, repeated, reasons, shapes } = accounting;
    const byReason = [...reasons].map(([reason, count]) => ({ reason, lines: count }));
    return {
      report: {
        dialect: this.dialect,
        archive: this.archive && { ...this.archive },
        lacks: this.lacks,
        infers: this.#infersNow,
        lines,
        event,
        irrelevant,
        unparsed,
        repeated: repeated + (this.#parser?.repeated ?? this.#repeated),
        reasons: byReason.sort((a, b) => b.lines - a.lines || compareText(a.reason, b.reason)),
        shapes: unparsed === 0 ? [] : shapes.top,
        otherShapes: shapes.others,
        firstMs: Number.isNaN(clock.firstMs) ? undefined : clock.firstMs,
        lastMs: clock.newestMs === -Infinity ? undefined : clock.newestMs,
        late: clock.lateLines,
        quarantined: clock.quarantinedCount,
        quarantinedLines: [...clock.quarantined],
        gaps: clock.gapCount,
        longestGaps: [...clock.gaps],
      },
      repeatedInRotation: repeated,
      foundIn: [...(this.#options.repeats?.foundIn ?? [])],
      usedZone: this.#options.usedZone?.() ?? false,
    };
  }

  /** Kinds of event that the file does not show, as far as it was read. */
  get lacks(): readonly KindName[] {
    return this.#parser === undefined ? this.#lacks : (this.#parser.lacks ?? []);
  }

  /** Time of the first dated line, milliseconds UTC; NaN when there is none. */
  get firstTime(): number {
    return this.clock.firstMs;
  }

  get certainMs(): number {
    return this.clock.certainMs - this.#reorderMs;
  }

  /** Opens the file; `nextBatch` does so by itself. */
  async open(): Promise<void> {
    if (this.#blocks !== undefined || this.#ended) return;
    this.#blocks = await this.#options.openBlocks();
    this.archive = this.#blocks.archive;
    this.#parser = this.#options.createParser();
    this.#repeatedLines = (await this.#options.repeats?.atFront()) ?? 0;
  }

  /**
   * Whether a line is newer than `timeMs`; reads on as far as that takes, and hands out nothing.
   * Undefined when it would take more than may be kept: a run that goes on from a state opens files
   * long before their place.
   */
  async reaches(timeMs: number): Promise<boolean | undefined> {
    await this.open();
    while (!this.#ended && !(this.clock.newestMs > timeMs)) {
      if (this.#pending.length >= MOST_READ_AHEAD) return undefined;
      await this.#readBatch();
    }
    return this.clock.newestMs > timeMs;
  }

  /**
   * The next batch, whose rows may be none; undefined at the end, when the file is closed.
   *
   * @throws DiskError, InterruptedError, and UserError for a date that the year given does not have
   */
  async nextBatch(): Promise<EventBatch | undefined> {
    await this.open();
    for (;;) {
      const decided = this.#takeDecided();
      if (decided !== undefined) {
        this.watermark = decided.watermark;
        return decided.batch;
      }
      if (this.#ended) {
        this.watermark = Infinity;
        return undefined;
      }
      await this.#readBatch();
    }
  }

  /** Takes back a batch whose rows have all been handled. */
  recycle(batch: EventBatch): void {
    this.#pool.release(batch);
  }

  /** Closes the file; also for a run that ends early. */
  close(): void {
    this.#bytesRead = this.bytesRead;
    this.#blocks?.close();
    this.#blocks = undefined;
    this.#dialect = this.dialect;
    this.#repeated = this.#parser?.repeated ?? this.#repeated;
    this.#lacks = this.lacks;
    this.#infers = this.#infersNow;
    this.#parser = undefined;
    this.#ended = true;
    if (this.#batch !== undefined) this.#pool.release(this.#batch);
    this.#batch = undefined;
  }

  get #infersNow(): readonly KindName[] {
    return this.#parser === undefined ? this.#infers : (this.#parser.infers ?? []);
  }

  #takeDecided(): Decided | undefined {
    const batch = this.#pending.at(0);
    if (batch === undefined || batch === this.clock.undecidedFrom) return undefined;
    this.#pending.shift();
    return { batch, watermark: this.#watermarks.shift()! };
  }

  async #readBatch(): Promise<void> {
    const blocks = this.#blocks!;
    let batch = this.#batch;
    if (batch === undefined) {
      batch = this.#acquire();
      this.#batch = batch;
    }
    // One byte is kept free for the line end that the last line may lack.
    let room = batch.bytes.length - 1 - this.#filled;
    let atEnd = false;
    while (room > 0 && !atEnd) {
      const reading = blocks.read(batch.bytes, this.#filled, room);
      const got = typeof reading === 'number' ? reading : await reading;
      this.#filled += got;
      room -= got;
      atEnd = got === 0;
    }
    if (this.#run.line === 0 && this.#at === 0) this.#at = bomLength(batch.bytes, this.#filled);
    const cut = atEnd && this.#filled > this.#at && batch.bytes[this.#filled - 1] !== 10;
    if (this.#skipping) this.#skip(batch.bytes);
    const from = this.#at;
    this.#pending.push(batch);
    if (cut) {
      await this.#parseCutLine(batch);
      if (this.#skipping) this.#skip(batch.bytes);
    }
    this.#at = this.#parseLines(batch, this.#at, this.#filled, atEnd);
    this.clock.expire(this.#run.line);
    if (atEnd) this.#finish();
    else if (this.#at > from) this.#carryOver(batch);
    else {
      // Not one whole line: the same batch is read on.
      this.#pending.pop();
      this.#makeRoom(batch);
      return;
    }
    this.#watermarks.push(this.clock.certainMs - this.#reorderMs);
  }

  #acquire(): EventBatch {
    const batch = this.#pool.acquire();
    batch.source = this.rank;
    return batch;
  }

  /**
   * Ends the last line, which lacks its end; where a later file holds it whole, the lines before it
   * are read here and it is passed over.
   */
  async #parseCutLine(batch: EventBatch): Promise<void> {
    const { bytes } = batch;
    const { repeats } = this.#options;
    const last = Math.max(this.#at, bytes.lastIndexOf(10, this.#filled - 1) + 1);
    if (repeats !== undefined && !this.#skipping) {
      this.#at = this.#parseLines(batch, this.#at, last, false);
      if (await repeats.atEnd(this.clock.newestMs)) {
        bytes[this.#filled++] = 10;
        this.#passOver(batch, this.#at, this.#filled - 1);
        this.#at = this.#filled;
        return;
      }
    }
    bytes[this.#filled++] = 10;
  }

  /** Moves the unfinished line, and what the parser wants to see again, into the next batch. */
  #carryOver(batch: EventBatch): void {
    const parser = this.#parser!;
    const wanted = parser.carryFrom ?? -1;
    const from = wanted === -1 ? this.#at : Math.min(wanted, this.#at);
    const next = this.#acquire();
    const length = this.#filled - from;
    if (length > next.bytes.length / 2) {
      next.bytes = this.#pool.allocate(length + next.bytes.length);
    }
    batch.bytes.copy(next.bytes, 0, from, this.#filled);
    if (wanted !== -1) parser.rebase?.(from);
    this.#batch = next;
    this.#at -= from;
    this.#filled = length;
  }

  /** The line at `#at` does not end in the batch: a larger buffer, or it is too long. */
  #makeRoom(batch: EventBatch): void {
    if (this.#skipping) {
      this.#filled = this.#at;
      return;
    }
    if (this.#filled - this.#at > LONGEST_LINE_BYTES) {
      this.#run.line++;
      this.accounting.lines++;
      this.#countUnparsed(TOO_LONG, batch.bytes, this.#at, this.#filled);
      this.#skipping = true;
      this.#filled = this.#at;
      return;
    }
    if (this.#filled < batch.bytes.length - 1) return;
    const larger = this.#pool.allocate(batch.bytes.length * 2);
    batch.bytes.copy(larger, 0, 0, this.#filled);
    batch.bytes = larger;
  }

  /** Throws away the rest of a line that is too long, as far as it is here. */
  #skip(bytes: Buffer): void {
    const newline = bytes.subarray(0, this.#filled).indexOf(10, this.#at);
    if (newline === -1) {
      this.#filled = this.#at;
      return;
    }
    this.#at = newline + 1;
    this.#skipping = false;
  }

  /** Reads the whole lines of `bytes[from, limit)`; the index behind the last of them. */
  #parseLines(batch: EventBatch, from: number, limit: number, atEnd: boolean): number {
    const parser = this.#parser!;
    if (parser.findRecordEnd !== undefined) return this.#parseRecords(batch, from, limit, atEnd);
    const { bytes } = batch;
    const view = bytes.subarray(0, limit);
    let at = from;
    while (at < limit) {
      const repeated = this.#run.line < this.#repeatedLines;
      if (!repeated) at = this.#scan(parser, batch, at, limit);
      const end = view.indexOf(10, at);
      if (end === -1) break;
      if (repeated) this.#passOver(batch, at, end);
      else {
        if (parser.wantsMore?.(bytes, at, limit) === true && !atEnd) break;
        this.#run.line++;
        this.#parse(parser, batch, at, end);
      }
      at = end + 1;
    }
    return at;
  }

  /** Shows the parser a line that another file holds as well; what it makes of it is thrown away. */
  #passOver(batch: EventBatch, start: number, end: number): void {
    const { accounting } = this;
    const parser = this.#parser!;
    this.#run.line++;
    accounting.lines++;
    accounting.irrelevant++;
    accounting.repeated++;
    if (end - start > LONGEST_LINE_BYTES) return;
    const aside = this.#pool.acquire();
    const own = aside.bytes;
    aside.bytes = batch.bytes;
    parser.parseLine(
      aside,
      start,
      end > start && batch.bytes[end - 1] === 13 ? end - 1 : end,
      this.#run.line,
    );
    aside.bytes = own;
    this.#pool.release(aside);
    const time = parser.lineTime;
    if (!Number.isNaN(time)) this.clock.see(time, this.#run.line, batch, batch.rows, this.#pending);
  }

  #scan(parser: LogParser, batch: EventBatch, from: number, limit: number): number {
    if (parser.scan === undefined) return from;
    const { accounting } = this;
    const run = this.#run;
    const { line } = run;
    const at = parser.scan(batch, from, limit, run);
    accounting.lines += run.line - line;
    accounting.event += run.event;
    accounting.irrelevant += run.irrelevant;
    run.event = run.irrelevant = 0;
    return at;
  }

  /** The same where a quoted field may hold line ends. */
  #parseRecords(batch: EventBatch, from: number, limit: number, atEnd: boolean): number {
    const parser = this.#parser!;
    const { bytes } = batch;
    const view = bytes.subarray(0, limit);
    let at = from;
    while (at < limit) {
      at = this.#scan(parser, batch, at, limit);
      const lineEnd = view.indexOf(10, at);
      if (lineEnd === -1) break;
      let end = parser.findRecordEnd!(bytes, at, limit);
      this.#run.line++;
      if (end === -1 ? atEnd || limit - at > LONGEST_LINE_BYTES : end - at > LONGEST_LINE_BYTES) {
        // A quote that is never closed must not swallow the file: read on behind its first line.
        end = lineEnd;
        this.accounting.lines++;
        const reason = end - at > LONGEST_LINE_BYTES ? TOO_LONG : QUOTE_OPEN;
        this.#countUnparsed(reason, bytes, at, end);
      } else if (end === -1) {
        this.#run.line--;
        break;
      } else {
        this.#parse(parser, batch, at, end);
        for (let inner = lineEnd; inner < end; inner = view.indexOf(10, inner + 1))
          this.#run.line++;
      }
      at = end + 1;
    }
    return at;
  }

  #parse(parser: LogParser, batch: EventBatch, start: number, lineEnd: number): void {
    const { bytes, rows } = batch;
    const { accounting } = this;
    accounting.lines++;
    if (lineEnd - start > LONGEST_LINE_BYTES) {
      this.#countUnparsed(TOO_LONG, bytes, start, lineEnd);
      return;
    }
    const end = lineEnd > start && bytes[lineEnd - 1] === 13 ? lineEnd - 1 : lineEnd;
    const became = parser.parseLine(batch, start, end, this.#run.line);
    if (became === LINE.event) accounting.event++;
    else if (became === LINE.irrelevant) accounting.irrelevant++;
    else this.#countUnparsed(parser.reason, bytes, start, end);
    const time = parser.lineTime;
    if (!Number.isNaN(time)) this.clock.see(time, this.#run.line, batch, rows, this.#pending);
  }

  #countUnparsed(reason: string, bytes: Buffer, start: number, end: number): void {
    const mistake = this.#options.undatable?.(this.#run.line);
    if (mistake !== undefined) throw mistake;
    this.accounting.addUnparsed(reason, bytes, start, end, this.#run.line);
  }

  #finish(): void {
    this.clock.finish();
    // Now among the pending ones, so not ours to release.
    this.#batch = undefined;
    this.close();
  }
}

/** Bytes of the mark that some editors put in front of UTF-8 text. */
export function bomLength(bytes: Buffer, filled: number): number {
  return filled >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
