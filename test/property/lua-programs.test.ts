// Goal: programs that nobody would write by hand end alike on our machine and in a stock Lua 5.1,
// in values or in the words and place of their error.
// Method: generate expressions and small programs of the common subset and run them in both.
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testMachine } from '../builders/lua-machine.ts';
import { BINARY, expressionOf, programs } from '../builders/lua-programs.ts';
import { answerOfChunk, stockLua, type StockLua } from '../builders/stock-lua.ts';

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua();
});
afterAll(() => {
  stock.close();
});

/**
 * An answer without what may differ: the last digits of powers, and how a message names what it is
 * about, which stock Lua guesses from its instructions, and `type` where a function calls it.
 */
function comparable(line: string): string {
  return line
    .replaceAll(/(-?\d+)p(-?\d+)/g, (_, digits: string, power: string) =>
      (Number(digits) * 2 ** Number(power)).toPrecision(13),
    )
    .replaceAll("to 'type' (", "to '?' (")
    .replaceAll(/(?:local|global|field|upvalue|method) '[^']*' \((a \w+ value)\)/g, '$1');
}

/** A rest makes much of the last digit of a power. */
const isExact = (source: string): boolean => !(source.includes('^') && source.includes('%'));

/**
 * Stock Lua keeps 0 and -0 as one constant of a chunk, which decides signs of zero and infinity;
 * the sign of what is no number, and where a table lies, is left open.
 */
const isSettled = (line: string): boolean => !/nan|inf|-0|: 0x/.test(line);

test('expressions', () => {
  fc.assert(
    fc.property(expressionOf(['x', 't.x', 'missing', 't']), (expression) => {
      const chunk = `local x, t = 5, { x = 7 }\nreturn ${expression}`;
      const theirs = stock.runWithPlaces(chunk);
      fc.pre(isExact(chunk) && isSettled(theirs));
      expect(comparable(answerOfChunk(testMachine().machine, chunk))).toBe(comparable(theirs));
    }),
    { numRuns: 1500 },
  );
});

test('expressions without parentheses', () => {
  const operand = fc.constantFrom('1', '2', '3', 'x', "'4'", '-x', 'not x', '#t', 't.x', '2 ^ x');
  const rest = fc.array(fc.tuple(fc.constantFrom(...BINARY), operand), { maxLength: 6 });
  fc.assert(
    fc.property(operand, rest, (first, further) => {
      const expression = first + further.map(([operator, one]) => ` ${operator} ${one}`).join('');
      const chunk = `local x, t = 5, { x = 7, 1 }\nreturn ${expression}`;
      const theirs = stock.runWithPlaces(chunk);
      fc.pre(isExact(chunk) && isSettled(theirs));
      expect(comparable(answerOfChunk(testMachine().machine, chunk))).toBe(comparable(theirs));
    }),
    { numRuns: 1500 },
  );
});

test('programs', () => {
  fc.assert(
    fc.property(programs, (chunk) => {
      const theirs = stock.runWithPlaces(chunk);
      fc.pre(isExact(chunk) && isSettled(theirs));
      expect(comparable(answerOfChunk(testMachine().machine, chunk))).toBe(comparable(theirs));
    }),
    { numRuns: 1500 },
  );
});

const CALLED = (
  'string.byte string.char string.find string.format string.gmatch string.gsub string.len ' +
  'string.lower string.match string.rep string.reverse string.sub string.upper ' +
  'table.concat table.foreach table.foreachi table.getn table.insert table.maxn table.remove ' +
  'table.setn table.sort math.abs math.atan2 math.ceil math.floor math.fmod math.frexp ' +
  'math.ldexp math.max math.min math.modf math.pow math.random math.randomseed math.sqrt ' +
  'assert error getmetatable ipairs pairs pcall rawequal rawget rawset select setmetatable ' +
  'tonumber tostring type unpack xpcall loadstring coroutine.create coroutine.resume ' +
  'coroutine.status coroutine.wrap coroutine.yield'
).split(' ');
const GIVEN = (
  "nil;true;false;0;1;2;-1;3.5;100;'';'10';'abc';' 1 ';'%a';'(b)';'%d %s';'[';list;{};" +
  "{ 'b', 'a', 'c' };{ 3, 'x' };{ {}, {} };{ a = 1 };type;function(a) return a end;" +
  "function() error('own', 0) end;coroutine.create(function() end)"
).split(';');

test('functions with any arguments', () => {
  const given = fc.array(fc.constantFrom(...GIVEN), { maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...CALLED), given, (name, args) => {
      // A negative number in another base shows how many bits a whole number has.
      fc.pre(name !== 'tonumber' || args.length < 2);
      // At a further level there is the test's own chunk.
      fc.pre(name !== 'error' || args.length < 2);
      // What is drawn at random is only counted.
      const taken = name.startsWith('math.random') ? "select('#', ...)" : '...';
      const chunk = `local list = { 1, 2, 3 }
local function results(...) return ${taken} end
return results(${name}(${args.join(', ')}))`;
      const theirs = stock.runWithPlaces(chunk);
      fc.pre(isSettled(theirs));
      expect(comparable(answerOfChunk(testMachine().machine, chunk))).toBe(comparable(theirs));
    }),
    { numRuns: 2000 },
  );
});
