// Goal: formats, arithmetic and sorting of scripts answer as those of a stock Lua 5.1.
// Method: call them directly with generated arguments, run the same call in stock Lua, and compare
// what comes back, messages included.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mathLibrary } from '../../src/policy/lua/library/math.ts';
import { stringLibrary } from '../../src/policy/lua/library/string.ts';
import { tableLibrary } from '../../src/policy/lua/library/table.ts';
import type { LuaValue } from '../../src/policy/lua/value.ts';
import { answerOf, listOf, native, PlainHost, ScriptError } from '../builders/lua-host.ts';
import {
  answerLine,
  callSource,
  shown,
  sourceOf,
  stockLua,
  type StockLua,
} from '../builders/stock-lua.ts';

const RUNS = { numRuns: 2000 };

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua();
});
afterAll(() => {
  stock.close();
});

/** What a call answers here and in stock Lua. */
function format(...args: LuaValue[]): [ours: string, theirs: string] {
  const theirs = stock.run(callSource('string.format', args));
  return [answerLine(stringLibrary, 'format', args), theirs];
}
function math(name: string, ...args: LuaValue[]): [ours: string, theirs: string] {
  const theirs = stock.run(callSource(`math.${name}`, args));
  return [answerLine(mathLibrary, name, args), theirs];
}

const flags = fc.string({ unit: fc.constantFrom(...'-+ #0'.split('')), maxLength: 3 });
const width = fc.constantFrom('', '', '1', '5', '12', '99', '123');
const precision = fc.constantFrom(
  '',
  '',
  '.',
  '.0',
  '.1',
  '.3',
  '.14',
  '.17',
  '.20',
  '.99',
  '.100',
);
const spec = fc.tuple(flags, width, precision).map((parts) => `%${parts.join('')}`);
/** Any number, and those at which rounding shows. */
const real = fc.oneof(
  fc.double(),
  fc.integer({ min: -2000, max: 2000 }).map((count) => count / 8),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: -60, max: 60 }))
    .map(([count, power]) => count * 2 ** power),
  fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -30, max: 30 }))
    .map(([count, power]) => Number(`${count}e${power}`)),
  fc.constantFrom(0, -0, Infinity, -Infinity, NaN, 5e-324, 1.7976931348623157e308),
  fc.constantFrom(0.5, 1.5, 2.5, 9.5, 99.5, 1e15, 1e21),
);

describe('format', () => {
  test('real numbers', () => {
    fc.assert(
      fc.property(spec, fc.constantFrom(...'eEfgG'.split('')), real, (form, letter, value) => {
        const [ours, theirs] = format(form + letter, value);
        expect(ours).toBe(theirs);
      }),
      { numRuns: 2 * RUNS.numRuns },
    );
  });

  test('whole numbers', () => {
    // Those of 32 bits, and no negative ones where a sign has no place: stock Lua is built for a
    // machine of 32 bits here.
    const value = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -20, max: 20 }).map((count) => count / 4),
    );
    fc.assert(
      fc.property(spec, fc.constantFrom(...'diouxXc'.split('')), value, (form, letter, number) => {
        const isSigned = letter === 'd' || letter === 'i';
        const [ours, theirs] = format(form + letter, isSigned ? number : Math.abs(number));
        expect(ours).toBe(theirs);
      }),
      { numRuns: 2 * RUNS.numRuns },
    );
  });

  test('texts, and letters that are none', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'a"\\\n\r\0\xe9 '.split('')),
      maxLength: 12,
    });
    const value = fc.oneof(text, fc.constantFrom('x'.repeat(120), true, undefined, 12));
    // Zeros before a text have no meaning in C.
    const form = spec.map((made) => made.replaceAll(/(?<=^%[-+ #]*)0/g, ''));
    fc.assert(
      fc.property(form, fc.constantFrom('s', 'q', 'y', '', '5'), value, (made, letter, given) => {
        const [ours, theirs] = format(made + letter, given);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });
});

describe('math', () => {
  test('functions of one number whose result is exact', () => {
    const name = fc.constantFrom('abs', 'ceil', 'floor', 'sqrt', 'frexp', 'modf', 'deg', 'rad');
    fc.assert(
      fc.property(name, real, (called, value) => {
        // C leaves open what the exponent of an infinite number is.
        fc.pre(called !== 'frexp' || Number.isFinite(value));
        const [ours, theirs] = math(called, value);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('functions of two numbers', () => {
    fc.assert(
      fc.property(fc.constantFrom('fmod', 'mod', 'max', 'min'), real, real, (called, a, b) => {
        const [ours, theirs] = math(called, a, b);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('ldexp', () => {
    fc.assert(
      fc.property(real, fc.integer({ min: -2200, max: 2200 }), (value, exponent) => {
        const [ours, theirs] = math('ldexp', value, exponent);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('functions that may differ in the last digit', () => {
    const names = 'sin cos tan asin acos atan sinh cosh tanh exp log log10'.split(' ');
    const value = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (called, number) => {
        const host = new PlainHost();
        const ours = Number(answerOf(host, mathLibrary(host), called, number)[0]);
        const written = stock.run(
          `return string.format('%.17g', math.${called}(${sourceOf(number)}))`,
        );
        const theirs = Number(
          written.replaceAll('"', '').replace('inf', 'Infinity').replace('-nan', 'NaN'),
        );
        const isClose = Math.abs(ours - theirs) <= Math.abs(theirs) * 2 ** -51;
        expect(isClose || Object.is(ours, theirs)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('sort', () => {
  const ORDERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '~=': (a, b) => a !== b,
    '==': (a, b) => a === b,
  };
  /** Only the tens of a number are compared: how the units lie afterwards is the algorithm's. */
  const list = fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 40 });
  const tensOf = (value: LuaValue): number => Math.floor(Number(value ?? 0) / 10);

  test('leaves the same order and notices the same wrong comparators', () => {
    fc.assert(
      fc.property(list, fc.constantFrom(...Object.keys(ORDERS)), (numbers, order) => {
        const host = new PlainHost();
        const table = listOf(...numbers);
        const less = native((a, b) => [ORDERS[order](tensOf(a), tensOf(b))]);
        let problem = '';
        try {
          answerOf(host, tableLibrary(host), 'sort', table, less);
        } catch (error) {
          if (!(error instanceof ScriptError)) throw error;
          problem = error.message;
        }
        const sorted = numbers.map((_, at) => table.get(at + 1));
        const theirs = stock.run(`local list = {${numbers.join(', ')}}
          local function tens(value) return math.floor((value or 0) / 10) end
          local fine, problem = pcall(table.sort, list, function(a, b)
            return tens(a) ${order} tens(b)
          end)
          return fine and '' or problem, unpack(list, 1, ${numbers.length})`);
        expect(shown([problem, ...sorted])).toBe(theirs);
      }),
      RUNS,
    );
  });
});
