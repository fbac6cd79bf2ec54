/** Where a policy may go one way or another: what coverage counts. Line and column from 1. */
export interface BranchPlace {
  /** As it was opened. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A branch of a policy and whether a test took it. Plain values, which threads pass on. */
export interface Branch extends BranchPlace {
  /** What happens there, as a sentence without its end: `rule 'burst' fires`. */
  readonly what: string;
  readonly reached: boolean;
}
