import type { LuaHost } from '../value.ts';

const FLAGS = '-+ #0';

/** What stands between `%` and the letter. */
export interface FormatSpec {
  readonly isLeft: boolean;
  readonly hasPlus: boolean;
  readonly hasSpace: boolean;
  readonly isAlternate: boolean;
  readonly hasZeros: boolean;
  /** At most 99, as the precision. */
  readonly width: number;
  readonly precision: number | undefined;
  /** Where the letter stands in the format. */
  readonly end: number;
}

/** @param at the place behind `%` */
export function readSpec(host: LuaHost, format: string, at: number): FormatSpec {
  let flags = '';
  while (at < format.length && FLAGS.includes(format[at])) flags += format[at++];
  if (flags.length > FLAGS.length) return host.fail('invalid format (repeated flags)');
  const width = digitsAt(format, at);
  at += width.length;
  let precision: string | undefined;
  if (format[at] === '.') {
    precision = digitsAt(format, at + 1);
    at += 1 + precision.length;
  }
  if (/^[0-9]/.test(format[at] ?? '')) {
    return host.fail('invalid format (width or precision too long)');
  }
  return {
    isLeft: flags.includes('-'),
    hasPlus: flags.includes('+'),
    hasSpace: flags.includes(' '),
    isAlternate: flags.includes('#'),
    hasZeros: flags.includes('0'),
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    end: at,
  };
}

/** Two at most. */
function digitsAt(format: string, at: number): string {
  return /^[0-9]{0,2}/.exec(format.slice(at, at + 2))?.[0] ?? '';
}

/** A text in its width. */
export function padded(text: string, spec: FormatSpec): string {
  return spec.isLeft ? text.padEnd(spec.width) : text.padStart(spec.width);
}

/** A number in its width; zeros go between the sign or `0x` and the digits. */
export function paddedNumber(prefix: string, digits: string, spec: FormatSpec): string {
  if (spec.isLeft) return (prefix + digits).padEnd(spec.width);
  return prefix + digits.padStart(spec.width - prefix.length, '0');
}

/** The sign of a number: `-`, or what the flags want before one that has none. */
export function signOf(isNegative: boolean, spec: FormatSpec): string {
  if (isNegative) return '-';
  if (spec.hasPlus) return '+';
  return spec.hasSpace ? ' ' : '';
}
