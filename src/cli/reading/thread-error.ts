import type { Diagnostic } from '../../model/diagnostic.ts';
import {
  BugError,
  CheckError,
  DiskError,
  InterruptedError,
  UserError,
} from '../../model/errors.ts';

/** An error as a plain value: what passes between threads loses its class. */
export interface ThreadError {
  readonly type: 'user' | 'disk' | 'check' | 'interrupted' | 'bug';
  readonly message: string;
  readonly hint: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function packError(error: unknown): ThreadError {
  const { message, stack = message } = error as Error;
  const plain = { message, hint: undefined, diagnostics: [] };
  if (error instanceof UserError) {
    return { type: 'user', message, hint: error.hint, diagnostics: error.diagnostics };
  }
  if (error instanceof DiskError) return { ...plain, type: 'disk' };
  if (error instanceof CheckError) return { ...plain, type: 'check' };
  if (error instanceof InterruptedError) return { ...plain, type: 'interrupted' };
  return { ...plain, type: 'bug', message: stack };
}

export function unpackError({ type, message, hint, diagnostics }: ThreadError): Error {
  switch (type) {
    case 'user':
      return new UserError(message, hint, diagnostics);
    case 'disk':
      return new DiskError(message);
    case 'check':
      return new CheckError(message);
    case 'interrupted':
      return new InterruptedError(message);
    case 'bug':
      return new BugError(message);
  }
}
