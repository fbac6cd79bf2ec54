import type { LuaResource } from './meter.ts';
import type { LuaValue } from './value.ts';

/** An error of a script: what `error` throws and what the machine raises. `pcall` catches it. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
  /** What a handler in the script sees; mostly the message with its place, as bytes. */
  readonly value: LuaValue;
  /** The innermost call first, such as `policy.lua:12: in function 'check'`; empty below a pcall. */
  readonly traceback: readonly string[];

  constructor(value: LuaValue, message: string, traceback: readonly string[]) {
    super(message);
    this.value = value;
    this.traceback = traceback;
  }
}

/** The hook used up its budget. Nothing in a script can catch this. */
export class LuaStopped extends Error {
  override readonly name = 'LuaStopped';
  readonly resource: LuaResource;
  readonly traceback: readonly string[];

  constructor(resource: LuaResource, message: string, traceback: readonly string[]) {
    super(message);
    this.resource = resource;
    this.traceback = traceback;
  }
}

/**
 * An error without the stack of JavaScript, which says nothing about a script and would cost more
 * than all the rest of it.
 */
export function luaError(value: LuaValue, message: string, traceback: readonly string[]): LuaError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new LuaError(value, message, traceback);
  Error.stackTraceLimit = limit;
  return error;
}
