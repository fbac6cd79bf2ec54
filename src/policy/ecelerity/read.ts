import { formatMonitor } from '../../model/monitor.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { assert } from '../../model/errors.ts';
import { readAuditStanza, type AuditStanza } from './audit-stanza.ts';
import { unfold, type ConfigurationSource, type IncludePort } from './includes.ts';
import { Mistakes, shownPlace } from './mistakes.ts';
import { parseConfiguration } from './parser.ts';
import { isNamed } from './tree.ts';

export interface ConfigurationReading {
  /** Absent when any diagnostic is an error. */
  readonly audit?: AuditStanza;
  /** The configuration's own first, then those of the files it includes. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of every file that was read, in the order of reading. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads the `inbound_audit` stanza of an `ecelerity.conf`, named or not, wherever an include at
 * top level puts it. Of other stanzas only the syntax must hold, and what they include is not
 * read. Never throws on what a user wrote; every mistake becomes a diagnostic.
 *
 * @param name the configuration's name as the user gave it
 */
export function readConfiguration(
  text: string,
  name: string,
  port: { readonly readInclude: IncludePort['readInclude'] },
): ConfigurationReading {
  const mistakes = new Mistakes(name);
  const texts = new Map([[name, text]]);
  const source = { mistakes, port, texts, included: 0 };
  const audit = findAudit(source, { name, text });
  if (audit === undefined && mistakes.errors === 0) {
    const hint = 'add one: inbound_audit { monitors = ( "300,6" ) }';
    mistakes.add({ start: 0, end: 0 }, 'audit-missing', [], hint);
  }
  const diagnostics = mistakes.sorted();
  if (mistakes.errors > 0) return { diagnostics, texts };
  assert(audit !== undefined, `a configuration without errors was not read: ${name}`);
  return { audit, diagnostics, texts };
}

/** The first stanza; another one must say the same. */
function findAudit(
  source: ConfigurationSource,
  file: { readonly name: string; readonly text: string },
): AuditStanza | undefined {
  let first: { readonly audit: AuditStanza; readonly at: string } | undefined;
  const { mistakes } = source;
  for (const placed of unfold(source, file, parseConfiguration(file, mistakes))) {
    const { statement } = placed;
    if (statement.type !== 'stanza' || !isNamed(statement.keyword, 'inbound_audit')) continue;
    const audit = readAuditStanza(source, placed.file, statement);
    if (first === undefined) {
      first = { audit, at: shownPlace(placed.file, statement) };
    } else if (meaningOf(audit) !== meaningOf(first.audit)) {
      mistakes.add(statement.keyword, 'audit-differs', [first.at], undefined, placed.file.name);
    }
  }
  return first?.audit;
}

/** What it says, without where it says so. */
function meaningOf({ monitors, maintenanceIntervalMs, ...folders }: AuditStanza): string {
  const shown = monitors?.value.map((monitor) => formatMonitor(monitor));
  return JSON.stringify({ shown, intervalMs: maintenanceIntervalMs?.value, ...folders });
}
