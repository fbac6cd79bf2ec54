import type { Place } from '../mistakes.ts';
import { shownPlace, type ConfigurationFile, type Mistakes } from './mistakes.ts';
import { commentEnd, matchEnd } from '../scanning.ts';

/** A piece of a configuration with its place; comments and white space are left out. */
export type Token = TextToken | SignToken | EndToken;

export interface TextToken extends Place {
  readonly type: 'text';
  /** Without the quotes. */
  readonly text: string;
  readonly quoted: boolean;
}
export interface SignToken extends Place {
  readonly type: 'sign';
  readonly sign: '{' | '}' | '(' | ')' | '[' | ']' | '=';
}
/** The end of the file. */
interface EndToken extends Place {
  readonly type: 'end';
  /** A string or comment is open here, so that nothing is known of what the end leaves open. */
  readonly cut: boolean;
}

const BLANK = /\s+/y;
const SIGN = /[{}()[\]=]/y;
/** All but white space and what must stand in quotes. */
const WORD = /[^\s#/"'={}[\]()]+/y;
const TYPOGRAPHIC = /[\u2018-\u201F]/;

/** Cuts a file into tokens, the last one its end. */
export function readTokens(file: ConfigurationFile, mistakes: Mistakes): readonly Token[] {
  const { text } = file;
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const passed = matchEnd(BLANK, text, at) ?? commentEnd(text, at);
    const end = passed ?? matchEnd(SIGN, text, at) ?? stringEnd(text, at) ?? wordEnd(text, at);
    if (end === undefined) break;
    if (passed === undefined) tokens.push(tokenAt(text, { start: at, end }));
    at = end;
  }
  const cut = at < text.length;
  checkWords(file, tokens, cut ? addOpen(file, at, tokens, mistakes) : Infinity, mistakes);
  return [...tokens, { type: 'end', cut, start: text.length, end: text.length }];
}

/** As `commentEnd`. A backslash keeps the character behind it from ending the string. */
function stringEnd(text: string, start: number): number | undefined {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return undefined;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return at + 1;
    if (text[at] === '\\') at++;
  }
  return undefined;
}

/** As `commentEnd`. Slashes are taken along: a path without quotes is one mistake. */
function wordEnd(text: string, start: number): number | undefined {
  let end = matchEnd(WORD, text, start) ?? start;
  while (text[end] === '/' && text[end + 1] !== '*') {
    end = matchEnd(WORD, text, end + 1) ?? end + 1;
  }
  return end === start ? undefined : end;
}

function tokenAt(text: string, place: Place): TextToken | SignToken {
  const { start, end } = place;
  const first = text[start];
  if ('{}()[]='.includes(first)) {
    return { type: 'sign', sign: first as SignToken['sign'], ...place };
  }
  const quoted = first === '"' || first === "'";
  const shown = quoted ? unescaped(text.slice(start + 1, end - 1)) : text.slice(start, end);
  return { type: 'text', text: shown, quoted, ...place };
}

/** Other escapes stay as they are: a regular expression in a string keeps its `\d`. */
function unescaped(text: string): string {
  return text.replace(/\\(["'\\])/g, '$1');
}

/**
 * Says what begins at `start` and never ends.
 *
 * @returns from where on the words cannot be trusted: behind a forgotten quote, strings and the
 *   text between them change places
 */
function addOpen(
  file: ConfigurationFile,
  start: number,
  tokens: readonly Token[],
  mistakes: Mistakes,
): number {
  if (file.text.startsWith('/*', start)) {
    mistakes.add({ start, end: start + 2 }, 'comment-open', [], 'close it with */', file.name);
    return start;
  }
  const long = tokens.find((one) => file.text.slice(one.start, one.end).includes('\n'));
  const hint =
    long &&
    `the string at ${shownPlace(file, long)} runs over several lines: is its quote missing?`;
  mistakes.add({ start, end: start + 1 }, 'string-open', [], hint, file.name);
  return long?.start ?? start;
}

/** Words that must stand in quotes, up to a place in the file. */
function checkWords(
  { name }: ConfigurationFile,
  tokens: readonly Token[],
  until: number,
  mistakes: Mistakes,
): void {
  for (const token of tokens) {
    if (token.type !== 'text' || token.quoted || token.start >= until) continue;
    if (token.text.includes('/')) {
      mistakes.add(token, 'quote-missing', ['/'], `write "${token.text}"`, name);
    }
    const wrong = TYPOGRAPHIC.exec(token.text);
    if (wrong === null) continue;
    const start = token.start + wrong.index;
    mistakes.add({ start, end: start + 1 }, 'quote-wrong', [wrong[0]], 'write " instead', name);
  }
}
