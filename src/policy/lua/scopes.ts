import type { Name, UpvalueSource, Variable } from './tree.ts';

/** Most variables of outer functions that one function may use, as in Lua. */
export const MAX_UPVALUES = 60;
/** Most local variables of one function that are visible in one place, as in Lua. */
export const MAX_LOCALS = 200;

/** A function while it is read. */
export class FunctionScope {
  readonly outer: FunctionScope | undefined;
  readonly line: number;
  readonly vararg: boolean;
  readonly upvalues: UpvalueSource[] = [];
  readonly indexes = new Map<Variable, number>();
  /** It says `...` somewhere. */
  spread = false;
  /** Loops around the place that is read. */
  loops = 0;
  visible = 0;

  constructor(outer: FunctionScope | undefined, line: number, vararg: boolean) {
    this.outer = outer;
    this.line = line;
    this.vararg = vararg;
  }
}

interface Visible {
  readonly variable: Variable;
  readonly owner: FunctionScope;
}

/** Which variables the place that is read can see. */
export class Scopes {
  current: FunctionScope;
  readonly #byName = new Map<string, Visible[]>();
  readonly #declared: Visible[] = [];

  constructor(main: FunctionScope) {
    this.current = main;
  }

  /** To be handed back to `close` at the end of the block. */
  open(): number {
    return this.#declared.length;
  }

  close(mark: number): void {
    while (this.#declared.length > mark) {
      const last = this.#declared.pop()!;
      last.owner.visible--;
      this.#byName.get(last.variable.name)!.pop();
    }
  }

  /** @returns false when the function has too many */
  declare(variable: Variable): boolean {
    const visible = { variable, owner: this.current };
    this.#declared.push(visible);
    const same = this.#byName.get(variable.name);
    if (same === undefined) this.#byName.set(variable.name, [visible]);
    else same.push(visible);
    return ++this.current.visible <= MAX_LOCALS;
  }

  /** What a name means here; undefined when the function would use too many outer variables. */
  resolve(name: string, line: number): Name | undefined {
    const found = this.#byName.get(name)?.at(-1);
    if (found === undefined) return { type: 'global', name, line };
    const { variable, owner } = found;
    if (owner === this.current) return { type: 'local', variable, line };
    variable.captured = true;
    const index = this.#upvalueOf(this.current, variable, owner);
    return index === undefined ? undefined : { type: 'upvalue', index, name, line };
  }

  #upvalueOf(from: FunctionScope, variable: Variable, owner: FunctionScope): number | undefined {
    const way: FunctionScope[] = [];
    for (let scope = from; scope !== owner; scope = scope.outer!) {
      way.push(scope);
      if (scope.indexes.has(variable)) break;
    }
    let source: UpvalueSource = { from: 'local', variable };
    let index = 0;
    for (const scope of way.reverse()) {
      const known = scope.indexes.get(variable);
      index = known ?? scope.upvalues.length;
      if (known === undefined) {
        if (index >= MAX_UPVALUES) return undefined;
        scope.indexes.set(variable, index);
        scope.upvalues.push(source);
      }
      source = { from: 'upvalue', index };
    }
    return index;
  }
}
