import { Lexer } from '../lua/lexer.ts';
import type { Token } from '../lua/tokens.ts';
import { EntryTree, newEntry, type Entry, type EntryPath, type LinePlace } from './entries.ts';
import {
  commentsAbove,
  commentsBehind,
  headComments,
  NO_COMMENTS,
  type EntryComments,
} from './lua-comments.ts';

const OPENERS = new Set<string>(['(', '[', '{', 'function', 'if', 'do', 'repeat']);
const CLOSERS = new Set<string>([')', ']', '}', 'end', 'until']);

/**
 * Where the settings of a data file stand and what comments are around them, as far as the text
 * tells without running it: assignments and table constructors. What a script computes has the
 * place of what holds it.
 */
export class Outline {
  /** Comments at the top of the file that belong to no entry. */
  head: readonly string[];
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #tree: EntryTree;
  #at = 0;

  /** @param text of a file that is known to be Lua */
  constructor(text: string) {
    this.#text = text;
    const lexer = new Lexer(text, false);
    for (let token = lexer.next(); ; token = lexer.next()) {
      this.#tokens.push(token);
      if (token.type === 'end of file') break;
    }
    const [{ start, end, line }] = this.#tokens;
    this.head = headComments(text.slice(0, start), []);
    this.#tree = new EntryTree({ start, end, line });
    while (this.#peek().type !== 'end of file') this.#statement();
    this.#tree.gather();
  }

  /** The place of an entry, or of the innermost thing around it that the text shows. */
  placeOf(path: EntryPath): LinePlace {
    return this.#tree.find(path).entry.place;
  }

  commentsOf(path: EntryPath): EntryComments {
    const { entry, whole } = this.#tree.find(path);
    return whole && path.length > 0 ? entry.comments : NO_COMMENTS;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
  }

  /** Passes an assignment, a table of its own, or one token of anything else. */
  #statement(): void {
    const start = this.#at;
    if (this.#peek().type === '{') {
      this.#members(this.#tree.root);
      return;
    }
    const path = this.#target();
    if (path === undefined || this.#peek().type !== '=') {
      this.#at = start + 1;
      return;
    }
    this.#at++;
    const place = this.#placeAt(start, this.#at - 1);
    const entry = this.#tree.make(this.#tree.settle(path), place);
    this.#assign(entry, start, false);
    if (path.length === 1 && entry.from !== undefined) this.#tree.rename(path[0], entry.from);
  }

  /** `a.b["c"][1]`; undefined where none begins. */
  #target(): EntryPath | undefined {
    const first = this.#peek();
    const before = this.#at === 0 ? undefined : this.#tokens[this.#at - 1].type;
    if (first.type !== 'name' || before === '.' || before === ':') return undefined;
    const path: (string | number)[] = [first.text];
    this.#at++;
    for (;;) {
      const [sign, key, close] = [this.#peek(), this.#peek(1), this.#peek(2)];
      if (sign.type === '.' && key.type === 'name') {
        path.push(key.text);
        this.#at += 2;
      } else if (sign.type === '[' && close.type === ']' && isKey(key)) {
        path.push(keyOf(key));
        this.#at += 3;
      } else return path;
    }
  }

  /** Reads the value of an entry whose first token is that at `start`. */
  #assign(entry: Entry, start: number, member: boolean): void {
    const first = this.#at;
    const opened = this.#peek().type === '{';
    const inner = opened ? commentsBehind(this.#gapBehind(first)) : [];
    if (opened) this.#members(entry);
    else if (!this.#alias(entry, member)) this.#skipValue(member);
    if (entry === this.#tree.root) return;
    const last = member || opened ? this.#at - 1 : this.#lastOfLine(first);
    const separator = this.#isSeparator() ? [this.#at] : [];
    const behind = [last, ...separator].flatMap((at) => commentsBehind(this.#gapBehind(at)));
    const head = start > 0 && this.#tokens[start - 1].type === 'local' ? start - 1 : start;
    const from = head === 0 ? 0 : this.#tokens[head - 1].end;
    const gap = this.#text.slice(from, this.#tokens[head].start);
    const above = commentsAbove(gap, head === 0);
    if (head === 0) this.head = headComments(gap, above);
    entry.comments = { above, behind: [...inner, ...behind] };
  }

  #members(entry: Entry): void {
    this.#at++;
    let index = 0;
    while (this.#peek().type !== '}' && this.#peek().type !== 'end of file') {
      const start = this.#at;
      const key = this.#memberKey() ?? ++index;
      const member = newEntry(this.#placeAt(start, start));
      entry.members.set(key, member);
      this.#assign(member, start, true);
      if (this.#isSeparator()) this.#at++;
    }
    this.#at++;
  }

  #isSeparator(): boolean {
    return this.#peek().type === ',' || this.#peek().type === ';';
  }

  #memberKey(): string | number | undefined {
    const [first, second] = [this.#peek(), this.#peek(1)];
    if (first.type === 'name' && second.type === '=') {
      this.#at += 2;
      return first.text;
    }
    if (first.type !== '[') return undefined;
    const start = this.#at++;
    this.#skipValue(true);
    this.#at += 2;
    // What the text does not tell keeps a place of its own, which nothing asks for.
    return this.#at === start + 4 && isKey(second) ? keyOf(second) : '';
  }

  /** Passes a value that is but the name of another table. */
  #alias(entry: Entry, member: boolean): boolean {
    const start = this.#at;
    const path = this.#target();
    const behind = this.#peek();
    const nextLine = !member && behind.line > this.#tokens[Math.max(this.#at - 1, 0)].line;
    const ends = this.#isSeparator() || behind.type === '}' || behind.type === 'end of file';
    if (path !== undefined && (ends || (nextLine && behind.type !== '('))) {
      entry.from = this.#tree.settle(path);
      return true;
    }
    this.#at = start;
    return false;
  }

  /** Passes a value inside a table, or the first token of one that is not. */
  #skipValue(member: boolean): void {
    let depth = 0;
    for (;;) {
      const { type } = this.#peek();
      if (OPENERS.has(type)) depth++;
      else if (CLOSERS.has(type)) depth--;
      this.#at++;
      if (!member || (depth <= 0 && this.#endsValue())) return;
    }
  }

  #endsValue(): boolean {
    return (
      this.#isSeparator() || CLOSERS.has(this.#peek().type) || this.#peek().type === 'end of file'
    );
  }

  /** The last token of the line on which a value begins that is passed but in part. */
  #lastOfLine(at: number): number {
    let last = at;
    while (this.#tokens[last + 1].line === this.#tokens[at].line) {
      if (this.#tokens[last + 1].type === 'end of file') break;
      last++;
    }
    return last;
  }

  #gapBehind(at: number): string {
    const next = this.#tokens[at + 1];
    const gap = this.#text.slice(this.#tokens[at].end, next.start);
    return next.type === 'end of file' ? `${gap}\n` : gap;
  }

  #placeAt(from: number, to: number): LinePlace {
    const { start, line } = this.#tokens[from];
    return { start, end: this.#tokens[Math.max(from, to - 1)].end, line };
  }
}

type KeyToken = Extract<Token, { type: 'name' | 'string' } | { type: 'number' }>;

function isKey(token: Token): token is KeyToken {
  return token.type === 'string' || token.type === 'number';
}

const keyOf = (token: KeyToken): string | number =>
  token.type === 'number' ? token.value : token.text;
