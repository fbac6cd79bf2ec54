import type { Prototype } from './prototype.ts';
import type { LuaClosure, LuaTable, LuaValue } from './value.ts';

/** A variable that functions share. Boxes lie in registers, but no script ever sees one. */
export class Box {
  value: LuaValue;

  constructor(value: LuaValue) {
    this.value = value;
  }
}

export class Closure implements LuaClosure {
  readonly kind = 'closure';
  readonly prototype: Prototype;
  readonly upvalues: readonly Box[];
  /** Where its globals are. */
  environment: LuaTable;

  constructor(prototype: Prototype, upvalues: readonly Box[], environment: LuaTable) {
    this.prototype = prototype;
    this.upvalues = upvalues;
    this.environment = environment;
  }
}
