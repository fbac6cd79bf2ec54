import { arithmetic, compute, inverted, modulo, negated } from './arithmetic.ts';
import { Box, Closure } from './closure.ts';
import { isFunction, type Runtime } from './runtime.ts';
import { Table } from './table.ts';
import type { Thread } from './thread.ts';
import { NativeFunction, type LuaValue } from './value.ts';

/** What a closure costs, with a box. */
const CLOSURE_BYTES = 96;

/** What a function of ours does for the loop itself. */
export interface Natives {
  readonly next: NativeFunction;
  readonly yield: NativeFunction;
}

/**
 * The loop of the machine: runs the innermost frame of a thread until it returns, with all that it
 * calls; only callbacks, metamethods and coroutines come back here through JavaScript.
 *
 * Steps are paid where the way goes back and where a function ends, with the distance that was
 * passed: never less than was run. Values whose number is open cost a step each.
 *
 * Cases repeat each other on purpose: a call for what they share would cost more than what it does.
 *
 * @returns false when the thread yielded
 */
export function execute(runtime: Runtime, thread: Thread, natives: Natives): boolean {
  const { slots, frames } = thread;
  const { meter } = runtime;
  // A coroutine that goes on is inside of calls, and ends with the outermost of them.
  const entry = thread.loops === 1 && !thread.main ? 0 : thread.depth;
  let frame = frames[thread.depth];
  let closure = frame.callee as Closure;
  let { code, constants } = closure.prototype;
  let { base } = frame;
  let pc = frame.at;

  for (;;) {
    const word = code[pc];
    const a = base + (word >>> 8);
    pc += 4;
    // The numbers are those of `OP`; only literals become a jump table.
    switch (word & 255) {
      case 0: // MOVE
        slots[a] = slots[base + code[pc - 3]];
        continue;
      case 1: // LOADK
        slots[a] = constants[code[pc - 3]];
        continue;
      case 2: // LOADBOOL
        slots[a] = code[pc - 3] === 1;
        continue;
      case 3: {
        // LOADNIL
        const last = base + code[pc - 3];
        for (let at = a; at <= last; at++) slots[at] = undefined;
        continue;
      }
      case 4: // GETUPVAL
        slots[a] = closure.upvalues[code[pc - 3]].value;
        continue;
      case 5: // SETUPVAL
        closure.upvalues[code[pc - 3]].value = slots[a];
        continue;
      case 6: // GETBOX
        slots[a] = (slots[base + code[pc - 3]] as unknown as Box).value;
        continue;
      case 7: // SETBOX
        (slots[a] as unknown as Box).value = slots[base + code[pc - 3]];
        continue;
      case 8: // NEWBOX
        slots[a] = new Box(slots[a]) as unknown as LuaValue;
        continue;
      case 9: {
        // GETGLOBAL
        const table = closure.environment as Table;
        const key = constants[code[pc - 3]];
        const hint = code[pc - 1];
        const { keys } = table;
        let value: LuaValue;
        if (hint < keys.length && keys[hint] === key) value = table.values[hint];
        else {
          const row = table.rowOf(key);
          if (row !== -1) {
            code[pc - 1] = row;
            value = table.values[row];
          }
        }
        if (value === undefined && table.metatable !== undefined) {
          frame.at = pc;
          value = runtime.index(table, key);
        }
        slots[a] = value;
        continue;
      }
      case 10: {
        // SETGLOBAL
        const table = closure.environment as Table;
        const key = constants[code[pc - 3]];
        const value = slots[a];
        const hint = code[pc - 1];
        if (
          value !== undefined &&
          hint < table.keys.length &&
          table.keys[hint] === key &&
          table.values[hint] !== undefined
        ) {
          table.values[hint] = value;
          continue;
        }
        frame.at = pc;
        if (table.metatable === undefined) {
          const row = table.put(key, value);
          if (row !== -1) code[pc - 1] = row;
        } else runtime.setIndex(table, key, value);
        continue;
      }
      case 11: {
        // GETFIELD
        const table = slots[base + code[pc - 3]];
        const key = constants[code[pc - 2]];
        if (table instanceof Table) {
          const hint = code[pc - 1];
          const { keys } = table;
          let value: LuaValue;
          if (hint < keys.length && keys[hint] === key) value = table.values[hint];
          else {
            const row = table.rowOf(key);
            if (row !== -1) {
              code[pc - 1] = row;
              value = table.values[row];
            }
          }
          if (value !== undefined || table.metatable === undefined) {
            slots[a] = value;
            continue;
          }
        }
        frame.at = pc;
        slots[a] = runtime.index(table, key);
        continue;
      }
      case 12: {
        // GETINDEX
        const table = slots[base + code[pc - 3]];
        const key = slots[base + code[pc - 2]];
        if (table instanceof Table) {
          let value: LuaValue;
          if (typeof key === 'number') {
            const place = (key | 0) - 1;
            if (place + 1 === key && place >= 0 && place < table.array.length) {
              value = table.array[place];
            } else value = table.get(key);
          } else {
            const row = table.rowOf(key);
            if (row !== -1) value = table.values[row];
          }
          if (value !== undefined || table.metatable === undefined) {
            slots[a] = value;
            continue;
          }
        }
        frame.at = pc;
        slots[a] = runtime.index(table, key);
        continue;
      }
      case 13: {
        // SETFIELD
        const table = slots[a];
        const key = constants[code[pc - 3]];
        const value = slots[base + code[pc - 2]];
        if (table instanceof Table) {
          const hint = code[pc - 1];
          if (
            value !== undefined &&
            hint < table.keys.length &&
            table.keys[hint] === key &&
            table.values[hint] !== undefined
          ) {
            table.values[hint] = value;
            continue;
          }
          if (table.metatable === undefined) {
            frame.at = pc;
            const row = table.put(key, value);
            if (row !== -1) code[pc - 1] = row;
            continue;
          }
        }
        frame.at = pc;
        runtime.setIndex(table, key, value);
        continue;
      }
      case 14: {
        // SETINDEX
        const table = slots[a];
        const key = slots[base + code[pc - 3]];
        const value = slots[base + code[pc - 2]];
        frame.at = pc;
        if (table instanceof Table && table.metatable === undefined) {
          if (typeof key === 'number') {
            const place = (key | 0) - 1;
            const { array } = table;
            if (place + 1 === key && place >= 0 && value !== undefined) {
              if (place < array.length) {
                array[place] = value;
                continue;
              }
              if (place === array.length) {
                table.push(value);
                continue;
              }
            }
          }
          runtime.checkKey(key);
          table.set(key, value);
          continue;
        }
        runtime.setIndex(table, key, value);
        continue;
      }
      case 15: {
        // SELF
        const object = slots[base + code[pc - 3]];
        const key = constants[code[pc - 2]];
        slots[a + 1] = object;
        if (object instanceof Table) {
          const hint = code[pc - 1];
          const { keys } = object;
          let value: LuaValue;
          if (hint < keys.length && keys[hint] === key) value = object.values[hint];
          else {
            const row = object.rowOf(key);
            if (row !== -1) {
              code[pc - 1] = row;
              value = object.values[row];
            }
          }
          if (value !== undefined || object.metatable === undefined) {
            slots[a] = value;
            continue;
          }
        }
        frame.at = pc;
        slots[a] = runtime.index(object, key);
        continue;
      }
      case 16: // NEWTABLE
        frame.at = pc;
        slots[a] = runtime.newTable();
        continue;
      case 17: {
        // SETLIST
        const count = code[pc - 3];
        const end = count === 0 ? thread.top : a + 1 + count;
        frame.at = pc;
        (slots[a] as Table).fill(code[pc - 2], slots, a + 1, end);
        continue;
      }
      case 18: {
        // ADD
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') slots[a] = left + right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 0, left, right);
        }
        continue;
      }
      case 19: {
        // SUB
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') slots[a] = left - right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 1, left, right);
        }
        continue;
      }
      case 20: {
        // MUL
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') slots[a] = left * right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 2, left, right);
        }
        continue;
      }
      case 21: {
        // DIV
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') slots[a] = left / right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 3, left, right);
        }
        continue;
      }
      case 22: {
        // MOD
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') {
          slots[a] = modulo(left, right);
        } else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 4, left, right);
        }
        continue;
      }
      case 23: {
        // ADDK
        const left = slots[base + code[pc - 3]];
        const right = constants[code[pc - 2]] as number;
        if (typeof left === 'number') slots[a] = left + right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 0, left, right);
        }
        continue;
      }
      case 24: {
        // SUBK
        const left = slots[base + code[pc - 3]];
        const right = constants[code[pc - 2]] as number;
        if (typeof left === 'number') slots[a] = left - right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 1, left, right);
        }
        continue;
      }
      case 25: {
        // MULK
        const left = slots[base + code[pc - 3]];
        const right = constants[code[pc - 2]] as number;
        if (typeof left === 'number') slots[a] = left * right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 2, left, right);
        }
        continue;
      }
      case 26: {
        // DIVK
        const left = slots[base + code[pc - 3]];
        const right = constants[code[pc - 2]] as number;
        if (typeof left === 'number') slots[a] = left / right;
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 3, left, right);
        }
        continue;
      }
      case 27: {
        // MODK
        const left = slots[base + code[pc - 3]];
        const right = constants[code[pc - 2]] as number;
        if (typeof left === 'number') slots[a] = modulo(left, right);
        else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, 4, left, right);
        }
        continue;
      }
      case 28: // ARITH
      case 29: {
        // LOGIC
        const left = slots[base + code[pc - 3]];
        const right = slots[base + code[pc - 2]];
        if (typeof left === 'number' && typeof right === 'number') {
          slots[a] = compute(code[pc - 1], left, right);
        } else {
          frame.at = pc;
          slots[a] = arithmetic(runtime, code[pc - 1], left, right);
        }
        continue;
      }
      case 30: {
        // UNM
        const value = slots[base + code[pc - 3]];
        frame.at = pc;
        slots[a] = typeof value === 'number' ? -value : negated(runtime, value);
        continue;
      }
      case 31: {
        // NOT
        const value = slots[base + code[pc - 3]];
        slots[a] = value === undefined || value === false;
        continue;
      }
      case 32: {
        // LEN
        const value = slots[base + code[pc - 3]];
        frame.at = pc;
        slots[a] = value instanceof Table ? value.array.length : runtime.lengthOf(value);
        continue;
      }
      case 33: // BNOT
        frame.at = pc;
        slots[a] = inverted(runtime, slots[base + code[pc - 3]]);
        continue;
      case 34: {
        // CONCAT
        const first = base + code[pc - 3];
        const last = base + code[pc - 2];
        frame.at = pc;
        const left = slots[first];
        const right = slots[last];
        slots[a] =
          last === first + 1 && typeof left === 'string' && typeof right === 'string'
            ? runtime.join(left, right)
            : runtime.concat(first, last);
        continue;
      }
      case 35: // JUMP
        pc = code[pc - 3];
        continue;
      case 36: {
        // LOOP
        const target = code[pc - 3];
        meter.steps -= (pc - target) >> 2;
        frame.at = pc;
        if (meter.steps < 0) meter.stop('steps');
        pc = target;
        continue;
      }
      case 37: {
        // IF
        const value = slots[a];
        if (value !== undefined && value !== false) pc = code[pc - 3];
        continue;
      }
      case 38: {
        // IFNOT
        const value = slots[a];
        if (value === undefined || value === false) pc = code[pc - 3];
        continue;
      }
      case 39: {
        // EQ
        const left = slots[a];
        const right = slots[base + code[pc - 3]];
        frame.at = pc;
        if ((left === right || runtime.equals(left, right)) === (code[pc - 1] === 1)) {
          pc = code[pc - 2];
        }
        continue;
      }
      case 40: {
        // LT
        const left = slots[a];
        const right = slots[base + code[pc - 3]];
        frame.at = pc;
        const holds =
          typeof left === 'number' && typeof right === 'number'
            ? left < right
            : runtime.lessThan(left, right);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 41: {
        // LE
        const left = slots[a];
        const right = slots[base + code[pc - 3]];
        frame.at = pc;
        const holds =
          typeof left === 'number' && typeof right === 'number'
            ? left <= right
            : runtime.lessOrEqual(left, right);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 42: // EQK
        if ((slots[a] === constants[code[pc - 3]]) === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      case 43: {
        // LTK
        const left = slots[a];
        const right = constants[code[pc - 3]] as number;
        frame.at = pc;
        const holds = typeof left === 'number' ? left < right : runtime.lessThan(left, right);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 44: {
        // LEK
        const left = slots[a];
        const right = constants[code[pc - 3]] as number;
        frame.at = pc;
        const holds = typeof left === 'number' ? left <= right : runtime.lessOrEqual(left, right);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 45: {
        // GTK
        const left = slots[a];
        const right = constants[code[pc - 3]] as number;
        frame.at = pc;
        const holds = typeof left === 'number' ? left > right : runtime.lessThan(right, left);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 46: {
        // GEK
        const left = slots[a];
        const right = constants[code[pc - 3]] as number;
        frame.at = pc;
        const holds = typeof left === 'number' ? left >= right : runtime.lessOrEqual(right, left);
        if (holds === (code[pc - 1] === 1)) pc = code[pc - 2];
        continue;
      }
      case 47: {
        // CALL
        const given = code[pc - 3];
        const count = given === 0 ? thread.top - a - 1 : given - 1;
        const called = slots[a];
        frame.at = pc;
        if (called instanceof Closure) {
          frame = runtime.enter(called, a, a + 1, count, code[pc - 2] - 1);
          closure = called;
        } else if (called === natives.yield && mayYield(runtime, thread)) {
          leave(thread, a, count, code[pc - 2] - 1);
          return false;
        } else if (called instanceof NativeFunction) {
          runtime.callNative(called, a, a + 1, count, code[pc - 2] - 1);
          continue;
        } else {
          const handler = insertHandler(runtime, thread, a, count);
          if (!(handler instanceof Closure)) {
            runtime.callNative(handler, a, a + 1, count + 1, code[pc - 2] - 1);
            continue;
          }
          frame = runtime.enter(handler, a, a + 1, count + 1, code[pc - 2] - 1);
          closure = handler;
        }
        ({ code, constants } = closure.prototype);
        base = frame.base;
        pc = 0;
        continue;
      }
      case 48: {
        // TAILCALL
        const given = code[pc - 3];
        let count = given === 0 ? thread.top - a - 1 : given - 1;
        let called = slots[a];
        frame.at = pc;
        if (!(called instanceof Closure)) {
          if (called === natives.yield && mayYield(runtime, thread)) {
            leave(thread, a, count, -1);
            return false;
          }
          if (!(called instanceof NativeFunction)) {
            called = insertHandler(runtime, thread, a, count);
            count++;
          }
          if (called instanceof NativeFunction) {
            runtime.callNative(called, a, a + 1, count, -1);
            continue;
          }
        }
        meter.steps -= pc >> 2;
        if (meter.steps < 0) meter.stop('steps');
        const { results, wanted, tails } = frame;
        for (let at = 0; at < count; at++) slots[results + 1 + at] = slots[a + 1 + at];
        thread.depth--;
        frame = runtime.enter(called as Closure, results, results + 1, count, wanted);
        frame.tails = tails + 1;
        closure = called as Closure;
        ({ code, constants } = closure.prototype);
        base = frame.base;
        pc = 0;
        continue;
      }
      case 49: {
        // RETURN
        const given = code[pc - 3];
        const count = given === 0 ? thread.top - a : given - 1;
        const { results, wanted } = frame;
        meter.steps -= given === 0 ? (pc >> 2) + count : pc >> 2;
        if (meter.steps < 0) {
          frame.at = pc;
          meter.stop('steps');
        }
        if (wanted === 1) slots[results] = count === 0 ? undefined : slots[a];
        else {
          const kept = wanted < 0 ? count : wanted;
          for (let at = 0; at < kept; at++)
            slots[results + at] = at < count ? slots[a + at] : undefined;
          thread.top = results + kept;
        }
        const depth = --thread.depth;
        if (depth < entry) return true;
        frame = frames[depth];
        closure = frame.callee as Closure;
        ({ code, constants } = closure.prototype);
        base = frame.base;
        pc = frame.at;
        continue;
      }
      case 50: {
        // FORPREP
        frame.at = pc;
        const step = toLoopNumber(runtime, slots[a + 2], 'step');
        const limit = toLoopNumber(runtime, slots[a + 1], 'limit');
        const first = toLoopNumber(runtime, slots[a], 'initial value');
        // Lua subtracts the step and adds it again, which may round.
        const counter = first - step + step;
        if (step > 0 ? counter <= limit : limit <= counter) {
          slots[a] = counter;
          slots[a + 1] = limit;
          slots[a + 2] = step;
          slots[a + 3] = counter;
        } else pc = code[pc - 3];
        continue;
      }
      case 51: {
        // FORLOOP
        const step = slots[a + 2] as number;
        const limit = slots[a + 1] as number;
        const counter = (slots[a] as number) + step;
        if (step > 0 ? counter <= limit : limit <= counter) {
          const target = code[pc - 3];
          slots[a] = counter;
          slots[a + 3] = counter;
          meter.steps -= (pc - target) >> 2;
          if (meter.steps < 0) {
            frame.at = pc;
            meter.stop('steps');
          }
          pc = target;
        }
        continue;
      }
      case 52: {
        // ITERATE
        const iterated = slots[a];
        if (isFunction(iterated)) continue;
        const handler = runtime.metamethod(iterated, '__iter');
        if (handler === undefined) continue;
        frame.at = pc;
        const triple = runtime.call(handler, [iterated]);
        for (let at = 0; at < 3; at++) slots[a + at] = triple[at];
        continue;
      }
      case 53: {
        // FORCALL
        const count = code[pc - 2];
        const called = slots[a];
        const state = slots[a + 1];
        frame.at = pc;
        if (called === natives.next && state instanceof Table) {
          const at = state.walk(slots[a + 2]);
          if (at === -1) continue;
          if (at === -2) runtime.raise("invalid key to 'next'");
          const key = state.walkedKey(at);
          slots[a + 2] = key;
          slots[a + 3] = key;
          if (count > 1) slots[a + 4] = state.walkedValue(at);
          for (let more = 2; more < count; more++) slots[a + 3 + more] = undefined;
        } else {
          const values = runtime.call(called, [state, slots[a + 2]]);
          for (let at = 0; at < count; at++) slots[a + 3 + at] = values[at];
          if (slots[a + 3] === undefined) continue;
          slots[a + 2] = slots[a + 3];
        }
        const target = code[pc - 3];
        meter.steps -= (pc - target) >> 2;
        if (meter.steps < 0) meter.stop('steps');
        pc = target;
        continue;
      }
      case 54: {
        // CLOSURE
        const prototype = closure.prototype.functions[code[pc - 3]];
        frame.at = pc;
        meter.grow(CLOSURE_BYTES);
        const upvalues: Box[] = [];
        for (const source of prototype.upvalues) {
          upvalues.push(
            source < 0 ? closure.upvalues[~source] : (slots[base + source] as unknown as Box),
          );
        }
        slots[a] = new Closure(prototype, upvalues, closure.environment);
        continue;
      }
      case 55: {
        // VARARG
        const wanted = code[pc - 3];
        const { further } = frame;
        const count = wanted === 0 ? further : wanted - 1;
        frame.at = pc;
        meter.steps -= count;
        if (meter.steps < 0) meter.stop('steps');
        if (a + count > slots.length && !thread.reach(a + count)) runtime.blame('stack overflow');
        for (let at = 0; at < count; at++) {
          slots[a + at] = at < further ? slots[base - further + at] : undefined;
        }
        thread.top = a + count;
        continue;
      }
      case 56: {
        // ARGUMENTS
        frame.at = pc;
        const table = runtime.newTable();
        table.fill(1, slots, base - frame.further, base);
        table.set('n', frame.further);
        slots[a] = table;
        continue;
      }
      case 57: // TRAP
        pc -= 4;
        runtime.traps!.spring(code, pc);
        continue;
    }
  }
}

/** Whether a coroutine may stop here; where it may not, `yield` itself says why. */
function mayYield(runtime: Runtime, thread: Thread): boolean {
  return !thread.main && thread.loops === 1 && runtime.thread === thread;
}

/** Leaves the loop at a yield; `resume` puts its values where the results are wanted. */
function leave(thread: Thread, a: number, count: number, wanted: number): void {
  thread.yielded = thread.slots.slice(a + 1, a + 1 + count);
  thread.pendingResults = a;
  thread.pendingWanted = wanted;
}

/** Puts the `__call` metamethod before what is called, which becomes the first argument. */
function insertHandler(
  runtime: Runtime,
  thread: Thread,
  a: number,
  count: number,
): Closure | NativeFunction {
  const { slots } = thread;
  const handler = runtime.metamethod(slots[a], '__call');
  if (!isFunction(handler)) return runtime.blameType('call', slots[a], 0);
  const end = a + count + 2;
  if (end > slots.length && !thread.reach(end)) runtime.blame('stack overflow');
  for (let at = end - 1; at > a; at--) slots[at] = slots[at - 1];
  slots[a] = handler;
  return handler;
}

function toLoopNumber(runtime: Runtime, value: LuaValue, what: string): number {
  if (typeof value === 'number') return value;
  return runtime.toNumber(value) ?? runtime.blame(`'for' ${what} must be a number`);
}
