import type { KindName } from '../model/event.ts';
import type { Gap, QuarantinedLine } from './file-clock.ts';
import type { LineShape } from './line-shapes.ts';
import type { Archive } from './unpack/archive.ts';

/** What was read from one input so far: plain values, which threads can pass on. */
export interface LogFacts {
  /** What the parser has recognised; undefined before the file was opened. */
  readonly dialect: string | undefined;
  readonly archive: Archive | undefined;
  /** Kinds of event that the file does not show. */
  readonly lacks: readonly KindName[];
  /** Kinds of event that other lines stand for. */
  readonly infers: readonly KindName[];
  /** The three classes add up to the lines. */
  readonly lines: number;
  readonly event: number;
  readonly irrelevant: number;
  readonly unparsed: number;
  /** Unparsed lines by reason, in the order of appearance. */
  readonly reasons: readonly { readonly reason: string; readonly lines: number }[];
  /** What they look like, the most frequent first, and those that were not told apart. */
  readonly shapes: readonly LineShape[];
  readonly otherShapes: number;
  /** Irrelevant lines that other inputs of the run hold too: files of its rotation, or any. */
  readonly repeatedInRotation: number;
  readonly repeated: number;
  /** Names of the files of its rotation that hold them. */
  readonly foundIn: readonly string[];
  /** Time of the first dated line, and the newest, milliseconds UTC; NaN: there is none. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** A stamp had no offset, so that the zone mattered. */
  readonly usedZone: boolean;
  readonly late: number;
  readonly quarantined: number;
  /** The first of them. */
  readonly quarantinedLines: readonly QuarantinedLine[];
  readonly gaps: number;
  /** The longest of them, longest first. */
  readonly longestGaps: readonly Gap[];
}
