import { Closure } from '../closure.ts';
import { textOf } from '../bytes.ts';
import { luaError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { Table } from '../table.ts';
import { Thread } from '../thread.ts';
import type { LuaValue, NativeFunction } from '../value.ts';
import type { BaseArguments } from './arguments.ts';
import { fill, nativeOf } from './fill.ts';

/** Calls that are shown where coroutines failed inside one another. */
const MAX_TRACEBACK = 40;
/** What a coroutine costs before it runs. */
const THREAD_BYTES = 1024;

/**
 * Fills the table `coroutine`.
 *
 * @returns `yield`, which the machine's loop knows; it comes here only where it is not allowed
 */
export function openCoroutines(runtime: Runtime, table: Table): NativeFunction {
  const yielding = nativeOf(runtime, 'yield', () => {
    return runtime.fail('attempt to yield across metamethod/C-call boundary', 0);
  });
  table.set('yield', yielding);
  fill(runtime, table, {
    create: (given) => threadOf(given),
    resume: (given) => {
      const thread = coroutineOf(given);
      return runtime.protect<readonly LuaValue[]>(
        true,
        () => [true, ...resume(runtime, thread, given.list.slice(1))],
        (error) => [false, error.value],
      );
    },
    wrap: (given) => {
      const thread = threadOf(given);
      return nativeOf(runtime, 'wrap', ({ list }) => resumeWrapped(runtime, thread, list));
    },
    status: (given) => coroutineOf(given).status,
    running: () => (runtime.thread.main ? undefined : runtime.thread),
  });
  return yielding;
}

function threadOf(given: BaseArguments): Thread {
  const [body] = given.list;
  if (!(body instanceof Closure)) return given.reject(1, 'Lua function expected');
  given.runtime.grow(THREAD_BYTES);
  const thread = new Thread(false);
  thread.body = body;
  return thread;
}

function coroutineOf(given: BaseArguments): Thread {
  const [value] = given.list;
  return value instanceof Thread ? value : given.reject(1, 'coroutine expected');
}

/** Runs a coroutine until it yields, ends or fails; an error leaves it dead. */
function resume(runtime: Runtime, thread: Thread, args: readonly LuaValue[]): readonly LuaValue[] {
  if (thread.status !== 'suspended') {
    const { status } = thread;
    const what = status === 'dead' ? 'dead' : status === 'normal' ? 'non-suspended' : status;
    return runtime.raise(
      what === 'running' ? 'cannot resume running coroutine' : `cannot resume ${what} coroutine`,
    );
  }
  const resumer = runtime.thread;
  runtime.descend();
  resumer.status = 'normal';
  thread.status = 'running';
  runtime.thread = thread;
  let dead = true;
  try {
    start(runtime, thread, args);
    thread.loops++;
    dead = runtime.execute(thread);
  } finally {
    thread.loops = 0;
    thread.status = dead ? 'dead' : 'suspended';
    runtime.thread = resumer;
    resumer.status = 'running';
  }
  runtime.nativeDepth--;
  return dead ? thread.slots.slice(0, thread.top) : thread.yielded;
}

function start(runtime: Runtime, thread: Thread, args: readonly LuaValue[]): void {
  const { body, slots } = thread;
  const fresh = body instanceof Closure;
  const first = fresh ? 0 : thread.pendingResults;
  const wanted = thread.pendingWanted < 0 || fresh ? args.length : thread.pendingWanted;
  if (!thread.reach(first + wanted)) runtime.blame('stack overflow');
  for (let at = 0; at < wanted; at++) slots[first + at] = args[at];
  thread.top = first + wanted;
  if (fresh) {
    thread.body = undefined;
    runtime.enter(body, 0, 0, args.length, -1);
  }
}

/** As Lua does, an error that is a text gets the place of who resumed put before its own. */
function resumeWrapped(
  runtime: Runtime,
  thread: Thread,
  args: readonly LuaValue[],
): readonly LuaValue[] {
  return runtime.protect(
    false,
    () => resume(runtime, thread, args),
    (error) => {
      const text = runtime.concatenable(error.value);
      if (text === undefined) throw error;
      const value = runtime.prefixOf(1) + text;
      const outer = runtime.guards > 0 ? [] : runtime.traceback();
      throw luaError(value, textOf(value), [...error.traceback, ...outer].slice(0, MAX_TRACEBACK));
    },
  );
}
