import type { Place } from '../mistakes.ts';
import type { ScriptCode, WORDS } from './codes.ts';
import type { Mistakes } from './mistakes.ts';
import type { SignToken, Token } from './tokens.ts';
import { seenOf } from './tree.ts';

type Sign = SignToken['sign'];

/** No script needs more; thousands of levels would end the process. */
const MAX_LEVELS = 64;

/** The tokens of a script, the one at hand, and what is said about it. */
export class TokenCursor {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #mistakes: Mistakes;
  #next = 0;
  /** Round and square brackets that are open at the token at hand, in the command at hand. */
  #brackets = 0;
  #openTold = false;

  constructor(text: string, tokens: readonly Token[], mistakes: Mistakes) {
    this.#text = text;
    this.#tokens = tokens;
    this.#mistakes = mistakes;
  }

  get token(): Token {
    return this.#tokens[this.#next];
  }

  get following(): Token {
    return this.#tokens[Math.min(this.#next + 1, this.#tokens.length - 1)];
  }

  /** Behind the last token that was passed. */
  get end(): number {
    return this.#next === 0 ? 0 : this.#tokens[this.#next - 1].end;
  }

  /** Whether the token at hand is the first of its line. */
  get #startsLine(): boolean {
    return this.#text.slice(this.end, this.token.start).includes('\n');
  }

  pass(): void {
    const { token } = this;
    if (token.type === 'end') return;
    if (isSign(token, '(') || isSign(token, '[')) this.#brackets++;
    if (isSign(token, ')') || isSign(token, ']')) this.#brackets--;
    this.#next++;
  }

  /** Passes this sign when it is at hand. */
  take(sign: Sign): SignToken | undefined {
    const { token } = this;
    if (!isSign(token, sign)) return undefined;
    this.pass();
    return token;
  }

  /** Whether this word is at hand; keywords have no case. */
  isWord(...words: readonly string[]): boolean {
    const { token } = this;
    return token.type === 'identifier' && words.includes(token.text.toLowerCase());
  }

  /** A new command begins: what was open before belongs to another one. */
  startCommand(): void {
    this.#brackets = 0;
  }

  /**
   * Passes tokens up to where the command at hand probably ends: behind its `;`, before a `{` or
   * `}`, or before a line that begins a command.
   *
   * @param start where the command at hand begins
   * @returns whether a block begins there
   */
  skip(start: number): boolean {
    for (;;) {
      const { token } = this;
      if (token.type === 'end' || isSign(token, '}')) return false;
      if (isSign(token, '{')) return true;
      if (this.take(';') !== undefined) return false;
      const behind = token.start > start && this.#brackets <= 0;
      if (behind && this.#startsLine && this.#startsCommand()) return false;
      this.pass();
    }
  }

  /** Whether a `;` was forgotten before the token at hand: a line begins with a new command. */
  startsNextCommand(): boolean {
    return this.token.type === 'end' || isSign(this.token, '}') || this.#startsCommand();
  }

  #startsCommand(): boolean {
    const { token } = this;
    if (token.type === 'identifier' || isSign(token, '(')) return this.#startsLine;
    return token.type === 'variable' && isSign(this.following, '=');
  }

  /** Passes what belongs to the bracket at hand, without looking inside. */
  skipBalanced(): void {
    let open = 0;
    do {
      const { token } = this;
      if (token.type === 'sign' && '{(['.includes(token.sign)) open++;
      if (token.type === 'sign' && '})]'.includes(token.sign)) open--;
      this.pass();
    } while (open > 0 && this.token.type !== 'end');
  }

  tooDeep(place: Place, level: number): boolean {
    if (level < MAX_LEVELS) return false;
    this.tell(place, 'nested-deep', [String(MAX_LEVELS)]);
    return true;
  }

  /** Says that something else was expected here. */
  misplaced(expected: string, hint?: string): undefined {
    const { token } = this;
    this.tell(token, 'token-unexpected', [expected, seenToken(token)], hint);
  }

  /** Says so of the innermost bracket alone; those around it are open for the same reason. */
  neverClosed(open: SignToken): undefined {
    if (!this.#openTold) this.tell(open, 'bracket-open', [open.sign]);
    this.#openTold = true;
  }

  tell<Code extends ScriptCode>(
    place: Place,
    code: Code,
    details: Parameters<(typeof WORDS)[Code]>,
    hint?: string,
  ): undefined {
    // What ends with an open string or comment is no mistake of its own.
    const { token } = this;
    if (token.type === 'end' && token.cut) return;
    this.#mistakes.add(place, code, details, hint);
  }
}

export function isSign(token: Token, sign: Sign): token is SignToken {
  return token.type === 'sign' && token.sign === sign;
}

const SEEN_LENGTH = 40;

/** A token as messages name it. */
function seenToken(token: Token): string {
  switch (token.type) {
    case 'end':
      return 'the end of the file';
    case 'sign':
      return token.sign;
    case 'identifier':
      return `'${token.text.slice(0, SEEN_LENGTH)}'`;
    default:
      return seenOf(token);
  }
}
