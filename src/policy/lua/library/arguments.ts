import { typeName } from '../type-name.ts';
import { NativeFunction, type LuaHost, type LuaTable, type LuaValue } from '../value.ts';

/** 2 to the 63rd: the first number above what a whole number of a C library may be. */
const WHOLE_LIMIT = 2 ** 63;

export type LibraryFunction = (host: LuaHost, args: Arguments) => readonly LuaValue[];

/** A table of functions that name themselves in messages: `bad argument #1 to 'rep' (…)`. */
export function libraryTable(
  host: LuaHost,
  library: string,
  functions: Readonly<Record<string, LibraryFunction>>,
): LuaTable {
  const table = host.newTable();
  for (const [name, body] of Object.entries(functions)) {
    table.set(
      name,
      new NativeFunction(`${library}.${name}`, (machine, values) =>
        body(machine, new Arguments(machine, name, values)),
      ),
    );
  }
  return table;
}

/** What a library function was called with. Positions count from 1, as scripts and messages do. */
export class Arguments {
  readonly #host: LuaHost;
  readonly #called: string;
  readonly #values: readonly LuaValue[];

  constructor(host: LuaHost, called: string, values: readonly LuaValue[]) {
    this.#host = host;
    this.#called = called;
    this.#values = values;
  }

  get count(): number {
    return this.#values.length;
  }

  at(position: number): LuaValue {
    return this.#values[position - 1];
  }

  /** Nil, or not given at all. */
  isMissing(position: number): boolean {
    return this.at(position) === undefined;
  }

  /** Bytes; a number is written out. */
  text(position: number): string {
    const value = this.at(position);
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return this.#host.toText(value);
    return this.mistype(position, 'string');
  }

  number(position: number): number {
    const value = this.at(position);
    if (typeof value === 'number') return value;
    const read = typeof value === 'string' ? this.#host.toNumber(value) : undefined;
    return read ?? this.mistype(position, 'number');
  }

  /** Without its fraction. What 64 bits cannot hold is -2^63, as on the x86-64 that Momentum runs on. */
  whole(position: number): number {
    const value = Math.trunc(this.number(position));
    return Math.abs(value) < WHOLE_LIMIT ? value : -WHOLE_LIMIT;
  }

  wholeOr(position: number, otherwise: number): number {
    return this.isMissing(position) ? otherwise : this.whole(position);
  }

  /** Of the whole number the low 32 bits with their sign: what a C `int` keeps. */
  int(position: number): number {
    return this.whole(position) | 0;
  }

  intOr(position: number, otherwise: number): number {
    return this.isMissing(position) ? otherwise : this.int(position);
  }

  table(position: number): LuaTable {
    const value = this.at(position);
    if (typeof value === 'object' && value.kind === 'table') return value;
    return this.mistype(position, 'table');
  }

  /** Any value, but given. */
  any(position: number): LuaValue {
    if (position > this.count) return this.reject(position, 'value expected');
    return this.at(position);
  }

  function(position: number): LuaValue {
    const value = this.at(position);
    if (typeName(value) !== 'function') return this.mistype(position, 'function');
    return value;
  }

  mistype(position: number, expected: string): never {
    const given = position > this.count ? 'no value' : typeName(this.at(position));
    return this.reject(position, `${expected} expected, got ${given}`);
  }

  reject(position: number, problem: string): never {
    return this.#host.fail(`bad argument #${position} to '${this.#called}' (${problem})`);
  }
}
