import { didYouMean } from '../../model/suggest.ts';
import type { Msys } from './msys/open.ts';
import type { LuaTable, LuaValue } from './value.ts';

/** `attempt to call field 'connection' (a nil value)`, and what has no field to be indexed. */
const MISSING = /attempt to (?:call|index) (field|method|global) '([A-Za-z_]\w*)' \(a nil value\)/;
/** Levels of tables below a global that are searched. */
const MAX_LEVELS = 3;

/** What a script may have meant that called a name which is not there. */
export function hintOf(message: string, globals: LuaTable, msys: Msys): string | undefined {
  const [, kind, name] = MISSING.exec(message) ?? [];
  if (name === undefined) return undefined;
  if (kind === 'global') return didYouMean(name, namesIn(globals, 1));
  if (kind === 'method') return didYouMean(name, methodsOf(msys));
  const root = globals.get('msys');
  return isTable(root) ? didYouMean(name, namesIn(root, MAX_LEVELS)) : undefined;
}

function methodsOf({ objects }: Msys): Set<string> {
  return new Set([...objects.values()].flatMap(({ methods }) => Object.keys(methods)));
}

/** Names of fields of a table and of tables in it. */
function namesIn(table: LuaTable, levels: number): Set<string> {
  const names = new Set<string>();
  for (let entry = table.next(undefined); entry !== undefined; entry = table.next(entry[0])) {
    const [key, value] = entry;
    if (typeof key === 'string') names.add(key);
    if (levels > 1 && isTable(value))
      for (const name of namesIn(value, levels - 1)) names.add(name);
  }
  return names;
}

function isTable(value: LuaValue): value is LuaTable {
  return typeof value === 'object' && value.kind === 'table';
}
