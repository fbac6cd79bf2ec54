import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatDiagnostic, type Diagnostic } from '../model/diagnostic.ts';
import { DiskError, UserError } from '../model/errors.ts';
import type { AuditSettings } from '../policy/audit-settings.ts';
import type { PlacedRules } from '../policy/rule-coverage.ts';
import type { RulePolicy } from '../policy/rule-policy.ts';
import { readScript } from '../policy/sieve/read.ts';
import type { ScriptContext } from '../policy/sieve/script-context.ts';
import type { Command } from '../policy/sieve/tree.ts';
import { readYamlPolicy } from '../policy/yaml/read.ts';

export interface LoadedPolicy {
  readonly policy: RulePolicy;
  /** The policy's own text, then those of the list files it names. */
  readonly texts: readonly string[];
  readonly placed: PlacedRules;
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
}

/** A policy as the user names it: a file, or its text. */
export type PolicySource = string | { readonly text: string; readonly file?: string };

/**
 * Reads and checks a policy with the lists it names.
 *
 * @param configured what a configuration beside it says of the audit engine
 * @throws {UserError} with all mistakes, each where it stands
 * @throws {DiskError} when a file cannot be read
 */
export function loadPolicy(source: PolicySource, configured?: AuditSettings): LoadedPolicy {
  const file = typeof source === 'string' ? source : (source.file ?? 'policy.yaml');
  if (isScriptFile(file)) {
    throw new UserError(
      `${file} is a Sieve script, which only replay and check take`,
      `hindcast replay --policy ${file} --phase connect`,
    );
  }
  const text = typeof source === 'string' ? readNamedFile(source, 'policy') : source.text;
  const port = {
    readList: (name: string, fromFile: string) =>
      readFileSync(path.resolve(path.dirname(fromFile), name), 'utf8'),
  };
  const { policy, diagnostics, texts, places } = readYamlPolicy(text, file, port, configured);
  const shown = shownDiagnostics(diagnostics, texts);
  if (policy === undefined) throw mistakesIn(diagnostics, shown);
  const placed = { text, places };
  return { policy, texts: [...texts.values()], placed, warnings: shown };
}

/** Whether a policy is a Sieve++ script, by its name. */
export function isScriptFile(file: string): boolean {
  return /\.(?:siv|sieve)$/i.test(file);
}

/**
 * Reads and checks a Sieve++ script.
 *
 * @param script its text where it is read already, and what is known beside it
 * @throws {UserError} with all mistakes, each where it stands
 * @throws {DiskError} when the file cannot be read
 */
export function loadScript({ file, text: written, ...context }: NamedScript): {
  readonly commands: readonly Command[];
  /** Without its byte order mark. */
  readonly text: string;
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
} {
  const whole = written ?? readNamedFile(file, 'script');
  const { commands, diagnostics, text } = readScript(whole, file, context);
  const shown = shownDiagnostics(diagnostics, new Map([[file, text]]));
  if (commands === undefined) throw mistakesIn(diagnostics, shown);
  return { commands, text, warnings: shown };
}

interface NamedScript extends ScriptContext {
  readonly file: string;
  readonly text?: string;
}

/** Each mistake as the user sees it. */
export function shownDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): readonly string[] {
  return diagnostics.map((one) => formatDiagnostic(one, texts.get(one.file) ?? ''));
}

/** All that is wrong in a file that cannot be used. */
export function mistakesIn(
  diagnostics: readonly Diagnostic[],
  shown: readonly string[],
): UserError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return new UserError(shown.join('\n\n'), undefined, errors);
}

/**
 * The text of a file that the user names.
 *
 * @param what the file is, for messages
 * @throws {UserError} when there is no such file
 * @throws {DiskError} when it cannot be read
 */
export function readNamedFile(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`no such ${what} file: ${file}`);
    if (code === 'EISDIR') throw new UserError(`${file} is a folder, not a ${what} file`);
    throw new DiskError(`cannot read ${file}: ${message}`, { cause: error });
  }
}
