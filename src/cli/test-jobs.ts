import { Worker } from 'node:worker_threads';
import type { Branch } from '../model/branch.ts';
import { BugError, InterruptedError, UserError } from '../model/errors.ts';
import { Coverage } from '../policy/coverage.ts';
import type { TestOutcome } from '../report/test-outcome.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { runTestFile } from './run-test-file.ts';
import { loadTestFile } from './test-files.ts';
import { updateTestFile, type FileUpdate } from './update-test-file.ts';

export interface TestTask {
  readonly file: string;
  /** Source of the regular expression that names of tests match. */
  readonly pattern: string;
  /** Whether the answer says which branches of the policies were reached. */
  readonly covers: boolean;
  /** Whether expectations are updated before they are looked at. */
  readonly updates: boolean;
}

/** A file whose tests could not run. */
export interface TestFailure {
  readonly code: number;
  /** What the user is told, with line ends. */
  readonly text: string;
}

export type TestAnswer =
  | {
      readonly outcomes: readonly TestOutcome[];
      /** None where nobody asks. */
      readonly branches: readonly Branch[];
      readonly update: FileUpdate | undefined;
    }
  | { readonly failure: TestFailure };

/** Runs the tests of one file; errors become values, which threads can pass on. */
export async function answerOf(
  { file, pattern, covers, updates }: TestTask,
  signal?: AbortSignal,
): Promise<TestAnswer> {
  try {
    const names = new RegExp(pattern, 'u');
    if (updates) return { ...(await updateTestFile(file, names, signal)), branches: [] };
    const coverage = covers ? new Coverage() : undefined;
    const outcomes = await runTestFile(loadTestFile(file), names, coverage, signal);
    return { outcomes, branches: coverage?.branches() ?? [], update: undefined };
  } catch (error) {
    const code = exitCodeOf(error);
    const { message, stack = message } = error as Error;
    if (code === EXIT.bug) return { failure: { code, text: stack } };
    if (!(error instanceof UserError)) return { failure: { code, text: `hindcast: ${message}\n` } };
    const hint = error.hint === undefined ? '' : `hint: ${error.hint}\n`;
    const text = error.diagnostics.length > 0 ? `${message}\n` : `hindcast: ${message}\n${hint}`;
    return { failure: { code, text } };
  }
}

/**
 * Answers to all tasks, in their order, however many run at the same time.
 *
 * @param jobs threads; 1: this one alone
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function answersOf(
  tasks: readonly TestTask[],
  jobs: number,
  signal: AbortSignal,
): Promise<TestAnswer[]> {
  const answers: TestAnswer[] = [];
  if (jobs > 1) await inThreads(tasks, Math.min(jobs, tasks.length), answers, signal);
  else {
    for (const task of tasks) {
      if (signal.aborted) break;
      answers.push(await answerOf(task, signal));
    }
  }
  if (signal.aborted) throw new InterruptedError('interrupted');
  return answers;
}

async function inThreads(
  tasks: readonly TestTask[],
  threads: number,
  answers: TestAnswer[],
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('test-worker.js', import.meta.url));
      const end = (): void => void worker.terminate().then(() => resolve());
      let index = next++;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
      const send = (): void => worker.postMessage(tasks[index]);
      worker.on('message', (answer: TestAnswer) => {
        answers[index] = answer;
        index = next++;
        if (index < tasks.length) send();
        else end();
      });
      worker.once('error', (error: Error) => reject(new BugError(error.stack ?? error.message)));
      signal.addEventListener('abort', end, { once: true });
      send();
    });
  await Promise.all(Array.from({ length: threads }, work));
}
