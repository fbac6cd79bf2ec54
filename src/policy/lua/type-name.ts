import type { LuaValue } from './value.ts';

/** The type of a value as `type` and messages give it. */
export function typeName(value: LuaValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    default:
      return value.kind === 'closure' || value.kind === 'native' ? 'function' : value.kind;
  }
}
