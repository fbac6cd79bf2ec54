/**
 * A number as C's `%f` prints it: six decimals, all digits before them, halves to the even
 * neighbour, and the sign of a negative zero.
 *
 * @param value finite
 */
export function sixDecimals(value: number): string {
  const isNegative = value < 0 || Object.is(value, -0);
  return (isNegative ? '-' : '') + unsigned(Math.abs(value));
}

function unsigned(value: number): string {
  // toFixed would write an exponent.
  if (value >= 1e21) return `${BigInt(value)}.000000`;
  // A double lies halfway between two such texts only as an odd multiple of 1/128.
  if ((value * 128) % 2 === 1) {
    const exact = value.toFixed(7);
    if (Number(exact.at(-2)) % 2 === 0) return exact.slice(0, -1);
  }
  return value.toFixed(6);
}
