import type { Place } from '../mistakes.ts';
import { Lexer, shownToken } from './lexer.ts';
import { refuse } from './refusal.ts';
import { FunctionScope, MAX_LOCALS, MAX_UPVALUES, Scopes } from './scopes.ts';
import { isKeyword, type Token, type TokenType } from './tokens.ts';
import type { Name, Variable } from './tree.ts';

/** Most blocks, functions and expressions inside one another, as in Lua. */
const MAX_LEVELS = 200;

/** The tokens of a script one by one, what is visible where it is read, and how it is refused. */
export class TokenReader {
  readonly #lexer: Lexer;
  readonly scopes: Scopes;
  token: Token;
  /** The line of the token before. */
  lastLine = 1;
  #ahead: Token | undefined = undefined;
  #levels = 0;

  /** @throws {Refusal} when the script begins with what is no token */
  constructor(text: string, bytes: boolean) {
    this.#lexer = new Lexer(text, bytes);
    this.scopes = new Scopes(new FunctionScope(undefined, 0, true));
    this.token = this.#lexer.next();
  }

  advance(): Token {
    const passed = this.token;
    this.lastLine = passed.line;
    this.token = this.#ahead ?? this.#lexer.next();
    this.#ahead = undefined;
    return passed;
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead;
  }

  at(type: TokenType): boolean {
    return this.token.type === type;
  }

  accept(type: TokenType): boolean {
    if (this.token.type !== type) return false;
    this.advance();
    return true;
  }

  expect(type: TokenType): Token {
    if (this.token.type === type) return this.advance();
    return refuse(this.token, 'token-missing', [`'${type}'`, this.near], this.#hint(type));
  }

  expectName(): string {
    const { token } = this;
    if (token.type === 'name') {
      this.advance();
      return token.text;
    }
    const hint = isKeyword(token.type) ? `'${token.type}' is a word of the language` : undefined;
    return refuse(token, 'token-missing', [`'<name>'`, this.near], hint);
  }

  /** The word that ends what `opener` began. */
  expectEnd(type: TokenType, opener: Place & { type: TokenType; line: number }): void {
    if (this.accept(type)) return;
    if (opener.line === this.token.line) {
      refuse(this.token, 'token-missing', [`'${type}'`, this.near], this.#hint(type));
    }
    const line = String(opener.line);
    const hint = this.#hint(type);
    refuse(this.token, 'block-open', [type, opener.type, line, this.near], hint);
  }

  /** The token that is read, as messages repeat it. */
  get near(): string {
    return shownToken(this.#lexer.text, this.token);
  }

  /** What the author may have meant. */
  #hint(expected: TokenType): string | undefined {
    const { token } = this;
    if (token.type === '=') {
      return expected === 'then' || expected === 'do' ? `'==' compares, '=' assigns` : undefined;
    }
    if (expected === 'end' && token.type === 'else') return `there is an 'else' already`;
    if (expected === 'end') {
      return `'return' and 'break' stand last in their block, each block has an 'end'`;
    }
    if (expected === '=' && token.type !== 'end of file') return compoundHint(token);
    return undefined;
  }

  unexpected(): never {
    const { token } = this;
    const doubled = `'&' and '|' are sums of bits; conditions are joined by 'and' and 'or'`;
    const hint =
      token.type === '&' || token.type === '|'
        ? doubled
        : token.type === '/'
          ? `comments begin with '--'`
          : compoundHint(token);
    return refuse(token, 'symbol-unexpected', [this.near], hint);
  }

  /**
   * A statement that is neither a call nor an assignment.
   *
   * @param target something could be assigned to what was read
   * @param word the first of the statement, when it is a name
   */
  wrongStatement(target: boolean, word?: string): never {
    const { token } = this;
    const foreign = word !== undefined && FOREIGN.has(word) ? FOREIGN.get(word) : undefined;
    const hint = foreign ?? compoundHint(token) ?? 'only calls and assignments are statements';
    if (target) refuse(token, 'token-missing', [`'='`, this.near], hint);
    return refuse(token, 'syntax-wrong', [this.near], hint);
  }

  enter(): void {
    if (++this.#levels > MAX_LEVELS) refuse(this.token, 'nested-deep', []);
  }

  leave(): void {
    this.#levels--;
  }

  variable(name: string): Variable {
    return { name, captured: false, register: -1 };
  }

  declare(variable: Variable): void {
    if (this.scopes.declare(variable)) return;
    const where = this.#where();
    refuse(this.token, 'limit-passed', ['local variables', String(MAX_LOCALS), where]);
  }

  resolve(name: string, line: number): Name {
    const found = this.scopes.resolve(name, line);
    if (found !== undefined) return found;
    const most = String(MAX_UPVALUES);
    return refuse(this.token, 'limit-passed', ['upvalues', most, this.#where()]);
  }

  #where(): string {
    const { line, outer } = this.scopes.current;
    return outer === undefined ? 'main function' : `function at line ${line}`;
  }
}

/** Statements of other languages, and of later versions. */
const FOREIGN = new Map([
  ['goto', `this Lua has no 'goto'`],
  ['continue', `this Lua has no 'continue'`],
  ['elif', `it is written 'elseif'`],
  ['elsif', `it is written 'elseif'`],
  ['var', `variables are declared by 'local'`],
  ['let', `variables are declared by 'local'`],
  ['const', `variables are declared by 'local'`],
]);

function compoundHint(token: Token): string | undefined {
  if (!'+-*/%^&|\\'.includes(token.type) && token.type !== '..') return undefined;
  return `there is no '${token.type}=' or '${token.type}${token.type}': write x = x ${token.type} 1`;
}
