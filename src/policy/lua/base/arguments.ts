import type { Runtime } from '../runtime.ts';
import { typeName } from '../type-name.ts';
import { Table } from '../table.ts';
import type { LuaValue } from '../value.ts';

/** The arguments of one call of a function of ours, with the errors that Lua gives for wrong ones. */
export class Arguments {
  readonly runtime: Runtime;
  readonly name: string;
  readonly list: readonly LuaValue[];

  constructor(runtime: Runtime, name: string, list: readonly LuaValue[]) {
    this.runtime = runtime;
    this.name = name;
    this.list = list;
  }

  /** @param at 0-based; messages count from 1 */
  wrong(at: number, what: string): never {
    return this.runtime.fail(`bad argument #${at + 1} to '${this.name}' (${what})`);
  }

  #wrongType(at: number, expected: string): never {
    const seen = at < this.list.length ? typeName(this.list[at]) : 'no value';
    return this.wrong(at, `${expected} expected, got ${seen}`);
  }

  any(at: number): LuaValue {
    if (at >= this.list.length) this.wrong(at, 'value expected');
    return this.list[at];
  }

  table(at: number): Table {
    const value = this.list[at];
    return value instanceof Table ? value : this.#wrongType(at, 'table');
  }

  function(at: number): LuaValue {
    const value = this.list[at];
    return typeName(value) === 'function' ? value : this.#wrongType(at, 'function');
  }

  /** What a C `int` keeps: no fraction, the low 32 bits; 0 of what 64 bits cannot hold. */
  integer(at: number, otherwise?: number): number {
    const value = this.list[at];
    if (value === undefined && otherwise !== undefined) return otherwise;
    const number = this.runtime.toNumber(value);
    if (number === undefined) return this.#wrongType(at, 'number');
    return Math.abs(number) < 2 ** 63 ? number | 0 : 0;
  }

  text(at: number, otherwise?: string): string {
    const value = this.list[at];
    if (value === undefined && otherwise !== undefined) return otherwise;
    return this.runtime.concatenable(value) ?? this.#wrongType(at, 'string');
  }
}
