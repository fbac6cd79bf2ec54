import {
  type LuaFunction,
  type LuaHost,
  type LuaTable,
  type LuaValue,
  NativeFunction,
} from '../../src/policy/lua/value.ts';

/** What a script could catch. */
export class ScriptError extends Error {}

/** What no script can catch: the budget is spent. */
export class SpentError extends Error {}

/** A table as plain as can be: a map in the order of insertion. */
export class MapTable implements LuaTable {
  readonly kind = 'table';
  metatable: LuaTable | undefined = undefined;
  readonly #entries = new Map<LuaValue, LuaValue>();

  get(key: LuaValue): LuaValue {
    return this.#entries.get(key);
  }
  set(key: LuaValue, value: LuaValue): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }
  get length(): number {
    let border = 0;
    while (this.#entries.has(border + 1)) border++;
    return border;
  }
  next(key: LuaValue): readonly [LuaValue, LuaValue] | undefined {
    const keys = [...this.#entries.keys()];
    const at = key === undefined ? 0 : keys.indexOf(key) + 1;
    return at < keys.length ? [keys[at], this.#entries.get(keys[at])] : undefined;
  }
}

/**
 * What library functions need of a machine, without one: it calls native functions only, knows
 * `__index` of tables that are tables or native, and writes numbers as JavaScript does.
 */
export class PlainHost implements LuaHost {
  readonly globals: LuaTable = new MapTable();
  steps: number;
  bytes: number;

  constructor(budget: { readonly steps?: number; readonly bytes?: number } = {}) {
    this.steps = budget.steps ?? 1e7;
    this.bytes = budget.bytes ?? 1e8;
  }

  newTable(): LuaTable {
    return new MapTable();
  }
  call(called: LuaValue, args: readonly LuaValue[]): readonly LuaValue[] {
    if (called instanceof NativeFunction) return called.call(this, args);
    return this.fail('attempt to call what is no native function');
  }
  index(of: LuaValue, key: LuaValue): LuaValue {
    if (typeof of !== 'object' || of.kind !== 'table') return this.fail('attempt to index');
    const found = of.get(key);
    const handler = found === undefined ? of.metatable?.get('__index') : undefined;
    if (handler === undefined) return found;
    return handler instanceof NativeFunction
      ? this.call(handler, [of, key])[0]
      : this.index(handler, key);
  }
  setIndex(of: LuaValue, key: LuaValue, value: LuaValue): void {
    if (typeof of !== 'object' || of.kind !== 'table') this.fail('attempt to index');
    const handler = of.metatable?.get('__newindex');
    if (handler === undefined) of.set(key, value);
    else this.call(handler, [of, key, value]);
  }
  lessThan(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'number' && typeof right === 'number') return left < right;
    if (typeof left === 'string' && typeof right === 'string') return left < right;
    return this.fail('attempt to compare');
  }
  toText(value: LuaValue): string {
    return typeof value === 'object' ? value.kind : String(value);
  }
  toNumber(value: LuaValue): number | undefined {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof read === 'number' && !Number.isNaN(read) ? read : undefined;
  }
  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) throw new SpentError('steps');
  }
  grow(bytes: number): void {
    this.bytes -= bytes;
    if (this.bytes < 0) throw new SpentError('bytes');
  }
  fail(message: string): never {
    throw new ScriptError(message);
  }
}

/** A table with the values 1 to n. */
export function listOf(...values: LuaValue[]): LuaTable {
  const table = new MapTable();
  for (const [at, value] of values.entries()) table.set(at + 1, value);
  return table;
}

export function native(of: (...args: LuaValue[]) => readonly LuaValue[]): LuaFunction {
  return new NativeFunction('test', (_, args) => of(...args));
}

/** Calls a function of a library by its name. */
export function answerOf(
  host: LuaHost,
  library: LuaTable,
  name: string,
  ...args: LuaValue[]
): readonly LuaValue[] {
  return host.call(library.get(name), args);
}
