/**
 * The three kinds of failure never mix: the user's mistakes (`UserError`), bad log lines (data,
 * counted, no exception at all), and our bugs (`BugError`).
 */
import type { Diagnostic } from './diagnostic.ts';

/** The user's mistake: nothing was simulated. Exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string | undefined;
  /** Mistakes in a file of the user, to be shown where they stand; empty for any other mistake. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, hint?: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.hint = hint;
    this.diagnostics = diagnostics;
  }
}

/** The disk failed or an archive is cut short: exit code 74. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

/** A limit or check that the user asked for was not met: exit code 1. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

/** The user pressed Ctrl-C, or the caller's signal was aborted: exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** Something that must hold did not: our bug. Exit code 70. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Never for input: what is checked here can only be wrong through a bug of ours. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BugError(`assertion failed: ${what}`);
}
