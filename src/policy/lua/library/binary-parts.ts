const WORDS = new Uint32Array(2);
const DOUBLE = new Float64Array(WORDS.buffer);
/** Which of the two words holds sign and exponent; memory may begin with either end. */
const HIGH = highWord();

function highWord(): 0 | 1 {
  DOUBLE[0] = 1;
  return WORDS[0] === 0 ? 1 : 0;
}

/** C's `frexp`: a fraction of 0.5 to below 1 with the sign, and the power of 2 that it takes. */
export function partsOf(value: number): [fraction: number, exponent: number] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  const isSmall = Math.abs(value) < 2 ** -1022;
  DOUBLE[0] = isSmall ? value * 2 ** 54 : value;
  const exponent = ((WORDS[HIGH] >>> 20) & 0x7ff) - 1022;
  WORDS[HIGH] = (WORDS[HIGH] & 0x80_0f_ff_ff) | (1022 << 20);
  return [DOUBLE[0], isSmall ? exponent - 54 : exponent];
}

/** C's `ldexp`: a number times a power of 2, rounded once. */
export function fromParts(fraction: number, exponent: number): number {
  if (exponent === 0) return fraction;
  const [part, own] = partsOf(fraction);
  const sum = own + Math.min(Math.max(exponent, -5000), 5000);
  if (sum > 1024) return part * Infinity || part;
  if (sum > 1000) return part * 2 ** 1000 * 2 ** (sum - 1000);
  // At the end of the range, below 2^-1022, the last product alone may round.
  if (sum > -1000) return part * 2 ** sum;
  return part * 2 ** -1000 * 2 ** Math.max(sum + 1000, -1074);
}
