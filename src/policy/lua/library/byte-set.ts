/** A set of bytes: 1 at each byte that is in it. */
export type ByteSet = Uint8Array;

const BYTES = 256;

function setOf(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: BYTES }, (_, byte) => (has(byte) ? 1 : 0));
}

function span(first: string, last: string): (byte: number) => boolean {
  return (byte) => byte >= first.charCodeAt(0) && byte <= last.charCodeAt(0);
}

const isUpper = span('A', 'Z');
const isLower = span('a', 'z');
const isDigit = span('0', '9');
const isLetter = (byte: number): boolean => isUpper(byte) || isLower(byte);
const isAlphanumeric = (byte: number): boolean => isLetter(byte) || isDigit(byte);
const isVisible = span('!', '~');
const isControl = (byte: number): boolean => byte < 32 || byte === 127;
const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);
const isHexadecimal = (byte: number): boolean =>
  isDigit(byte) || span('a', 'f')(byte) || span('A', 'F')(byte);

/** The classes of the C locale, by their letter; bytes above 127 are in none. */
const CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ['a', setOf(isLetter)],
  ['c', setOf(isControl)],
  ['d', setOf(isDigit)],
  ['l', setOf(isLower)],
  ['p', setOf((byte) => isVisible(byte) && !isAlphanumeric(byte))],
  ['s', setOf(isSpace)],
  ['u', setOf(isUpper)],
  ['w', setOf(isAlphanumeric)],
  ['x', setOf(isHexadecimal)],
  ['z', setOf((byte) => byte === 0)],
]);

const COMPLEMENTS: ReadonlyMap<string, ByteSet> = new Map(
  [...CLASSES].map(([letter, set]) => [letter.toUpperCase(), complement(set)]),
);

const SINGLES = Array.from({ length: BYTES }, (_, single) => setOf((byte) => byte === single));

export const ALL_BYTES: ByteSet = setOf(() => true);

/** What `%` and a character stand for: a class, its complement, or the character itself. */
export function escapedSet(character: string): ByteSet {
  return CLASSES.get(character) ?? COMPLEMENTS.get(character) ?? singleSet(character);
}

export function singleSet(character: string): ByteSet {
  return SINGLES[character.charCodeAt(0)];
}

function complement(set: ByteSet): ByteSet {
  return set.map((member) => 1 - member);
}

/** What stands between `[` and `]`, where a first `^` turns the set around. */
export function bracketSet(body: string): ByteSet {
  const isTurned = body.startsWith('^');
  const set = new Uint8Array(BYTES);
  for (let at = isTurned ? 1 : 0; at < body.length; at++) {
    if (body[at] === '%') {
      at++;
      // Behind a range that ends in `%`, as in `[!-%%]`, the bracket itself is what is escaped.
      for (const [byte, member] of escapedSet(body[at] ?? ']').entries()) set[byte] |= member;
    } else if (body[at + 1] === '-' && at + 2 < body.length) {
      const last = body.charCodeAt(at + 2);
      for (let byte = body.charCodeAt(at); byte <= last; byte++) set[byte] = 1;
      at += 2;
    } else {
      set[body.charCodeAt(at)] = 1;
    }
  }
  return isTurned ? complement(set) : set;
}
