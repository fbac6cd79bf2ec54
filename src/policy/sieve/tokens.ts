import { placeOf } from '../../model/diagnostic.ts';
import type { Place } from '../mistakes.ts';
import type { Mistakes } from './mistakes.ts';
import { partsOf, unquote, unstuff } from './strings.ts';
import type { NumberValue, Tag, Text, Variable } from './tree.ts';
import { commentEnd, matchEnd } from '../scanning.ts';

/** A piece of a script with its place; comments and white space are left out. */
export type Token = Text | NumberValue | Tag | Variable | IdentifierToken | SignToken | EndToken;

export interface IdentifierToken extends Place {
  readonly type: 'identifier';
  readonly text: string;
}
export interface SignToken extends Place {
  readonly type: 'sign';
  readonly sign: '{' | '}' | '(' | ')' | '[' | ']' | ',' | ';' | '=';
}
/** The end of the file. */
interface EndToken extends Place {
  readonly type: 'end';
  /** A string or comment is open here, so that nothing is known of what the end leaves open. */
  readonly cut: boolean;
}

const BLANK = /\s+/y;
const SIGN = /[{}()[\],;=]/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const TAG = /:[A-Za-z_][A-Za-z0-9_]*/y;
const VARIABLE = /\$[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[KMG](?![A-Za-z0-9_.]))?/iy;
/** What touches a number and makes it none: `10x`, `1.2.3`. */
const NUMBER_TAIL = /[A-Za-z0-9_.]+/y;
const TEXT_HEAD = /text:[ \t]*(?:#[^\n]*)?\r?\n/iy;
/** The line that ends a multi-line text. */
const TEXT_END = /(?<=\n)\.\r?(?:\n|$)/g;
/** What begins no token, up to where one or a comment begins; a sign that is missing its name. */
const STRANGE = /[$:]|[^\s"#](?:(?!\/\*|-\d)[^\s{}()[\],;=A-Za-z0-9_"#$:])*/y;

const FACTORS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Cuts a script into tokens, the last one its end. Never throws: what is no token is told and left
 * out. Takes time in proportion to the length.
 */
export function readTokens(text: string, mistakes: Mistakes): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const passed = matchEnd(BLANK, text, at) ?? commentEnd(text, at);
    if (passed === undefined) {
      const end = readToken(text, at, tokens, mistakes);
      if (end === undefined) break;
      at = end;
    } else at = passed;
  }
  const cut = at < text.length;
  if (cut) addOpen(text, at, tokens, mistakes);
  return [...tokens, { type: 'end', cut, start: text.length, end: text.length }];
}

/** Reads the token at `start`; where it ends, undefined when it never does. */
function readToken(
  text: string,
  start: number,
  tokens: Token[],
  mistakes: Mistakes,
): number | undefined {
  const end =
    readString(text, start, tokens, mistakes) ??
    readWord(text, start, tokens) ??
    readNumber(text, start, tokens, mistakes);
  if (end !== undefined) return end;
  if (text[start] === '"' || text.startsWith('/*', start)) return undefined;
  if (matchEnd(TEXT_HEAD, text, start) !== undefined) return undefined;
  const strange = matchEnd(STRANGE, text, start) ?? start + 1;
  tellStrange(text, { start, end: strange }, mistakes);
  return strange;
}

function readString(
  text: string,
  start: number,
  tokens: Token[],
  mistakes: Mistakes,
): number | undefined {
  const head = matchEnd(TEXT_HEAD, text, start);
  let end: number | undefined;
  if (head !== undefined) {
    TEXT_END.lastIndex = head;
    const close = TEXT_END.exec(text);
    if (close === null) return undefined;
    end = close.index + close[0].length;
    const parts = partsOf(unstuff(text, head, close.index));
    tokens.push({ type: 'string', parts, start, end });
  } else {
    end = quoteEnd(text, start);
    if (end === undefined) return undefined;
    tokens.push({ type: 'string', parts: partsOf(unquote(text, start + 1, end - 1)), start, end });
  }
  const wrong = text.slice(start, end).indexOf('\uFFFD');
  if (wrong !== -1) tellStrange(text, { start: start + wrong, end: start + wrong + 1 }, mistakes);
  return end;
}

/** Behind the quoted string that begins at `start`; undefined when none does, or it never ends. */
function quoteEnd(text: string, start: number): number | undefined {
  if (text[start] !== '"') return undefined;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at++;
  }
  return undefined;
}

function readWord(text: string, start: number, tokens: Token[]): number | undefined {
  const sign = matchEnd(SIGN, text, start);
  if (sign !== undefined) {
    tokens.push({ type: 'sign', sign: text[start] as SignToken['sign'], start, end: sign });
    return sign;
  }
  // An open multi-line text is no identifier `text`.
  if (matchEnd(TEXT_HEAD, text, start) !== undefined) return undefined;
  const identifier = matchEnd(IDENTIFIER, text, start);
  if (identifier !== undefined) {
    tokens.push({
      type: 'identifier',
      text: text.slice(start, identifier),
      start,
      end: identifier,
    });
    return identifier;
  }
  const end = matchEnd(TAG, text, start) ?? matchEnd(VARIABLE, text, start);
  if (end === undefined) return undefined;
  const type = text[start] === ':' ? 'tag' : 'variable';
  tokens.push({ type, name: text.slice(start + 1, end), start, end });
  return end;
}

/** Numbers are decimal, and K, M and G powers of 1024 (momentum manual, RFC 5228). */
function readNumber(
  text: string,
  start: number,
  tokens: Token[],
  mistakes: Mistakes,
): number | undefined {
  const end = matchEnd(NUMBER, text, start);
  if (end === undefined) return undefined;
  const written = text.slice(start, end);
  const factor = FACTORS[written.slice(-1).toLowerCase()];
  const value = factor === undefined ? Number(written) : Number(written.slice(0, -1)) * factor;
  const tail = matchEnd(NUMBER_TAIL, text, end);
  if (tail !== undefined) {
    const hint = 'digits with K, M or G behind them at most; put anything else in quotes';
    mistakes.add(
      { start, end: tail },
      'number-wrong',
      [text.slice(start, Math.min(tail, start + 40))],
      hint,
    );
  }
  tokens.push({ type: 'number', value, start, end: tail ?? end });
  return tail ?? end;
}

const TYPOGRAPHIC = /^[\u2018-\u201F]/;

function tellStrange(text: string, { start, end }: Place, mistakes: Mistakes): void {
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  const place = { start, end };
  if (character === '\uFFFD') {
    mistakes.add(place, 'encoding-wrong', [], 'save the script as UTF-8');
  } else if (character === '$' || character === ':') {
    const hint = character === '$' ? 'variables are $name' : 'tags are :name';
    mistakes.add(place, 'name-missing', [character], hint);
  } else {
    const quote = character === "'" || TYPOGRAPHIC.test(character);
    const hint = quote ? 'strings stand between "' : undefined;
    mistakes.add(place, 'character-unexpected', [shownCharacter(character)], hint);
  }
}

function shownCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const printable = code > 0x20 && (code < 0x7f || code > 0xa0);
  return printable ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Says what begins at `start` and never ends, and stops all trust behind a forgotten quote. */
function addOpen(text: string, start: number, tokens: readonly Token[], mistakes: Mistakes): void {
  if (text.startsWith('/*', start)) {
    mistakes.add({ start, end: start + 2 }, 'comment-open', [], 'close it with */');
  } else if (text[start] === '"') {
    const long = tokens.find(
      (one) => text[one.start] === '"' && text.slice(one.start, one.end).includes('\n'),
    );
    const at = long && placeOf(text, long.start);
    const hint =
      at &&
      `the string at line ${at.line}, column ${at.column} has several lines: is its quote missing?`;
    mistakes.add({ start, end: start + 1 }, 'string-open', [], hint);
    if (long !== undefined) mistakes.trustUntil(long.start);
  } else {
    const hint = 'end it with a line that holds a dot and nothing else';
    mistakes.add({ start, end: start + 5 }, 'text-open', [], hint);
  }
}
