import type { Diagnostic } from '../../model/diagnostic.ts';
import { assert } from '../../model/errors.ts';
import { readAuditStanzas, type AuditStanza } from './audit-stanza.ts';
import { readClusterStanzas, type Replica } from './cluster-stanza.ts';
import { unfold, type ConfigurationPort, type ConfigurationSource } from './includes.ts';
import { readLoggerStanzas, type AsLogger } from './logger-stanza.ts';
import { Mistakes, type ConfigurationFile } from './mistakes.ts';
import { parseConfiguration } from './parser.ts';
import { readScriptletStanza, type Scriptlet } from './scriptlet-stanza.ts';
import { readSieveStanzas, type LoadedScript, type SieveHook } from './sieve-stanza.ts';
import type { PlacedStanza } from './stanza-body.ts';

/** What is used of a configuration, or kept for later. */
export interface Configuration {
  readonly audit: AuditStanza;
  /** Of all `sieve` stanzas in their order, in session order inside each. */
  readonly scripts: readonly LoadedScript[];
  readonly hooks: readonly SieveHook[];
  readonly scriptlets: readonly Scriptlet[];
  readonly replicas: readonly Replica[];
  readonly asLogger: AsLogger | undefined;
  /** How many stanzas of each other keyword there are, in lower case, by first appearance. */
  readonly skipped: ReadonlyMap<string, number>;
}

export interface ConfigurationReading {
  /** Absent when any diagnostic is an error. */
  readonly configuration?: Configuration;
  /** The configuration's own first, then those of the files it includes. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of every file that was read, in the order of reading; scripts are not among them. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads the stanzas of an `ecelerity.conf` that policies need, wherever an include at top level
 * puts them, and the scripts that they name. Of other stanzas only the syntax must hold, and what
 * they include is not read. Never throws on what a user wrote; every mistake becomes a diagnostic.
 *
 * @param name the configuration's name as the user gave it
 */
export function readConfiguration(
  text: string,
  name: string,
  port: ConfigurationPort,
): ConfigurationReading {
  const mistakes = new Mistakes(name);
  const texts = new Map([[name, text]]);
  const source = { mistakes, port, texts, included: 0 };
  const { audit, ...others } = readStanzas(source, { name, text });
  if (audit === undefined && mistakes.errors === 0) {
    const hint = 'add one: inbound_audit { monitors = ( "300,6" ) }';
    mistakes.add({ start: 0, end: 0 }, 'audit-missing', [], hint);
  }
  const diagnostics = mistakes.sorted(texts.keys());
  if (mistakes.errors > 0) return { diagnostics, texts };
  assert(audit !== undefined, `a configuration without errors was not read: ${name}`);
  return { configuration: { audit, ...others }, diagnostics, texts };
}

const READ = new Set(['inbound_audit', 'sieve', 'scriptlet', 'cluster', 'as_logger']);

function readStanzas(
  source: ConfigurationSource,
  file: ConfigurationFile,
): Omit<Configuration, 'audit'> & { readonly audit: AuditStanza | undefined } {
  const stanzas = stanzasByKeyword(source, file);
  const of = (keyword: string): readonly PlacedStanza[] => stanzas.get(keyword) ?? [];
  const audit = readAuditStanzas(source, of('inbound_audit'));
  const sieves = readSieveStanzas(source, of('sieve'));
  const skipped = [...stanzas].filter(([keyword]) => !READ.has(keyword));
  return {
    audit,
    scripts: sieves.flatMap(({ scripts }) => scripts),
    hooks: sieves.flatMap(({ hooks }) => hooks),
    scriptlets: of('scriptlet').flatMap((placed) => readScriptletStanza(source, placed)),
    replicas: readClusterStanzas(source, of('cluster')),
    asLogger: readLoggerStanzas(source, of('as_logger')),
    skipped: new Map(skipped.map(([keyword, { length }]) => [keyword, length])),
  };
}

/** The stanzas of the top level by their keywords in lower case, in order of first appearance. */
function stanzasByKeyword(
  source: ConfigurationSource,
  file: ConfigurationFile,
): ReadonlyMap<string, readonly PlacedStanza[]> {
  const stanzas = new Map<string, PlacedStanza[]>();
  const statements = parseConfiguration(file, source.mistakes);
  const hint = 'a file that holds the inbound_audit stanza alone will do';
  for (const placed of unfold(source, file, statements, hint)) {
    const { statement } = placed;
    if (statement.type !== 'stanza') continue;
    const keyword = statement.keyword.text.toLowerCase();
    const same = stanzas.get(keyword);
    const stanza = { stanza: statement, file: placed.file };
    if (same === undefined) stanzas.set(keyword, [stanza]);
    else same.push(stanza);
  }
  return stanzas;
}
