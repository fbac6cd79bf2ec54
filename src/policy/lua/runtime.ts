import { Closure } from './closure.ts';
import { LuaError, LuaStopped, luaError } from './errors.ts';
import { textOf } from './bytes.ts';
import type { LineTraps } from './line-traps.ts';
import { Meter, type LuaBudget, type LuaResource } from './meter.ts';
import { formatNumber, parseNumber } from './numbers.ts';
import { OP } from './operations.ts';
import { STRIDE } from './prototype.ts';
import { Table } from './table.ts';
import { typeName } from './type-name.ts';
import { MAX_CALLS, Thread, type Frame } from './thread.ts';
import { NativeFunction, type LuaHost, type LuaTable, type LuaValue } from './value.ts';

/** Most loops of the machine inside one another: callbacks, metamethods, coroutines, pcall. */
const MAX_NATIVE_DEPTH = 190;
/** Most steps of an `__index` or `__newindex` chain, as in Lua. */
const MAX_CHAIN = 100;
/** Calls that a traceback shows from either end. */
const SHOWN_INNER = 12;
const SHOWN_OUTER = 10;
/** What an error costs: about as much time as so many instructions. */
const ERROR_STEPS = 50;
/** What a table and a string cost besides what is in them. */
const TABLE_BYTES = 192;
const STRING_BYTES = 32;
/** Longest string; JavaScript's end is not much further. */
const MAX_STRING_BYTES = 2 ** 28;

/** How messages name what a budget is of. */
const SPENT = {
  steps: 'instructions',
  bytes: 'bytes of memory',
  output: 'bytes of output',
} as const;

/**
 * What the machine's loop and the libraries share: calls, metatables, errors with their place,
 * budgets. The loop itself is `execute`.
 */
export abstract class Runtime implements LuaHost {
  readonly meter = new Meter((resource) => this.#stop(resource));
  globals: LuaTable = new Table(this.meter);
  /** The metatable of all strings. */
  stringMetatable: LuaTable | undefined = undefined;
  thread = new Thread(true);
  /** Loops of the machine that run inside one another, on all threads. */
  nativeDepth = 0;
  /** `pcall`, `xpcall` and `resume` that run: nobody sees the traceback of an error below them. */
  guards = 0;
  /** Undefined: nobody asks which lines are reached. */
  abstract readonly traps: LineTraps | undefined;
  readonly #identities = new WeakMap<object, number>();
  #identified = 0;
  #budget: LuaBudget = { steps: Infinity, bytes: Infinity };

  constructor() {
    this.thread.status = 'running';
    this.#refill({ steps: Infinity, bytes: Infinity });
  }

  /**
   * Runs the innermost frame until it returns, and all that it calls.
   *
   * @returns false when the thread yielded instead
   */
  abstract execute(thread: Thread): boolean;

  /** Does something with a budget of its own; what was left before is there again afterwards. */
  withBudget<Result>(budget: LuaBudget, run: () => Result): Result {
    const outer = this.#budget;
    const { steps, bytes, output } = this.meter;
    this.#refill(budget);
    try {
      return run();
    } finally {
      this.#refill({ steps, bytes, output });
      this.#budget = outer;
    }
  }

  #refill(budget: LuaBudget): void {
    this.#budget = budget;
    this.meter.steps = budget.steps;
    this.meter.bytes = budget.bytes;
    this.meter.output = budget.output ?? budget.bytes;
  }

  /** Bytes that the run has allocated. */
  get allocated(): number {
    const { bytes } = this.#budget;
    return bytes === Infinity ? 0 : bytes - this.meter.bytes;
  }

  newTable(): Table {
    this.meter.grow(TABLE_BYTES);
    return new Table(this.meter);
  }

  spend(steps: number): void {
    this.meter.spend(steps);
  }

  grow(bytes: number): void {
    this.meter.grow(bytes);
  }

  #stop(resource: LuaResource): never {
    const message = `${this.prefixOf(0)}stopped after ${this.#budget[resource] ?? this.#budget.bytes} ${SPENT[resource]}`;
    throw new LuaStopped(resource, textOf(message), this.traceback());
  }

  // Errors.

  /** @throws {LuaError} always */
  raise(value: LuaValue): never {
    const message =
      typeof value === 'string' || typeof value === 'number'
        ? textOf(this.concatenable(value) ?? '')
        : `(error object is a ${typeName(value)} value)`;
    this.meter.spend(ERROR_STEPS);
    throw luaError(value, message, this.guards > 0 ? [] : this.traceback());
  }

  /** An error of the running function: with its place, when it is one of the script. */
  blame(message: string): never {
    return this.raise(this.prefixOf(0) + message);
  }

  fail(message: string, level = 1): never {
    return this.raise(this.prefixOf(level) + message);
  }

  /** The frame of a level: 0 runs, 1 called it, and so on; undefined where a tail call was. */
  frameAt(level: number): Frame | undefined {
    const { thread } = this;
    let left = level;
    for (let depth = thread.depth; depth >= 0; depth--) {
      const frame = thread.frames[depth];
      if (left === 0) return frame;
      left -= 1 + frame.tails;
      if (left < 0) return undefined;
    }
    return undefined;
  }

  /** `file:line: ` of a level, '' where there is none. */
  prefixOf(level: number): string {
    const frame = this.frameAt(level);
    if (frame === undefined || !(frame.callee instanceof Closure)) return '';
    return `${frame.callee.prototype.source}:${lineOf(frame, frame.callee)}: `;
  }

  where(level = 1): { readonly name: string; readonly line: number } | undefined {
    const frame = this.frameAt(level);
    if (frame === undefined || !(frame.callee instanceof Closure)) return undefined;
    return { name: frame.callee.prototype.source, line: lineOf(frame, frame.callee) };
  }

  traceback(): readonly string[] {
    const { thread } = this;
    const lines: string[] = [];
    for (let depth = thread.depth; depth >= 0; depth--) {
      if (thread.depth - depth === SHOWN_INNER && depth > SHOWN_OUTER) {
        lines.push('...');
        depth = SHOWN_OUTER - 1;
      }
      const frame = thread.frames[depth];
      lines.push(textOf(this.#shownFrame(thread, depth, frame)));
      if (frame.tails > 0) lines.push('(...tail calls...)');
    }
    return lines;
  }

  #shownFrame(thread: Thread, depth: number, frame: Frame): string {
    const { callee } = frame;
    const called = frame.tails > 0 ? undefined : calledName(thread.frames[depth - 1]);
    if (!(callee instanceof Closure)) return `[native]: in function '${callee.name}'`;
    const { source, line } = callee.prototype;
    const place = `${source}:${lineOf(frame, callee)}: in `;
    if (line === 0) return `${place}main chunk`;
    return place + (called === undefined ? `function <${source}:${line}>` : `function '${called}'`);
  }

  /** What the running instruction calls one of its operands. */
  #operand(at: number): string | undefined {
    const { thread } = this;
    const frame = thread.depth < 0 ? undefined : thread.frames[thread.depth];
    if (frame === undefined || !(frame.callee instanceof Closure)) return undefined;
    return frame.callee.prototype.names.get(frame.at - STRIDE)?.[at];
  }

  /** @param operand which of the instruction's operands it is; -1: none */
  blameType(action: string, value: LuaValue, operand: number): never {
    const name = this.#operand(operand);
    const type = typeName(value);
    const what = name === undefined ? `a ${type} value` : `${name} (a ${type} value)`;
    return this.blame(`attempt to ${action} ${what}`);
  }

  // Calls.

  /** Enters a function of the script; its arguments lie from `first` on. */
  enter(closure: Closure, results: number, first: number, count: number, wanted: number): Frame {
    const { thread } = this;
    const { prototype } = closure;
    const { slots } = thread;
    if (thread.depth >= MAX_CALLS) this.blame('stack overflow');
    const { parameters } = prototype;
    let base = first;
    if (prototype.vararg) base = first + count;
    const limit = base + prototype.registers;
    if (limit > slots.length && !thread.reach(limit)) this.blame('stack overflow');
    let further = 0;
    if (prototype.vararg) {
      for (let at = 0; at < parameters; at++) {
        slots[base + at] = at < count ? slots[first + at] : undefined;
      }
      further = count > parameters ? count - parameters : 0;
    } else {
      for (let at = count; at < parameters; at++) slots[base + at] = undefined;
    }
    const frame = thread.push(closure);
    frame.at = 0;
    frame.base = base;
    frame.results = results;
    frame.wanted = wanted;
    frame.limit = limit;
    frame.further = further;
    return frame;
  }

  /**
   * Calls a native function with arguments that lie from `first` on, and puts `wanted` results at
   * `results`; -1: all, `thread.top` behind them.
   */
  callNative(
    callee: NativeFunction,
    results: number,
    first: number,
    count: number,
    wanted: number,
  ): void {
    const { thread } = this;
    const { slots } = thread;
    const given = slots.slice(first, first + count);
    const values = this.#runNative(callee, given);
    const kept = wanted < 0 ? values.length : wanted;
    if (results + kept > slots.length && !thread.reach(results + kept)) {
      this.blame('stack overflow');
    }
    for (let at = 0; at < kept; at++) slots[results + at] = values[at];
    thread.top = results + kept;
  }

  #runNative(callee: NativeFunction, given: readonly LuaValue[]): readonly LuaValue[] {
    const { thread } = this;
    const limit = thread.free;
    if (thread.depth >= MAX_CALLS) this.blame('stack overflow');
    const frame = thread.push(callee);
    frame.limit = limit;
    const depth = thread.depth;
    const values = callee.call(this, given);
    thread.depth = depth - 1;
    return values;
  }

  call(called: LuaValue, args: readonly LuaValue[]): readonly LuaValue[] {
    if (called instanceof NativeFunction) return this.#callNested(called, args);
    if (called instanceof Closure) {
      const { thread } = this;
      const results = thread.free;
      this.#placeArguments(args, results);
      this.#runLoop(called, results, args.length, -1);
      return thread.slots.slice(results, thread.top);
    }
    const handler = this.metamethod(called, '__call');
    if (!isFunction(handler)) return this.blameType('call', called, -1);
    return this.call(handler, [called, ...args]);
  }

  /** Native functions that call each other use the stack of JavaScript as loops do. */
  #callNested(called: NativeFunction, args: readonly LuaValue[]): readonly LuaValue[] {
    this.descend();
    const values = this.#runNative(called, args);
    this.nativeDepth--;
    return values;
  }

  /** Calls with up to three arguments for the first result; this is how metamethods are called. */
  call1(called: LuaValue, a: LuaValue, b: LuaValue, c?: LuaValue, count = 2): LuaValue {
    if (!(called instanceof Closure)) {
      return this.call(called, count === 3 ? [a, b, c] : [a, b])[0];
    }
    const { thread } = this;
    const results = thread.free;
    const { slots } = thread;
    if (results + 3 > slots.length && !thread.reach(results + 3)) this.blame('stack overflow');
    slots[results] = a;
    slots[results + 1] = b;
    if (count === 3) slots[results + 2] = c;
    this.#runLoop(called, results, count, 1);
    return slots[results];
  }

  #placeArguments(args: readonly LuaValue[], first: number): void {
    const { thread } = this;
    const limit = first + args.length;
    if (limit > thread.slots.length && !thread.reach(limit)) this.blame('stack overflow');
    for (let at = 0; at < args.length; at++) thread.slots[first + at] = args[at];
  }

  descend(): void {
    if (this.nativeDepth >= MAX_NATIVE_DEPTH) this.blame('C stack overflow');
    this.nativeDepth++;
  }

  #runLoop(closure: Closure, results: number, count: number, wanted: number): void {
    const { thread } = this;
    this.descend();
    this.enter(closure, results, results, count, wanted);
    thread.loops++;
    this.execute(thread);
    thread.loops--;
    this.nativeDepth--;
  }

  /**
   * Does something that may throw, and puts the calls back to where they were when it does.
   *
   * @param guarded nobody sees the tracebacks of errors
   */
  protect<Result>(
    guarded: boolean,
    run: () => Result,
    caught: (error: LuaError) => Result,
  ): Result {
    const { thread, nativeDepth, guards } = this;
    const { depth, loops } = thread;
    if (guarded) this.guards++;
    try {
      const result = run();
      this.guards = guards;
      return result;
    } catch (thrown) {
      const error = this.#errorOf(thrown);
      this.thread = thread;
      thread.status = 'running';
      thread.depth = depth;
      thread.loops = loops;
      this.nativeDepth = nativeDepth;
      this.guards = guards;
      if (!(error instanceof LuaError)) throw error;
      return caught(error);
    }
  }

  /** The stack of JavaScript may end before ours does when its user gave it little. */
  #errorOf(thrown: unknown): unknown {
    // A pattern says so by a SyntaxError, when it is compiled there.
    const over = thrown instanceof Error && thrown.message.includes('call stack');
    return over ? luaError('C stack overflow', 'C stack overflow', []) : thrown;
  }

  // Metatables.

  metatableOf(value: LuaValue): LuaTable | undefined {
    if (typeof value === 'string') return this.stringMetatable;
    if (typeof value !== 'object') return undefined;
    return value.kind === 'table' || value.kind === 'userdata' ? value.metatable : undefined;
  }

  metamethod(value: LuaValue, event: string): LuaValue {
    return this.metatableOf(value)?.get(event);
  }

  index(of: LuaValue, key: LuaValue): LuaValue {
    let holder = of;
    for (let step = 0; step < MAX_CHAIN; step++) {
      let handler: LuaValue;
      if (holder instanceof Table) {
        const value = holder.get(key);
        if (value !== undefined) return value;
        if (holder.metatable === undefined) return undefined;
        handler = holder.metatable.get('__index');
        if (handler === undefined) return undefined;
      } else {
        handler = this.metamethod(holder, '__index');
        if (handler === undefined) return this.blameType('index', holder, step === 0 ? 0 : -1);
      }
      if (isFunction(handler)) return this.call1(handler, holder, key);
      holder = handler;
    }
    return this.blame('loop in gettable');
  }

  setIndex(of: LuaValue, key: LuaValue, value: LuaValue): void {
    let holder = of;
    for (let step = 0; step < MAX_CHAIN; step++) {
      let handler: LuaValue;
      if (holder instanceof Table) {
        const { metatable } = holder;
        if (metatable === undefined || holder.get(key) !== undefined) handler = undefined;
        else handler = metatable.get('__newindex');
        if (handler === undefined) {
          this.checkKey(key);
          holder.set(key, value);
          return;
        }
      } else {
        handler = this.metamethod(holder, '__newindex');
        if (handler === undefined) this.blameType('index', holder, step === 0 ? 0 : -1);
      }
      if (isFunction(handler)) {
        this.call1(handler, holder, key, value, 3);
        return;
      }
      holder = handler;
    }
    this.blame('loop in settable');
  }

  checkKey(key: LuaValue): void {
    if (key === undefined) this.blame('table index is nil');
    if (Number.isNaN(key)) this.blame('table index is NaN');
  }

  /** A binary operation that is not one of two numbers. */
  binaryHandler(event: string, left: LuaValue, right: LuaValue): LuaValue {
    const handler = this.metamethod(left, event);
    return handler === undefined ? this.metamethod(right, event) : handler;
  }

  equals(left: LuaValue, right: LuaValue): boolean {
    if (left === right) return true;
    if (typeof left !== 'object' || typeof right !== 'object' || left.kind !== right.kind) {
      return false;
    }
    const handler = this.metamethod(left, '__eq');
    if (handler === undefined || this.metamethod(right, '__eq') !== handler) return false;
    return isTrue(this.call1(handler, left, right));
  }

  lessThan(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'number' && typeof right === 'number') return left < right;
    if (typeof left === 'string' && typeof right === 'string') return left < right;
    return this.#ordered('__lt', left, right) ?? this.#blameOrder(left, right);
  }

  lessOrEqual(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'number' && typeof right === 'number') return left <= right;
    if (typeof left === 'string' && typeof right === 'string') return left <= right;
    const found = this.#ordered('__le', left, right);
    if (found !== undefined) return found;
    const turned = this.#ordered('__lt', right, left);
    return turned === undefined ? this.#blameOrder(left, right) : !turned;
  }

  #ordered(event: string, left: LuaValue, right: LuaValue): boolean | undefined {
    if (typeName(left) !== typeName(right)) return undefined;
    const handler = this.metamethod(left, event);
    if (handler === undefined || this.metamethod(right, event) !== handler) return undefined;
    return isTrue(this.call1(handler, left, right));
  }

  #blameOrder(left: LuaValue, right: LuaValue): never {
    const [first, second] = [typeName(left), typeName(right)];
    if (first === second) return this.blame(`attempt to compare two ${first} values`);
    return this.blame(`attempt to compare ${first} with ${second}`);
  }

  lengthOf(value: LuaValue): LuaValue {
    if (typeof value === 'string' || value instanceof Table) return value.length;
    const handler = this.metamethod(value, '__len');
    if (handler === undefined) return this.blameType('get length of', value, 0);
    return this.call1(handler, value, undefined);
  }

  /** What `..` takes: undefined for all but strings and numbers. */
  concatenable(value: LuaValue): string | undefined {
    if (typeof value === 'string') return value;
    return typeof value === 'number' ? formatNumber(value) : undefined;
  }

  /** Joins the slots from `first` to `last`, from the right, as `..` does. */
  concat(first: number, last: number): LuaValue {
    const { slots } = this.thread;
    let right = slots[last];
    for (let at = last - 1; at >= first; at--) {
      const left = slots[at];
      const [before, behind] = [this.concatenable(left), this.concatenable(right)];
      if (before === undefined || behind === undefined) {
        const handler = this.binaryHandler('__concat', left, right);
        if (handler === undefined) {
          const wrong = before === undefined ? at : at + 1;
          this.blameType('concatenate', before === undefined ? left : right, wrong - first);
        }
        right = this.call1(handler, left, right);
      } else right = this.join(before, behind);
    }
    return right;
  }

  join(left: string, right: string): string {
    const length = left.length + right.length;
    this.meter.grow(length + STRING_BYTES);
    if (length > MAX_STRING_BYTES) this.blame('string length overflow');
    return left + right;
  }

  toText(value: LuaValue): string {
    const handler = this.metamethod(value, '__tostring');
    if (handler !== undefined) {
      const text = this.call1(handler, value, undefined);
      if (typeof text === 'string') return text;
      if (typeof text === 'number') return formatNumber(text);
      return this.fail("'tostring' must return a string to 'print'");
    }
    switch (typeof value) {
      case 'undefined':
        return 'nil';
      case 'boolean':
        return value ? 'true' : 'false';
      case 'number':
        return formatNumber(value);
      case 'string':
        return value;
      default:
        return `${typeName(value)}: ${this.#identity(value)}`;
    }
  }

  /** The same for the same value; counted, so that two runs agree. */
  #identity(value: object): string {
    let number = this.#identities.get(value);
    if (number === undefined) {
      number = ++this.#identified;
      this.#identities.set(value, number);
    }
    return `0x${number.toString(16).padStart(8, '0')}`;
  }

  toNumber(value: LuaValue): number | undefined {
    if (typeof value === 'number') return value;
    return typeof value === 'string' ? parseNumber(value) : undefined;
  }
}

export const isTrue = (value: LuaValue): boolean => value !== undefined && value !== false;

export const isFunction = (value: LuaValue): value is Closure | NativeFunction =>
  value instanceof Closure || value instanceof NativeFunction;

/** The line that a frame is at. */
function lineOf(frame: Frame, closure: Closure): number {
  return closure.prototype.lines[Math.max(0, frame.at / STRIDE - 1)];
}

/** What the caller's running instruction calls the function that it calls. */
function calledName(caller: Frame | undefined): string | undefined {
  if (caller === undefined || !(caller.callee instanceof Closure)) return undefined;
  const { code, names } = caller.callee.prototype;
  const at = caller.at - STRIDE;
  if (at < 0 || (code[at] & 255) !== OP.CALL) return undefined;
  const name = names.get(at)?.[0];
  return name?.slice(name.indexOf("'") + 1, -1);
}
