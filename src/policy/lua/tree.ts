/**
 * A script as a tree. Names are resolved while it is read: each is a local variable of its
 * function, one of a function around it, or a global.
 */

/** A local variable, parameter or loop variable. */
export interface Variable {
  readonly name: string;
  /** A function inside uses it, so that it lives in a box of its own. */
  captured: boolean;
  /** Where the compiler put it; -1 before its declaration is reached. */
  register: number;
}

export interface FunctionBody {
  /** As tracebacks name it when nothing else does; undefined for the script itself. */
  readonly line: number;
  readonly endLine: number;
  readonly main: boolean;
  readonly parameters: readonly Variable[];
  readonly vararg: boolean;
  /**
   * The variable `arg` of Lua 5.0, which functions with `...` have: a table of the further
   * arguments, and nil where the function says `...` itself.
   */
  readonly arg: { readonly variable: Variable; readonly filled: boolean } | undefined;
  /** For each variable of outer functions: a variable of the next one out, or its own upvalue. */
  readonly upvalues: readonly UpvalueSource[];
  readonly body: readonly Statement[];
}
export type UpvalueSource =
  | { readonly from: 'local'; readonly variable: Variable }
  | { readonly from: 'upvalue'; readonly index: number };

export type Expression =
  | Constant
  | { readonly type: 'vararg'; readonly line: number }
  | { readonly type: 'function'; readonly line: number; readonly body: FunctionBody }
  | Name
  | Index
  | Call
  | MethodCall
  | Binary
  | Logical
  | Unary
  | TableConstructor
  | { readonly type: 'parenthesis'; readonly line: number; readonly inner: Expression };

export interface Constant {
  readonly type: 'constant';
  readonly line: number;
  readonly value: undefined | boolean | number | string;
}
export type Name =
  | { readonly type: 'local'; readonly line: number; readonly variable: Variable }
  | {
      readonly type: 'upvalue';
      readonly line: number;
      readonly index: number;
      readonly name: string;
    }
  | { readonly type: 'global'; readonly line: number; readonly name: string };
export interface Index {
  readonly type: 'index';
  readonly line: number;
  readonly object: Expression;
  readonly key: Expression;
}
export interface Call {
  readonly type: 'call';
  readonly line: number;
  readonly callee: Expression;
  readonly arguments: readonly Expression[];
}
export interface MethodCall {
  readonly type: 'method';
  readonly line: number;
  readonly object: Expression;
  readonly name: string;
  readonly arguments: readonly Expression[];
}
export interface Binary {
  readonly type: 'binary';
  readonly line: number;
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '\\'
  | '|'
  | '&'
  | '^^'
  | '<<'
  | '>>'
  | '..'
  | '=='
  | '~='
  | '<'
  | '<='
  | '>'
  | '>=';
export interface Logical {
  readonly type: 'logical';
  readonly line: number;
  readonly operator: 'and' | 'or';
  readonly left: Expression;
  readonly right: Expression;
  /** How many logical operators are nested in it; a chain of them leans to the left. */
  readonly depth: number;
}
export interface Unary {
  readonly type: 'unary';
  readonly line: number;
  readonly operator: '-' | 'not' | '#' | '~';
  readonly operand: Expression;
}
export interface TableConstructor {
  readonly type: 'table';
  readonly line: number;
  readonly items: readonly TableItem[];
}
export interface TableItem {
  /** Undefined for the items that are counted. */
  readonly key: Expression | undefined;
  readonly value: Expression;
}

export type Target = Name | Index;

export type Statement =
  | {
      readonly type: 'local';
      readonly line: number;
      readonly variables: readonly Variable[];
      readonly values: readonly Expression[];
    }
  | {
      readonly type: 'local function';
      readonly line: number;
      readonly variable: Variable;
      readonly body: FunctionBody;
    }
  | Assignment
  | { readonly type: 'call'; readonly line: number; readonly call: Call | MethodCall }
  | { readonly type: 'do'; readonly line: number; readonly body: readonly Statement[] }
  | {
      readonly type: 'while';
      readonly line: number;
      readonly condition: Expression;
      readonly body: readonly Statement[];
    }
  | {
      readonly type: 'repeat';
      readonly line: number;
      readonly body: readonly Statement[];
      readonly condition: Expression;
    }
  | IfStatement
  | NumericFor
  | GenericFor
  | { readonly type: 'return'; readonly line: number; readonly values: readonly Expression[] }
  | { readonly type: 'break'; readonly line: number };

export interface Assignment {
  readonly type: 'assignment';
  readonly line: number;
  readonly targets: readonly Target[];
  readonly values: readonly Expression[];
}
export interface IfStatement {
  readonly type: 'if';
  readonly line: number;
  readonly arms: readonly {
    readonly condition: Expression;
    readonly body: readonly Statement[];
  }[];
  readonly otherwise: readonly Statement[];
}
export interface NumericFor {
  readonly type: 'numeric for';
  readonly line: number;
  readonly variable: Variable;
  readonly first: Expression;
  readonly last: Expression;
  readonly step: Expression | undefined;
  readonly body: readonly Statement[];
}
export interface GenericFor {
  readonly type: 'generic for';
  readonly line: number;
  readonly variables: readonly Variable[];
  readonly values: readonly Expression[];
  readonly body: readonly Statement[];
}
