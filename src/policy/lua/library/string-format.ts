import { exponentText, fixedText, generalText } from '../number-format.ts';
import type { LuaHost, LuaValue } from '../value.ts';
import type { Arguments } from './arguments.ts';
import { padded, paddedNumber, readSpec, signOf, type FormatSpec } from './format-spec.ts';
import { Pieces } from './pieces.ts';
import { BYTES_PER_CLOSE_STEP, BYTES_PER_STEP } from './string-places.ts';

/** A text of so many bytes or more goes in as it is, unless it has a precision. */
const LONG_BYTES = 100;
/** What writing out one number costs. */
export const NUMBER_STEPS = 30;
const DEFAULT_PRECISION = 6;
/** The least whole number of 64 bits: what the x86-64 makes of one that has no place. */
const NO_PLACE = -(2n ** 63n);

/** `string.format` of Lua 5.1: what `sprintf` of C gives, with whole numbers of 64 bits. */
export function format(host: LuaHost, args: Arguments): readonly LuaValue[] {
  const form = args.text(1);
  const made = new Pieces(host);
  host.spend(Math.ceil(form.length / BYTES_PER_STEP));
  let position = 1;
  let at = 0;
  for (let mark = form.indexOf('%'); mark >= 0; mark = form.indexOf('%', at)) {
    made.append(form.slice(at, mark));
    if (form[mark + 1] === '%') {
      made.append('%');
      at = mark + 2;
      continue;
    }
    if (++position > args.count) return args.reject(position, 'no value');
    const spec = readSpec(host, form, mark + 1);
    made.append(converted(host, args, position, form[spec.end] ?? '', spec));
    at = spec.end + 1;
  }
  made.append(form.slice(at));
  return [made.joined()];
}

function converted(
  host: LuaHost,
  args: Arguments,
  position: number,
  letter: string,
  spec: FormatSpec,
): string {
  switch (letter) {
    case 'c':
      return cut(padded(String.fromCharCode(byteOf(args.number(position))), spec));
    case 'd':
    case 'i':
      return signedText(args.number(position), spec);
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return unsignedText(args.number(position), letter, spec);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      host.spend(NUMBER_STEPS);
      return realText(args.number(position), letter, spec);
    case 'q':
      return quoted(host, args.text(position));
    case 's':
      return stringText(args.text(position), spec);
    default: {
      const shown = letter === '\0' ? '' : letter;
      return host.fail(`invalid option '%${shown}' to 'format'`);
    }
  }
}

/** The bytes before a zero, where a string of C ends. */
function cut(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}

function byteOf(value: number): number {
  return Math.abs(value) < 2 ** 31 ? Math.trunc(value) & 0xff : 0;
}

function stringText(text: string, spec: FormatSpec): string {
  if (spec.precision === undefined && text.length >= LONG_BYTES) return text;
  return padded(cut(text).slice(0, spec.precision), spec);
}

function quoted(host: LuaHost, text: string): string {
  host.spend(Math.ceil(text.length / BYTES_PER_CLOSE_STEP));
  host.grow(text.length);
  const marked = text.replaceAll(/["\\\n]/g, '\\$&');
  return `"${marked.replaceAll('\r', '\\r').replaceAll('\0', '\\000')}"`;
}

function signedText(value: number, spec: FormatSpec): string {
  const whole = Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : NO_PLACE;
  const digits = wholeDigits(whole < 0n ? -whole : whole, 10, spec);
  return wholePadded(signOf(whole < 0n, spec), digits, spec);
}

function unsignedText(value: number, letter: 'o' | 'u' | 'x' | 'X', spec: FormatSpec): string {
  const whole = unsignedOf(value);
  if (letter === 'u') return wholePadded('', wholeDigits(whole, 10, spec), spec);
  if (letter === 'o') {
    const digits = wholeDigits(whole, 8, spec);
    const needsZero = spec.isAlternate && !digits.startsWith('0');
    return wholePadded('', needsZero ? `0${digits}` : digits, spec);
  }
  const digits = wholeDigits(whole, 16, spec);
  const text = wholePadded(spec.isAlternate && whole > 0n ? '0x' : '', digits, spec);
  return letter === 'X' ? text.toUpperCase() : text;
}

/** As the x86-64 casts: a negative number by its two's complement, one beyond 64 bits to 0. */
function unsignedOf(value: number): bigint {
  if (value >= 2 ** 64) return 0n;
  if (value > -(2 ** 63)) return BigInt.asUintN(64, BigInt(Math.trunc(value)));
  return BigInt.asUintN(64, NO_PLACE);
}

/** Digits to the precision; none for a 0 of the precision 0. */
function wholeDigits(whole: bigint, base: number, spec: FormatSpec): string {
  if (whole === 0n && spec.precision === 0) return '';
  return whole.toString(base).padStart(spec.precision ?? 1, '0');
}

function wholePadded(prefix: string, digits: string, spec: FormatSpec): string {
  // A precision says how many zeros there are, so the flag says nothing.
  if (spec.hasZeros && spec.precision === undefined) return paddedNumber(prefix, digits, spec);
  return padded(prefix + digits, spec);
}

function realText(value: number, letter: 'e' | 'E' | 'f' | 'g' | 'G', spec: FormatSpec): string {
  // What is no number has a sign on the x86-64, where 0/0 gives a negative one.
  const isNegative = value < 0 || Object.is(value, -0) || Number.isNaN(value);
  const sign = signOf(isNegative, spec);
  const text = Number.isFinite(value)
    ? digitsOf(Math.abs(value), letter, spec)
    : Number.isNaN(value)
      ? 'nan'
      : 'inf';
  const isUpper = letter === 'E' || letter === 'G';
  const shown = isUpper ? text.toUpperCase() : text;
  if (spec.hasZeros && Number.isFinite(value)) return paddedNumber(sign, shown, spec);
  return padded(sign + shown, spec);
}

function digitsOf(value: number, letter: string, spec: FormatSpec): string {
  const precision = spec.precision ?? DEFAULT_PRECISION;
  let text: string;
  if (letter === 'f') text = fixedText(value, precision);
  else if (letter === 'e' || letter === 'E') text = exponentText(value, precision);
  else text = generalText(value, precision, spec.isAlternate);
  // The flag `#` wants a point in any case.
  if (!spec.isAlternate || text.includes('.')) return text;
  return text.replace(/^[0-9]+/, (digits) => `${digits}.`);
}
