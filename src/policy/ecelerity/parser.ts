import type { Place } from '../mistakes.ts';
import type { ConfigurationCode, WORDS } from './codes.ts';
import { shownPlace, type ConfigurationFile, type Mistakes } from './mistakes.ts';
import { readTokens, type SignToken, type TextToken, type Token } from './tokens.ts';
import { isNamed, seenOf, type Statement, type TextValue, type Value } from './tree.ts';

/** No configuration needs more; thousands of levels would end the process. */
const MAX_LEVELS = 64;

/**
 * Reads the statements of one file. Never throws on what a user wrote: behind a mistake in the
 * structure nothing more is read, because nobody can tell what belongs to what there.
 */
export function parseConfiguration(
  file: ConfigurationFile,
  mistakes: Mistakes,
): readonly Statement[] {
  return new Parser(file, readTokens(file, mistakes), mistakes).statements(undefined, 0);
}

/**
 * Each method reads one thing from the token at hand on. Undefined: it is broken, the mistake is
 * told, and the token at hand is the end of the file, so that all callers finish.
 */
class Parser {
  readonly #file: ConfigurationFile;
  readonly #tokens: readonly Token[];
  readonly #mistakes: Mistakes;
  #next = 0;
  #broken = false;

  constructor(file: ConfigurationFile, tokens: readonly Token[], mistakes: Mistakes) {
    this.#file = file;
    this.#tokens = tokens;
    this.#mistakes = mistakes;
  }

  get #token(): Token {
    return this.#tokens[this.#next];
  }

  /** @param open the brace of the stanza whose body this is; undefined: the file itself */
  statements(open: SignToken | undefined, level: number): Statement[] {
    const statements: Statement[] = [];
    while (this.#token.type !== 'end') {
      if (open !== undefined && this.#take('}') !== undefined) return statements;
      const statement = this.#statement(level);
      if (statement !== undefined) statements.push(statement);
    }
    if (open !== undefined) this.#neverClosed(open);
    return statements;
  }

  #statement(level: number): Statement | undefined {
    const token = this.#token;
    if (token.type === 'sign' && CLOSING.has(token.sign)) {
      return this.#break(token, 'bracket-stray', [token.sign]);
    }
    const keyword = this.#text('an option or a stanza');
    if (keyword === undefined) return undefined;
    const equals = this.#take('=');
    if (isNamed(keyword, 'include') || isNamed(keyword, 'readonly_include')) {
      const path = this.#text('a file or folder to include');
      return path && { type: 'include', path, start: keyword.start, end: path.end };
    }
    if (isSign(this.#token, '{')) return this.#stanza(keyword, undefined, level);
    if (equals === undefined) {
      const name = this.#text(`= or { behind ${seenOf(keyword)}`);
      if (name === undefined) return undefined;
      this.#take('=');
      return this.#stanza(keyword, name, level);
    }
    const value = this.#value(level, `a value for ${seenOf(keyword)}`);
    if (value === undefined) return undefined;
    if (value.type === 'text' && isSign(this.#token, '{')) {
      return this.#stanza(keyword, value, level);
    }
    return { type: 'option', name: keyword, value, start: keyword.start, end: value.end };
  }

  #stanza(keyword: TextValue, name: TextValue | undefined, level: number): Statement | undefined {
    const open = this.#take('{');
    if (open === undefined) return this.#misplaced(`{ behind ${seenOf(name ?? keyword)}`);
    if (this.#tooDeep(open, level)) return undefined;
    const body = this.statements(open, level + 1);
    const { end } = this.#tokens[this.#next - 1];
    return { type: 'stanza', keyword, name, body, start: keyword.start, end };
  }

  #value(level: number, expected: string): Value | undefined {
    const list = this.#take('(');
    if (list !== undefined) return this.#tooDeep(list, level) ? undefined : this.#list(list, level);
    const open = this.#take('[');
    if (open === undefined) return this.#text(expected);
    return this.#tooDeep(open, level) ? undefined : this.#dictionary(open, level);
  }

  #list(open: SignToken, level: number): Value | undefined {
    const items: Value[] = [];
    for (;;) {
      const close = this.#take(')');
      if (close !== undefined) return { type: 'list', items, start: open.start, end: close.end };
      if (this.#token.type === 'end') return this.#neverClosed(open);
      const edge = this.#token;
      const item = this.#value(level + 1, `an item or ) of the list at ${this.#shown(open)}`);
      if (item === undefined) return undefined;
      if (item.type === 'text' && edge.type === 'text' && !edge.quoted) {
        items.push(...withoutCommas(item));
      } else items.push(item);
    }
  }

  #dictionary(open: SignToken, level: number): Value | undefined {
    const entries: { key: TextValue; value: Value }[] = [];
    for (;;) {
      const close = this.#take(']');
      if (close !== undefined) {
        return { type: 'dictionary', entries, start: open.start, end: close.end };
      }
      if (this.#token.type === 'end') return this.#neverClosed(open);
      const key = this.#text(`a key or ] of the dictionary at ${this.#shown(open)}`);
      if (key === undefined) return undefined;
      if (this.#take('=') === undefined) return this.#misplaced(`= behind ${seenOf(key)}`);
      const value = this.#value(level + 1, `a value for ${seenOf(key)}`);
      if (value === undefined) return undefined;
      entries.push({ key, value });
    }
  }

  #text(expected: string): TextValue | undefined {
    const token = this.#token;
    if (token.type !== 'text') return this.#misplaced(expected);
    this.#next++;
    const { text, start, end } = token;
    return { type: 'text', text, start, end };
  }

  #take(sign: SignToken['sign']): SignToken | undefined {
    const token = this.#token;
    if (!isSign(token, sign)) return undefined;
    this.#next++;
    return token;
  }

  #shown(place: Place): string {
    return shownPlace(this.#file, place);
  }

  #misplaced(expected: string): undefined {
    const token = this.#token;
    const seen = token.type === 'end' ? 'the end of the file' : seenToken(token);
    return this.#break(token, 'token-unexpected', [expected, seen]);
  }

  #neverClosed(open: SignToken): undefined {
    return this.#break(open, 'bracket-open', [open.sign]);
  }

  #tooDeep(open: SignToken, level: number): boolean {
    if (level < MAX_LEVELS) return false;
    this.#break(open, 'nested-deep', [String(MAX_LEVELS)]);
    return true;
  }

  #break<Code extends ConfigurationCode>(
    place: Place,
    code: Code,
    details: Parameters<(typeof WORDS)[Code]>,
  ): undefined {
    const token = this.#token;
    const told = this.#broken || (token.type === 'end' && token.cut);
    if (!told) this.#mistakes.add(place, code, details, undefined, this.#file.name);
    this.#broken = true;
    this.#next = this.#tokens.length - 1;
  }
}

const CLOSING: ReadonlySet<string> = new Set([')', ']', '}']);

function isSign(token: Token, sign: SignToken['sign']): token is SignToken {
  return token.type === 'sign' && token.sign === sign;
}

function seenToken(token: TextToken | SignToken): string {
  return token.type === 'sign' ? token.sign : seenOf(token);
}

/**
 * A word of a list without the commas at its edges, which separate; none when nothing is left. A
 * comma inside belongs to the word: `300,6` is one monitor.
 */
function withoutCommas({ text, start }: TextValue): TextValue[] {
  const bare = text.replace(/^,+|,+$/g, '');
  if (bare === '') return [];
  const from = start + text.indexOf(bare);
  return [{ type: 'text', text: bare, start: from, end: from + bare.length }];
}
