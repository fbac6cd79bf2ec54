import type { Diagnostic } from '../../model/diagnostic.ts';
import { Table } from '../lua/table.ts';
import type { LuaTable } from '../lua/value.ts';
import { dataMachine, runDataFile } from './data-file.ts';
import { Findings } from './findings.ts';
import { Outline } from './outline.ts';
import { SeriesWriter } from './series.ts';
import { entriesOf, SettingsReader, shownKey, type Settings } from './settings.ts';
import { RuleWriter } from './thresholds.ts';
import { Whitelists } from './whitelists.ts';
import { commentRows, section, type YamlBlock } from './yaml-blocks.ts';

export interface PolicyImport {
  /** The policy as YAML. */
  readonly policy: string;
  /** How many series and rules it has. */
  readonly series: number;
  readonly rules: number;
}

export interface ImportReading {
  /** Absent when any diagnostic is an error. */
  readonly imported?: PolicyImport;
  /** Errors, or warnings of what was left out or assumed; by place. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Keys of `dp_config` that are read, and those that `module()` sets in it. */
const CONFIG_KEYS = ['audit_series', 'concurrent_connection_limits', 'whitelist'];
const MODULE_KEYS = ['_M', '_NAME', '_PACKAGE'];

/**
 * Turns the data file of the vendor's default policy into a YAML policy; see `docs/import.md`.
 * Never throws on what a user wrote; the same text gives the same policy.
 *
 * @param text of the Lua file
 * @param file its name as the user gave it
 */
export function importPolicy(text: string, file: string): ImportReading {
  const findings: { current?: Findings } = {};
  const machine = dataMachine(text, () => findings.current!);
  const loaded = machine.load(text, file);
  if (!loaded.ok) return { diagnostics: loaded.diagnostics };
  const outline = new Outline(text);
  const current = (findings.current = new Findings(file, outline));
  const config = runDataFile({ machine, chunk: loaded.chunk, file, text }, current);
  const imported = config && writePolicy(config, current, file);
  const diagnostics = current.sorted();
  return imported === undefined ? { diagnostics } : { imported, diagnostics };
}

function writePolicy(config: LuaTable, findings: Findings, file: string): PolicyImport {
  const reader = new SettingsReader(findings);
  const whitelists = new Whitelists(findings, config);
  const ruleWriter = new RuleWriter(reader, whitelists);
  const series: YamlBlock[] = [];
  const rules: YamlBlock[] = [];
  const root: Settings = { table: config, path: [], where: 'dp_config', remarks: [] };
  const limits = config.get('concurrent_connection_limits');
  const limitsPath = ['concurrent_connection_limits'];
  const limitName = (key: string | number): string => `limit ${shownKey(key)} of open connections`;
  for (const limit of reader.items(root, limits, limitsPath, limitName)) {
    rules.push(ruleWriter.limit(limit));
  }
  const seriesWriter = new SeriesWriter(reader, ruleWriter);
  const listed = config.get('audit_series');
  if (listed instanceof Table) {
    for (const [key, value] of entriesOf(listed)) {
      if (value === undefined) continue;
      const written = seriesWriter.write(key, value);
      series.push(written.series);
      rules.push(...written.rules);
    }
  } else if (listed !== undefined) {
    reader.wrong(root, ['audit_series'], ["'audit_series'", 'a table', 'it'], listed);
  }
  leaveOutTables(root, findings);
  const { above } = findings.outline.commentsOf(limitsPath);
  const rows = [
    ...commentRows([`Imported from ${file}.`, ...findings.outline.head], ''),
    'hindcast: 1',
    ...section('lists', whitelists.blocks, false),
    ...section('series', series, false),
    ...section('rules', rules[0] === undefined ? [] : withAbove(rules, above), true),
    ...section('', [{ above: root.remarks, lines: [] }], false),
  ];
  const count = (blocks: readonly YamlBlock[]): number =>
    blocks.filter((block) => block.lines.length > 0).length;
  return { policy: `${rows.join('\n')}\n`, series: count(series), rules: count(rules) };
}

/** The comments of a list stand above its first rule. */
function withAbove([first, ...rest]: readonly YamlBlock[], above: readonly string[]): YamlBlock[] {
  return [{ ...first, above: [...above, ...first.above] }, ...rest];
}

/** Says which tables of the configuration have no counterpart; those without content go unsaid. */
function leaveOutTables({ table, path, remarks }: Settings, findings: Findings): void {
  for (const [key, value] of entriesOf(table)) {
    if (value === undefined) continue;
    if (typeof key === 'string' && [...CONFIG_KEYS, ...MODULE_KEYS].includes(key)) continue;
    if (value instanceof Table && value.next(undefined) === undefined) continue;
    remarks.push(findings.note([...path, key], 'table-left-out', [shownKey(key)]));
  }
}
