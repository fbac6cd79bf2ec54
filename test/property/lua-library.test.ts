// Goal: string, table and math functions answer as those of a stock Lua 5.1.
// Method: call them directly with generated arguments, run the same call in stock Lua, and compare
// what comes back, messages included.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mathLibrary } from '../../src/policy/lua/library/math.ts';
import { stringLibrary } from '../../src/policy/lua/library/string.ts';
import type { LuaTable, LuaValue } from '../../src/policy/lua/value.ts';
import { called, PlainHost, ScriptError } from '../builders/lua-host.ts';
import { shown, sourceOf, stockLua, type StockLua } from '../builders/stock-lua.ts';

const RUNS = { numRuns: 5000 };

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua();
});
afterAll(() => {
  stock.close();
});

function ours(
  libraryOf: (host: PlainHost) => LuaTable,
  name: string,
  args: readonly LuaValue[],
): string {
  const host = new PlainHost();
  try {
    return shown(called(host, libraryOf(host), name, ...args));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return `error ${shown([error.message])}`;
  }
}

function expectSame(library: 'string' | 'math', name: string, ...args: LuaValue[]): void {
  // A name that a message can give: a function that pcall calls has none in stock Lua.
  const source = `local results = function(...) return ... end
    return results(${library}.${name}(${args.map(sourceOf).join(', ')}))`;
  const answer = ours(library === 'string' ? stringLibrary : mathLibrary, name, args);
  expect(answer, source).toBe(stock.run(source));
}

/** Short texts of few letters, so that patterns match now and then. */
const subject = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    'c',
    ' ',
    '1',
    '.',
    '(',
    ')',
    '\0',
    '\xe9',
    '-',
    '%',
    '\n',
    'A',
    ']',
  ),
  maxLength: 12,
});
const atom = fc.constantFrom(
  ...['a', 'b', '.', '%a', '%A', '%d', '%s', '%w', '%W', '%p', '%c', '%u', '%l', '%x', '%z', '%Z'],
  ...['%.', '%%', '%(', '[ab]', '[^ab]', '[a-c]', '[%a_]', '[]]', '[^]]', '[a-]', '[%-a]', '[^%s]'],
  ...['[.-%%]', '\xe9', '1', ' ', '-', '(', ')', '$', '^', '[', '%', ']', '%e', '\0', '[a', '[%'],
);
const repeat = fc.constantFrom('', '', '', '*', '+', '-', '?');
const item = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(atom, repeat).map(([what, times]) => what + times) },
  { weight: 4, arbitrary: fc.tuple(atom, repeat).map(([what, times]) => `(${what}${times})`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '%f[%z]',
      '%f[^%z]',
      '(%1)',
      '(a%1)',
      '(a(b)%2)',
      '[!-%%]',
      '[(-%%]',
      '(',
      ')',
      '()',
      '%b()',
      '%bab',
      '%f[%a]',
      '%f[^%w]',
      '%f',
      '%b',
      '%1',
      '%2',
      '%0',
    ),
  },
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '^'),
    fc.array(item, { maxLength: 5 }),
    fc.constantFrom('', '', '', '$'),
  )
  .map(([start, items, end]) => start + items.join('') + end);
const place = fc.option(fc.integer({ min: -14, max: 14 }), { nil: undefined });

describe('patterns', () => {
  test('find', () => {
    fc.assert(
      fc.property(
        subject,
        pattern,
        place,
        fc.constantFrom(undefined, false, true),
        (text, sought, from, plain) => {
          expectSame('string', 'find', text, sought, from, plain);
        },
      ),
      RUNS,
    );
  });

  test('match', () => {
    fc.assert(
      fc.property(subject, pattern, place, (text, sought, from) => {
        expectSame('string', 'match', text, sought, from);
      }),
      RUNS,
    );
  });

  test('gsub', () => {
    const form = fc.string({
      unit: fc.constantFrom('x', '%1', '%0', '%2', '%%', '%', '\0', '%a'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(subject, pattern, form, place, (text, sought, into, limit) => {
        expectSame('string', 'gsub', text, sought, into, limit);
      }),
      RUNS,
    );
  });
});

describe('gmatch', () => {
  test('all matches, one by one', () => {
    fc.assert(
      fc.property(subject, pattern, (text, sought) => {
        const source = `local all = {}
          for a, b in string.gmatch(${sourceOf(text)}, ${sourceOf(sought)}) do
            all[#all + 1], all[#all + 2] = a, b or 0
          end
          return unpack(all)`;
        const host = new PlainHost();
        const all: LuaValue[] = [];
        let answer: string;
        try {
          const [next] = called(host, stringLibrary(host), 'gmatch', text, sought);
          for (;;) {
            const [a, b] = host.call(next, []);
            if (a === undefined) break;
            all.push(a, b ?? 0);
          }
          answer = shown(all);
        } catch (error) {
          if (!(error instanceof ScriptError)) throw error;
          answer = `error ${shown([error.message])}`;
        }
        expect(answer, source).toBe(stock.run(source));
      }),
      RUNS,
    );
  });
});

describe('strings', () => {
  test('sub and byte', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sub', 'byte'),
        subject,
        fc.integer({ min: -14, max: 14 }),
        place,
        (name, text, first, last) => {
          expectSame('string', name, text, first, last);
        },
      ),
      RUNS,
    );
  });

  test('functions of one text', () => {
    const bytes = fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(
        fc.constantFrom('lower', 'upper', 'reverse', 'len', 'byte'),
        bytes,
        (name, text) => {
          expectSame('string', name, text);
        },
      ),
      RUNS,
    );
  });

  test('char and rep', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 256 }), { maxLength: 4 }),
        subject,
        (codes, text) => {
          expectSame('string', 'char', ...codes);
          expectSame('string', 'rep', text, codes.length - 1);
        },
      ),
      RUNS,
    );
  });
});

const flags = fc.string({ unit: fc.constantFrom('-', '+', ' ', '#', '0'), maxLength: 3 });
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
/** Numbers at the places where rounding shows, besides any. */
const real = fc.oneof(
  fc.double(),
  fc.integer({ min: -2000, max: 2000 }).map((count) => count / 8),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: -60, max: 60 }))
    .map(([count, power]) => count * 2 ** power),
  fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -30, max: 30 }))
    .map(([count, power]) => Number(`${count}e${power}`)),
  fc.constantFrom(
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    5e-324,
    1.7976931348623157e308,
    0.5,
    1.5,
    2.5,
    9.5,
    99.5,
    1e15,
    1e21,
  ),
);

describe('format', () => {
  test('real numbers', () => {
    fc.assert(
      fc.property(spec, fc.constantFrom('e', 'E', 'f', 'g', 'G'), real, (form, letter, value) => {
        expectSame('string', 'format', form + letter, value);
      }),
      { numRuns: 5000 },
    );
  });

  test('whole numbers', () => {
    // Those of 32 bits: stock Lua is built for a machine of 32 bits here.
    const value = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -20, max: 20 }).map((count) => count / 4),
    );
    fc.assert(
      fc.property(spec, fc.constantFrom('d', 'i'), value, (form, letter, number) => {
        expectSame('string', 'format', form + letter, number);
      }),
      RUNS,
    );
    fc.assert(
      fc.property(spec, fc.constantFrom('o', 'u', 'x', 'X', 'c'), value, (form, letter, number) => {
        expectSame('string', 'format', form + letter, Math.abs(number));
      }),
      RUNS,
    );
  });

  test('texts', () => {
    fc.assert(
      fc.property(
        spec,
        fc.constantFrom('s', 'q', 'y', '', '5'),
        fc.oneof(subject, fc.constant('x'.repeat(120)), fc.constantFrom(true, undefined, 12)),
        (form, letter, value) => {
          // Zeros before a text have no meaning in C.
          expectSame('string', 'format', form.replaceAll(/(?<=^%[-+ #]*)0/g, '') + letter, value);
        },
      ),
      RUNS,
    );
  });
});

describe('math', () => {
  test('functions whose result is exact', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('abs', 'ceil', 'floor', 'sqrt', 'frexp', 'modf', 'deg', 'rad'),
        real,
        (name, value) => {
          // C leaves open what the exponent of an infinite number is.
          if (name !== 'frexp' || Number.isFinite(value)) expectSame('math', name, value);
        },
      ),
      RUNS,
    );
    fc.assert(
      fc.property(fc.constantFrom('fmod', 'mod', 'max', 'min'), real, real, (name, a, b) => {
        expectSame('math', name, a, b);
      }),
      RUNS,
    );
    fc.assert(
      fc.property(real, fc.integer({ min: -2200, max: 2200 }), (value, exponent) => {
        expectSame('math', 'ldexp', value, exponent);
      }),
      RUNS,
    );
  });

  test('functions that may differ in the last digits', () => {
    const names = [
      'sin',
      'cos',
      'tan',
      'asin',
      'acos',
      'atan',
      'sinh',
      'cosh',
      'tanh',
      'exp',
      'log',
      'log10',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (name, value) => {
          const host = new PlainHost();
          const [got] = called(host, mathLibrary(host), name, value) as [number];
          const expected = stock.run(
            `return string.format('%.17g', math.${name}(${sourceOf(value)}))`,
          );
          const wanted = Number(
            expected.slice(1, -1).replace('inf', 'Infinity').replace('-nan', 'NaN'),
          );
          if (!Number.isFinite(wanted)) expect(got).toBe(wanted);
          else expect(Math.abs(got - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 2 ** -51);
        },
      ),
      RUNS,
    );
  });
});
