import { isEndless } from './endless-pattern.ts';
import { posixClass } from './posix-classes.ts';

/**
 * A Perl-compatible regular expression as JavaScript runs it. Atomic groups, possessive
 * quantifiers, recursion and flags inside the pattern have no counterpart.
 *
 * @param folds whether letters match in either case
 * @throws Error whose message says what cannot be run
 */
export function regExpOf(pattern: string, folds: boolean): RegExp {
  const { source, flags } = new PcreReader(pattern, folds).read();
  const expression = new RegExp(source, flags);
  if (isEndless(source))
    throw new Error('what it repeats is repeated already, so it may never end');
  return expression;
}

const ESCAPED = '^$\\.*+?()[]{}|/';
/** Escapes that mean the same in both. */
const SAME = 'dDwWsSbBnrtfv';
/** Escapes that stand for characters outside of `[…]`. */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
  ['A', '(?<![^])'],
  ['z', '(?![^])'],
  ['Z', '(?=\\n?(?![^]))'],
  ['h', '[ \\t]'],
  ['H', '[^ \\t]'],
  ['N', '[^\\n]'],
  ['R', '(?:\\r\\n|[\\n\\v\\f\\r])'],
]);

function literal(character: string): string {
  return ESCAPED.includes(character) ? `\\${character}` : character;
}

class PcreReader {
  readonly #text: string;
  #at = 0;
  #out = '';
  readonly #flags = new Set<string>();

  constructor(text: string, folds: boolean) {
    this.#text = text;
    if (folds) this.#flags.add('i');
  }

  read(): { source: string; flags: string } {
    this.#skip(/\(\*UTF8?\)/y);
    for (let set = this.#skip(/\(\?([a-zA-Z]+)\)/y); set; set = this.#skip(/\(\?([a-zA-Z]+)\)/y)) {
      this.#setFlags(set[1]);
    }
    while (this.#at < this.#text.length) this.#out += this.#next();
    const flags = [...this.#flags].filter((flag) => flag === 'i' || flag === 'm').join('');
    return { source: this.#out, flags: `${flags}u` };
  }

  #setFlags(letters: string): void {
    for (const letter of letters) {
      if (!'imsx'.includes(letter)) throw new Error(`the flag (?${letter}) has no counterpart`);
      this.#flags.add(letter);
    }
  }

  /** Takes what the pattern matches here. */
  #skip(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #next(): string {
    if (this.#flags.has('x') && this.#skip(/\s+|#[^\n]*/y)) return '';
    const quantifier = this.#skip(/(?:[*+?]|\{\d+(?:,\d*)?\})([+?]?)/y);
    if (quantifier !== null) {
      if (quantifier[1] === '+') throw new Error('possessive quantifiers have no counterpart');
      return quantifier[0];
    }
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += character.length;
    if (character === '\\') return this.#escape(false);
    if (character === '[') return this.#class();
    if (character === '(') return this.#group();
    if (character === '.') return this.#flags.has('s') ? '[^]' : '[^\\n]';
    return '{}]'.includes(character) ? `\\${character}` : character;
  }

  /** Behind an opening bracket. */
  #group(): string {
    if (this.#skip(/\?#[^)]*\)/y)) return '';
    const named = this.#skip(/\?P?<([A-Za-z_]\w*)>|\?'([A-Za-z_]\w*)'/y);
    if (named !== null) return `(?<${named[1] ?? named[2]}>`;
    const again = this.#skip(/\?P=(\w+)\)/y);
    if (again !== null) return `\\k<${again[1]}>`;
    const plain = this.#skip(/\?(?:[:=!]|<[=!])/y);
    if (plain !== null) return `(${plain[0]}`;
    const flags = this.#skip(/\?([a-z]+)([:)])/y);
    if (flags !== null && Array.from(flags[1]).every((flag) => this.#flags.has(flag))) {
      return flags[2] === ':' ? '(?:' : '';
    }
    if (flags !== null) throw new Error(`(?${flags[1]}${flags[2]} stands inside the pattern`);
    const other = this.#skip(/[?*]./y);
    if (other !== null) throw new Error(`(${other[0]} has no counterpart`);
    return '(';
  }

  /** Behind a backslash. */
  #escape(inClass: boolean): string {
    const quoted = this.#skip(/Q([^]*?)(?:\\E|$)/y);
    if (quoted !== null) return Array.from(quoted[1], literal).join('');
    if (this.#skip(/E/y)) return '';
    const code = this.#skip(/x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{0,2})/y);
    if (code !== null) return `\\u{${code[1] ?? (code[2] || '0')}}`;
    const property = this.#skip(/([pP])(?:([A-Z])|\{(\w+)\})/y);
    if (property !== null) return `\\${property[1]}{${property[2] ?? property[3]}}`;
    const group = this.#skip(/g\{?([1-9]\d*)\}?|[gk](?:\{([A-Za-z_]\w*)\}|<([A-Za-z_]\w*)>)/y);
    if (group !== null) return group[1] ? `\\${group[1]}` : `\\k<${group[2] ?? group[3]}>`;
    const number = this.#skip(/0(?![0-9])|[1-9]\d*|c[A-Za-z]/y);
    if (number !== null) return `\\${number[0]}`;
    const character = this.#text.slice(this.#at, this.#at + 1);
    this.#at++;
    if (character === '') throw new Error('the pattern ends with a backslash');
    if (SAME.includes(character)) return `\\${character}`;
    if (character === 'a' || character === 'e') return character === 'a' ? '\\x07' : '\\x1b';
    if (inClass)
      return character === 'h' ? ' \\t' : `${character === '-' ? '\\' : ''}${literal(character)}`;
    if ('CGKX'.includes(character)) throw new Error(`\\${character} has no counterpart`);
    return OUTSIDE.get(character) ?? literal(character);
  }

  /** Behind an opening square bracket; one that closes at once is a character of the class. */
  #class(): string {
    let out = this.#skip(/\^/y) ? '[^' : '[';
    if (this.#skip(/\]/y)) out += '\\]';
    let afterSet = true;
    for (;;) {
      if (this.#at >= this.#text.length) throw new Error('a [ is not closed');
      if (this.#skip(/\]/y)) return `${out}]`;
      const posix = this.#skip(/\[:(\^?)(\w+):\]/y);
      if (posix !== null) {
        const set = posixClass(posix[2], posix[1] === '^');
        if (set === undefined) throw new Error(`no class ${posix[0]}`);
        out += set;
      } else if (this.#skip(/-/y)) {
        // Beside a set, or at an end, it is no range.
        const alone = afterSet || /\]|\[:|\\[dDwWsShpP]/y.test(this.#text.slice(this.#at));
        out += alone ? '\\-' : '-';
      } else {
        afterSet = this.#skipsSet();
        out += this.#classCharacter();
        continue;
      }
      afterSet = posix !== null;
    }
  }

  #skipsSet(): boolean {
    return /^\\[dDwWsShpP]/.test(this.#text.slice(this.#at, this.#at + 2));
  }

  #classCharacter(): string {
    if (this.#skip(/\\/y)) return this.#escape(true);
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += character.length;
    return character === '[' || character === '^' ? `\\${character}` : character;
  }
}
