/**
 * What a Lua expression may hold. `nil` is undefined. Strings are Lua's: sequences of bytes, each
 * character of the JavaScript string being one byte (0 to 255); see `bytes.ts` for the way in and out.
 */
export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | LuaFunction
  | LuaUserdata
  | LuaThread;

export type LuaFunction = LuaClosure | NativeFunction;

/** A function of the script, made by the machine. */
export interface LuaClosure {
  readonly kind: 'closure';
}

/** A coroutine, made by the machine. */
export interface LuaThread {
  readonly kind: 'thread';
}

/** A function of ours that scripts call; it may return any number of values. */
export class NativeFunction {
  readonly kind = 'native';
  /** As tracebacks and messages show it: `string.gsub`. */
  readonly name: string;
  readonly call: NativeCall;

  constructor(name: string, call: NativeCall) {
    this.name = name;
    this.call = call;
  }
}
export type NativeCall = (machine: LuaHost, args: readonly LuaValue[]) => readonly LuaValue[];

/** An object of ours that scripts hold and hand back; its metatable is not theirs to change. */
export class LuaUserdata {
  readonly kind = 'userdata';
  /** As messages name it: `accept_construct`. */
  readonly type: string;
  readonly metatable: LuaTable | undefined;
  readonly held: unknown;

  constructor(type: string, held: unknown, metatable?: LuaTable) {
    this.type = type;
    this.held = held;
    this.metatable = metatable;
  }
}

/** A table; its own methods ask no metatable. */
export interface LuaTable {
  readonly kind: 'table';
  metatable: LuaTable | undefined;
  get(key: LuaValue): LuaValue;
  /** @param key neither nil nor NaN; the caller tells the script */
  set(key: LuaValue, value: LuaValue): void;
  /** The border that `#` gives. */
  readonly length: number;
  /** The key and value behind a key in the order of `next`; undefined behind the last. */
  next(key: LuaValue): readonly [key: LuaValue, value: LuaValue] | undefined;
}

/** The machine as functions of ours see it. */
export interface LuaHost {
  readonly globals: LuaTable;
  newTable(): LuaTable;
  /** Calls any value as Lua does, `__call` included. */
  call(called: LuaValue, args: readonly LuaValue[]): readonly LuaValue[];
  /** `t[key]` and `t[key] = value` with metatables. */
  index(of: LuaValue, key: LuaValue): LuaValue;
  setIndex(of: LuaValue, key: LuaValue, value: LuaValue): void;
  /** `left < right`, `__lt` included. */
  lessThan(left: LuaValue, right: LuaValue): boolean;
  /** As `tostring` gives it, `__tostring` included. */
  toText(value: LuaValue): string;
  /** As `tonumber` without a base gives it; undefined: no number. */
  toNumber(value: LuaValue): number | undefined;
  /** Uses up steps of the hook's budget; throws an error that no script can catch when it is spent. */
  spend(steps: number): void;
  /** Uses up bytes of the hook's memory budget. */
  grow(bytes: number): void;
  /** Raises a Lua error with the place of the function that called ours (`level` 1). */
  fail(message: string, level?: number): never;
}
