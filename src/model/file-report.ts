import type { KindName } from './event.ts';

/** Lines that could not be read and look alike, for the user to look at (`input/line-shapes.ts`). */
export interface UnparsedShape {
  readonly reason: string;
  /** The front of the lines with their digits and addresses folded. */
  readonly shape: string;
  readonly lines: number;
  /** The first of them: its number and its front. */
  readonly line: number;
  readonly text: string;
}

/** What the lines of one input were: line accounting and times (semantics, sections 1 and 2). */
export interface ReadReport {
  /** Undefined when no line told. */
  readonly dialect: string | undefined;
  /** How the file is packed; undefined when it is not. */
  readonly archive:
    | {
        readonly kind: string;
        /** The library or program that unpacked it. */
        readonly by: string;
        /** It stops inside its last frame, as one does that is still written. */
        readonly endsEarly: boolean;
        /** What stands behind it is no archive and was left out. */
        readonly trailingGarbage: boolean;
      }
    | undefined;
  /** Kinds of event that a log of its form does not show. */
  readonly lacks: readonly KindName[];
  /** Kinds of which there are at least as many as the events say: other lines stand for them. */
  readonly infers: readonly KindName[];
  /** The three classes add up to the lines read. */
  readonly lines: number;
  readonly event: number;
  readonly irrelevant: number;
  readonly unparsed: number;
  /**
   * Of the irrelevant lines those that another input holds, and is read for: a file of the same
   * rotation, or the mainlog beside a rejectlog of Exim.
   */
  readonly repeated: number;
  /** Unparsed lines by reason, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly lines: number }[];
  /** The most frequent shapes of unparsed lines, and how many lines were not told apart. */
  readonly shapes: readonly UnparsedShape[];
  readonly otherShapes: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly late: number;
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
}

/** What was read from one input, and what became of it. */
export interface FileReport extends ReadReport {
  readonly file: string;
  readonly sizeBytes: number;
  /** The inputs that hold its repeated lines. */
  readonly repeatedIn: readonly string[];
  /** The year of the first line and where it came from; undefined where the stamps are full dates. */
  readonly year: { readonly first: number; readonly source: string } | undefined;
  /** Zone of the stamps without an offset; undefined when every stamp had one. */
  readonly zone: string | undefined;
  readonly tooLate: number;
  /** The same content as this input, which was read instead. */
  readonly duplicateOf: string | undefined;
  /** Inputs of the same rotation whose time span overlaps this one's. */
  readonly overlaps: readonly string[];
}
