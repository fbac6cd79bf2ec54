import type { Diagnostic } from '../../model/diagnostic.ts';
import { checkScript } from './check-script.ts';
import { Mistakes } from './mistakes.ts';
import { parseScript } from './parser.ts';
import type { ScriptContext } from './script-context.ts';
import type { Command } from './tree.ts';

export interface ScriptReading {
  /** Absent when any diagnostic is an error. */
  readonly commands?: readonly Command[];
  /** By place. */
  readonly diagnostics: readonly Diagnostic[];
  /** What the places refer to: the script without its byte order mark. */
  readonly text: string;
}

/**
 * Reads and checks a Sieve++ script; see `docs/sieve.md`. Never throws on what a user wrote; every
 * mistake becomes a diagnostic. The script is not run.
 *
 * @param written the script, where bytes that are no UTF-8 have become U+FFFD
 * @param name the script's name as the user gave it
 * @param context what is known of the server on which it runs
 */
export function readScript(
  written: string,
  name: string,
  context: ScriptContext = {},
): ScriptReading {
  const text = written.replace(/^\uFEFF/, '');
  const mistakes = new Mistakes(name);
  const commands = parseScript(text, mistakes);
  checkScript(commands, context, mistakes);
  const diagnostics = mistakes.sorted();
  return mistakes.errors > 0 ? { diagnostics, text } : { commands, diagnostics, text };
}
