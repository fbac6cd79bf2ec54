import { typeName } from '../type-name.ts';
import type { LuaHost, LuaValue } from '../value.ts';

/** `a < b` of Lua, `__lt` included. Strings compare by their bytes. */
export function isLess(host: LuaHost, a: LuaValue, b: LuaValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  const method = typeName(a) === typeName(b) ? lessOf(a) : undefined;
  if (method === undefined || method !== lessOf(b)) return host.fail(refusal(a, b));
  const [answer] = host.call(method, [a, b]);
  return answer !== undefined && answer !== false;
}

function lessOf(value: LuaValue): LuaValue {
  if (typeof value !== 'object') return undefined;
  if (value.kind !== 'table' && value.kind !== 'userdata') return undefined;
  return value.metatable?.get('__lt');
}

function refusal(a: LuaValue, b: LuaValue): string {
  const [left, right] = [typeName(a), typeName(b)];
  if (left === right) return `attempt to compare two ${left} values`;
  return `attempt to compare ${left} with ${right}`;
}
