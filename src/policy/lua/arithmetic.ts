import {
  ADD,
  AND,
  DIV,
  EVENTS,
  INTDIV,
  MOD,
  MUL,
  OR,
  POW,
  SHL,
  SHR,
  SUB,
  XOR,
} from './operations.ts';
import type { Runtime } from './runtime.ts';
import type { LuaValue } from './value.ts';

/** Arithmetic that is not one of two numbers: numbers in strings, then metamethods. */
export function arithmetic(
  runtime: Runtime,
  operation: number,
  left: LuaValue,
  right: LuaValue,
): LuaValue {
  const first = runtime.toNumber(left);
  const second = runtime.toNumber(right);
  if (first !== undefined && second !== undefined) return compute(operation, first, second);
  const handler = runtime.binaryHandler(EVENTS[operation], left, right);
  if (handler !== undefined) return runtime.call1(handler, left, right);
  const action = operation >= OR ? 'perform bitwise operation on' : 'perform arithmetic on';
  const wrong = first === undefined ? left : right;
  return runtime.blameType(action, wrong, first === undefined ? 0 : 1);
}

export function negated(runtime: Runtime, value: LuaValue): LuaValue {
  const number = runtime.toNumber(value);
  if (number !== undefined) return -number;
  const handler = runtime.metamethod(value, '__unm');
  if (handler !== undefined) return runtime.call1(handler, value, value);
  return runtime.blameType('perform arithmetic on', value, 0);
}

export function inverted(runtime: Runtime, value: LuaValue): LuaValue {
  const number = runtime.toNumber(value);
  if (number !== undefined) {
    return (number | 0) === number ? ~number : Number(BigInt.asIntN(64, ~longOf(number)));
  }
  const handler = runtime.metamethod(value, '__not');
  if (handler !== undefined) return runtime.call1(handler, value, value);
  return runtime.blameType('perform bitwise operation on', value, 0);
}

export function compute(operation: number, left: number, right: number): number {
  switch (operation) {
    case ADD:
      return left + right;
    case SUB:
      return left - right;
    case MUL:
      return left * right;
    case DIV:
      return left / right;
    case MOD:
      return modulo(left, right);
    case POW:
      return power(left, right);
    case INTDIV:
      return Math.floor(left / right);
    default:
      return bits(operation, left, right);
  }
}

/** Rounds down; what C's floor makes of it, also where that is inexact. */
export function modulo(left: number, right: number): number {
  const whole = left | 0;
  if (whole === left && whole >= 0 && right > 0 && (right | 0) === right) return whole % right;
  return left - Math.floor(left / right) * right;
}

/**
 * As pow in C, which knows 1 ^ NaN and -1 ^ infinity. `**` errs in the last bit at times, such as
 * in 5 ** -5; where the power itself is exact, its inverse is rounded only once.
 */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  if (exponent < 0 && Number.isInteger(exponent) && Number.isInteger(base)) {
    const inverse = base ** -exponent;
    if (Number.isSafeInteger(inverse)) return 1 / inverse;
  }
  return base ** exponent;
}

/**
 * Operations on bits, of 64-bit integers: operands lose their fraction, a shift to the right keeps
 * the sign, and only the last 6 bits of a distance count. What fits no 64 bits is the least
 * integer, as on the server's processor. The result is rounded to a number.
 */
function bits(operation: number, left: number, right: number): number {
  if ((left | 0) === left && (right | 0) === right) {
    if (operation === AND) return left & right;
    if (operation === OR) return left | right;
    if (operation === XOR) return left ^ right;
    if (operation === SHR && right >= 0 && right < 64) return left >> Math.min(right, 31);
    if (operation === SHL && right >= 0 && right < 21) return left * 2 ** right;
  }
  const [first, second] = [longOf(left), longOf(right)];
  return Number(BigInt.asIntN(64, longBits(operation, first, second)));
}

function longBits(operation: number, left: bigint, right: bigint): bigint {
  switch (operation) {
    case AND:
      return left & right;
    case OR:
      return left | right;
    case XOR:
      return left ^ right;
    case SHL:
      return left << (right & 63n);
    case SHR:
    default:
      return left >> (right & 63n);
  }
}

function longOf(value: number): bigint {
  if (!(value >= -(2 ** 63) && value < 2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}
