import { OP } from './operations.ts';
import { STRIDE, type OperandNames, type Prototype } from './prototype.ts';
import { refuse } from './refusal.ts';
import type { FunctionBody } from './tree.ts';
import type { LuaValue } from './value.ts';

/** Most registers of one function, as in Lua. */
const MAX_REGISTERS = 250;

/** Instructions and registers of one function while it is compiled. */
export class Assembler {
  readonly source: string;
  readonly body: FunctionBody;
  readonly functions: Prototype[] = [];
  /** The first register that nothing uses. */
  free = 0;
  #line: number;
  /** The next instruction begins what the line does. */
  #begins = false;
  readonly #starts: number[] = [];
  readonly #code: number[] = [];
  readonly #lines: number[] = [];
  readonly #names = new Map<number, OperandNames>();
  readonly #constants: LuaValue[] = [];
  readonly #constantIndexes = new Map<LuaValue, number>();
  #registers = 2;

  constructor(source: string, body: FunctionBody) {
    this.source = source;
    this.body = body;
    this.#line = body.line;
  }

  /** The line of what is compiled, for messages and coverage. */
  get line(): number {
    return this.#line;
  }

  set line(line: number) {
    this.#line = line;
    this.#begins = true;
  }

  /** The word of the instruction that comes next. */
  get here(): number {
    return this.#code.length;
  }

  /** @returns its word, for `patch` */
  emit(operation: number, a: number, b = 0, c = 0, d = 0): number {
    if (this.#begins) this.#starts.push(this.here);
    this.#begins = false;
    this.#lines.push(this.#line);
    return this.#code.push(operation | (a << 8), b, c, d) - STRIDE;
  }

  /** What messages call the operands of the instruction at a word. */
  name(at: number, names: OperandNames): void {
    if (names.some((one) => one !== undefined)) this.#names.set(at, names);
  }

  /** The call that was emitted last ends the function. */
  makeTailCall(): void {
    const at = this.here - STRIDE;
    this.#code[at] = OP.TAILCALL | (this.#code[at] & ~255);
  }

  /** Lets a jump go on at `target`. */
  patch(at: number, target = this.here): void {
    this.#code[at + wordOfTarget(this.#code[at] & 255)] = target;
    // Ways meet here: what was compiled last may have been passed over.
    this.#begins = false;
  }

  patchAll(jumps: readonly number[], target = this.here): void {
    for (const at of jumps) this.patch(at, target);
  }

  constant(value: LuaValue): number {
    // A map takes -0 and 0 for one key.
    const key = Object.is(value, -0) ? '-0 as a number' : value;
    const known = this.#constantIndexes.get(key);
    if (known !== undefined && Object.is(this.#constants[known], value)) return known;
    this.#constants.push(typeof value === 'string' ? interned(value) : value);
    this.#constantIndexes.set(key, this.#constants.length - 1);
    return this.#constants.length - 1;
  }

  /** @returns the first of `count` registers that were free */
  reserve(count = 1): number {
    const first = this.free;
    this.free += count;
    this.#registers = Math.max(this.#registers, this.free);
    if (this.free > MAX_REGISTERS) {
      refuse({ start: 0, end: 0, line: this.line }, 'function-complex', []);
    }
    return first;
  }

  finish(upvalues: readonly number[]): Prototype {
    // No line of its own to reach: a function that returns before it is complete.
    this.#line = this.body.endLine;
    this.#begins = false;
    this.emit(OP.RETURN, 0, 1);
    return {
      source: this.source,
      line: this.body.line,
      parameters: this.body.parameters.length,
      vararg: this.body.vararg,
      registers: this.#registers + 1,
      code: Int32Array.from(this.#code),
      constants: this.#constants,
      lines: Int32Array.from(this.#lines),
      starts: this.#starts,
      functions: this.functions,
      upvalues: Int32Array.from(upvalues),
      names: this.#names,
    };
  }
}

/** Which word of a jump says where to. */
function wordOfTarget(operation: number): 1 | 2 {
  return operation >= OP.EQ && operation <= OP.GEK ? 2 : 1;
}

/** Longer strings are hardly the names of fields. */
const MAX_INTERNED = 64;

/**
 * The same string, but the one that JavaScript keeps for all of its kind: two of them are compared
 * by where they are. Fields are found twice as fast by such names.
 */
function interned(text: string): string {
  return text.length > MAX_INTERNED ? text : Object.keys({ [text]: 0 })[0];
}
