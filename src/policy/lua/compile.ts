import { Assembler } from './assembler.ts';
import { ExpressionCompiler, describe, isMulti } from './compile-expression.ts';
import { OP } from './operations.ts';
import type { Prototype } from './prototype.ts';
import type {
  Assignment,
  Expression,
  FunctionBody,
  GenericFor,
  IfStatement,
  NumericFor,
  Statement,
  Target,
  Variable,
} from './tree.ts';

/**
 * Compiles a function and those in it.
 *
 * @param source as messages name the script
 * @throws {Refusal} when a function needs too many registers
 */
export function compile(source: string, body: FunctionBody): Prototype {
  return new FunctionCompiler(source, body).compile();
}

/** Where an assignment puts its value. */
type Place =
  | { readonly type: 'name'; readonly target: Exclude<Target, { type: 'index' }> }
  | {
      readonly type: 'slot';
      readonly target: Extract<Target, { type: 'index' }>;
      readonly object: number;
      /** The box that the table is taken from when it is set, as Lua reads a local variable. */
      readonly box: number | undefined;
      /** A register, or ~index of a constant name. */
      readonly key: number;
    };

class FunctionCompiler {
  readonly #assembler: Assembler;
  readonly #expressions: ExpressionCompiler;
  readonly #body: FunctionBody;
  /** Jumps out of each loop around the statement that is compiled. */
  readonly #breaks: number[][] = [];

  constructor(source: string, body: FunctionBody) {
    this.#assembler = new Assembler(source, body);
    this.#expressions = new ExpressionCompiler(this.#assembler, compile);
    this.#body = body;
  }

  compile(): Prototype {
    const { parameters, upvalues } = this.#body;
    const first = this.#assembler.reserve(parameters.length);
    this.#declare(parameters, first);
    this.#argument();
    for (const statement of this.#body.body) this.#statement(statement);
    return this.#assembler.finish(
      upvalues.map((one) => (one.from === 'local' ? one.variable.register : ~one.index)),
    );
  }

  #argument(): void {
    const { arg } = this.#body;
    if (arg === undefined) return;
    const register = this.#assembler.reserve();
    if (arg.filled) this.#assembler.emit(OP.ARGUMENTS, register);
    else this.#assembler.emit(OP.LOADNIL, register, register);
    this.#declare([arg.variable], register);
  }

  #declare(variables: readonly Variable[], first: number): void {
    for (const [at, variable] of variables.entries()) {
      variable.register = first + at;
      if (variable.captured) this.#assembler.emit(OP.NEWBOX, first + at);
    }
  }

  #block(body: readonly Statement[]): void {
    const mark = this.#assembler.free;
    for (const statement of body) this.#statement(statement);
    this.#assembler.free = mark;
  }

  #statement(one: Statement): void {
    const assembler = this.#assembler;
    assembler.line = one.line;
    switch (one.type) {
      case 'local': {
        const first = this.#valuesToNext(one.values, one.variables.length);
        this.#declare(one.variables, first);
        break;
      }
      case 'local function':
        this.#localFunction(one.variable, one.body);
        break;
      case 'assignment':
        this.#assignment(one);
        break;
      case 'call': {
        const mark = assembler.free;
        this.#expressions.pushMany(one.call, 1);
        assembler.free = mark;
        break;
      }
      case 'do':
        this.#block(one.body);
        break;
      case 'while':
        this.#while(one.condition, one.body);
        break;
      case 'repeat':
        this.#repeat(one.condition, one.body);
        break;
      case 'if':
        this.#if(one);
        break;
      case 'numeric for':
        this.#numericFor(one);
        break;
      case 'generic for':
        this.#genericFor(one);
        break;
      case 'return':
        this.#return(one.values);
        break;
      case 'break':
        this.#breaks.at(-1)!.push(assembler.emit(OP.JUMP, 0));
        break;
    }
  }

  /**
   * Puts exactly `count` values into the next registers.
   *
   * @returns the first of them
   */
  #valuesToNext(values: readonly Expression[], count: number): number {
    const assembler = this.#assembler;
    const first = assembler.free;
    for (const [at, value] of values.entries()) {
      const missing = count - at;
      if (at === values.length - 1 && isMulti(value) && missing > 1) {
        this.#expressions.pushMany(value, missing + 1);
      } else this.#expressions.toNext(value);
      // A value too many is computed for what it does.
      if (at >= count) assembler.free = first + count;
    }
    const given = assembler.free - first;
    if (given < count) {
      const from = assembler.reserve(count - given);
      assembler.emit(OP.LOADNIL, from, first + count - 1);
    }
    return first;
  }

  #localFunction(variable: Variable, body: FunctionBody): void {
    const assembler = this.#assembler;
    const register = assembler.reserve();
    variable.register = register;
    if (!variable.captured) {
      this.#expressions.closure(body, register);
      return;
    }
    assembler.emit(OP.NEWBOX, register);
    const value = assembler.reserve();
    this.#expressions.closure(body, value);
    assembler.emit(OP.SETBOX, register, value);
    assembler.free = value;
  }

  #assignment({ targets, values, line }: Assignment): void {
    const assembler = this.#assembler;
    const mark = assembler.free;
    const [only] = targets;
    if (targets.length === 1 && values.length === 1) this.#assignOne(only, values[0], line);
    else {
      const places = targets.map((target) => this.#place(target, targets));
      const first = this.#valuesToNext(values, targets.length);
      assembler.line = line;
      for (let at = places.length - 1; at >= 0; at--) this.#store(places[at], first + at);
    }
    assembler.free = mark;
  }

  #assignOne(target: Target, value: Expression, line: number): void {
    const assembler = this.#assembler;
    if (target.type === 'local' && !target.variable.captured) {
      this.#expressions.intoVariable(value, target.variable.register);
      return;
    }
    const place = this.#place(target, [target]);
    const register = this.#expressions.toAny(value);
    assembler.line = line;
    this.#store(place, register);
  }

  /** Computes the table and key of a target; those that this statement changes are copied. */
  #place(target: Target, all: readonly Target[]): Place {
    if (target.type !== 'index') return { type: 'name', target };
    const { object, key } = target;
    const register = (one: Expression): number => {
      const changed =
        one.type === 'local' &&
        all.some((other) => other.type === 'local' && other.variable === one.variable);
      return changed ? this.#expressions.toNext(one) : this.#expressions.toAny(one);
    };
    const late =
      object.type === 'local' &&
      object.variable.captured &&
      !all.some((other) => other.type === 'local' && other.variable === object.variable);
    const box = late ? object.variable.register : undefined;
    const table = late ? this.#assembler.reserve() : register(object);
    const field = key.type === 'constant' && typeof key.value === 'string';
    const at = field ? ~this.#assembler.constant(key.value) : register(key);
    return { type: 'slot', target, object: table, box, key: at };
  }

  #store(place: Place, register: number): void {
    const assembler = this.#assembler;
    const { target } = place;
    if (place.type === 'slot') {
      const { object, box, key } = place;
      if (box !== undefined) assembler.emit(OP.GETBOX, object, box);
      const at =
        key < 0
          ? assembler.emit(OP.SETFIELD, object, ~key, register)
          : assembler.emit(OP.SETINDEX, object, key, register);
      assembler.name(at, [describe(place.target.object)]);
      return;
    }
    switch (target.type) {
      case 'local':
        if (target.variable.captured) {
          assembler.emit(OP.SETBOX, target.variable.register, register);
        } else assembler.emit(OP.MOVE, target.variable.register, register);
        break;
      case 'upvalue':
        assembler.emit(OP.SETUPVAL, register, target.index);
        break;
      case 'global':
        assembler.emit(OP.SETGLOBAL, register, assembler.constant(target.name));
        break;
      case 'index':
        break;
    }
  }

  /** The body of a loop; what `break` jumps to is behind `after`. */
  #loop(body: readonly Statement[], after: () => void): void {
    const breaks: number[] = [];
    this.#breaks.push(breaks);
    this.#block(body);
    this.#breaks.pop();
    after();
    this.#assembler.patchAll(breaks);
  }

  #while(condition: Expression, body: readonly Statement[]): void {
    const assembler = this.#assembler;
    const start = assembler.here;
    const ends: number[] = [];
    this.#expressions.jumpWhen(condition, false, ends);
    this.#loop(body, () => {
      assembler.emit(OP.LOOP, 0, start);
      assembler.patchAll(ends);
    });
  }

  #repeat(condition: Expression, body: readonly Statement[]): void {
    const assembler = this.#assembler;
    const start = assembler.here;
    const mark = assembler.free;
    const breaks: number[] = [];
    this.#breaks.push(breaks);
    for (const statement of body) this.#statement(statement);
    this.#breaks.pop();
    const ends: number[] = [];
    assembler.line = condition.line;
    this.#expressions.jumpWhen(condition, true, ends);
    assembler.emit(OP.LOOP, 0, start);
    assembler.patchAll(ends);
    assembler.patchAll(breaks);
    assembler.free = mark;
  }

  #if({ arms, otherwise }: IfStatement): void {
    const assembler = this.#assembler;
    const ends: number[] = [];
    for (const [at, { condition, body }] of arms.entries()) {
      const next: number[] = [];
      this.#expressions.jumpWhen(condition, false, next);
      this.#block(body);
      if (at < arms.length - 1 || otherwise.length > 0) ends.push(assembler.emit(OP.JUMP, 0));
      assembler.patchAll(next);
    }
    this.#block(otherwise);
    assembler.patchAll(ends);
  }

  #numericFor(one: NumericFor): void {
    const assembler = this.#assembler;
    const base = assembler.free;
    this.#expressions.toNext(one.first);
    this.#expressions.toNext(one.last);
    this.#expressions.toNext(one.step ?? { type: 'constant', value: 1, line: assembler.line });
    assembler.line = one.line;
    const start = assembler.emit(OP.FORPREP, base);
    const body = assembler.here;
    this.#declare([one.variable], assembler.reserve());
    this.#loop(one.body, () => {
      assembler.line = one.line;
      assembler.emit(OP.FORLOOP, base, body);
      assembler.patch(start);
    });
    assembler.free = base;
  }

  #genericFor(one: GenericFor): void {
    const assembler = this.#assembler;
    const base = assembler.free;
    this.#valuesToNext(one.values, 3);
    assembler.line = one.line;
    assembler.emit(OP.ITERATE, base);
    const start = assembler.emit(OP.JUMP, 0);
    const body = assembler.here;
    this.#declare(one.variables, assembler.reserve(one.variables.length));
    this.#loop(one.body, () => {
      assembler.patch(start);
      assembler.line = one.line;
      assembler.emit(OP.FORCALL, base, body, one.variables.length);
    });
    assembler.free = base;
  }

  #return(values: readonly Expression[]): void {
    const assembler = this.#assembler;
    const mark = assembler.free;
    const [only] = values;
    if (values.length === 1 && (only.type === 'call' || only.type === 'method')) {
      const base = this.#expressions.tailCall(only);
      assembler.emit(OP.RETURN, base, 0);
    } else if (values.length === 1 && !isMulti(only)) {
      assembler.emit(OP.RETURN, this.#expressions.toAny(only), 2);
    } else {
      const open = this.#expressions.pushAll(values);
      assembler.emit(OP.RETURN, mark, open ? 0 : values.length + 1);
    }
    assembler.free = mark;
  }
}
