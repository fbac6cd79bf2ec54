import type { Assembler } from './assembler.ts';
import { ADD, AND, DIV, INTDIV, MOD, MUL, OP, OR, POW, SHL, SHR, SUB, XOR } from './operations.ts';
import type { Prototype } from './prototype.ts';
import type {
  Binary,
  BinaryOperator,
  Call,
  Expression,
  FunctionBody,
  Index,
  Logical,
  MethodCall,
  TableConstructor,
  Unary,
} from './tree.ts';

/** Items of a constructor that wait in registers until they are set at once. */
const FLUSHED_ITEMS = 50;
/** Deeper conditions are computed as values, which takes no recursion. */
const MAX_CONDITION_DEPTH = 100;

/** Operations that have an instruction of their own: with two registers, and with a number. */
const DIRECT: Partial<Record<BinaryOperator, readonly [registers: number, constant: number]>> = {
  '+': [OP.ADD, OP.ADDK],
  '-': [OP.SUB, OP.SUBK],
  '*': [OP.MUL, OP.MULK],
  '/': [OP.DIV, OP.DIVK],
  '%': [OP.MOD, OP.MODK],
};
const ARITHMETIC: Partial<Record<BinaryOperator, number>> = {
  '+': ADD,
  '-': SUB,
  '*': MUL,
  '/': DIV,
  '%': MOD,
  '^': POW,
  '\\': INTDIV,
};
const LOGIC: Partial<Record<BinaryOperator, number>> = {
  '|': OR,
  '&': AND,
  '^^': XOR,
  '<<': SHL,
  '>>': SHR,
};
const UNARY: Readonly<Record<Unary['operator'], number>> = {
  '-': OP.UNM,
  not: OP.NOT,
  '#': OP.LEN,
  '~': OP.BNOT,
};
const COMPARING: ReadonlySet<BinaryOperator> = new Set(['==', '~=', '<', '<=', '>', '>=']);

type Suffix = Index | Call | MethodCall;
const isSuffix = (one: Expression): one is Suffix =>
  one.type === 'index' || one.type === 'call' || one.type === 'method';
const headOf = (one: Suffix): Expression => (one.type === 'call' ? one.callee : one.object);

/** Has any number of values. */
export const isMulti = (one: Expression | undefined): one is Call | MethodCall | Vararg =>
  one?.type === 'call' || one?.type === 'method' || one?.type === 'vararg';
type Vararg = Extract<Expression, { type: 'vararg' }>;

/**
 * Compiles expressions into registers. Chains that lean to the left (`a + b + c`, `a.b.c`, `a or b
 * or c`) are walked by loops, because the grammar does not limit their length.
 */
export class ExpressionCompiler {
  readonly assembler: Assembler;
  readonly #compileFunction: (source: string, body: FunctionBody) => Prototype;

  constructor(
    assembler: Assembler,
    compileFunction: (source: string, body: FunctionBody) => Prototype,
  ) {
    this.assembler = assembler;
    this.#compileFunction = compileFunction;
  }

  /** Puts the value into a register of its own, the next free one. */
  toNext(one: Expression): number {
    const register = this.assembler.reserve();
    this.into(one, register, true);
    return register;
  }

  /** The register that holds the value: that of the variable, or the next free one. */
  toAny(one: Expression): number {
    const inner = unwrapped(one);
    if (inner.type === 'local' && !inner.variable.captured) return inner.variable.register;
    return this.toNext(one);
  }

  /**
   * Puts the value into a register.
   *
   * @param fresh it is the last that is in use and nobody else's, so that parts of the value may
   *   be put there on the way
   */
  into(one: Expression, target: number, fresh = false): void {
    const { assembler } = this;
    assembler.line = one.line;
    switch (one.type) {
      case 'constant':
        this.#constant(one.value, target);
        break;
      case 'vararg':
        assembler.emit(OP.VARARG, target, 2);
        break;
      case 'function':
        this.closure(one.body, target);
        break;
      case 'local': {
        const { captured, register } = one.variable;
        if (captured) assembler.emit(OP.GETBOX, target, register);
        else if (register !== target) assembler.emit(OP.MOVE, target, register);
        break;
      }
      case 'upvalue':
        assembler.emit(OP.GETUPVAL, target, one.index);
        break;
      case 'global':
        assembler.emit(OP.GETGLOBAL, target, assembler.constant(one.name));
        break;
      case 'index':
      case 'call':
      case 'method':
        this.#suffixed(one, target, fresh);
        break;
      case 'binary':
        if (COMPARING.has(one.operator)) this.#truth(one, target);
        else if (one.operator === '..') this.#concat(one, target);
        else this.#arithmetic(one, target);
        break;
      case 'logical':
        this.#logical(one, target, fresh);
        break;
      case 'unary':
        this.#unary(one, target);
        break;
      case 'table':
        this.#table(one, target, fresh);
        break;
      case 'parenthesis':
        this.into(one.inner, target, fresh);
        break;
    }
  }

  /**
   * Puts the value into a variable's register at the very end, so that the expression may use the
   * variable.
   */
  intoVariable(one: Expression, target: number): void {
    const inner = unwrapped(one);
    const building =
      inner.type === 'logical' ||
      inner.type === 'table' ||
      inner.type === 'call' ||
      inner.type === 'method' ||
      (inner.type === 'binary' && COMPARING.has(inner.operator));
    if (!building) {
      this.into(inner, target);
      return;
    }
    const mark = this.assembler.free;
    const register = this.toNext(inner);
    this.assembler.emit(OP.MOVE, target, register);
    this.assembler.free = mark;
  }

  #constant(value: undefined | boolean | number | string, target: number): void {
    const { assembler } = this;
    if (value === undefined) assembler.emit(OP.LOADNIL, target, target);
    else if (typeof value === 'boolean') assembler.emit(OP.LOADBOOL, target, value ? 1 : 0);
    else assembler.emit(OP.LOADK, target, assembler.constant(value));
  }

  closure(body: FunctionBody, target: number): void {
    const { assembler } = this;
    const index = assembler.functions.length;
    assembler.functions.push(this.#compileFunction(assembler.source, body));
    assembler.emit(OP.CLOSURE, target, index);
  }

  /** Names, indexes and calls behind one another, from the left. */
  #suffixed(one: Suffix, target: number, fresh: boolean): void {
    const { assembler } = this;
    const chain: Suffix[] = [];
    let head: Expression = one;
    while (isSuffix(head)) {
      chain.push(head);
      head = headOf(head);
    }
    const mark = assembler.free;
    const base = fresh ? target : mark;
    assembler.free = base;
    let from = -1;
    let at: Expression = head;
    while (chain.length > 0) {
      const suffix = chain.pop()!;
      const last = chain.length === 0;
      from = this.#suffix(suffix, at, from, base, last ? target : -1, 2);
      at = suffix;
    }
    if (from !== target) assembler.emit(OP.MOVE, target, from);
    assembler.free = mark;
  }

  /**
   * One step of a chain.
   *
   * @param from where the value of `head` is; -1: not computed yet
   * @param base the first register that the chain may use
   * @param target where an index may put its value; -1: into `base`
   * @param results of a call, plus 1; 0: all
   * @returns the register with the value
   */
  #suffix(
    suffix: Suffix,
    head: Expression,
    from: number,
    base: number,
    target: number,
    results: number,
  ): number {
    const { assembler } = this;
    if (suffix.type === 'index') return this.#indexStep(suffix, head, from, base, target);
    assembler.free = base;
    if (suffix.type === 'call') {
      const register = assembler.reserve();
      if (from === -1) this.into(head, register, true);
      else if (from !== register) assembler.emit(OP.MOVE, register, from);
    } else {
      const register = assembler.reserve(2);
      let object = from;
      if (from === -1) {
        assembler.free = base;
        object = this.toAny(head);
        assembler.free = base + 2;
      }
      assembler.line = suffix.line;
      const at = assembler.emit(OP.SELF, register, object, assembler.constant(suffix.name));
      assembler.name(at, [describe(head)]);
    }
    this.#callAt(suffix, base, results);
    assembler.free = base + 1;
    return base;
  }

  #indexStep(one: Index, head: Expression, from: number, base: number, target: number): number {
    const { assembler } = this;
    let object = from;
    assembler.free = from === base ? base + 1 : base;
    const late = from === -1 && isBoxed(head);
    if (late) object = assembler.reserve();
    else if (from === -1) object = this.toAny(head);
    const { key } = one;
    const field = key.type === 'constant' && typeof key.value === 'string';
    const index = field ? -1 : this.toAny(key);
    if (late) this.into(head, object);
    assembler.free = base;
    const register = target === -1 ? assembler.reserve() : target;
    assembler.line = one.line;
    const at = field
      ? assembler.emit(OP.GETFIELD, register, object, assembler.constant(key.value))
      : assembler.emit(OP.GETINDEX, register, object, index);
    assembler.name(at, [describe(head)]);
    return register;
  }

  /** Arguments and the call itself; the function (and `self`) stand at `base`. */
  #callAt(one: Call | MethodCall, base: number, results: number): void {
    const { assembler } = this;
    const open = this.pushAll(one.arguments);
    const count = open ? 0 : assembler.free - base;
    assembler.line = one.line;
    const at = assembler.emit(OP.CALL, base, count, results);
    assembler.name(at, [one.type === 'call' ? describe(one.callee) : `method '${one.name}'`]);
  }

  /**
   * Puts values into the next registers, the last one as many as it has.
   *
   * @returns whether their number is open: up to the top
   */
  pushAll(list: readonly Expression[]): boolean {
    for (const [at, one] of list.entries()) {
      if (at < list.length - 1 || !isMulti(one)) this.toNext(one);
      else {
        this.pushMany(one, 0);
        return true;
      }
    }
    return false;
  }

  /** @param results plus 1; 0: all, up to the top. They begin at the next free register. */
  pushMany(one: Call | MethodCall | Vararg, results: number): void {
    const { assembler } = this;
    const base = assembler.free;
    if (one.type === 'vararg') {
      assembler.line = one.line;
      assembler.emit(OP.VARARG, base, results);
      assembler.free = base;
    } else {
      const head = headOf(one);
      const from = isSuffix(head) ? this.toNext(head) : -1;
      this.#suffix(one, head, from, base, -1, results);
      assembler.free = base;
    }
    if (results > 1) assembler.reserve(results - 1);
  }

  /** The last call of a `return`. */
  tailCall(one: Call | MethodCall): number {
    const { assembler } = this;
    const base = assembler.free;
    this.pushMany(one, 0);
    assembler.makeTailCall();
    assembler.free = base;
    return base;
  }

  #concat(one: Binary, target: number): void {
    const { assembler } = this;
    const mark = assembler.free;
    const parts: Expression[] = [];
    let rest: Expression = one;
    while (rest.type === 'binary' && rest.operator === '..') {
      parts.push(rest.left);
      rest = rest.right;
    }
    parts.push(rest);
    const first = assembler.free;
    for (const part of parts) this.toNext(part);
    assembler.line = one.line;
    const last = assembler.free - 1;
    const at = assembler.emit(OP.CONCAT, target, first, last);
    assembler.name(at, parts.map(describe));
    assembler.free = mark;
  }

  #arithmetic(one: Binary, target: number): void {
    const { assembler } = this;
    const mark = assembler.free;
    const chain: Binary[] = [];
    let head: Expression = one;
    while (head.type === 'binary' && !COMPARING.has(head.operator) && head.operator !== '..') {
      chain.push(head);
      head = head.left;
    }
    let left = -1;
    while (chain.length > 0) {
      const binary = chain.pop()!;
      const late = left === -1 && isBoxed(binary.left);
      if (late) left = assembler.reserve();
      else if (left === -1) left = this.toAny(binary.left);
      const { right } = binary;
      const direct = DIRECT[binary.operator];
      const constant =
        direct !== undefined && right.type === 'constant' && typeof right.value === 'number';
      const index = constant ? assembler.constant(right.value) : this.toAny(right);
      if (late) this.into(binary.left, left);
      assembler.free = mark;
      const register = chain.length === 0 ? target : assembler.reserve();
      assembler.line = binary.line;
      const at = constant
        ? assembler.emit(direct[1], register, left, index)
        : this.#binary(binary.operator, register, left, index);
      assembler.name(at, [describe(binary.left), describe(right)]);
      left = register;
    }
    assembler.free = mark;
  }

  #binary(operator: BinaryOperator, target: number, left: number, right: number): number {
    const { assembler } = this;
    const direct = DIRECT[operator];
    if (direct !== undefined) return assembler.emit(direct[0], target, left, right);
    const logic = LOGIC[operator];
    return logic === undefined
      ? assembler.emit(OP.ARITH, target, left, right, ARITHMETIC[operator])
      : assembler.emit(OP.LOGIC, target, left, right, logic);
  }

  #unary(one: Unary, target: number): void {
    const { assembler } = this;
    const mark = assembler.free;
    const operand = this.toAny(one.operand);
    assembler.line = one.line;
    const at = assembler.emit(UNARY[one.operator], target, operand);
    assembler.name(at, [describe(one.operand)]);
    assembler.free = mark;
  }

  #logical(one: Logical, target: number, fresh: boolean): void {
    const { assembler } = this;
    const chain: Logical[] = [];
    let head: Expression = one;
    while (head.type === 'logical') {
      chain.push(head);
      head = head.left;
    }
    this.into(head, target, fresh);
    const ends: number[] = [];
    while (chain.length > 0) {
      const { operator, right } = chain.pop()!;
      // Jumps over what was joined with the other operator end here.
      assembler.patchAll(ends.splice(0));
      ends.push(assembler.emit(operator === 'and' ? OP.IFNOT : OP.IF, target));
      this.into(right, target, fresh);
    }
    assembler.patchAll(ends);
  }

  /** A comparison as a value. */
  #truth(one: Binary, target: number): void {
    const { assembler } = this;
    const yes: number[] = [];
    this.jumpWhen(one, true, yes);
    assembler.emit(OP.LOADBOOL, target, 0);
    const end = assembler.emit(OP.JUMP, 0);
    assembler.patchAll(yes);
    assembler.emit(OP.LOADBOOL, target, 1);
    assembler.patch(end);
  }

  #table(one: TableConstructor, target: number, fresh: boolean): void {
    const { assembler } = this;
    const mark = assembler.free;
    const table = fresh ? target : assembler.reserve();
    assembler.emit(OP.NEWTABLE, table);
    let first = 1;
    let waiting = 0;
    const flush = (open: boolean): void => {
      if (waiting > 0 || open) assembler.emit(OP.SETLIST, table, open ? 0 : waiting, first);
      first += waiting;
      waiting = 0;
      assembler.free = table + 1;
    };
    for (const [at, { key, value }] of one.items.entries()) {
      if (key !== undefined) {
        this.#keyedItem(table, key, value);
      } else if (at === one.items.length - 1 && isMulti(value)) {
        this.pushMany(value, 0);
        flush(true);
      } else {
        this.toNext(value);
        waiting++;
        if (waiting === FLUSHED_ITEMS) flush(false);
      }
    }
    assembler.line = one.line;
    flush(false);
    if (table !== target) assembler.emit(OP.MOVE, target, table);
    assembler.free = mark;
  }

  #keyedItem(table: number, key: Expression, value: Expression): void {
    const { assembler } = this;
    const mark = assembler.free;
    if (key.type === 'constant' && typeof key.value === 'string') {
      const register = this.toAny(value);
      assembler.emit(OP.SETFIELD, table, assembler.constant(key.value), register);
    } else {
      const index = this.toAny(key);
      const register = this.toAny(value);
      assembler.emit(OP.SETINDEX, table, index, register);
    }
    assembler.free = mark;
  }

  /** Jumps when the value is true or, with `sense` false, when it is not; adds the jumps to `jumps`. */
  jumpWhen(one: Expression, sense: boolean, jumps: number[]): void {
    const { assembler } = this;
    const inner = unwrapped(one);
    if (inner.type === 'constant') {
      const truth = inner.value !== undefined && inner.value !== false;
      if (truth === sense) jumps.push(assembler.emit(OP.JUMP, 0));
      return;
    }
    if (inner.type === 'unary' && inner.operator === 'not') {
      this.jumpWhen(inner.operand, !sense, jumps);
      return;
    }
    if (inner.type === 'logical' && inner.depth < MAX_CONDITION_DEPTH) {
      this.#jumpLogical(inner, sense, jumps);
      return;
    }
    const mark = assembler.free;
    if (inner.type === 'binary' && COMPARING.has(inner.operator)) {
      jumps.push(this.#compare(inner, sense));
    } else {
      const register = this.toAny(inner);
      assembler.line = inner.line;
      jumps.push(assembler.emit(sense ? OP.IF : OP.IFNOT, register));
    }
    assembler.free = mark;
  }

  #jumpLogical(one: Logical, sense: boolean, jumps: number[]): void {
    // `a and b` is false, and `a or b` true, as soon as `a` is.
    if ((one.operator === 'or') === sense) {
      this.jumpWhen(one.left, sense, jumps);
      this.jumpWhen(one.right, sense, jumps);
      return;
    }
    const over: number[] = [];
    this.jumpWhen(one.left, !sense, over);
    this.jumpWhen(one.right, sense, jumps);
    this.assembler.patchAll(over);
  }

  #compare(one: Binary, sense: boolean): number {
    const { assembler } = this;
    const { operator, left, right } = one;
    const equal = operator === '==' || operator === '~=';
    const expected = (operator === '~=') === sense ? 0 : 1;
    const constant = constantOf(right, equal);
    const late = isBoxed(left);
    const first = late ? assembler.reserve() : this.toAny(left);
    const second = constant === undefined ? this.toAny(right) : -1;
    if (late) this.into(left, first);
    assembler.line = one.line;
    if (constant !== undefined) {
      const operation = CONSTANT_COMPARISONS[operator]!;
      return assembler.emit(operation, first, assembler.constant(constant.value), 0, expected);
    }
    if (equal) return assembler.emit(OP.EQ, first, second, 0, expected);
    const turned = operator === '>' || operator === '>=';
    const operation = operator === '<' || operator === '>' ? OP.LT : OP.LE;
    const [a, b] = turned ? [second, first] : [first, second];
    return assembler.emit(operation, a, b, 0, expected);
  }
}

const CONSTANT_COMPARISONS: Partial<Record<BinaryOperator, number>> = {
  '==': OP.EQK,
  '~=': OP.EQK,
  '<': OP.LTK,
  '<=': OP.LEK,
  '>': OP.GTK,
  '>=': OP.GEK,
};

/** The constant that a comparison has on its right; all but (in)equality want a number. */
function constantOf(
  right: Expression,
  equal: boolean,
): Extract<Expression, { type: 'constant' }> | undefined {
  if (right.type !== 'constant') return undefined;
  return equal || typeof right.value === 'number' ? right : undefined;
}

function unwrapped(one: Expression): Expression {
  let inner = one;
  while (inner.type === 'parenthesis' && !isMulti(inner.inner)) inner = inner.inner;
  return inner;
}

/** Lua reads such an operand when it is used, behind what the other operand does to it. */
const isBoxed = (one: Expression): boolean => {
  const inner = unwrapped(one);
  return inner.type === 'local' && inner.variable.captured;
};

/** What a message calls an operand. */
export function describe(one: Expression): string | undefined {
  switch (one.type) {
    case 'local':
      return `local '${one.variable.name}'`;
    case 'upvalue':
      return `upvalue '${one.name}'`;
    case 'global':
      return `global '${one.name}'`;
    case 'index':
      return one.key.type === 'constant' && typeof one.key.value === 'string'
        ? `field '${one.key.value}'`
        : "field '?'";
    case 'parenthesis':
      return describe(one.inner);
    default:
      return undefined;
  }
}
