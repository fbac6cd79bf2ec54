import { Closure } from '../closure.ts';
import { parseInBase } from '../numbers.ts';
import { isFunction, isTrue, type Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import { Table } from '../table.ts';
import type { NativeFunction, LuaValue } from '../value.ts';
import type { BaseArguments } from './arguments.ts';
import { fill, nativeOf, type Native } from './fill.ts';

/** What it costs to compile a text, besides what goes with its length. */
const LOAD_STEPS = 100;
const LOAD_BYTES = 1024;
/** Most results of `unpack`, as in Lua. */
const MAX_RESULTS = 8000;

/**
 * Compiles the text of a script that a script has: a function, or what is wrong. A name is shown
 * as it is behind `=` or `@`, and else as the text itself.
 */
export type LoadText = (text: string, name: string) => Closure | string;

/**
 * Fills the globals with Lua's own functions, apart from those of files and of modules.
 *
 * @returns `next`, which the machine's loop knows
 */
export function openBasics(
  runtime: Runtime,
  globals: Table,
  load: LoadText,
  print: (line: string) => void,
): NativeFunction {
  globals.set('_G', globals);
  globals.set('_VERSION', 'Lua 5.1');
  fill(runtime, globals, CONVERSIONS);
  fill(runtime, globals, TABLES);
  fill(runtime, globals, ERRORS);
  fill(runtime, globals, ENVIRONMENTS);
  fill(runtime, globals, {
    print: ({ list }) => {
      runtime.spend(list.length);
      const line = list.map((one) => runtime.toText(one)).join('\t');
      runtime.meter.write(line.length + 1);
      print(line);
      return [];
    },
    collectgarbage: (given) => collectGarbage(given),
    loadstring: (given) => {
      const text = given.text(1);
      return loaded(given, text, given.textOr(2, text), load);
    },
    load: (given) => {
      given.function(1);
      const name = given.textOr(2, '=(load)');
      return runtime.protect<LuaValue | readonly LuaValue[]>(
        true,
        () => loaded(given, piecesOf(given), name, load),
        (error) => [undefined, error.value],
      );
    },
  });
  const next = nativeOf(runtime, 'next', (given) => {
    const table = given.table(1);
    const at = table.walk(given.list[1]);
    if (at === -2) runtime.raise("invalid key to 'next'");
    return at === -1 ? undefined : [table.walkedKey(at), table.walkedValue(at)];
  });
  globals.set('next', next);
  const step = nativeOf(runtime, 'ipairs', (given) => {
    const at = given.int(2) + 1;
    const value = given.table(1).get(at);
    return value === undefined ? undefined : [at, value];
  });
  fill(runtime, globals, {
    pairs: (given) => [next, given.table(1), undefined],
    ipairs: (given) => [step, given.table(1), 0],
  });
  return next;
}

const CONVERSIONS: Readonly<Record<string, Native>> = {
  type: (given) => typeName(given.any(1)),
  tostring: (given) => {
    const { runtime } = given;
    const value = given.any(1);
    const handler = runtime.metamethod(value, '__tostring');
    // Only `print` wants a text from it.
    return handler === undefined ? runtime.toText(value) : runtime.call(handler, [value])[0];
  },
  tonumber: (given) => {
    const base = given.intOr(2, 10);
    if (base === 10) return given.runtime.toNumber(given.any(1));
    const text = given.text(1);
    if (base < 2 || base > 36) given.reject(2, 'base out of range');
    return parseInBase(text, base);
  },
  select: (given) => {
    const { list } = given;
    if (list[0] === '#') return list.length - 1;
    const at = given.int(1);
    if (at < 0 && list.length - 1 + at >= 0) return list.slice(list.length + at);
    if (at <= 0) given.reject(1, 'index out of range');
    return list.slice(at);
  },
  unpack: (given) => {
    const table = given.table(1);
    const first = given.intOr(2, 1);
    const last = given.intOr(3, table.length);
    const count = last - first + 1;
    if (count <= 0) return [];
    if (count > MAX_RESULTS - given.list.length) {
      return given.runtime.fail('too many results to unpack');
    }
    given.runtime.spend(count);
    return Array.from({ length: count }, (_, at) => table.get(first + at));
  },
};

const TABLES: Readonly<Record<string, Native>> = {
  rawget: (given) => given.table(1).get(given.any(2)),
  rawset: (given) => {
    const table = given.table(1);
    const key = given.any(2);
    const value = given.any(3);
    given.runtime.checkKey(key);
    table.set(key, value);
    return table;
  },
  rawequal: (given) => given.any(1) === given.any(2),
  getmetatable: (given) => {
    const metatable = given.runtime.metatableOf(given.any(1));
    if (metatable === undefined) return undefined;
    return metatable.get('__metatable') ?? metatable;
  },
  setmetatable: (given) => {
    const table = given.table(1);
    const metatable = given.list[1];
    if (given.list.length < 2 || !(metatable === undefined || metatable instanceof Table)) {
      return given.reject(2, 'nil or table expected');
    }
    if (table.metatable?.get('__metatable') !== undefined) {
      return given.runtime.fail('cannot change a protected metatable');
    }
    table.metatable = metatable;
    return table;
  },
};

const ERRORS: Readonly<Record<string, Native>> = {
  error: (given) => {
    const { runtime, list } = given;
    const level = given.intOr(2, 1);
    const [value] = list;
    const text = runtime.concatenable(value);
    if (level > 0 && text !== undefined) return runtime.fail(text, level);
    return runtime.raise(value);
  },
  assert: (given) => {
    if (isTrue(given.any(1))) return given.list;
    return given.runtime.fail(given.textOr(2, 'assertion failed!'));
  },
  pcall: (given) => {
    const called = given.any(1);
    const { runtime, list } = given;
    return runtime.protect<readonly LuaValue[]>(
      true,
      () => [true, ...runtime.call(called, list.slice(1))],
      (error) => [false, error.value],
    );
  },
  xpcall: (given) => {
    const { runtime } = given;
    const called = given.list[0];
    const handler = given.any(2);
    return runtime.protect<readonly LuaValue[]>(
      true,
      () => [true, ...runtime.call(called, [])],
      (error) => handled(runtime, handler, error.value),
    );
  },
};

/** In Lua an error in the handler calls the handler again, until that ends the stack. */
function handled(runtime: Runtime, handler: LuaValue, value: LuaValue): readonly LuaValue[] {
  return runtime.protect<readonly LuaValue[]>(
    true,
    () => [false, ...runtime.call(handler, [value]).slice(0, 1)],
    () => [false, 'error in error handling'],
  );
}

const ENVIRONMENTS: Readonly<Record<string, Native>> = {
  getfenv: (given) => {
    const found = functionOf(given, given.list[0] === undefined ? 1 : given.list[0]);
    return found instanceof Closure ? found.environment : given.runtime.globals;
  },
  setfenv: (given) => {
    const table = given.table(2);
    const [which] = given.list;
    if (typeof which !== 'object' && given.runtime.toNumber(which) === 0) {
      given.runtime.globals = table;
      return [];
    }
    const found = functionOf(given, which);
    if (!(found instanceof Closure)) {
      return given.runtime.fail("'setfenv' cannot change environment of given object");
    }
    found.environment = table;
    return found;
  },
};

/** A function, or the one that runs at a level; undefined for level 0. */
function functionOf(given: BaseArguments, which: LuaValue): LuaValue {
  if (isFunction(which)) return which;
  const level = given.intOr(1, 1);
  if (level < 0) given.reject(1, 'level must be non-negative');
  if (level === 0) return undefined;
  const { runtime } = given;
  const frame = runtime.frameAt(level);
  if (frame === undefined) {
    const missing = runtime.thread.depth < level;
    if (missing) return given.reject(1, 'invalid level');
    return runtime.fail(`no function environment for tail call at level ${level}`);
  }
  return frame.callee;
}

/** There is nothing to collect; `count` is what the run has allocated, in KB. */
function collectGarbage(given: BaseArguments): LuaValue {
  const option = given.textOr(1, 'collect');
  const known = ['stop', 'restart', 'collect', 'count', 'step', 'setpause', 'setstepmul'];
  if (!known.includes(option)) given.reject(1, `invalid option '${option}'`);
  return option === 'count' ? given.runtime.allocated / 1024 : option === 'step' ? true : 0;
}

function loaded(
  given: BaseArguments,
  text: string,
  name: string,
  load: LoadText,
): readonly LuaValue[] | LuaValue {
  given.runtime.spend(LOAD_STEPS + text.length * 4);
  given.runtime.grow(LOAD_BYTES + text.length * 8);
  const found = load(text, name);
  return typeof found === 'string' ? [undefined, found] : found;
}

/** The text that a function hands out piece by piece. */
function piecesOf(given: BaseArguments): string {
  const [reader] = given.list;
  const { runtime } = given;
  let text = '';
  for (;;) {
    const [piece] = runtime.call(reader, []);
    if (piece === undefined || piece === '') return text;
    const part = runtime.concatenable(piece);
    if (part === undefined) return runtime.raise('reader function must return a string');
    text = runtime.join(text, part);
  }
}
