import { decodeText } from '../model/event-batch.ts';

/** One of the first unparsed lines, to be shown. */
export interface LineSample {
  readonly line: number;
  readonly reason: string;
  /** The front of the line; bytes that are not UTF-8 as `\xHH`, control characters as they are. */
  readonly text: string;
}

const LISTED_SAMPLES = 5;
const SAMPLE_CHARS = 200;

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
  readonly samples: LineSample[] = [];

  /** Counts the unparsed line `bytes[start, end)`; `lines` is counted by the caller. */
  addUnparsed(reason: string, bytes: Buffer, start: number, end: number, line: number): void {
    this.unparsed++;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (this.samples.length < LISTED_SAMPLES) {
      this.samples.push({ line, reason, text: frontOf(bytes, start, end) });
    }
  }
}

function frontOf(bytes: Buffer, start: number, end: number): string {
  // Four bytes a character at most; not cut inside one, which would spoil the whole text.
  let stop = Math.min(end, start + SAMPLE_CHARS * 4);
  if (stop < end) while (stop > start && (bytes[stop] & 0xc0) === 0x80) stop--;
  // By code points, so that no character is cut in two here either.
  return Array.from(decodeText(bytes, start, stop))
    .slice(0, SAMPLE_CHARS)
    .join('');
}
