import { matchEnd } from '../scanning.ts';
import { bytesOf } from './bytes.ts';
import { parseNumber } from './numbers.ts';
import { refuse } from './refusal.ts';
import { isKeyword, signAt, type Token } from './tokens.ts';
import { utf8Of } from './utf8.ts';

const BLANK = /[ \t\v\f]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
/** What Lua takes for a number before it looks whether it is one. */
const NUMERAL = /[0-9.]+(?:[eE][+-]?)?[A-Za-z0-9_]*/y;
const NUMERAL_HEAD = /\.?[0-9]/y;
const LONG_HEAD = /\[=*\[/y;
const LONG_BROKEN = /\[=+/y;
const PLAIN = /[^"'\\\r\n]+/y;
const HEX_PAIR = /[0-9a-fA-F]{2}/y;
const HEX_RUN = /[0-9a-fA-F]{0,8}/y;
const DECIMALS = /[0-9]{1,3}/y;
const LINE_END = /\r\n|\n\r|[\r\n]/g;
const REST_OF_LINE = /[^\r\n]*/y;

/** One of these behind a backslash is a control character. */
const CONTROLS: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Longest piece of the script that a message repeats, in characters. */
const SHOWN = 40;

/** Cuts a script into tokens, one at a time; takes time in proportion to the length. */
export class Lexer {
  readonly text: string;
  readonly #encode: (text: string) => string;
  #at = 0;
  #line = 1;

  /** @param bytes the text holds bytes already, one for each character */
  constructor(text: string, bytes: boolean) {
    this.text = text;
    this.#encode = bytes ? (same) => same : bytesOf;
    if (text.startsWith('\uFEFF')) this.#at = 1;
    if (bytes && text.startsWith('\u00EF\u00BB\u00BF')) this.#at = 3;
    if (text[this.#at] === '#') this.#pass(REST_OF_LINE);
  }

  /** @throws {Refusal} at what is no token */
  next(): Token {
    this.#skip();
    const start = this.#at;
    const line = this.#line;
    const { text } = this;
    if (start >= text.length) return { type: 'end of file', start, end: start, line };
    const first = text[start];
    if (this.#pass(NAME)) {
      const word = text.slice(start, this.#at);
      const place = { start, end: this.#at, line };
      return isKeyword(word) ? { type: word, ...place } : { type: 'name', text: word, ...place };
    }
    if (first === '"' || first === "'") {
      const value = this.#readString(first);
      return { type: 'string', text: value, start, end: this.#at, line };
    }
    if (matchEnd(NUMERAL_HEAD, text, start) !== undefined) return this.#readNumber();
    if (first === '[' && matchEnd(LONG_HEAD, text, start) !== undefined) {
      const value = this.#readLong(start);
      // Errors name the line where a long string ends, as Lua does.
      return { type: 'string', text: value, start, end: this.#at, line: this.#line };
    }
    return this.#readSign();
  }

  #readSign(): Token {
    const { text } = this;
    const start = this.#at;
    const line = this.#line;
    const broken = matchEnd(LONG_BROKEN, text, start);
    if (broken !== undefined && text[start + 1] === '=') {
      refuse({ start, end: broken, line }, 'delimiter-wrong', [text.slice(start, broken)]);
    }
    const sign = signAt(text, start);
    if (sign === undefined) {
      const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
      const place = { start, end: start + character.length, line };
      const hint = character === '!' ? `'not' negates, and '!=' or '~=' compares` : undefined;
      refuse(place, 'symbol-unexpected', [shownCharacter(character)], hint);
    }
    this.#at += sign.length;
    return { type: sign, start, end: this.#at, line };
  }

  #pass(pattern: RegExp): boolean {
    const end = matchEnd(pattern, this.text, this.#at);
    if (end === undefined) return false;
    this.#at = end;
    return true;
  }

  /** Passes white space, line ends and comments. */
  #skip(): void {
    for (;;) {
      if (this.#pass(BLANK) || this.#passLineEnd()) continue;
      if (!this.text.startsWith('--', this.#at)) return;
      const start = this.#at;
      this.#at += 2;
      if (matchEnd(LONG_HEAD, this.text, this.#at) === undefined) this.#pass(REST_OF_LINE);
      else this.#readLong(start);
    }
  }

  /** A line ends in \n, \r, \r\n or \n\r. */
  #passLineEnd(): boolean {
    const first = this.text[this.#at];
    if (first !== '\n' && first !== '\r') return false;
    const second = this.text[this.#at + 1];
    this.#at += (second === '\n' || second === '\r') && second !== first ? 2 : 1;
    this.#line++;
    return true;
  }

  /** Reads `[[…]]`; it begins at `start` where it is a string, two characters on in a comment. */
  #readLong(start: number): string {
    const { text } = this;
    const line = this.#line;
    const comment = this.#at !== start;
    const open = matchEnd(LONG_HEAD, text, this.#at) ?? this.#at;
    const close = `]${'='.repeat(open - this.#at - 2)}]`;
    const end = text.indexOf(close, open);
    if (end === -1) {
      const place = { start, end: open, line };
      const hint = `close it with ${close.slice(0, SHOWN)}`;
      refuse(place, comment ? 'comment-open' : 'long-string-open', [], hint);
    }
    const content = text.slice(open, end).replace(LINE_END, () => {
      this.#line++;
      return '\n';
    });
    this.#at = end + close.length;
    if (comment) return '';
    return this.#encode(content.startsWith('\n') ? content.slice(1) : content);
  }

  #readNumber(): Token {
    const start = this.#at;
    const line = this.#line;
    this.#pass(NUMERAL);
    const written = this.text.slice(start, this.#at);
    const value = parseNumber(written);
    if (value !== undefined) return { type: 'number', value, start, end: this.#at, line };
    const octal = /^0[0-9]+$/.test(written);
    const hint = octal ? 'digits behind a leading 0 are octal, from 0 to 7' : undefined;
    refuse({ start, end: this.#at, line }, 'number-wrong', [written.slice(0, SHOWN)], hint);
  }

  #readString(quote: string): string {
    const { text } = this;
    const start = this.#at;
    const line = this.#line;
    const parts: string[] = [];
    this.#at++;
    for (;;) {
      const from = this.#at;
      if (this.#pass(PLAIN)) parts.push(this.#encode(text.slice(from, this.#at)));
      const next = text[this.#at];
      if (next === quote) break;
      if (next === '\\') parts.push(this.#readEscape(start));
      else if (next === '"' || next === "'") {
        parts.push(next);
        this.#at++;
      } else {
        const near = next === undefined ? '<eof>' : text.slice(start, this.#at).slice(0, SHOWN);
        const hint = `close it with ${quote} on its line, or end the line with a backslash`;
        refuse({ start, end: this.#at, line }, 'string-open', [near], hint);
      }
    }
    this.#at++;
    return parts.join('');
  }

  /** @param string where the string begins */
  #readEscape(string: number): string {
    const { text } = this;
    const start = this.#at;
    this.#at++;
    if (this.#passLineEnd()) return '\n';
    const letter = text[this.#at];
    if (letter === undefined) return '';
    const from = this.#at + 1;
    const wrong = (what: string): never => {
      const near = text.slice(string, this.#at).slice(0, SHOWN);
      return refuse({ start, end: this.#at, line: this.#line }, 'escape-wrong', [what, near]);
    };
    if (letter === 'x') {
      this.#at = from;
      if (!this.#pass(HEX_PAIR)) wrong('expected hex digit');
      return String.fromCharCode(Number.parseInt(text.slice(from, this.#at), 16));
    }
    if (letter === 'u') {
      this.#at = from;
      this.#pass(HEX_RUN);
      const digits = text.slice(from, this.#at);
      if (digits.length !== 4 && digits.length !== 6 && digits.length !== 8) {
        wrong('expected either 4, 6 or 8 hex digits for unicode escape');
      }
      const point = Number.parseInt(digits, 16);
      if (point > 0x7fff_ffff) wrong('unicode escape sequence too large');
      return utf8Of(point);
    }
    if (this.#pass(DECIMALS)) {
      const byte = Number(text.slice(from - 1, this.#at));
      if (byte > 255) wrong('escape sequence too large');
      return String.fromCharCode(byte);
    }
    const character = String.fromCodePoint(text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return Object.hasOwn(CONTROLS, letter) ? CONTROLS[letter] : this.#encode(character);
  }
}

/** A token as messages repeat it. */
export function shownToken(text: string, token: Token): string {
  if (token.type === 'end of file') return '<eof>';
  return text.slice(token.start, token.end).slice(0, SHOWN);
}

function shownCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const printable = code > 0x20 && (code < 0x7f || code > 0xa0);
  return printable ? character : `char(${code})`;
}
