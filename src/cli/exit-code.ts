import { BugError, CheckError, DiskError, InterruptedError, UserError } from '../model/errors.ts';

/** What the process tells its caller (docs/architecture.md, "Errors"). */
export const EXIT = {
  done: 0,
  checkFailed: 1,
  userMistake: 2,
  tooManyUnparsed: 3,
  bug: 70,
  diskFailed: 74,
  interrupted: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof UserError) return EXIT.userMistake;
  if (error instanceof CheckError) return EXIT.checkFailed;
  if (error instanceof DiskError || isDiskFailure(error)) return EXIT.diskFailed;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return EXIT.bug;
}

/** An error of the operating system that no code of ours turned into one of our own. */
function isDiskFailure(error: unknown): error is Error {
  return (
    error instanceof Error &&
    !(error instanceof BugError) &&
    'syscall' in error &&
    typeof error.syscall === 'string'
  );
}
