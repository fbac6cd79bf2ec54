/** All digits of a number: `digits` as a whole number, divided by 10 to the `scale`. */
interface Decimal {
  readonly digits: string;
  readonly scale: number;
}

interface Scientific {
  /** Without a point; the first digit is not 0 unless the number is. */
  readonly digits: string;
  /** Of the first digit. */
  readonly exponent: number;
}

const WORDS = new BigUint64Array(1);
const DOUBLE = new Float64Array(WORDS.buffer);
const FRACTION_BITS = 52n;
const FRACTION = (1n << FRACTION_BITS) - 1n;

/**
 * C's `%f`, `%e` and `%g` of a number that is finite and not negative; exact, halves to the even
 * digit. JavaScript rounds halves up, and that shows: 2^-21 has 15 digits, and `%.14g` keeps 14.
 */
export function fixedText(value: number, precision: number): string {
  const { digits, scale } = decimalOf(value);
  const rounded = roundedTo(digits, digits.length - scale + precision);
  const padded = rounded.padStart(precision + 1, '0');
  const point = padded.length - precision;
  return precision === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
}

export function exponentText(value: number, precision: number): string {
  return scientificText(scientific(value, precision + 1));
}

/** @param keepsZeros the flag `#`: zeros at the end stay */
export function generalText(value: number, precision: number, keepsZeros = false): string {
  const significant = Math.max(precision, 1);
  const parts = scientific(value, significant);
  const digits = keepsZeros ? parts.digits : parts.digits.replace(/(?<=.)0+$/, '');
  if (parts.exponent < -4 || parts.exponent >= significant) {
    return scientificText({ digits, exponent: parts.exponent });
  }
  if (parts.exponent < 0) return `0.${'0'.repeat(-parts.exponent - 1)}${digits}`;
  const whole = digits.slice(0, parts.exponent + 1).padEnd(parts.exponent + 1, '0');
  const fraction = digits.slice(parts.exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function scientificText({ digits, exponent }: Scientific): string {
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** @param significant how many digits are kept, at least 1 */
function scientific(value: number, significant: number): Scientific {
  const { digits, scale } = decimalOf(value);
  const exponent = value === 0 ? 0 : digits.length - scale - 1;
  const rounded = roundedTo(digits, significant);
  if (rounded.length === significant) return { digits: rounded, exponent };
  return { digits: rounded.slice(0, significant), exponent: exponent + 1 };
}

function decimalOf(value: number): Decimal {
  DOUBLE[0] = value;
  const field = Number(WORDS[0] >> FRACTION_BITS);
  const fraction = WORDS[0] & FRACTION;
  const mantissa = field === 0 ? fraction : fraction | (1n << FRACTION_BITS);
  const exponent = Math.max(field, 1) - 1075;
  if (exponent >= 0) return { digits: String(mantissa << BigInt(exponent)), scale: 0 };
  return { digits: String(mantissa * 5n ** BigInt(-exponent)), scale: -exponent };
}

/**
 * The first digits of a whole number, rounded; one digit more when all were 9. Zeros are added
 * when it has fewer.
 *
 * @param keep how many digits; none may be left, or fewer than none
 */
function roundedTo(digits: string, keep: number): string {
  if (keep < 0) return '0';
  if (keep >= digits.length) return digits.padEnd(keep, '0');
  const head = digits.slice(0, keep);
  const first = digits[keep];
  const isHalf = first === '5' && /^0*$/.test(digits.slice(keep + 1));
  const isOdd = Number(head.at(-1) ?? '0') % 2 === 1;
  const isUp = isHalf ? isOdd : first >= '5';
  if (!isUp) return head === '' ? '0' : head;
  return String(BigInt(head) + 1n).padStart(keep, '0');
}
