import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatDiagnostic, type Diagnostic } from '../model/diagnostic.ts';
import { DiskError, UserError } from '../model/errors.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import { readYamlPolicy } from '../policy/yaml/read.ts';

export interface LoadedPolicy {
  readonly policy: RulePolicy;
  /** The policy's own text, then those of the list files it names. */
  readonly texts: readonly string[];
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
}

/** A policy as the user names it: a file, or its text. */
export type PolicySource = string | { readonly text: string; readonly file?: string };

/**
 * Reads and checks a policy with the lists it names.
 *
 * @throws {UserError} with all mistakes, each where it stands
 * @throws {DiskError} when a file cannot be read
 */
export function loadPolicy(source: PolicySource): LoadedPolicy {
  const file = typeof source === 'string' ? source : (source.file ?? 'policy.yaml');
  const text = typeof source === 'string' ? readPolicyText(source) : source.text;
  const { policy, diagnostics, texts } = readYamlPolicy(text, file, {
    readList: (name, fromFile) => readFileSync(path.resolve(path.dirname(fromFile), name), 'utf8'),
  });
  const show = (diagnostic: Diagnostic): string =>
    formatDiagnostic(diagnostic, texts.get(diagnostic.file) ?? '');
  if (policy === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    throw new UserError(diagnostics.map(show).join('\n\n'), undefined, errors);
  }
  return { policy, texts: [...texts.values()], warnings: diagnostics.map(show) };
}

function readPolicyText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`no such policy file: ${file}`);
    if (code === 'EISDIR') throw new UserError(`${file} is a folder, not a policy file`);
    throw new DiskError(`cannot read ${file}: ${message}`, { cause: error });
  }
}
