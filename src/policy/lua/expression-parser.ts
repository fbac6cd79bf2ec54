import { compute } from './arithmetic.ts';
import { POW } from './operations.ts';
import { refuse } from './refusal.ts';
import { TokenReader } from './token-reader.ts';
import type { Token, TokenType } from './tokens.ts';
import type {
  Binary,
  BinaryOperator,
  Call,
  Expression,
  FunctionBody,
  MethodCall,
  TableItem,
  Unary,
} from './tree.ts';

/** How strongly an operator holds what is left and right of it. */
const PRIORITIES: Partial<Record<TokenType, readonly [left: number, right: number]>> = {
  or: [1, 1],
  and: [2, 2],
  '<': [3, 3],
  '>': [3, 3],
  '<=': [3, 3],
  '>=': [3, 3],
  '~=': [3, 3],
  '!=': [3, 3],
  '==': [3, 3],
  '..': [5, 4],
  '+': [6, 6],
  '-': [6, 6],
  '|': [6, 6],
  '&': [6, 6],
  '^^': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '\\': [7, 7],
  '<<': [7, 7],
  '>>': [7, 7],
  '^': [10, 9],
};
const UNARY_PRIORITY = 8;

const isUnary = (type: TokenType): type is Unary['operator'] =>
  type === 'not' || type === '-' || type === '#' || type === '~';

const logicalDepth = (one: Expression): number => (one.type === 'logical' ? one.depth : 0);

/** Reads expressions; every method throws a `Refusal` at the first mistake. */
export abstract class ExpressionParser extends TokenReader {
  /** Reads parameters and body, up to `end`. */
  abstract functionBody(opener: Token, method: boolean): FunctionBody;

  expressions(): Expression[] {
    const list = [this.expression()];
    while (this.accept(',')) list.push(this.expression());
    return list;
  }

  /** @param limit operators that hold less strongly end the expression */
  expression(limit = 0): Expression {
    this.enter();
    let left = this.#operand();
    for (;;) {
      const { type, line } = this.token;
      const priority = PRIORITIES[type];
      if (priority === undefined || priority[0] <= limit) break;
      this.advance();
      const right = this.expression(priority[1]);
      left = joined(type, left, right, line);
    }
    this.leave();
    return left;
  }

  #operand(): Expression {
    const { type, line } = this.token;
    if (!isUnary(type)) return this.#simple();
    this.advance();
    const operand = this.expression(UNARY_PRIORITY);
    if (type === '-' && operand.type === 'constant' && typeof operand.value === 'number') {
      return { type: 'constant', value: -operand.value, line };
    }
    return { type: 'unary', operator: type, operand, line };
  }

  #simple(): Expression {
    const { token } = this;
    const { line } = token;
    switch (token.type) {
      case 'number':
        this.advance();
        return { type: 'constant', value: token.value, line };
      case 'string':
        this.advance();
        return { type: 'constant', value: token.text, line };
      case 'nil':
        this.advance();
        return { type: 'constant', value: undefined, line };
      case 'true':
      case 'false':
        this.advance();
        return { type: 'constant', value: token.type === 'true', line };
      case '...':
        if (!this.scopes.current.vararg) refuse(token, 'vararg-outside', [this.near]);
        this.scopes.current.spread = true;
        this.advance();
        return { type: 'vararg', line };
      case '{':
        return this.#table();
      case 'function':
        this.advance();
        return { type: 'function', line, body: this.functionBody(token, false) };
      default:
        return this.suffixed();
    }
  }

  /** A name or parenthesis with all that is indexed and called behind it. */
  suffixed(): Expression {
    let found = this.#primary();
    for (;;) {
      const { type, line } = this.token;
      if (type === '.') {
        this.advance();
        const name = this.expectName();
        const key = { type: 'constant', value: name, line } as const;
        found = { type: 'index', object: found, key, line };
      } else if (type === '[') {
        this.advance();
        const key = this.expression();
        this.expect(']');
        found = { type: 'index', object: found, key, line };
      } else if (type === ':') {
        this.advance();
        const name = this.expectName();
        found = this.#call({ object: found, name });
      } else if (type === '(' || type === 'string' || type === '{') {
        found = this.#call({ callee: found });
      } else return found;
    }
  }

  #primary(): Expression {
    const { token } = this;
    if (token.type === '(') {
      this.advance();
      const inner = this.expression();
      this.expectEnd(')', token);
      const plain = inner.type !== 'call' && inner.type !== 'method' && inner.type !== 'vararg';
      // What cannot be assigned to must stay so: `(a) = 1` is no statement.
      const name = inner.type === 'local' || inner.type === 'upvalue' || inner.type === 'global';
      if (plain && !name && inner.type !== 'index') return inner;
      return { type: 'parenthesis', inner, line: token.line };
    }
    if (token.type !== 'name') this.unexpected();
    this.advance();
    return this.resolve(token.text, token.line);
  }

  #call(
    called:
      | { readonly callee: Expression }
      | { readonly object: Expression; readonly name: string },
  ): Call | MethodCall {
    const { token } = this;
    const { line } = token;
    const given = this.#arguments(token);
    return 'callee' in called
      ? { type: 'call', callee: called.callee, arguments: given, line }
      : { type: 'method', object: called.object, name: called.name, arguments: given, line };
  }

  #arguments(token: Token): Expression[] {
    if (token.type === 'string') {
      this.advance();
      return [{ type: 'constant', value: token.text, line: token.line }];
    }
    if (token.type === '{') return [this.#table()];
    if (token.type !== '(') {
      return refuse(token, 'token-missing', ['function arguments', this.near]);
    }
    if (token.line !== this.lastLine) {
      const hint = `put a ';' before the '(' or move it to the line above`;
      refuse(token, 'call-ambiguous', [this.near], hint);
    }
    this.advance();
    if (this.accept(')')) return [];
    const list = this.expressions();
    this.expectEnd(')', token);
    return list;
  }

  #table(): Expression {
    const opener = this.token;
    const items: TableItem[] = [];
    this.advance();
    while (!this.at('}')) {
      items.push(this.#item());
      if (!this.accept(',') && !this.accept(';')) break;
    }
    this.expectEnd('}', opener);
    return { type: 'table', items, line: opener.line };
  }

  #item(): TableItem {
    const { token } = this;
    if (token.type === 'name' && this.peek().type === '=') {
      this.advance();
      this.advance();
      const key = { type: 'constant', value: token.text, line: token.line } as const;
      return { key, value: this.expression() };
    }
    if (token.type !== '[') return { key: undefined, value: this.expression() };
    this.advance();
    const key = this.expression();
    this.expect(']');
    this.expect('=');
    return { key, value: this.expression() };
  }
}

function joined(type: TokenType, left: Expression, right: Expression, line: number): Expression {
  if (type === 'and' || type === 'or') {
    const depth = 1 + Math.max(logicalDepth(left), logicalDepth(right));
    return { type: 'logical', operator: type, left, right, line, depth };
  }
  const operator = (type === '!=' ? '~=' : type) as BinaryOperator;
  return folded({ type: 'binary', operator, left, right, line });
}

/** What is known before the script runs, as Lua's compiler does it: never a NaN. */
function folded(binary: Binary): Expression {
  const { left, right, operator, line } = binary;
  if (left.type !== 'constant' || right.type !== 'constant') return binary;
  if (typeof left.value !== 'number' || typeof right.value !== 'number') return binary;
  const value = foldedValue(operator, left.value, right.value);
  if (value === undefined || Number.isNaN(value)) return binary;
  return { type: 'constant', value, line };
}

function foldedValue(operator: BinaryOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : left / right;
    case '^':
      return compute(POW, left, right);
    default:
      return undefined;
  }
}
