import { ByNode } from '../../momentum/by-node.ts';
import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { LuaUserdata, type LuaTable } from '../value.ts';
import { isUserdata, type MsysWorld } from './world.ts';

/** How a counter is kept on many processors; here there is one. */
const SEMANTICS = { STRICT: 0, RELAXED: 1 } as const;

/** `msys.counter`: whole numbers by path, for all modules of a node; what `inc` counts is reported too. */
export function counterTable(msys: MsysWorld): LuaTable {
  const { host } = msys;
  /** What `init` counts: each node begins with it. */
  const first = new Map<string, number>();
  const byNode = new ByNode(() => new Map(first));
  const counters = (): Map<string, number> =>
    msys.phase === 'init' ? first : byNode.at(msys.event);
  const metatable = host.newTable();
  metatable.set('__metatable', 'counter');
  /** The path of a counter, or of the object that `open` gave for it. */
  const pathOf = (given: Arguments): string => {
    const value = given.at(1);
    return isUserdata(value, 'counter') ? (value.held as string) : textOf(given.text(1));
  };
  const add = (path: string, amount: number): void => {
    const own = counters();
    own.set(path, (own.get(path) ?? 0) + amount);
  };
  const table = libraryTable(host, 'msys.counter', {
    open: (_, given) => {
      const path = textOf(given.text(1));
      add(path, 0);
      return [new LuaUserdata('counter', path, metatable)];
    },
    inc: (_, given) => {
      const path = pathOf(given);
      add(path, 1);
      msys.world.count(msys.phase, path, 'informational');
      return [];
    },
    add: (_, given) => {
      add(pathOf(given), given.whole(2));
      return [];
    },
    read: (_, given) => [counters().get(pathOf(given)) ?? 0],
    reset: (_, given) => {
      counters().set(pathOf(given), 0);
      return [];
    },
    unlink: (_, given) => {
      counters().delete(pathOf(given));
      return [];
    },
  });
  for (const [name, value] of Object.entries(SEMANTICS)) table.set(name, value);
  return table;
}
