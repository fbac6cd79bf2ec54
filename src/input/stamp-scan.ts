import { closeSync, readSync } from 'node:fs';
import { breath, cannotRead, openBlocks, openForReading, type BlockOptions } from './blocks.ts';
import type { Input } from './discover.ts';
import { allocateBlock, readableBlock } from '../model/words.ts';
import { SyslogHeader } from './syslog-header.ts';
import { YearTracker } from './year-tracker.ts';

/** A day whose year is counted from the year of the file's first stamp. */
export interface RelativeDay {
  readonly yearsOn: number;
  readonly month: number;
  readonly day: number;
}

/** What a date demands of the first year: that 29 February exists, or that a weekday fits. */
export interface YearDemand extends RelativeDay {
  /** 0 Sunday … 6 Saturday; -1 when only the day's existence is demanded. */
  readonly weekday: number;
  /** 1-based; 0 when the line was met in a sample and nobody counted. */
  readonly line: number;
}

/** The dates of one file, as far as it tells them by itself. */
export interface StampScan {
  /** Undefined when no line has a usable header. */
  readonly first: RelativeDay | undefined;
  readonly last: RelativeDay | undefined;
  /** The first usable line names its year. */
  readonly startsDated: boolean;
  /** Year of the first stamp, when a full date anywhere in the file tells it. */
  readonly firstYear: number | undefined;
  readonly demands: readonly YearDemand[];
}

const BLOCK_BYTES = 256 * 1024;
/** Larger plain files are read at block boundaries only, and wholly only where the day changes. */
const SAMPLED_FROM_BYTES = 64 * 1024 * 1024;
const SAMPLE_BYTES = 4096;
const LONGEST_HEADER = 1024;
const MOST_DEMANDS = 64;

/** Collects the dates of one file, stamp by stamp in its order. */
class StampScanner {
  readonly #header = new SyslogHeader();
  readonly #tracker = new YearTracker(0);
  #first: RelativeDay | undefined;
  #last: RelativeDay | undefined;
  #startsDated = false;
  #firstYear: number | undefined;
  readonly #demands: YearDemand[] = [];
  readonly #demanded = new Set<number>();

  /** Year, month and day of the stamp read last as one number; for comparison only. */
  dayKey = -1;

  /** Reads the stamp of the line `bytes[start, end)`; false when it has none. */
  readLine(bytes: Buffer, start: number, end: number, line: number): boolean {
    const header = this.#header;
    if (!header.read(bytes, start, Math.min(end, start + LONGEST_HEADER))) return false;
    if (header.stampChanged || this.#first === undefined) this.#note(header, line);
    return true;
  }

  #note(header: SyslogHeader, line: number): void {
    const { year, month, day } = header;
    const key = (year * 16 + month) * 32 + day;
    if (key === this.dayKey && header.weekday === -1) return;
    this.dayKey = key;
    const yearsOn = year === 0 ? this.#tracker.yearOf(month) : this.#dated(year, month);
    const at: RelativeDay = { yearsOn, month, day };
    if (this.#first === undefined) {
      this.#first = at;
      this.#startsDated = year !== 0;
    }
    this.#last = at;
    const demands = header.weekday !== -1 || (month === 2 && day === 29);
    if (year !== 0 || !demands || this.#demands.length === MOST_DEMANDS) return;
    const id = ((yearsOn + 1000) * 16 + month) * 32 + day;
    if (this.#demanded.has(id)) return;
    this.#demanded.add(id);
    this.#demands.push({ ...at, weekday: header.weekday, line });
  }

  #dated(year: number, month: number): number {
    this.#firstYear ??= year - this.#tracker.offsetOf(month);
    const yearsOn = year - this.#firstYear;
    this.#tracker.see(yearsOn, month);
    return yearsOn;
  }

  result(): StampScan {
    return {
      first: this.#first,
      last: this.#last,
      startsDated: this.#startsDated,
      firstYear: this.#firstYear,
      demands: this.#demands,
    };
  }
}

/**
 * The first pass over a file of yearless stamps: dates only, no event is read.
 *
 * @throws DiskError, InterruptedError
 */
export async function scanStamps(input: Input, options: BlockOptions = {}): Promise<StampScan> {
  const scanner = new StampScanner();
  const blocks = await openBlocks(input, options);
  try {
    if (blocks.archive === undefined && input.sizeBytes > SAMPLED_FROM_BYTES) {
      await scanSampled(input, scanner, options);
    } else {
      const buffer = allocateBlock(BLOCK_BYTES);
      const lines = new StampLines(scanner);
      for (;;) {
        const got = await blocks.read(buffer, 0, buffer.length);
        if (got === 0) break;
        lines.feed(buffer, got);
      }
      lines.finish();
    }
  } finally {
    blocks.close();
  }
  return scanner.result();
}

/** The dates in the front of a file: enough when its first usable line names its year. */
export function scanHead(head: Buffer): StampScan {
  const scanner = new StampScanner();
  const lines = new StampLines(scanner);
  lines.feed(readableBlock(head), head.length);
  lines.finish();
  return scanner.result();
}

/** Cuts blocks into lines and keeps of a line only what may be its header. */
class StampLines {
  readonly #scanner: StampScanner;
  readonly #carry = Buffer.alloc(LONGEST_HEADER);
  #carried = 0;
  /** We are inside a line whose front was already kept. */
  #inside = false;
  #line = 1;

  constructor(scanner: StampScanner) {
    this.#scanner = scanner;
  }

  feed(bytes: Buffer, length: number): void {
    const view = length === bytes.length ? bytes : bytes.subarray(0, length);
    let at = 0;
    while (at < length) {
      const newline = view.indexOf(10, at);
      const end = newline === -1 ? length : newline;
      if (this.#inside) this.#keep(view, at, end);
      if (newline === -1) {
        if (!this.#inside) this.#keep(view, at, end);
        this.#inside = true;
        return;
      }
      if (this.#inside) this.finish();
      else this.#scanner.readLine(view, at, end, this.#line);
      this.#line++;
      at = newline + 1;
    }
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const room = Math.min(end - start, LONGEST_HEADER - this.#carried);
    bytes.copy(this.#carry, this.#carried, start, start + room);
    this.#carried += room;
  }

  /** The line being held has ended. */
  finish(): void {
    if (this.#carried > 0) this.#scanner.readLine(this.#carry, 0, this.#carried, this.#line);
    this.#carried = 0;
    this.#inside = false;
  }
}

/**
 * A large plain file: the first stamp behind each block boundary; a block is read line by line when
 * the day at its end is not the day at its start.
 */
async function scanSampled(
  input: Input,
  scanner: StampScanner,
  options: BlockOptions,
): Promise<void> {
  const sampler = new Sampler(input);
  try {
    let here = sampler.dayBehind(0);
    for (let at = 0; at < input.sizeBytes; at += BLOCK_BYTES) {
      const next = at + BLOCK_BYTES;
      const there = next < input.sizeBytes ? sampler.dayBehind(next) : UNKNOWN_DAY;
      sampler.feed(
        scanner,
        at,
        here !== UNKNOWN_DAY && here === there ? SAMPLE_BYTES : BLOCK_BYTES,
      );
      here = there;
      if ((at / BLOCK_BYTES) % BREATH_BLOCKS === 0) await breath(options.signal);
    }
  } finally {
    sampler.close();
  }
}

const UNKNOWN_DAY = -1;
const BREATH_BLOCKS = 64;

/** Reads a large file here and there. */
class Sampler {
  readonly #input: Input;
  readonly #fd: number;
  readonly #header = new SyslogHeader();
  /** One block, and the front of the line that runs over its end. */
  readonly #buffer = allocateBlock(BLOCK_BYTES + SAMPLE_BYTES);

  constructor(input: Input) {
    this.#input = input;
    this.#fd = openForReading(input);
  }

  /** The day of the first usable line that begins behind `offset`, as a number to compare. */
  dayBehind(offset: number): number {
    const got = this.#read(offset, SAMPLE_BYTES);
    let at = this.#firstLine(offset, got);
    while (at < got) {
      const newline = this.#buffer.indexOf(10, at);
      const end = newline === -1 || newline > got ? got : newline;
      const header = this.#header;
      if (header.read(this.#buffer, at, end)) {
        return (header.year * 16 + header.month) * 32 + header.day;
      }
      at = end + 1;
    }
    return UNKNOWN_DAY;
  }

  /** Feeds the lines that begin in `(offset, offset + length]`; in the first block, also at 0. */
  feed(scanner: StampScanner, offset: number, length: number): void {
    const got = this.#read(offset, length + SAMPLE_BYTES);
    const view = this.#buffer.subarray(0, got);
    let at = this.#firstLine(offset, got);
    while (at < got && at <= length) {
      const newline = view.indexOf(10, at);
      const end = newline === -1 ? got : newline;
      scanner.readLine(view, at, end, 0);
      at = end + 1;
    }
  }

  #firstLine(offset: number, got: number): number {
    if (offset === 0) return 0;
    const newline = this.#buffer.indexOf(10);
    return newline === -1 ? got : newline + 1;
  }

  #read(offset: number, length: number): number {
    try {
      return readSync(this.#fd, this.#buffer, 0, length, offset);
    } catch (error) {
      throw cannotRead(this.#input, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
