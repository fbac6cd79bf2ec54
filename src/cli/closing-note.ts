import type { FileReport } from '../model/file-report.ts';
import { totalLines } from '../report/summary.ts';
import { fileRemarks } from '../report/tables.ts';
import { EXIT } from './exit-code.ts';
import type { CommandContext } from './program.ts';

/**
 * Says on stderr what a reader should know of the inputs before trusting the answer, and ends with
 * exit code 3 when more lines were unparsed than the user allows.
 */
export function closingNote(
  files: readonly FileReport[],
  maxUnparsed: number | undefined,
  context: CommandContext,
): void {
  for (const remark of files.flatMap(fileRemarks)) context.stdio.err(`${remark}\n`);
  checkUnparsed(files, maxUnparsed, context);
}

/** Ends with exit code 3, and says so, when more lines were unparsed than `--max-unparsed` allows. */
export function checkUnparsed(
  files: readonly FileReport[],
  maxUnparsed: number | undefined,
  { stdio, exit }: CommandContext,
): void {
  const { unparsed } = totalLines(files);
  if (maxUnparsed === undefined || unparsed <= maxUnparsed) return;
  stdio.err(`hindcast: unparsed lines: ${unparsed}, more than --max-unparsed ${maxUnparsed}\n`);
  exit(EXIT.tooManyUnparsed);
}
