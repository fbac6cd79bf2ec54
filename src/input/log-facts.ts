import type { ReadReport } from '../model/file-report.ts';

/** What was read from one input so far: plain values, which threads can pass on. */
export interface LogFacts {
  readonly report: ReadReport;
  /** Of its repeated lines those that files of its rotation hold, and their names. */
  readonly repeatedInRotation: number;
  readonly foundIn: readonly string[];
  /** A stamp had no offset, so that the zone mattered. */
  readonly usedZone: boolean;
}

/** Of an input that was not opened. */
export const NOTHING_READ: LogFacts = {
  report: {
    dialect: undefined,
    archive: undefined,
    lacks: [],
    infers: [],
    lines: 0,
    event: 0,
    irrelevant: 0,
    unparsed: 0,
    repeated: 0,
    reasons: [],
    shapes: [],
    otherShapes: 0,
    firstMs: undefined,
    lastMs: undefined,
    late: 0,
    quarantined: 0,
    quarantinedLines: [],
    gaps: 0,
    longestGaps: [],
  },
  repeatedInRotation: 0,
  foundIn: [],
  usedZone: false,
};
