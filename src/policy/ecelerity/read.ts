import type { Diagnostic } from '../../model/diagnostic.ts';
import { readAuditStanzas, type AuditStanza } from './audit-stanza.ts';
import { readClusterStanzas, type Cluster } from './cluster-stanza.ts';
import { unfold, type ConfigurationPort, type ConfigurationSource } from './includes.ts';
import { readLoggerStanzas, type AsLogger } from './logger-stanza.ts';
import { Mistakes, type ConfigurationFile } from './mistakes.ts';
import { parseConfiguration } from './parser.ts';
import { readScriptletStanza, type Scriptlet } from './scriptlet-stanza.ts';
import { readSieveStanzas, type LoadedScript, type SieveHook } from './sieve-stanza.ts';
import type { PlacedStanza } from './stanza-body.ts';

/** What is used of a configuration. */
export interface Configuration {
  /** Undefined: nothing in it counts, and only what asks for no counts runs under it. */
  readonly audit: AuditStanza | undefined;
  /** Of all `sieve` stanzas in their order, in session order inside each. */
  readonly scripts: readonly LoadedScript[];
  readonly hooks: readonly SieveHook[];
  readonly scriptlets: readonly Scriptlet[];
  /** Undefined: a server by itself. */
  readonly cluster: Cluster | undefined;
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
 * @param files one configuration, in the names that the user gave; several count as if included
 *   one behind the other
 */
export function readConfiguration(
  files: readonly [ConfigurationFile, ...ConfigurationFile[]],
  port: ConfigurationPort,
): ConfigurationReading {
  const mistakes = new Mistakes(files[0].name);
  const texts = new Map(files.map(({ name, text }) => [name, text]));
  const configuration = readStanzas({ mistakes, port, texts, included: 0 }, files);
  const diagnostics = mistakes.sorted(texts.keys());
  return mistakes.errors > 0 ? { diagnostics, texts } : { configuration, diagnostics, texts };
}

/** What is wrong for a policy that counts under a configuration without `inbound_audit`. */
export function auditMissing(file: string): Diagnostic {
  const mistakes = new Mistakes(file);
  const hint = 'add one: inbound_audit { monitors = ( "300,6" ) }';
  mistakes.add({ start: 0, end: 0 }, 'audit-missing', [], hint);
  return mistakes.sorted()[0];
}

const READ = new Set(['inbound_audit', 'sieve', 'scriptlet', 'cluster', 'as_logger']);

function readStanzas(
  source: ConfigurationSource,
  files: readonly ConfigurationFile[],
): Configuration {
  const stanzas = stanzasByKeyword(source, files);
  const of = (keyword: string): readonly PlacedStanza[] => stanzas.get(keyword) ?? [];
  const audit = readAuditStanzas(source, of('inbound_audit'));
  const sieves = readSieveStanzas(source, of('sieve'));
  const skipped = [...stanzas].filter(([keyword]) => !READ.has(keyword));
  return {
    audit,
    scripts: sieves.flatMap(({ scripts }) => scripts),
    hooks: sieves.flatMap(({ hooks }) => hooks),
    scriptlets: of('scriptlet').flatMap((placed) => readScriptletStanza(source, placed)),
    cluster: readClusterStanzas(source, of('cluster')),
    asLogger: readLoggerStanzas(source, of('as_logger')),
    skipped: new Map(skipped.map(([keyword, { length }]) => [keyword, length])),
  };
}

/** The stanzas of the top level by their keywords in lower case, in order of first appearance. */
function stanzasByKeyword(
  source: ConfigurationSource,
  files: readonly ConfigurationFile[],
): ReadonlyMap<string, readonly PlacedStanza[]> {
  const stanzas = new Map<string, PlacedStanza[]>();
  const hint = 'a file that holds the inbound_audit stanza alone will do';
  for (const file of files) {
    const statements = parseConfiguration(file, source.mistakes);
    for (const placed of unfold(source, file, statements, hint)) {
      const { statement } = placed;
      if (statement.type !== 'stanza') continue;
      const keyword = statement.keyword.text.toLowerCase();
      const same = stanzas.get(keyword);
      const stanza = { stanza: statement, file: placed.file };
      if (same === undefined) stanzas.set(keyword, [stanza]);
      else same.push(stanza);
    }
  }
  return stanzas;
}
