import type { Place } from '../mistakes.ts';

/** A piece of a script; the type of a word or sign is the word or sign itself. */
export type Token = Place & {
  /** 1-based. */
  readonly line: number;
} & (
    | { readonly type: 'name' | 'string'; readonly text: string }
    | { readonly type: 'number'; readonly value: number }
    | { readonly type: Exclude<TokenType, 'name' | 'string' | 'number'> }
  );

export type TokenType = 'name' | 'string' | 'number' | 'end of file' | Keyword | Sign;

const KEYWORDS = [
  'and',
  'break',
  'do',
  'else',
  'elseif',
  'end',
  'false',
  'for',
  'function',
  'if',
  'in',
  'local',
  'nil',
  'not',
  'or',
  'repeat',
  'return',
  'then',
  'true',
  'until',
  'while',
] as const;
export type Keyword = (typeof KEYWORDS)[number];

/** Longer ones before those that begin them. */
const SIGNS = [
  '...',
  '..',
  '==',
  '~=',
  '!=',
  '<=',
  '>=',
  '<<',
  '>>',
  '^^',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '#',
  '<',
  '>',
  '=',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ';',
  ':',
  ',',
  '.',
  '|',
  '&',
  '~',
  '\\',
] as const;
export type Sign = (typeof SIGNS)[number];

const keywords: ReadonlySet<string> = new Set(KEYWORDS);
const signs: ReadonlySet<string> = new Set(SIGNS);

export const isKeyword = (word: string): word is Keyword => keywords.has(word);

/** The longest sign that begins at an offset. */
export function signAt(text: string, at: number): Sign | undefined {
  for (let length = 3; length > 0; length--) {
    const sign = text.slice(at, at + length);
    if (sign.length === length && signs.has(sign)) return sign as Sign;
  }
  return undefined;
}
