import { textOf } from '../lua/bytes.ts';
import { parseNumber } from '../lua/numbers.ts';
import { Table } from '../lua/table.ts';
import type { LuaTable, LuaValue } from '../lua/value.ts';
import type { Findings } from './findings.ts';
import type { EntryComments } from './lua-comments.ts';
import type { EntryPath } from './entries.ts';
import type { YamlLine } from './yaml-blocks.ts';

/** Longest piece of a value that a message repeats, in characters. */
const SHOWN = 40;

/** The entries of a table in the order in which the script made them. */
export function* entriesOf(table: LuaTable): Generator<readonly [string | number, LuaValue]> {
  for (let row = table.next(undefined); row !== undefined; row = table.next(row[0])) {
    const [key, value] = row;
    if (typeof key === 'string' || typeof key === 'number') yield [key, value];
  }
}

export const shownKey = (key: string | number): string =>
  typeof key === 'number' ? String(key) : shortened(textOf(key));

const shortened = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;

/** A value as messages name it. */
export function seen(value: LuaValue): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `'${shortened(textOf(value))}'`;
  return typeof value === 'object' ? `a ${kindOf(value)}` : String(value);
}

function kindOf({ kind }: LuaValue & object): string {
  return kind === 'closure' || kind === 'native' ? 'function' : kind;
}

/** A number, or a text that Lua takes for one. */
export function numberOf(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** One table of settings, with where it stands and what it is called. */
export interface Settings {
  readonly table: LuaTable;
  readonly path: EntryPath;
  /** As messages name it: `series 'spam'`. */
  readonly where: string;
  /** What is said about it, for comments of the policy. */
  readonly remarks: string[];
}

/** Reads settings; what does not fit is said, and left out. */
export class SettingsReader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** A whole number of a range; undefined when it is none. */
  whole(
    { table, path, where, remarks }: Settings,
    key: string,
    [least, most]: readonly [number, number],
    otherwise?: number,
  ): number | undefined {
    const value = table.get(key);
    if (value === undefined && otherwise !== undefined) return otherwise;
    const number = numberOf(value);
    if (number !== undefined && Number.isInteger(number) && number >= least && number <= most) {
      return number;
    }
    const expected = `a whole number ${least}..${most}`;
    return this.wrong({ remarks }, [...path, key], [`'${key}'`, expected, where], value);
  }

  /** Says that a value does not fit and what is left out for it. */
  wrong(
    { remarks }: Pick<Settings, 'remarks'>,
    path: EntryPath,
    [what, expected, left]: readonly [what: string, expected: string, left: string],
    value: LuaValue,
  ): undefined {
    const details: [string, string, string, string] = [what, expected, seen(value), left];
    remarks.push(this.findings.note(path, 'value-wrong', details));
  }

  /** A switch as Lua takes it: all but false and nil is true. */
  isOn({ table }: Settings, key: string): boolean {
    const value = table.get(key);
    return value !== undefined && value !== false;
  }

  /** The tables in a list, each under its number. */
  *items(
    outer: Settings,
    list: LuaValue,
    path: EntryPath,
    nameOf: (key: string | number) => string,
  ): Generator<Settings> {
    if (list === undefined) return;
    if (!(list instanceof Table)) {
      this.wrong(outer, path, [`'${String(path.at(-1))}'`, 'a table', 'it'], list);
      return;
    }
    for (const [key, value] of entriesOf(list)) {
      const inner = [...path, key];
      if (typeof key === 'number' && value instanceof Table) {
        yield { table: value, path: inner, where: nameOf(key), remarks: [] };
      } else if (value !== undefined) {
        this.wrong(outer, inner, [nameOf(key), 'a table in a list', 'it'], value);
      }
    }
  }

  /** Says which keys nobody reads. */
  unknown({ table, path, where, remarks }: Settings, known: readonly string[]): void {
    for (const [key, value] of entriesOf(table)) {
      if (value === undefined || (typeof key === 'string' && known.includes(key))) continue;
      const isFunction = typeof value === 'object' && kindOf(value) === 'function';
      const code = isFunction ? 'function-left-out' : 'key-left-out';
      remarks.push(this.findings.note([...path, key], code, [shownKey(key), where]));
    }
  }

  /** The comments of an entry that belong to no single line of the policy. */
  commentsOf(path: EntryPath): string[] {
    const { above, behind } = this.findings.outline.commentsOf(path);
    return [...above, ...behind];
  }

  /**
   * A line of the policy with the comments of the settings that it says.
   *
   * @param notes of our own, behind those of the file
   */
  line(
    { path }: Settings,
    text: string,
    keys: readonly string[] = [],
    notes: readonly string[] = [],
  ): YamlLine {
    const { outline } = this.findings;
    const found = keys.map((key): EntryComments => outline.commentsOf([...path, key]));
    const above = found.flatMap((comments) => comments.above);
    const behind = found.flatMap((comments) => comments.behind);
    return { text, comments: { above, behind: [...behind, ...notes] } };
  }
}
