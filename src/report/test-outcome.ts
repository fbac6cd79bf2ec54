import type { Explanation } from '../simulate/explain/explanation.ts';

/** What became of one expectation of a test. */
export interface ExpectationOutcome {
  /** Where it stands in the test file, both from 1. */
  readonly line: number;
  readonly column: number;
  /** As it is written, on one line. */
  readonly text: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly got: string;
  /** The decision behind a failure, with the rule concerned alone; undefined where there is none. */
  readonly explanation: Explanation | undefined;
}

/** What became of one test. */
export interface TestOutcome {
  /** As the user named it, or as it was found. */
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly expectations: readonly ExpectationOutcome[];
}

export function hasPassed({ expectations }: TestOutcome): boolean {
  return expectations.every(({ passed }) => passed);
}
