import { RandomNumbers } from '../../random-numbers.ts';
import { compute } from '../arithmetic.ts';
import { POW } from '../operations.ts';
import type { LuaHost, LuaTable } from '../value.ts';
import { libraryTable, type Arguments, type LibraryFunction } from './arguments.ts';
import { fromParts, partsOf } from './binary-parts.ts';

const HALF_TURN_DEGREES = 180;

/**
 * The math library of Lua 5.1. Functions such as `sin` and `exp` come from the runtime and may
 * differ from those of another machine's C library in the last digit. `random` draws the same
 * numbers in every replay, and others than Momentum would.
 */
export function mathLibrary(host: LuaHost): LuaTable {
  const library = libraryTable(host, 'math', {
    abs: unary(Math.abs),
    acos: unary(Math.acos),
    asin: unary(Math.asin),
    atan: unary(Math.atan),
    atan2: (_, args) => [Math.atan2(args.number(1), args.number(2))],
    ceil: unary(Math.ceil),
    cos: unary(Math.cos),
    cosh: unary(Math.cosh),
    deg: unary((radians) => radians / (Math.PI / HALF_TURN_DEGREES)),
    exp: unary(Math.exp),
    floor: unary(Math.floor),
    fmod: (_, args) => [args.number(1) % args.number(2)],
    frexp: (_, args) => partsOf(args.number(1)),
    ldexp: (_, args) => [fromParts(args.number(1), args.int(2))],
    log: unary(Math.log),
    log10: unary(Math.log10),
    max: (_, args) => [extreme(args, (value, best) => value > best)],
    min: (_, args) => [extreme(args, (value, best) => value < best)],
    modf: (_, args) => {
      const value = args.number(1);
      const whole = Math.trunc(value);
      if (Math.abs(value) === Infinity) return [whole, value > 0 ? 0 : -0];
      return [whole, value % 1];
    },
    pow: (_, args) => [compute(POW, args.number(1), args.number(2))],
    rad: unary((degrees) => degrees * (Math.PI / HALF_TURN_DEGREES)),
    ...randomFunctions(),
    sin: unary(Math.sin),
    sinh: unary(Math.sinh),
    sqrt: unary(Math.sqrt),
    tan: unary(Math.tan),
    tanh: unary(Math.tanh),
  });
  library.set('mod', library.get('fmod'));
  library.set('pi', Math.PI);
  library.set('huge', Infinity);
  return library;
}

function unary(of: (value: number) => number): LibraryFunction {
  return (_, args) => [of(args.number(1))];
}

function extreme(args: Arguments, isBetter: (value: number, best: number) => boolean): number {
  let best = args.number(1);
  for (let position = 2; position <= args.count; position++) {
    const value = args.number(position);
    if (isBetter(value, best)) best = value;
  }
  return best;
}

function randomFunctions(): Record<string, LibraryFunction> {
  const numbers = new RandomNumbers();
  return {
    random: (host, args) => {
      const fraction = numbers.fraction();
      if (args.count === 0) return [fraction];
      if (args.count > 2) return host.fail('wrong number of arguments');
      const least = args.count === 1 ? 1 : args.int(1);
      const greatest = args.int(args.count);
      if (least > greatest) return args.reject(args.count, 'interval is empty');
      return [Math.floor(fraction * (greatest - least + 1)) + least];
    },
    randomseed: (_, args) => {
      numbers.reseed(args.int(1));
      return [];
    },
  };
}
