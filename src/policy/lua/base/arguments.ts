import { Arguments } from '../library/arguments.ts';
import type { Runtime } from '../runtime.ts';
import { Table } from '../table.ts';
import type { LuaValue } from '../value.ts';

/** What a base function was called with; it may reach into the machine. */
export class BaseArguments extends Arguments {
  readonly runtime: Runtime;
  readonly list: readonly LuaValue[];

  constructor(runtime: Runtime, called: string, list: readonly LuaValue[]) {
    super(runtime, called, list);
    this.runtime = runtime;
    this.list = list;
  }

  override table(position: number): Table {
    const value = this.at(position);
    return value instanceof Table ? value : this.mistype(position, 'table');
  }

  textOr(position: number, otherwise: string): string {
    return this.isMissing(position) ? otherwise : this.text(position);
  }
}
