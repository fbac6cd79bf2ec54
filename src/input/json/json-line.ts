import { WordView } from '../../model/words.ts';
import { isDigit } from '../byte-text.ts';
import { decodeEscaped, escapeLength, seekSpecial } from './json-string.ts';
import { KeyTable } from './key-table.ts';

/** What stands at a path. */
export const JSON_TYPE = {
  missing: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  string: 5,
  object: 6,
  array: 7,
} as const;

/** Deeper nesting is not read: the scanner goes down by calls. */
const DEEPEST = 64;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
/** No key of these is asked for. */
const UNASKED = -1;
const MALFORMED = -2;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/**
 * Reads one JSON object (RFC 8259) in a block of bytes, in one pass and without making a string or
 * an object, and notes where the values stand that were asked for.
 *
 * `paths[n]` are the keys that lead to value n: `['peer_address', 'addr']`. Of a key that comes
 * twice the last counts, as with `JSON.parse`; a path does not lead through arrays. Bytes in strings
 * need not be UTF-8. A line is malformed where `JSON.parse` refuses it, when it is no object, and
 * when it is nested more than 64 deep.
 */
export class JsonLine {
  /** `JSON_TYPE` of each value of the line read last; anything when that was malformed. */
  readonly types: Uint8Array;
  /**
   * `[starts[n], ends[n])` is value n: a string without its quotes, objects and arrays with their
   * brackets. Empty for a null and a value that is missing.
   */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1 when the value is a string with backslashes: its text is not its bytes. */
  readonly escaped: Uint8Array;
  /** The elements of the array that `readElements` took apart, in the same columns. */
  elementTypes = new Uint8Array(16);
  elementStarts = new Uint32Array(16);
  elementEnds = new Uint32Array(16);
  elementEscaped = new Uint8Array(16);

  readonly #root: KeyTable;
  readonly #view = new WordView();
  #words: Int32Array = new Int32Array(0);
  #end = 0;
  #at = 0;
  /** Of the value read last. */
  #type: number = JSON_TYPE.missing;
  #escaped = 0;

  constructor(paths: readonly (readonly string[])[]) {
    this.#root = new KeyTable(paths, [...paths.keys()]);
    this.types = new Uint8Array(paths.length);
    this.starts = new Uint32Array(paths.length);
    this.ends = new Uint32Array(paths.length);
    this.escaped = new Uint8Array(paths.length);
  }

  /** Reads `bytes[start, end)`; false when that is not one JSON object. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.#clear(this.#root);
    this.#words = this.#view.of(bytes);
    this.#end = end;
    let at = this.#skipBlanks(bytes, start);
    if (at >= end || bytes[at] !== OPEN_BRACE) return false;
    at = this.#object(bytes, at + 1, this.#root, 1);
    return at !== MALFORMED && this.#skipBlanks(bytes, at) === end;
  }

  /** The text of value n: of a string what it stands for, of any other value its JSON. */
  text(bytes: Buffer, n: number): string {
    return decodeEscaped(bytes, this.starts[n], this.ends[n], this.escaped[n] === 1);
  }

  /**
   * Takes value n apart, an array of the line read last; the elements are then in `elementStarts`
   * and its like. Returns how many there are, 0 for a value that is no array.
   */
  readElements(bytes: Buffer, n: number): number {
    if (this.types[n] !== JSON_TYPE.array) return 0;
    this.#words = this.#view.of(bytes);
    this.#end = this.ends[n];
    let at = this.#skipBlanks(bytes, this.starts[n] + 1);
    if (bytes[at] === CLOSE_BRACKET) return 0;
    for (let count = 0; ;) {
      const start = at;
      at = this.#value(bytes, at, UNASKED, undefined, 0);
      if (at === MALFORMED) return count;
      const quotes = this.#type === JSON_TYPE.string ? 1 : 0;
      if (count === this.elementTypes.length) this.#growElements();
      this.elementTypes[count] = this.#type;
      this.elementStarts[count] = this.#type === JSON_TYPE.null ? at : start + quotes;
      this.elementEnds[count] = at - quotes;
      this.elementEscaped[count] = this.#escaped;
      count++;
      at = this.#skipBlanks(bytes, at);
      if (bytes[at] !== COMMA) return count;
      at = this.#skipBlanks(bytes, at + 1);
    }
  }

  /** The text of the element `n` that `readElements` found. */
  elementText(bytes: Buffer, n: number): string {
    const escaped = this.elementEscaped[n] === 1;
    return decodeEscaped(bytes, this.elementStarts[n], this.elementEnds[n], escaped);
  }

  /** Reads the members behind a `{`; the index behind its `}`. */
  #object(bytes: Buffer, from: number, keys: KeyTable | undefined, depth: number): number {
    if (depth > DEEPEST) return MALFORMED;
    const end = this.#end;
    let at = this.#skipBlanks(bytes, from);
    if (at < end && bytes[at] === CLOSE_BRACE) return at + 1;
    for (let member = 0; ; member++) {
      let found = UNASKED;
      const seen = keys === undefined ? 0 : keys.seenBefore(this.#words, at, end, member);
      if (seen > 0) {
        found = keys!.seenKey(member);
        at += seen;
      } else {
        found = this.#key(bytes, at, keys, member);
        if (found === MALFORMED) return MALFORMED;
        at = this.#at;
      }
      if (at < end && bytes[at] <= 32) at = this.#skipBlanks(bytes, at);
      at =
        found === UNASKED
          ? this.#value(bytes, at, UNASKED, undefined, depth)
          : this.#asked(bytes, at, keys!, found, depth);
      if (at === MALFORMED) return MALFORMED;
      if (at < end && bytes[at] <= 32) at = this.#skipBlanks(bytes, at);
      if (at >= end) return MALFORMED;
      const next = bytes[at++];
      if (next === CLOSE_BRACE) return at;
      if (next !== COMMA) return MALFORMED;
      if (at < end && bytes[at] <= 32) at = this.#skipBlanks(bytes, at);
    }
  }

  /** Reads the key at `start` and its colon, behind which `#at` then stands; its number. */
  #key(bytes: Buffer, start: number, keys: KeyTable | undefined, member: number): number {
    const end = this.#end;
    if (start >= end || bytes[start] !== QUOTE) return MALFORMED;
    const close = this.#stringEnd(bytes, start + 1);
    if (close === MALFORMED) return MALFORMED;
    let found = UNASKED;
    const escaped = this.#escaped === 1;
    if (keys !== undefined) {
      found = escaped
        ? keys.findText(decodeEscaped(bytes, start + 1, close, true))
        : keys.find(bytes, start + 1, close);
    }
    const colon = this.#skipBlanks(bytes, close + 1);
    if (colon >= end || bytes[colon] !== COLON) return MALFORMED;
    this.#at = colon + 1;
    if (keys !== undefined && colon === close + 1 && !escaped) {
      keys.remember(this.#words, start, colon + 1 - start, member, found);
    }
    return found;
  }

  /** Reads the value of a key that was asked for, or that leads to one. */
  #asked(bytes: Buffer, start: number, keys: KeyTable, found: number, depth: number): number {
    const value = keys.values[found];
    const below = keys.below[found];
    // A key that comes again: nothing below the first one counts.
    if (below !== undefined) this.#clear(below);
    return this.#value(bytes, start, value, below, depth);
  }

  /** Reads the value at `at` and notes where it stands; the index behind it. */
  #value(
    bytes: Buffer,
    at: number,
    value: number,
    below: KeyTable | undefined,
    depth: number,
  ): number {
    const end = this.#end;
    if (at >= end) return MALFORMED;
    let behind: number;
    let type: number;
    let escaped = 0;
    let quotes = 0;
    switch (bytes[at]) {
      case QUOTE: {
        const close = this.#stringEnd(bytes, at + 1);
        if (close === MALFORMED) return MALFORMED;
        behind = close + 1;
        type = JSON_TYPE.string;
        escaped = this.#escaped;
        quotes = 1;
        break;
      }
      case OPEN_BRACE:
        behind = this.#object(bytes, at + 1, below, depth + 1);
        type = JSON_TYPE.object;
        break;
      case OPEN_BRACKET:
        behind = this.#array(bytes, at + 1, depth + 1);
        type = JSON_TYPE.array;
        break;
      case 0x74:
        behind = literalEnd(bytes, at, end, TRUE);
        type = JSON_TYPE.true;
        break;
      case 0x66:
        behind = literalEnd(bytes, at, end, FALSE);
        type = JSON_TYPE.false;
        break;
      case 0x6e:
        behind = literalEnd(bytes, at, end, NULL);
        type = JSON_TYPE.null;
        break;
      default:
        behind = numberEnd(bytes, at, end);
        type = JSON_TYPE.number;
    }
    if (behind === MALFORMED) return MALFORMED;
    this.#type = type;
    this.#escaped = escaped;
    if (value !== UNASKED) {
      this.types[value] = type;
      this.starts[value] = type === JSON_TYPE.null ? behind : at + quotes;
      this.ends[value] = behind - quotes;
      this.escaped[value] = escaped;
    }
    return behind;
  }

  /** Reads the elements behind a `[`; the index behind its `]`. */
  #array(bytes: Buffer, from: number, depth: number): number {
    if (depth > DEEPEST) return MALFORMED;
    const end = this.#end;
    let at = this.#skipBlanks(bytes, from);
    if (at < end && bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.#value(bytes, at, UNASKED, undefined, depth);
      if (at === MALFORMED) return MALFORMED;
      at = this.#skipBlanks(bytes, at);
      if (at >= end) return MALFORMED;
      const next = bytes[at++];
      if (next === CLOSE_BRACKET) return at;
      if (next !== COMMA) return MALFORMED;
      at = this.#skipBlanks(bytes, at);
    }
  }

  /** The index of the quote that ends the string whose text begins at `from`; sets `#escaped`. */
  #stringEnd(bytes: Buffer, from: number): number {
    const end = this.#end;
    let at = seekSpecial(this.#words, from, end);
    this.#escaped = 0;
    while (at < end) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      if (byte !== BACKSLASH) return MALFORMED;
      const length = escapeLength(bytes, at, end);
      if (length === 0) return MALFORMED;
      this.#escaped = 1;
      at = seekSpecial(this.#words, at + length, end);
    }
    return MALFORMED;
  }

  #skipBlanks(bytes: Buffer, from: number): number {
    const end = this.#end;
    let at = from;
    while (at < end && bytes[at] <= 32) {
      const byte = bytes[at];
      if (byte !== 32 && byte !== 9 && byte !== 13 && byte !== 10) break;
      at++;
    }
    return at;
  }

  #clear(keys: KeyTable): void {
    const { types, starts, ends, escaped } = this;
    const { all } = keys;
    for (let i = 0; i < all.length; i++) {
      const value = all[i];
      types[value] = JSON_TYPE.missing;
      starts[value] = 0;
      ends[value] = 0;
      escaped[value] = 0;
    }
  }

  #growElements(): void {
    const { elementTypes, elementStarts, elementEnds, elementEscaped } = this;
    const length = elementTypes.length * 2;
    this.elementTypes = new Uint8Array(length);
    this.elementTypes.set(elementTypes);
    this.elementStarts = new Uint32Array(length);
    this.elementStarts.set(elementStarts);
    this.elementEnds = new Uint32Array(length);
    this.elementEnds.set(elementEnds);
    this.elementEscaped = new Uint8Array(length);
    this.elementEscaped.set(elementEscaped);
  }
}

/** The index behind the word at `at`. */
function literalEnd(bytes: Uint8Array, at: number, end: number, word: Uint8Array): number {
  if (end - at < word.length) return MALFORMED;
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word[i]) return MALFORMED;
  return at + word.length;
}

/** The index behind the number at `from`. */
function numberEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  if (bytes[at] === 45) at++;
  const whole = at;
  at = digitsEnd(bytes, at, end);
  if (at === whole || (bytes[whole] === 48 && at > whole + 1)) return MALFORMED;
  if (at < end && bytes[at] === 46) {
    const fraction = at + 1;
    at = digitsEnd(bytes, fraction, end);
    if (at === fraction) return MALFORMED;
  }
  if (at < end && (bytes[at] | 32) === 101) {
    at++;
    if (at < end && (bytes[at] === 43 || bytes[at] === 45)) at++;
    const exponent = at;
    at = digitsEnd(bytes, exponent, end);
    if (at === exponent) return MALFORMED;
  }
  return at;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(bytes[at])) at++;
  return at;
}
