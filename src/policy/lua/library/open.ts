import type { LuaHost, LuaTable } from '../value.ts';
import { closedLibrary } from './closed.ts';
import { mathLibrary } from './math.ts';
import { stringLibrary } from './string.ts';
import { tableLibrary } from './table.ts';

/**
 * Sets `string`, `table` and `math`, and in the place of `os`, `io` and `debug` tables that say
 * that they are not there. The base functions and `coroutine` are the machine's.
 *
 * @returns what methods of strings are looked up in
 */
export function openLibraries(host: LuaHost): LuaTable {
  const { globals } = host;
  const strings = stringLibrary(host);
  globals.set('string', strings);
  globals.set('table', tableLibrary(host));
  globals.set('math', mathLibrary(host));
  globals.set('os', closedLibrary(host, 'os', 'msys.core.get_now_ts() gives the time'));
  globals.set('io', closedLibrary(host, 'io', 'print writes to the log'));
  globals.set('debug', closedLibrary(host, 'debug'));
  return strings;
}
