import type { EventBatch } from '../model/event-batch.ts';
import type { KindName } from '../model/event.ts';

/** A longer line is one unparsed line and never held in memory whole. */
export const LONGEST_LINE_BYTES = 1024 * 1024;

/** What a line turned out to be; every line is exactly one of the three. */
export const LINE = { event: 0, irrelevant: 1, unparsed: 2 } as const;
export type LineClass = (typeof LINE)[keyof typeof LINE];

/** What a parser that reads many lines at once tells the reader of the file, and asks of it. */
export interface LineRun {
  /** Number of the line read last. */
  line: number;
  /** Lines since the caller set these to 0 that became events, and that were irrelevant. */
  event: number;
  irrelevant: number;
  /** A line of this very time need not be seen; NaN when every line must. */
  readonly settledMs: number;
  /** Takes the time of a line, whose events are the rows of `batch` from `row` on. */
  see(timeMs: number, batch: EventBatch, row: number): void;
}

/**
 * Turns the lines of one file into events: one more log dialect is one more implementation and one
 * line in the registry. An instance serves one file and may keep state between its lines, but no
 * reference to a batch.
 */
export interface LogParser {
  /** As reports name it; of a syslog, the programs that wrote to it so far. */
  readonly dialect: string;
  /**
   * Kinds of event that a log of this form does not show at all, as far as the lines read so far
   * tell: `connect` where connections are not logged, say. Absent: it shows every kind.
   */
  readonly lacks?: readonly KindName[] | undefined;
  /** Lines so far that another input of the run holds too; they are among the irrelevant ones. */
  readonly repeated?: number;
  /** Kinds that no line shows and others stand for, as the user asked: their number is a lower bound. */
  readonly infers?: readonly KindName[];
  /**
   * Time of the line read last, in milliseconds UTC; NaN when it has none (it is then unparsed).
   * Also set for irrelevant lines: they date the file and its jumps.
   */
  readonly lineTime: number;
  /** Why the line read last was unparsed: a short phrase without data, such as `no time stamp`. */
  readonly reason: string;
  /**
   * Reads the line `batch.bytes[start, end)` (without its line end) and appends its events to the
   * batch, in order. Never throws on any bytes.
   *
   * @param line 1-based number of the line in the file
   */
  parseLine(batch: EventBatch, start: number, end: number, line: number): LineClass;
  /**
   * Reads whole lines of `batch.bytes[at, limit)`, up to the first that only `parseLine` can read,
   * and returns where it stopped. Does what `parseLine` would do with the same lines.
   */
  scan?(batch: EventBatch, at: number, limit: number, run: LineRun): number;
  /**
   * For formats whose records may hold line ends: the index of the `\n` that ends the record which
   * starts at `start`, or -1 when it is not in `bytes[start, limit)`. Absent: records are lines.
   */
  findRecordEnd?(bytes: Buffer, start: number, limit: number): number;
  /**
   * Whether the line at `start` is one of several that are read together, the last of which may not
   * be in `bytes[start, limit)`: the reader then asks again when more is there. Asked before every
   * line, with the end of what may be looked at.
   */
  wantsMore?(bytes: Buffer, start: number, limit: number): boolean;
  /**
   * Where bytes begin that the parser must see again with a later line (the line before `last
   * message repeated`), -1 when there are none. The reader carries them, and all bytes behind them,
   * to the front of the next batch and then calls `rebase`.
   */
  readonly carryFrom?: number;
  /** The bytes from `carryFrom` on now stand `delta` further to the front, in the next batch. */
  rebase?(delta: number): void;
}
