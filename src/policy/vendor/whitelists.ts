import { parseNetwork } from '../../model/address.ts';
import { textOf } from '../lua/bytes.ts';
import { Table } from '../lua/table.ts';
import type { LuaTable } from '../lua/value.ts';
import { NAME_PATTERN } from '../yaml/lists.ts';
import type { Findings } from './findings.ts';
import { NO_COMMENTS } from './lua-comments.ts';
import type { EntryPath } from './entries.ts';
import { entriesOf, seen, type Settings } from './settings.ts';
import { yamlText, type YamlBlock } from './yaml-blocks.ts';

/** Where the networks of a whitelist come from, by the keys that its types have. */
const SOURCES = [
  ['source', 'in the file'],
  ['query', 'what the data source answers to'],
] as const;

/**
 * The whitelists that settings honour. A policy can name them in `except`; what they hold is in
 * files and data sources that an import does not read, so each becomes an empty list to fill.
 */
export class Whitelists {
  readonly #findings: Findings;
  readonly #config: LuaTable;
  readonly #blocks = new Map<string, YamlBlock | undefined>();

  constructor(findings: Findings, config: LuaTable) {
    this.#findings = findings;
    this.#config = config;
  }

  /** The lists of the policy, in the order in which they were first honoured. */
  get blocks(): readonly YamlBlock[] {
    return [...this.#blocks.values()].flatMap((block) => block ?? []);
  }

  /** The value of `except:`, as YAML; undefined where nothing is honoured. */
  except({ table, path, remarks }: Settings): string | undefined {
    const value = table.get('honor_whitelist');
    if (value === undefined) return undefined;
    const inner = [...path, 'honor_whitelist'];
    const given = value instanceof Table ? [...entriesOf(value)] : [[1, value] as const];
    const names: string[] = [];
    for (const [key, name] of given) {
      if (name === undefined) continue;
      if (typeof name === 'string') {
        if (this.#honour(textOf(name), inner, remarks)) names.push(yamlText(textOf(name)));
        continue;
      }
      const wrong = ["'honor_whitelist'", 'names of whitelists', seen(name), 'it'] as const;
      remarks.push(this.#findings.note([...inner, key], 'value-wrong', [...wrong]));
    }
    return names.length === 0 ? undefined : `[${names.join(', ')}]`;
  }

  /** Whether a list of the policy can have the name; it is made at the first one. */
  #honour(name: string, path: EntryPath, remarks: string[]): boolean {
    if (!NAME_PATTERN.test(name) || parseNetwork(name) !== undefined) {
      remarks.push(this.#findings.note(path, 'whitelist-name', [name]));
      return false;
    }
    if (!this.#blocks.has(name)) this.#blocks.set(name, this.#list(name, path));
    return true;
  }

  #list(name: string, honoured: EntryPath): YamlBlock {
    const defined = this.#config.get('whitelist');
    let path = honoured;
    let source = 'not named in this file';
    const comments: string[] = [];
    for (const [key, entry] of defined instanceof Table ? entriesOf(defined) : []) {
      if (!(entry instanceof Table)) continue;
      const own = entry.get('name');
      if (typeof own !== 'string' || textOf(own) !== name) continue;
      path = ['whitelist', key];
      const { above, behind } = this.#findings.outline.commentsOf(path);
      comments.push(...above, ...behind);
      for (const [field, words] of SOURCES) {
        const value = entry.get(field);
        if (typeof value === 'string') source = `${words} ${seen(value)}`;
      }
    }
    const hint = `put them under lists: ${name}: […], or name a file: ${name}: { file: … }`;
    comments.push(this.#findings.note(path, 'whitelist-empty', [name, source], hint));
    return { above: comments, lines: [{ text: `${yamlText(name)}: []`, comments: NO_COMMENTS }] };
  }
}
