import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { compareText } from '../model/order.ts';
import type { AuditStanza } from '../policy/ecelerity/audit-stanza.ts';
import { readConfiguration } from '../policy/ecelerity/read.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

export interface LoadedConfiguration {
  readonly audit: AuditStanza;
  /** The configuration's own text, then those of the files it includes. */
  readonly texts: readonly string[];
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
}

/**
 * Reads the `inbound_audit` stanza of an `ecelerity.conf` and of the files that it includes.
 *
 * @throws {UserError} with all mistakes, each where it stands
 * @throws {DiskError} when the file cannot be read
 */
export function loadConfiguration(file: string): LoadedConfiguration {
  const text = readNamedFile(file, 'configuration');
  const name = path.normalize(file);
  const { audit, diagnostics, texts } = readConfiguration(text, name, { readInclude });
  const shown = shownDiagnostics(diagnostics, texts);
  if (audit === undefined) throw mistakesIn(diagnostics, shown);
  return { audit, texts: [...texts.values()], warnings: shown };
}

/** An include is looked for beside the file that names it; `IncludePort` has the rest. */
function readInclude(name: string, fromFile: string): { name: string; text: string }[] {
  const found = path.isAbsolute(name)
    ? path.normalize(name)
    : path.join(path.dirname(fromFile), name);
  try {
    return filesOf(found).map((file) => ({ name: file, text: readFileSync(file, 'utf8') }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? 'no such file or folder' : message, { cause: error });
  }
}

function filesOf(found: string): string[] {
  if (!statSync(found).isDirectory()) return [found];
  return readdirSync(found)
    .filter((name) => !name.startsWith('.'))
    .sort(compareText)
    .map((name) => path.join(found, name))
    .filter((file) => statSync(file).isFile());
}
