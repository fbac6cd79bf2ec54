import { textOf } from '../bytes.ts';
import type { LuaHost, LuaValue } from '../value.ts';

/** Levels of tables that are shown. */
const MAX_LEVELS = 8;

/** A value as people read it: tables with their entries in their own order. */
export function dump(host: LuaHost, value: LuaValue, level = 0): string {
  if (typeof value === 'string') return JSON.stringify(textOf(value));
  if (typeof value !== 'object' || value.kind !== 'table') return textOf(host.toText(value));
  if (level === MAX_LEVELS) return '{ … }';
  const entries: string[] = [];
  for (let entry = value.next(undefined); entry !== undefined; entry = value.next(entry[0])) {
    host.spend(1);
    const key = typeof entry[0] === 'string' ? textOf(entry[0]) : `[${host.toText(entry[0])}]`;
    const shown = `${key} = ${dump(host, entry[1], level + 1)}`;
    host.grow(shown.length);
    entries.push(shown);
  }
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
