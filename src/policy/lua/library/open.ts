import type { LuaHost } from '../value.ts';
import { closedLibrary } from './closed.ts';
import { mathLibrary } from './math.ts';
import { stringLibrary } from './string.ts';
import { tableLibrary } from './table.ts';

/**
 * Sets `string`, `table` and `math`, and in the place of `os`, `io` and `debug` tables that say
 * that they are not there. The base functions and `coroutine` are the machine's.
 */
export function openLibraries(host: LuaHost): void {
  const { globals } = host;
  globals.set('string', stringLibrary(host));
  globals.set('table', tableLibrary(host));
  globals.set('math', mathLibrary(host));
  globals.set('os', closedLibrary(host, 'os', 'msys.core.get_now_ts() gives the time'));
  globals.set('io', closedLibrary(host, 'io', 'print writes to the log'));
  globals.set('debug', closedLibrary(host, 'debug'));
}
