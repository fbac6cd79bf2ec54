import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DiskError, UserError } from '../../model/errors.ts';
import { hasPassed, type TestOutcome } from '../../report/test-outcome.ts';
import { githubText, junitText, testJson, testTable } from '../../report/test-results.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandContext } from '../program.ts';
import { jsonText } from '../replay-logs.ts';
import { findTestFiles } from '../test-files.ts';
import { answersOf, type TestFailure } from '../test-jobs.ts';
import { VERSION } from '../version.ts';

interface TestFlags {
  readonly run?: string;
  readonly jobs?: number;
  readonly junit?: string;
  readonly ascii?: boolean;
  readonly format?: 'table' | 'json' | 'github';
}

/** `hindcast test` */
export async function runTests(
  args: readonly string[],
  flags: TestFlags,
  { stdio, signal, exit }: CommandContext,
): Promise<void> {
  const { run = '', jobs = availableParallelism(), format = 'table', ascii = false } = flags;
  if (format !== 'table' && ascii)
    throw new UserError(`--ascii draws bars, and ${format} has none`);
  const pattern = patternOf(run);
  const tasks = findTestFiles(args).map((file) => ({ file, pattern }));
  const answers = await answersOf(tasks, jobs, signal);
  const failures = answers.flatMap((answer) => ('failure' in answer ? [answer.failure] : []));
  if (failures.length > 0) {
    refuse(failures, stdio);
    exit(worstOf(failures));
    return;
  }
  const outcomes = answers.flatMap((answer) => ('outcomes' in answer ? answer.outcomes : []));
  if (outcomes.length === 0) throw new UserError(`--run ${run}: no test has such a name`);
  if (flags.junit !== undefined) writeJunit(flags.junit, outcomes);
  if (format === 'json') stdio.out(jsonText(testJson(VERSION, outcomes)));
  else stdio.out(format === 'github' ? githubText(outcomes) : testTable(outcomes, ascii));
  if (!outcomes.every(hasPassed)) exit(EXIT.checkFailed);
}

/** The source of a regular expression, once it is known to be one. */
function patternOf(run: string): string {
  try {
    return new RegExp(run, 'u').source;
  } catch (error) {
    throw new UserError(`--run ${run}: ${(error as Error).message}`);
  }
}

/** All mistakes of all files at once; a test that others have too is told once. */
function refuse(failures: readonly TestFailure[], stdio: CommandContext['stdio']): void {
  const texts = new Set(failures.map(({ text }) => text));
  stdio.err([...texts].join('\n'));
}

/** A bug or a failing disk is worse than a mistake. */
function worstOf(failures: readonly TestFailure[]): number {
  return Math.max(...failures.map(({ code }) => code));
}

function writeJunit(file: string, outcomes: readonly TestOutcome[]): void {
  try {
    writeFileSync(file, junitText(outcomes));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') {
      throw new UserError(`--junit ${file}: not a file in a folder that exists`);
    }
    throw new DiskError(`cannot write ${file}: ${message}`, { cause: error });
  }
}
