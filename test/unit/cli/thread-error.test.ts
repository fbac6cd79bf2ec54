import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-code.ts';
import { packError, unpackError } from '../../../src/cli/reading/thread-error.ts';
import {
  BugError,
  CheckError,
  DiskError,
  InterruptedError,
  UserError,
} from '../../../src/model/errors.ts';

function ofTheSystem(): unknown {
  try {
    return statSync('/none/such/file');
  } catch (error) {
    return error;
  }
}

// Goal: an error ends the process as it would have, had no thread been in between.
test.each([
  ['a mistake', new UserError('no such file', 'name one')],
  ['the disk', new DiskError('cannot read')],
  ['a check', new CheckError('more than 3 keys')],
  ['Ctrl-C', new InterruptedError('interrupted')],
  ['a call of the system', ofTheSystem()],
  ['a bug', new BugError('assertion failed')],
  ['any other', new TypeError('x is not a function')],
])('%s', (_, error) => {
  const unpacked = unpackError(structuredClone(packError(error)));
  expect(exitCodeOf(unpacked)).toBe(exitCodeOf(error));
  expect(unpacked.message).toContain((error as Error).message);
  expect((unpacked as UserError).hint).toBe((error as UserError).hint);
});
