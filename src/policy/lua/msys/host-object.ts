import { Arguments, type LibraryFunction } from '../library/arguments.ts';
import { LuaUserdata, NativeFunction, type LuaHost, type LuaValue } from '../value.ts';
import { isUserdata } from './world.ts';

/** What scripts may do with one of our objects. */
export interface HostParts {
  /** Their arguments begin behind the object itself. */
  readonly methods: Readonly<Record<string, LibraryFunction>>;
  /** Asked at each event. */
  readonly properties?: Readonly<Record<string, () => LuaValue>>;
  /** False: the property cannot be assigned. */
  readonly assign?: (key: string, value: LuaValue) => boolean;
}

/** An object with methods and properties. Scripts cannot see or change its metatable. */
export function hostObject(host: LuaHost, type: string, parts: HostParts): LuaUserdata {
  const methods = new Map<LuaValue, NativeFunction>(
    Object.entries(parts.methods).map(([name, body]) => [name, methodOf(type, name, body)]),
  );
  const properties = new Map(Object.entries(parts.properties ?? {}));
  const metatable = host.newTable();
  const index = new NativeFunction(`${type}.__index`, (_, [, key]) => {
    const method = methods.get(key);
    if (method !== undefined) return [method];
    return [typeof key === 'string' ? properties.get(key)?.() : undefined];
  });
  const newIndex = new NativeFunction(`${type}.__newindex`, (_, [, key, value]) => {
    if (typeof key === 'string' && parts.assign?.(key, value) === true) return [];
    return host.fail(`${type}.${host.toText(key)} cannot be assigned`);
  });
  metatable.set('__index', index);
  metatable.set('__newindex', newIndex);
  metatable.set('__metatable', type);
  return new LuaUserdata(type, undefined, metatable);
}

function methodOf(type: string, name: string, body: LibraryFunction): NativeFunction {
  return new NativeFunction(`${type}:${name}`, (host, [self, ...values]) => {
    if (isUserdata(self, type)) return body(host, new Arguments(host, name, values));
    return host.fail(`'${name}' is a method: call it with a colon, as in object:${name}()`);
  });
}
