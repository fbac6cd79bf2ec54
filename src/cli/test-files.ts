import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DiskError, UserError } from '../model/errors.ts';
import { compareText } from '../model/order.ts';
import { readTestFile, type TestFile } from '../testing/test-file.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

const TEST_FILE = /\.test\.ya?ml$/i;

/**
 * The test files that the arguments stand for, each once, by the bytes of their names: a file as it
 * is named, a folder by all `*.test.yaml` below it.
 *
 * @throws {UserError} for a name that stands for nothing
 */
export function findTestFiles(args: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const arg of args.length === 0 ? ['.'] : args) {
    const files = isFolder(arg) ? testsBelow(arg) : [path.normalize(arg)];
    if (files.length === 0) {
      throw new UserError(`no tests in '${arg}'`, 'their names end in .test.yaml');
    }
    for (const file of files) {
      if (!found.has(path.resolve(file))) found.set(path.resolve(file), file);
    }
  }
  return [...found.values()].sort(compareText);
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Links to folders are not followed: they may loop. */
function testsBelow(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new DiskError(`cannot read folder '${folder}': ${(error as Error).message}`);
  }
  return entries.flatMap((entry) => {
    const { name } = entry;
    if (name.startsWith('.') || name === 'node_modules') return [];
    const file = path.join(folder, name);
    if (entry.isDirectory()) return testsBelow(file);
    return TEST_FILE.test(name) ? [file] : [];
  });
}

/**
 * Reads and checks a test file.
 *
 * @throws {UserError} with all its mistakes, each where it stands
 */
export function loadTestFile(file: string): TestFile {
  return checkedTestFile(readNamedFile(file, 'test'), file);
}

/**
 * Checks the text of a test file.
 *
 * @param fills a test without expectations is no mistake
 * @throws {UserError} with all its mistakes, each where it stands
 */
export function checkedTestFile(text: string, file: string, fills = false): TestFile {
  const { testFile, diagnostics } = readTestFile(text, file, fills);
  if (testFile !== undefined) return testFile;
  throw mistakesIn(diagnostics, shownDiagnostics(diagnostics, new Map([[file, text]])));
}
