import { readFileSync, realpathSync, statSync } from 'node:fs';
import { DiskError, UserError } from '../model/errors.ts';
import { applyEdits, type TextEdit } from '../model/text-edit.ts';
import type { TestOutcome } from '../report/test-outcome.ts';
import { readTestFile } from '../testing/test-file.ts';
import { updateTest } from '../testing/update-test.ts';
import { replaceFile } from './durable-files.ts';
import { readNamedFile } from './policy-file.ts';
import { eachTest, runTestFile } from './run-test-file.ts';
import { checkedTestFile } from './test-files.ts';
import { testWorld } from './test-world.ts';

/** What an update makes of a test file; nothing is written yet. */
export interface FileUpdate {
  readonly file: string;
  readonly before: string;
  readonly edits: readonly TextEdit[];
  /** Expectations that are changed or added. */
  readonly updated: number;
  /** Unexpected (rule, key) pairs that are not added, being too many. */
  readonly left: number;
}

/**
 * Updates the tests of a file whose names match, and runs them as they are then.
 *
 * @throws {UserError} for a mistake in the file or in what it names
 * @throws {DiskError} when an input is damaged
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function updateTestFile(
  file: string,
  pattern: RegExp,
  signal?: AbortSignal,
): Promise<{ readonly update: FileUpdate; readonly outcomes: TestOutcome[] }> {
  const before = readNamedFile(file, 'test');
  const testFile = checkedTestFile(before, file, true);
  const world = testWorld(signal, undefined);
  const updates = await eachTest(testFile, pattern, (test) => updateTest(test, testFile, world));
  const edits = updates.flatMap((own) => own.edits);
  const after = applyEdits(before, edits);
  // Tests that are not run may still be without expectations.
  const { testFile: edited } = readTestFile(after, file, true);
  if (edited === undefined) {
    throw new UserError(
      `${file}: its expectations cannot be updated in place`,
      'write out what stands behind anchors and aliases',
    );
  }
  const outcomes = await runTestFile(edited, pattern, undefined, signal);
  const updated = updates.reduce((sum, own) => sum + own.updated, 0);
  const left = updates.reduce((sum, own) => sum + own.left, 0);
  return { update: { file, before, edits, updated, left }, outcomes };
}

/** Writes an update, whole or not at all. */
export function writeUpdate({ file, before, edits }: FileUpdate): void {
  if (edits.length === 0) return;
  // A file that is no UTF-8 would lose bytes, and one that changed meanwhile its changes.
  if (!readFileSync(file).equals(Buffer.from(before))) {
    throw new UserError(`${file} is no UTF-8, or has changed meanwhile`, 'run it again');
  }
  try {
    // A link stays one.
    const target = realpathSync(file);
    replaceFile(target, applyEdits(before, edits), statSync(target).mode);
  } catch (error) {
    if (error instanceof DiskError) throw error;
    throw new DiskError(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}
