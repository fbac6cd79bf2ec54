import type { Diagnostic } from '../../model/diagnostic.ts';
import {
  BugError,
  CheckError,
  DiskError,
  InterruptedError,
  UserError,
} from '../../model/errors.ts';
import { EXIT, exitCodeOf } from '../exit-code.ts';

/** An error as a plain value: what passes between threads loses its class. */
export interface ThreadError {
  /** What the process would end with, were it thrown there. */
  readonly code: number;
  readonly message: string;
  readonly hint: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function packError(error: unknown): ThreadError {
  const code = exitCodeOf(error);
  const { message, stack = message } = error as Error;
  if (code === EXIT.bug) return { code, message: stack, hint: undefined, diagnostics: [] };
  const { hint, diagnostics } = error instanceof UserError ? error : NO_MISTAKE;
  return { code, message, hint, diagnostics };
}

const NO_MISTAKE = { hint: undefined, diagnostics: [] };

/** An error that ends the process as the packed one would have. */
export function unpackError({ code, message, hint, diagnostics }: ThreadError): Error {
  switch (code) {
    case EXIT.userMistake:
      return new UserError(message, hint, diagnostics);
    case EXIT.diskFailed:
      return new DiskError(message);
    case EXIT.checkFailed:
      return new CheckError(message);
    case EXIT.interrupted:
      return new InterruptedError(message);
    default:
      return new BugError(message);
  }
}
