import type { KindName } from './event.ts';

/** A log line that could not be read, for the user to look at. */
export interface UnparsedSample {
  readonly line: number;
  readonly reason: string;
  /** The beginning of the line. */
  readonly text: string;
}

/** What was read from one input: line accounting and time report (semantics, sections 1 and 2). */
export interface FileReport {
  readonly file: string;
  /** Undefined when no line told. */
  readonly dialect: string | undefined;
  readonly sizeBytes: number;
  /** Kinds of event that a log of its form does not show. */
  readonly lacks: readonly KindName[];
  /** Kinds of which there are at least as many as the events say: other lines stand for them. */
  readonly infers: readonly KindName[];
  /** The three classes add up to the lines read. */
  readonly lines: number;
  readonly event: number;
  readonly irrelevant: number;
  readonly unparsed: number;
  /** Unparsed lines by reason, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly lines: number }[];
  readonly samples: readonly UnparsedSample[];
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** The year of the first line and where it came from; undefined where the stamps are full dates. */
  readonly year: { readonly first: number; readonly source: string } | undefined;
  /** Zone of the stamps without an offset; undefined when every stamp had one. */
  readonly zone: string | undefined;
  readonly late: number;
  readonly tooLate: number;
  readonly quarantined: number;
  /** The first lines that jumped ahead and were left out. */
  readonly quarantinedLines: readonly { readonly line: number; readonly timeMs: number }[];
  /** Silences longer than the longest window, and the longest of them. */
  readonly gaps: number;
  readonly longestGaps: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly line: number;
  }[];
  /** The same content as this input, which was read instead. */
  readonly duplicateOf: string | undefined;
  /** Inputs of the same rotation whose time span overlaps this one's. */
  readonly overlaps: readonly string[];
}
