// Goal: the string functions of scripts answer as those of a stock Lua 5.1.
// Method: call them directly with generated arguments, run the same call in stock Lua, and compare
// what comes back, messages included.
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringLibrary } from '../../src/policy/lua/library/string.ts';
import type { LuaValue } from '../../src/policy/lua/value.ts';
import { answerOf } from '../builders/lua-host.ts';
import {
  answerLine,
  callSource,
  lineOf,
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
function both(name: string, ...args: LuaValue[]): [ours: string, theirs: string] {
  const theirs = stock.run(callSource(`string.${name}`, args));
  return [answerLine(stringLibrary, name, args), theirs];
}

/** Short texts of few letters, so that patterns match now and then. */
const subject = fc.string({
  unit: fc.constantFrom(...'abc 1.()-%\nA]\0\xe9'.split('')),
  maxLength: 12,
});
const ATOMS = [
  ...'a b . %a %A %d %s %w %W %p %c %u %l %x %z %Z %. %% %( [ab] [^ab] [a-c] [%a_] []]'.split(' '),
  ...'[^]] [a-] [%-a] [^%s] [.-%%] \xe9 1 - ( ) $ ^ [ % ] %e \0 [a [%'.split(' '),
  ' ',
];
const ODD_ITEMS = [
  ...'%f[%z] %f[^%z] %f[%a] %f[^%w] %f (%1) (a%1) (a(b)%2) [!-%%] [(-%%]'.split(' '),
  ...'( ) () %b() %bab %b %1 %2 %0'.split(' '),
];
const repeat = fc.constantFrom('', '', '', '*', '+', '-', '?');
const once = fc
  .tuple(fc.constantFrom(...ATOMS), repeat, fc.integer({ max: 2, min: 0 }))
  .map(([what, times, kind]) => (kind === 0 ? `(${what}${times})` : what + times));
const item = fc.oneof(
  { weight: 6, arbitrary: once },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_ITEMS) },
);
const pattern = fc
  .tuple(fc.constantFrom('', '', '', '^'), fc.array(item, { maxLength: 5 }))
  .chain(([start, items]) =>
    fc.constantFrom('', '', '', '$').map((end) => start + items.join('') + end),
  );
const place = fc.option(fc.integer({ min: -14, max: 14 }), { nil: undefined });

describe('patterns', () => {
  test('find', () => {
    const isPlain = fc.constantFrom(undefined, false, true);
    fc.assert(
      fc.property(subject, pattern, place, isPlain, (text, sought, from, plain) => {
        const [ours, theirs] = both('find', text, sought, from, plain);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('find of texts that repeat themselves', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'aaab'.split('')), maxLength: 8 });
    const long = fc
      .tuple(letters, fc.integer({ min: 1, max: 6 }), letters)
      .map(([first, times, last]) => first.repeat(times) + last);
    fc.assert(
      fc.property(long, long, long, fc.boolean(), (before, sought, behind, isThere) => {
        const text = before + (isThere ? sought : '') + behind;
        const [ours, theirs] = both('find', text, sought, 1, true);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('match', () => {
    fc.assert(
      fc.property(subject, pattern, place, (text, sought, from) => {
        const [ours, theirs] = both('match', text, sought, from);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('gsub', () => {
    const unit = fc.constantFrom('x', '%1', '%0', '%2', '%%', '%', '\0', '%a');
    const form = fc.string({ unit, maxLength: 4 });
    fc.assert(
      fc.property(subject, pattern, form, place, (text, sought, into, limit) => {
        const [ours, theirs] = both('gsub', text, sought, into, limit);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });

  test('gmatch', () => {
    fc.assert(
      fc.property(subject, pattern, (text, sought) => {
        const ours = lineOf((host) => {
          const [next] = answerOf(host, stringLibrary(host), 'gmatch', text, sought);
          const all: LuaValue[] = [];
          for (
            let found = host.call(next, []);
            found[0] !== undefined;
            found = host.call(next, [])
          ) {
            all.push(found[0], found[1] ?? 0);
          }
          return all;
        });
        const theirs = stock.run(`local all = {}
          for a, b in string.gmatch(${sourceOf(text)}, ${sourceOf(sought)}) do
            all[#all + 1], all[#all + 2] = a, b or 0
          end
          return unpack(all)`);
        expect(ours).toBe(theirs);
      }),
      RUNS,
    );
  });
});

test('sub and byte', () => {
  const name = fc.constantFrom('sub', 'byte');
  fc.assert(
    fc.property(name, subject, fc.integer({ min: -14, max: 14 }), place, (called, text, a, b) => {
      const [ours, theirs] = both(called, text, a, b);
      expect(ours).toBe(theirs);
    }),
    RUNS,
  );
});

test('functions of one text', () => {
  const name = fc.constantFrom('lower', 'upper', 'reverse', 'len', 'byte');
  const bytes = fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(name, bytes, (called, text) => {
      const [ours, theirs] = both(called, text);
      expect(ours).toBe(theirs);
    }),
    RUNS,
  );
});

test('char', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 256 }), { maxLength: 4 }), (codes) => {
      const [ours, theirs] = both('char', ...codes);
      expect(ours).toBe(theirs);
    }),
    RUNS,
  );
});

test('rep', () => {
  fc.assert(
    fc.property(subject, fc.integer({ min: -1, max: 9 }), (text, count) => {
      const [ours, theirs] = both('rep', text, count);
      expect(ours).toBe(theirs);
    }),
    RUNS,
  );
});
