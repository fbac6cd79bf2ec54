import { LineShapes } from './line-shapes.ts';

/**
 * What became of the lines of one file: each is exactly one of event, irrelevant and unparsed, and
 * the three add up to the lines.
 */
export class LineAccounting {
  lines = 0;
  event = 0;
  irrelevant = 0;
  unparsed = 0;
  /** Irrelevant lines that another file of the rotation holds as well. */
  repeated = 0;
  /** Unparsed lines by reason. */
  readonly reasons = new Map<string, number>();
  readonly shapes = new LineShapes();

  /** Counts the unparsed line `bytes[start, end)`; `lines` is counted by the caller. */
  addUnparsed(reason: string, bytes: Buffer, start: number, end: number, line: number): void {
    this.unparsed++;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    this.shapes.add(reason, bytes, start, end, line);
  }
}
