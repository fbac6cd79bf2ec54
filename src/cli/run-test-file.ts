import type { Diagnostic } from '../model/diagnostic.ts';
import type { UserError } from '../model/errors.ts';
import type { Coverage } from '../policy/coverage.ts';
import type { TestOutcome } from '../report/test-outcome.ts';
import { runTest } from '../testing/run-test.ts';
import type { PolicyTest, TestFile } from '../testing/test-file.ts';
import { mistakesIn, shownDiagnostics } from './policy-file.ts';
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
  testFile: TestFile,
  pattern: RegExp,
  coverage?: Coverage,
  signal?: AbortSignal,
): Promise<TestOutcome[]> {
  const world = testWorld(signal, coverage);
  const runs = await eachTest(testFile, pattern, (test) => runTest(test, testFile, world));
  return runs.map(({ outcome }) => outcome);
}

/**
 * Answers of the tests of a file whose names match, in their order.
 *
 * @throws {UserError} with the mistakes of all of them
 */
export async function eachTest<Answer extends object>(
  { file, text, tests }: TestFile,
  pattern: RegExp,
  answerOf: (test: PolicyTest) => Promise<Answer | { readonly diagnostics: readonly Diagnostic[] }>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const shown: string[] = [];
  let mistake: UserError | undefined;
  for (const test of tests) {
    if (!pattern.test(test.name)) continue;
    const answer = await answerOf(test);
    if ('diagnostics' in answer) {
      shown.push(...shownDiagnostics(answer.diagnostics, new Map([[file, text]])));
      mistake = mistakesIn(answer.diagnostics, [...new Set(shown)]);
    } else answers.push(answer);
  }
  if (mistake !== undefined) throw mistake;
  return answers;
}
