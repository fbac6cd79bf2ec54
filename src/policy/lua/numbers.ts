/**
 * Numbers as text, in both directions, as Momentum's Lua does it.
 */
import { generalText } from './number-format.ts';

/** Of a number as text. */
const DIGITS = 14;

const DECIMAL = /^[ \t-\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[ \t-\r]*$/;
const HEXADECIMAL = /^[ \t-\r]*([+-]?)0[xX]([0-9a-fA-F]+)[ \t-\r]*$/;
const WORD = /^[ \t-\r]*([+-]?)(inf|infinity|nan)[ \t-\r]*$/i;
/** What the dialect gives to strtol with base 0. */
const LEADING_ZERO = /^-?0(?!\.)/;
const OCTAL = /^(-?)(0[0-7]*)[ \t-\r]*$/;
/** strtol stops at the ends of 64 bits. */
const LONG_END = 2 ** 63;

/**
 * The number that a text means, undefined when it is none. With a leading 0 the digits are octal,
 * or hexadecimal behind 0x: `010` is 8, `08`, `00.5` and `0e1` are no numbers. Only a minus sign
 * may stand before that 0; behind a plus sign or white space the text is decimal again, because
 * the server looks at the first characters only. Ends at a zero byte, as texts do in C.
 */
export function parseNumber(text: string): number | undefined {
  const zero = text.indexOf('\0');
  const seen = zero === -1 ? text : text.slice(0, zero);
  if (LEADING_ZERO.test(seen)) return parseLong(seen);
  const decimal = DECIMAL.exec(seen);
  if (decimal !== null) return Number(decimal[1]);
  const hexadecimal = HEXADECIMAL.exec(seen);
  if (hexadecimal !== null) return signed(hexadecimal[1], Number(`0x${hexadecimal[2]}`));
  const word = WORD.exec(seen);
  if (word === null) return undefined;
  return word[2].toLowerCase() === 'nan' ? NaN : signed(word[1], Infinity);
}

const signed = (sign: string, value: number): number => (sign === '-' ? -value : value);

function parseLong(text: string): number | undefined {
  const octal = OCTAL.exec(text);
  const found = octal ?? HEXADECIMAL.exec(text);
  if (found === null) return undefined;
  const value = octal === null ? Number(`0x${found[2]}`) : Number(`0o0${found[2]}`);
  return signed(found[1], Math.min(value, LONG_END)) + 0;
}

/**
 * `tonumber(text, base)`: digits and letters below the base, undefined when there is anything else.
 * A negative number comes out as the server's unsigned 64 bits do.
 *
 * @param base 2 to 36
 */
export function parseInBase(text: string, base: number): number | undefined {
  const zero = text.indexOf('\0');
  const seen = zero === -1 ? text : text.slice(0, zero);
  const found = /^[ \t-\r]*([+-]?)(0[xX](?=[0-9a-fA-F]))?([0-9a-zA-Z]+)[ \t-\r]*$/.exec(seen);
  if (found === null) return undefined;
  if (found[2] !== undefined && base !== 16) return undefined;
  let value = 0n;
  for (const digit of found[3]) {
    const worth = Number.parseInt(digit, 36);
    if (worth >= base) return undefined;
    value = value * BigInt(base) + BigInt(worth);
    if (value > 0xffff_ffff_ffff_ffffn) return 2 ** 64;
  }
  return Number(found[1] === '-' ? BigInt.asUintN(64, -value) : value);
}

/** The number as `%.14g` writes it. What is no number is `-nan`, as on the server's processor. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && value < 1e14 && value > -1e14) {
    return value === 0 && Object.is(value, -0) ? '-0' : String(value);
  }
  if (Number.isNaN(value)) return '-nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  const text = generalText(Math.abs(value), DIGITS);
  return value < 0 ? `-${text}` : text;
}
