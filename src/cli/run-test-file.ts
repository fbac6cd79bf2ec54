import type { UserError } from '../model/errors.ts';
import type { Coverage } from '../policy/coverage.ts';
import type { TestOutcome } from '../report/test-outcome.ts';
import { runTest } from '../testing/run-test.ts';
import { mistakesIn, shownDiagnostics } from './policy-file.ts';
import { loadTestFile } from './test-files.ts';
import { testWorld } from './test-world.ts';

/**
 * Runs the tests of a file whose names match, in the order of the file.
 *
 * @param coverage marks what of their policies is reached; undefined: nobody asks
 * @throws {UserError} for a mistake in the file or in what it names
 * @throws {DiskError} when an input is damaged
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function runTestFile(
  file: string,
  pattern: RegExp,
  coverage?: Coverage,
  signal?: AbortSignal,
): Promise<TestOutcome[]> {
  const world = testWorld(signal, coverage);
  const testFile = loadTestFile(file);
  const outcomes: TestOutcome[] = [];
  const shown: string[] = [];
  let mistake: UserError | undefined;
  for (const test of testFile.tests) {
    if (!pattern.test(test.name)) continue;
    const run = await runTest(test, testFile, world);
    if ('outcome' in run) outcomes.push(run.outcome);
    else {
      shown.push(...shownDiagnostics(run.diagnostics, new Map([[file, testFile.text]])));
      mistake = mistakesIn(run.diagnostics, [...new Set(shown)]);
    }
  }
  if (mistake !== undefined) throw mistake;
  return outcomes;
}
