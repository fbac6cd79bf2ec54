import { didYouMean } from '../model/suggest.ts';
import { refuseQuery, type QueryCode, type TextRange } from './mistakes.ts';
import { tokensOf, type Token } from './tokens.ts';

/** `a, b or c` */
const orList = (words: readonly string[]): string => {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
};

/** The tokens of a query one after another, and the words for what does not belong there. */
export class TokenCursor {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  /** @throws UserError when the text cannot be cut into tokens */
  constructor(text: string) {
    this.text = text;
    this.#tokens = tokensOf(text);
  }

  get next(): Token {
    return this.#tokens[this.#at];
  }

  /** The token before the next one. */
  get last(): Token {
    return this.#tokens[this.#at - 1];
  }

  get afterNext(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  advance(): void {
    this.#at++;
  }

  /** The next token, which must be a word; `what` says what it should be. */
  word(what: string): Token {
    const token = this.#tokens[this.#at];
    if (token.kind !== 'word') this.refuseWord([what], []);
    this.#at++;
    return token;
  }

  isWord(word: string): boolean {
    const { kind, text } = this.#tokens[this.#at];
    return kind === 'word' && text.toLowerCase() === word;
  }

  take(sign: ',' | ')'): boolean {
    const taken = this.#tokens[this.#at].kind === sign;
    if (taken) this.#at++;
    return taken;
  }

  keyword<const W extends string>(...words: readonly W[]): W {
    return this.keywordOf(words, []);
  }

  /** The next token, which must be one of `words`; `others` may stand here as well. */
  keywordOf<const W extends string>(words: readonly W[], others: readonly string[]): W {
    const found = words.find((word) => this.isWord(word));
    if (found === undefined) {
      const expected = words.map((word) => `'${word}'`);
      return this.refuseWord([...expected, ...others], words);
    }
    this.#at++;
    return found;
  }

  end(): void {
    if (this.#tokens[this.#at].kind !== 'end') this.refuseWord(['the end of the query'], []);
  }

  /** Refuses the next token: `expected` as messages say it, `words` as they could have been meant. */
  refuseWord(expected: readonly string[], words: readonly string[]): never {
    const token = this.#tokens[this.#at];
    const what = orList(expected);
    if (token.kind === 'end') {
      this.refuse(token, 'query-cut', `the query ends here, expected ${what}`);
    }
    const found = this.text.slice(token.start, token.end);
    const hint = token.kind === 'word' ? didYouMean(token.text, words) : undefined;
    return this.refuse(token, 'query-word', `expected ${what}, found '${found}'`, hint);
  }

  refuse(range: TextRange, code: QueryCode, message: string, hint?: string): never {
    return refuseQuery(this.text, range, code, message, hint);
  }
}
