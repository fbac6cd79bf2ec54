import type { Runtime } from '../runtime.ts';
import type { Table } from '../table.ts';
import { NativeFunction, type LuaValue } from '../value.ts';
import { BaseArguments } from './arguments.ts';

/** A function of ours; more than one result, or none, come as an array. */
export type Native = (given: BaseArguments) => LuaValue | readonly LuaValue[];

/** Puts functions into a table, by name. */
export function fill(
  runtime: Runtime,
  table: Table,
  natives: Readonly<Record<string, Native>>,
): void {
  for (const [name, native] of Object.entries(natives)) {
    table.set(name, nativeOf(runtime, name, native));
  }
}

export function nativeOf(runtime: Runtime, name: string, native: Native): NativeFunction {
  return new NativeFunction(name, (_, list) => {
    const result = native(new BaseArguments(runtime, name, list));
    return isList(result) ? result : [result];
  });
}

const isList = (value: LuaValue | readonly LuaValue[]): value is readonly LuaValue[] =>
  Array.isArray(value);
