import { typeName } from '../type-name.ts';
import type { LuaHost, LuaTable, LuaValue } from '../value.ts';
import { libraryTable, type Arguments, type LibraryFunction } from './arguments.ts';
import { Pieces } from './pieces.ts';
import { sortElements, type Less } from './sort.ts';
import { NUMBER_STEPS } from './string-format.ts';

const FUNCTIONS: Readonly<Record<string, LibraryFunction>> = {
  concat,
  foreach: (host, args) => {
    const table = args.table(1);
    const visit = args.function(2);
    for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
      host.spend(1);
      const [answer] = host.call(visit, entry);
      if (answer !== undefined) return [answer];
    }
    return [];
  },
  foreachi: (host, args) => {
    const table = args.table(1);
    const visit = args.function(2);
    const { length } = table;
    for (let at = 1; at <= length; at++) {
      host.spend(1);
      const [answer] = host.call(visit, [at, table.get(at)]);
      if (answer !== undefined) return [answer];
    }
    return [];
  },
  getn: (_, args) => [args.table(1).length],
  insert,
  maxn: (host, args) => {
    const table = args.table(1);
    let greatest = 0;
    for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
      host.spend(1);
      const [key] = entry;
      if (typeof key === 'number' && key > greatest) greatest = key;
    }
    return [greatest];
  },
  remove: (host, args) => {
    const table = args.table(1);
    const { length } = table;
    const place = args.intOr(2, length);
    if (place < 1 || place > length) return [];
    host.spend(length - place);
    const removed = table.get(place);
    for (let at = place; at < length; at++) table.set(at, table.get(at + 1));
    table.set(length, undefined);
    return [removed];
  },
  setn: (host, args) => {
    args.table(1);
    return host.fail("'setn' is obsolete");
  },
  sort: (host, args) => {
    const table = args.table(1);
    sortElements(host, table, lessOf(host, args), 1, table.length);
    return [];
  },
};

/** The table library of Lua 5.1. It asks no metatable but `__lt`. */
export function tableLibrary(host: LuaHost): LuaTable {
  return libraryTable(host, 'table', FUNCTIONS);
}

function lessOf(host: LuaHost, args: Arguments): Less {
  if (args.isMissing(2)) return (a, b) => host.lessThan(a, b);
  const compare = args.function(2);
  return (a, b) => {
    const [answer] = host.call(compare, [a, b]);
    return answer !== undefined && answer !== false;
  };
}

function insert(host: LuaHost, args: Arguments): readonly LuaValue[] {
  const table = args.table(1);
  const end = table.length + 1;
  if (args.count === 2) {
    table.set(end, args.at(2));
    return [];
  }
  if (args.count !== 3) return host.fail("wrong number of arguments to 'insert'");
  const place = args.int(2);
  for (let at = Math.max(end, place); at > place; at--) {
    host.spend(1);
    table.set(at, table.get(at - 1));
  }
  table.set(place, args.at(3));
  return [];
}

function concat(host: LuaHost, args: Arguments): readonly LuaValue[] {
  const separator = args.isMissing(2) ? '' : args.text(2);
  const table = args.table(1);
  const first = args.intOr(3, 1);
  const last = args.intOr(4, table.length);
  const made = new Pieces(host);
  for (let at = first; at <= last; at++) {
    const value = table.get(at);
    if (typeof value !== 'string' && typeof value !== 'number') {
      const type = typeName(value);
      return host.fail(`invalid value (${type}) at index ${at} in table for 'concat'`);
    }
    host.spend(typeof value === 'string' ? 1 : NUMBER_STEPS);
    made.append(typeof value === 'string' ? value : host.toText(value));
    if (at < last) made.append(separator);
  }
  return [made.joined()];
}
