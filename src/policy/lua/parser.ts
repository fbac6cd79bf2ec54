import { ExpressionParser } from './expression-parser.ts';
import { refuse } from './refusal.ts';
import { FunctionScope } from './scopes.ts';
import type { Token, TokenType } from './tokens.ts';
import type { Expression, FunctionBody, Statement, Target, Variable } from './tree.ts';

/**
 * Reads a script into a tree.
 *
 * @param bytes the text holds bytes already, one for each character
 * @throws {Refusal} at the first mistake
 */
export function parse(text: string, bytes: boolean): FunctionBody {
  return new Parser(text, bytes).script();
}

class Parser extends ExpressionParser {
  script(): FunctionBody {
    const body = this.#block();
    if (!this.at('end of file')) {
      const closing = this.at('end') || this.at('else') || this.at('elseif') || this.at('until');
      const hint = closing ? `'${this.token.type}' closes nothing here` : afterReturn(body);
      refuse(this.token, 'token-missing', [`'<eof>'`, this.near], hint);
    }
    const endLine = this.token.line;
    const { upvalues } = this.scopes.current;
    return {
      line: 0,
      endLine,
      main: true,
      parameters: [],
      vararg: true,
      arg: undefined,
      upvalues,
      body,
    };
  }

  functionBody(opener: Token, method: boolean): FunctionBody {
    const outer = this.scopes.current;
    const parameters: Variable[] = method ? [this.variable('self')] : [];
    const { names, vararg } = this.#parameters();
    parameters.push(...names.map((name) => this.variable(name)));
    const scope = new FunctionScope(outer, opener.line, vararg);
    this.scopes.current = scope;
    const mark = this.scopes.open();
    for (const parameter of parameters) this.declare(parameter);
    const further = vararg ? this.variable('arg') : undefined;
    if (further !== undefined) this.declare(further);
    const body = this.#block();
    const arg = further && { variable: further, filled: !scope.spread };
    const endLine = this.token.line;
    this.expectEnd('end', opener);
    this.scopes.close(mark);
    this.scopes.current = outer;
    const { upvalues } = scope;
    return { line: opener.line, endLine, main: false, parameters, vararg, arg, upvalues, body };
  }

  #parameters(): { readonly names: string[]; readonly vararg: boolean } {
    const names: string[] = [];
    this.expect('(');
    if (this.accept(')')) return { names, vararg: false };
    do {
      if (this.accept('...')) {
        this.expect(')');
        return { names, vararg: true };
      }
      names.push(this.expectName());
    } while (this.accept(','));
    this.expect(')');
    return { names, vararg: false };
  }

  /** Statements up to a word that ends a block; their variables are out of sight behind it. */
  #block(): Statement[] {
    const mark = this.scopes.open();
    const body = this.#statements();
    this.scopes.close(mark);
    return body;
  }

  #statements(): Statement[] {
    const body: Statement[] = [];
    this.enter();
    while (!this.#atBlockEnd()) {
      const { type } = this.token;
      body.push(this.#statement());
      this.accept(';');
      if (type === 'return' || type === 'break') break;
    }
    this.leave();
    return body;
  }

  #atBlockEnd(): boolean {
    const { type } = this.token;
    const closing = type === 'end' || type === 'else' || type === 'elseif' || type === 'until';
    return closing || type === 'end of file';
  }

  #statement(): Statement {
    const { token } = this;
    switch (token.type) {
      case 'if':
        return this.#if();
      case 'while':
        return this.#while();
      case 'do': {
        this.advance();
        const body = this.#block();
        this.expectEnd('end', token);
        return { type: 'do', body, line: token.line };
      }
      case 'for':
        return this.#for();
      case 'repeat':
        return this.#repeat();
      case 'function':
        return this.#function();
      case 'local':
        this.advance();
        return this.accept('function') ? this.#localFunction(token) : this.#local(token.line);
      case 'return': {
        this.advance();
        const bare = this.#atBlockEnd() || this.at(';');
        return { type: 'return', values: bare ? [] : this.expressions(), line: token.line };
      }
      case 'break':
        this.advance();
        if (this.scopes.current.loops === 0) refuse(token, 'break-outside', [this.near]);
        return { type: 'break', line: token.line };
      default:
        return this.#callOrAssignment();
    }
  }

  #if(): Statement {
    const opener = this.token;
    const arms: { condition: Expression; body: Statement[] }[] = [];
    do {
      this.advance();
      const condition = this.expression();
      this.expect('then');
      arms.push({ condition, body: this.#block() });
    } while (this.at('elseif'));
    const otherwise = this.accept('else') ? this.#block() : [];
    this.expectEnd('end', opener);
    return { type: 'if', arms, otherwise, line: opener.line };
  }

  #loop(): Statement[] {
    this.scopes.current.loops++;
    const body = this.#block();
    this.scopes.current.loops--;
    return body;
  }

  #while(): Statement {
    const opener = this.advance();
    const condition = this.expression();
    this.expect('do');
    const body = this.#loop();
    this.expectEnd('end', opener);
    return { type: 'while', condition, body, line: opener.line };
  }

  /** The condition sees the variables of the body. */
  #repeat(): Statement {
    const opener = this.advance();
    const mark = this.scopes.open();
    this.scopes.current.loops++;
    const body = this.#statements();
    this.scopes.current.loops--;
    this.expectEnd('until', opener);
    const condition = this.expression();
    this.scopes.close(mark);
    return { type: 'repeat', body, condition, line: opener.line };
  }

  #for(): Statement {
    const opener = this.advance();
    const { line } = opener;
    const names = [this.expectName()];
    if (this.accept('=')) {
      const first = this.expression();
      this.expect(',');
      const last = this.expression();
      const step = this.accept(',') ? this.expression() : undefined;
      const [variable] = names.map((name) => this.variable(name));
      const body = this.#forBody(opener, [variable]);
      return { type: 'numeric for', variable, first, last, step, body, line };
    }
    while (this.accept(',')) names.push(this.expectName());
    if (!this.at('in')) {
      const expected = names.length === 1 ? `'=' or 'in'` : `'in'`;
      refuse(this.token, 'token-missing', [expected, this.near]);
    }
    this.advance();
    const values = this.expressions();
    const variables = names.map((name) => this.variable(name));
    const body = this.#forBody(opener, variables);
    return { type: 'generic for', variables, values, body, line };
  }

  #forBody(opener: Token, variables: readonly Variable[]): Statement[] {
    this.expect('do');
    const mark = this.scopes.open();
    for (const variable of variables) this.declare(variable);
    const body = this.#loop();
    this.scopes.close(mark);
    this.expectEnd('end', opener);
    return body;
  }

  #function(): Statement {
    const opener = this.advance();
    const { line } = opener;
    let target: Target = this.resolve(this.expectName(), line);
    let method = false;
    while (!method && (this.at('.') || this.at(':'))) {
      method = this.advance().type === ':';
      const key = { type: 'constant', value: this.expectName(), line } as const;
      target = { type: 'index', object: target, key, line };
    }
    const body = this.functionBody(opener, method);
    const value: Expression = { type: 'function', body, line };
    return { type: 'assignment', targets: [target], values: [value], line };
  }

  #localFunction(opener: Token): Statement {
    const variable = this.variable(this.expectName());
    this.declare(variable);
    const body = this.functionBody({ ...opener, type: 'function' }, false);
    return { type: 'local function', variable, body, line: opener.line };
  }

  #local(line: number): Statement {
    const names = [this.expectName()];
    while (this.accept(',')) names.push(this.expectName());
    const values = this.accept('=') ? this.expressions() : [];
    const variables = names.map((name) => this.variable(name));
    for (const variable of variables) this.declare(variable);
    return { type: 'local', variables, values, line };
  }

  #callOrAssignment(): Statement {
    const { token } = this;
    const { line } = token;
    const first = this.suffixed();
    const word = token.type === 'name' ? token.text : undefined;
    if (first.type === 'call' || first.type === 'method') {
      if (this.at('=') || this.at(',')) this.unexpected();
      return { type: 'call', call: first, line };
    }
    if (!isTarget(first)) return this.wrongStatement(false, word);
    if (!this.at('=') && !this.at(',')) this.wrongStatement(true, word);
    const targets: Target[] = [first];
    while (this.accept(',')) {
      const next = this.suffixed();
      if (!isTarget(next)) return this.wrongStatement(false);
      targets.push(next);
    }
    this.expect('=');
    return { type: 'assignment', targets, values: this.expressions(), line };
  }
}

function isTarget(one: Expression): one is Target {
  const name = one.type === 'local' || one.type === 'upvalue' || one.type === 'global';
  return name || one.type === 'index';
}

function afterReturn(body: readonly Statement[]): string | undefined {
  const last: Statement['type'] | TokenType | undefined = body.at(-1)?.type;
  return last === 'return' ? `'return' stands last in its block` : undefined;
}
