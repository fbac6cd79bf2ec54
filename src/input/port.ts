import type { EventBatch } from '../model/event-batch.ts';

/** What a line turned out to be; every line is exactly one of the three. */
export const LINE = { event: 0, irrelevant: 1, unparsed: 2 } as const;
export type LineClass = (typeof LINE)[keyof typeof LINE];

/**
 * Turns the lines of one file into events: one more log dialect is one more implementation and one
 * line in the registry. An instance serves one file and may keep state between its lines, but no
 * reference to a batch.
 */
export interface LogParser {
  readonly dialect: string;
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
   * For formats whose records may hold line ends: the index of the `\n` that ends the record which
   * starts at `start`, or -1 when it is not in `bytes[start, limit)`. Absent: records are lines.
   */
  findRecordEnd?(bytes: Buffer, start: number, limit: number): number;
  /**
   * Where bytes begin that the parser must see again with a later line (the line before `last
   * message repeated`), -1 when there are none. The reader carries them, and all bytes behind them,
   * to the front of the next batch and then calls `rebase`.
   */
  readonly carryFrom?: number;
  /** The bytes from `carryFrom` on now stand `delta` further to the front, in the next batch. */
  rebase?(delta: number): void;
}
