import { ALL_BYTES, bracketSet, escapedSet, singleSet, type ByteSet } from './byte-set.ts';

/** As Lua 5.1 has it. */
const MAX_CAPTURES = 32;

export type Repeat = 'once' | '?' | '*' | '+' | '-';

export type PatternItem =
  | { readonly kind: 'bytes'; readonly set: ByteSet; readonly repeat: Repeat }
  | { readonly kind: 'open'; readonly capture: number }
  | { readonly kind: 'close'; readonly capture: number }
  | { readonly kind: 'place'; readonly capture: number }
  | { readonly kind: 'again'; readonly capture: number }
  | { readonly kind: 'balance'; readonly opening: number; readonly closing: number }
  | { readonly kind: 'frontier'; readonly set: ByteSet }
  | { readonly kind: 'end' }
  | { readonly kind: 'mistake'; readonly message: string };

export type CaptureState = 'open' | 'closed' | 'place';

/**
 * A pattern as the list of its items. A mistake is an item too: Lua finds it when the match comes
 * that far, and never when it does not.
 */
export interface LuaPattern {
  readonly items: readonly PatternItem[];
  /** What each capture is once all items have matched. */
  readonly captures: readonly CaptureState[];
}

/** A pattern without its anchor; it ends at a zero byte, as in Lua 5.1. */
export function readPattern(source: string): LuaPattern {
  const zero = source.indexOf('\0');
  return new PatternReader(zero < 0 ? source : source.slice(0, zero)).read();
}

class PatternReader {
  readonly #text: string;
  #at = 0;
  readonly #items: PatternItem[] = [];
  readonly #captures: CaptureState[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): LuaPattern {
    while (this.#at < this.#text.length) {
      const item = this.#next();
      this.#items.push(item);
      if (item.kind === 'mistake') break;
    }
    return { items: this.#items, captures: this.#captures };
  }

  #next(): PatternItem {
    const character = this.#text[this.#at];
    if (character === '(') return this.#open();
    if (character === ')') return this.#close();
    if (character === '$' && this.#at === this.#text.length - 1) {
      this.#at++;
      return { kind: 'end' };
    }
    if (character === '%') {
      const escaped = this.#text[this.#at + 1] ?? '';
      if (escaped === 'b') return this.#balance();
      if (escaped === 'f') return this.#frontier();
      if (/^[0-9]/.test(escaped)) return this.#again(escaped);
    }
    return this.#bytes();
  }

  #open(): PatternItem {
    const capture = this.#captures.length;
    if (capture === MAX_CAPTURES) return mistake('too many captures');
    const isPlace = this.#text[this.#at + 1] === ')';
    this.#at += isPlace ? 2 : 1;
    this.#captures.push(isPlace ? 'place' : 'open');
    return { kind: isPlace ? 'place' : 'open', capture };
  }

  #close(): PatternItem {
    const capture = this.#captures.lastIndexOf('open');
    if (capture < 0) return mistake('invalid pattern capture');
    this.#captures[capture] = 'closed';
    this.#at++;
    return { kind: 'close', capture };
  }

  #again(digit: string): PatternItem {
    const capture = Number(digit) - 1;
    const state = this.#captures[capture];
    if (state === undefined || state === 'open') return mistake('invalid capture index');
    this.#at += 2;
    return { kind: 'again', capture };
  }

  #balance(): PatternItem {
    if (this.#at + 3 >= this.#text.length) return mistake('unbalanced pattern');
    const opening = this.#text.charCodeAt(this.#at + 2);
    const closing = this.#text.charCodeAt(this.#at + 3);
    this.#at += 4;
    return { kind: 'balance', opening, closing };
  }

  #frontier(): PatternItem {
    this.#at += 2;
    if (this.#text[this.#at] !== '[') return mistake("missing '[' after '%f' in pattern");
    const set = this.#set();
    return typeof set === 'string' ? mistake(set) : { kind: 'frontier', set };
  }

  #bytes(): PatternItem {
    const set = this.#set();
    if (typeof set === 'string') return mistake(set);
    const suffix = this.#text[this.#at];
    if (suffix === '?' || suffix === '*' || suffix === '+' || suffix === '-') {
      this.#at++;
      return { kind: 'bytes', set, repeat: suffix };
    }
    return { kind: 'bytes', set, repeat: 'once' };
  }

  /** One character, class or bracket; a text says what is wrong with it. */
  #set(): ByteSet | string {
    const character = this.#text[this.#at++];
    if (character === '.') return ALL_BYTES;
    if (character === '%') {
      if (this.#at === this.#text.length) return "malformed pattern (ends with '%')";
      return escapedSet(this.#text[this.#at++]);
    }
    if (character !== '[') return singleSet(character);
    const start = this.#at;
    if (this.#text[this.#at] === '^') this.#at++;
    do {
      if (this.#at >= this.#text.length) return "malformed pattern (missing ']')";
      this.#at += this.#text[this.#at] === '%' && this.#at + 1 < this.#text.length ? 2 : 1;
    } while (this.#text[this.#at] !== ']');
    this.#at++;
    return bracketSet(this.#text.slice(start, this.#at - 1));
  }
}

function mistake(message: string): PatternItem {
  return { kind: 'mistake', message };
}
