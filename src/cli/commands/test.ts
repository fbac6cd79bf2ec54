import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Branch } from '../../model/branch.ts';
import { DiskError, UserError } from '../../model/errors.ts';
import { visible } from '../../model/visible.ts';
import { Coverage } from '../../policy/coverage.ts';
import { coverageTable, coveredPercent, reachedOf } from '../../report/coverage-table.ts';
import { editDiff } from '../../report/edit-diff.ts';
import { counted } from '../../report/plain-table.ts';
import { hasPassed, type TestOutcome } from '../../report/test-outcome.ts';
import { githubText, junitText, testJson, testTable } from '../../report/test-results.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandContext } from '../program.ts';
import { jsonText } from '../replay-logs.ts';
import { findTestFiles } from '../test-files.ts';
import { answersOf, type TestFailure } from '../test-jobs.ts';
import { writeUpdate, type FileUpdate } from '../update-test-file.ts';
import { VERSION } from '../version.ts';

interface TestFlags {
  readonly run?: string;
  readonly jobs?: number;
  readonly update?: boolean;
  readonly dryRun?: boolean;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
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
  const covers = flags.coverage === true || flags.minCoverage !== undefined;
  if (format !== 'table' && ascii)
    throw new UserError(`--ascii draws bars, and ${format} has none`);
  const pattern = patternOf(run);
  const updates = readUpdate(flags, format, covers);
  const tasks = findTestFiles(args).map((file) => ({ file, pattern, covers, updates }));
  const answers = await answersOf(tasks, jobs, signal);
  const failures = answers.flatMap((answer) => ('failure' in answer ? [answer.failure] : []));
  if (updates) {
    const found = answers.flatMap((answer) => ('update' in answer ? (answer.update ?? []) : []));
    takeUpdates(found, flags.dryRun === true, stdio);
  }
  if (failures.length > 0) {
    refuse(failures, stdio);
    exit(worstOf(failures));
    return;
  }
  const outcomes = answers.flatMap((answer) => ('outcomes' in answer ? answer.outcomes : []));
  if (outcomes.length === 0) throw new UserError(`--run ${run}: no test has such a name`);
  const coverage = new Coverage();
  for (const answer of answers) if ('branches' in answer) coverage.add(answer.branches);
  const branches = covers ? coverage.branches() : undefined;
  if (branches?.length === 0) throw new UserError(NOTHING_COVERED, NAME_A_POLICY);
  if (flags.junit !== undefined) writeJunit(flags.junit, outcomes);
  if (format === 'json') stdio.out(jsonText(testJson(VERSION, outcomes, branches)));
  else {
    stdio.out(format === 'github' ? githubText(outcomes) : testTable(outcomes, ascii));
    if (branches !== undefined) stdio.out(`\n${coverageTable(branches)}`);
  }
  const isCovered = branches === undefined || isEnough(branches, flags.minCoverage ?? 0, stdio);
  if (!isCovered || !outcomes.every(hasPassed)) exit(EXIT.checkFailed);
}

/** Whether expectations are updated. */
function readUpdate(flags: TestFlags, format: string, covers: boolean): boolean {
  const { update = false, dryRun = false, junit } = flags;
  if (dryRun && !update) {
    throw new UserError('--dry-run shows what --update would write', 'add --update');
  }
  const other = junit !== undefined ? '--junit' : covers ? '--coverage' : `--format ${format}`;
  if (update && other !== '--format table') {
    throw new UserError(
      `${other} tells of tests as they are, and --update changes them`,
      'update first, then run them again',
    );
  }
  return update;
}

/** Shows what changes in the files and writes it. */
function takeUpdates(
  updates: readonly FileUpdate[],
  isDry: boolean,
  stdio: CommandContext['stdio'],
): void {
  for (const update of updates) {
    const { file, before, edits, updated, left } = update;
    if (!isDry) writeUpdate(update);
    const name = visible(file);
    if (edits.length > 0) {
      const verb = isDry ? 'would update' : 'updated';
      const counts = `${verb} ${counted(updated, 'expectation')} in ${name}`;
      stdio.out(`${editDiff(file, before, edits)}${counts}\n`);
    }
    if (left > 0) stdio.out(`left out ${counted(left, 'more unexpected key')} in ${name}\n`);
    if (edits.length > 0) stdio.out('\n');
  }
}

const NOTHING_COVERED = 'the tests name no policy that has branches';
const NAME_A_POLICY = 'leave --coverage and --min-coverage out, or name a policy with rules';

/** Compared by whole numbers: what is shown is rounded. */
function isEnough(
  branches: readonly Branch[],
  leastPercent: number,
  stdio: CommandContext['stdio'],
): boolean {
  const reached = reachedOf(branches);
  if (reached.reached * 10_000 >= Math.round(leastPercent * 100) * reached.all) return true;
  const percent = `${coveredPercent(reached)} %`;
  stdio.err(
    `hindcast: the tests reach ${percent} of the branches, --min-coverage ${leastPercent}\n`,
  );
  return false;
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
