import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../model/errors.ts';
import { importPolicy, type PolicyImport } from '../../policy/vendor/import-policy.ts';
import { replaceFile } from '../durable-files.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';

interface ImportFlags {
  /** `-`: standard output. */
  readonly to: string;
  readonly force?: boolean;
}

/** `hindcast import`: the data file of Momentum's default policy as a YAML policy. */
export function runImport(file: string, { to, force }: ImportFlags, context: CommandContext): void {
  if (to !== '-' && force !== true) refuseExisting(to);
  const text = readNamedFile(file, 'data').replace(/^\uFEFF/, '');
  const { imported, diagnostics } = importPolicy(text, file);
  const shown = shownDiagnostics(diagnostics, new Map([[file, text]]));
  if (imported === undefined) throw mistakesIn(diagnostics, shown);
  const { stdio } = context;
  for (const warning of shown) stdio.err(`${warning}\n\n`);
  if (to === '-') stdio.out(imported.policy);
  else writePolicy(to, imported.policy);
  stdio.err(`${file}: ${summaryOf(imported, diagnostics.length)}\n`);
}

function refuseExisting(to: string): void {
  if (!existsSync(to)) return;
  throw new UserError(`${to} exists`, 'take another name, or --force to replace it');
}

/** The file is whole or not there. */
function writePolicy(to: string, policy: string): void {
  if (existsSync(to) && statSync(to).isDirectory()) throw new UserError(`${to} is a folder`);
  const folder = path.dirname(to);
  if (!existsSync(folder)) throw new UserError(`no such folder: ${folder}`);
  replaceFile(to, policy);
}

function summaryOf({ series, rules }: PolicyImport, remarks: number): string {
  const words = [`${series} series`, rules === 1 ? '1 rule' : `${rules} rules`];
  if (remarks > 0) words.push(remarks === 1 ? '1 remark' : `${remarks} remarks`);
  return words.join(', ');
}
