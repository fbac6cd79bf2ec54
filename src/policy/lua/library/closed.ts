import { NativeFunction, type LuaHost, type LuaTable, type LuaValue } from '../value.ts';

/**
 * A library that a replay does not have, such as `os`: a table that is empty and fails when it is
 * asked or written, with a message that says what to use instead.
 *
 * @param hint a sentence without its end; undefined: there is nothing instead
 */
export function closedLibrary(host: LuaHost, name: string, hint?: string): LuaTable {
  const refuse = new NativeFunction(name, (machine, [, key]: readonly LuaValue[]) => {
    const asked = typeof key === 'string' ? `${name}.${key}` : name;
    const instead = hint === undefined ? '' : `; ${hint}`;
    return machine.fail(`${asked} is not available in a replay${instead}`);
  });
  const metatable = host.newTable();
  metatable.set('__index', refuse);
  metatable.set('__newindex', refuse);
  metatable.set('__metatable', false);
  const library = host.newTable();
  library.metatable = metatable;
  return library;
}
