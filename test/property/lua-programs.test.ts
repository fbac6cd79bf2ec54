// Goal: programs that nobody would write by hand end alike on our machine and in a stock Lua 5.1,
// in values or in the words and place of their error.
// Method: generate expressions and small programs of the common subset and run them in both.
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testMachine } from '../builders/lua-machine.ts';
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

const LITERALS = (
  'nil;true;false;1;2;3;0.5;10;1e5;255;(-1);100;{};{ 1, 2 };' +
  "'';'a';'10';' 7 ';'1e1';'0x1f';'abc';'a\\0b'"
).split(';');
const BINARY = '+ - * / % ^ .. == ~= < <= > >= and or'.split(' ');
const FUNCTIONS = 'type string.upper tonumber math.floor string.len unpack pcall'.split(' ');

/** Expressions over some variables. */
function expressionOf(variables: readonly string[]): fc.Arbitrary<string> {
  const leaf = fc.constantFrom(...LITERALS, ...variables, ...variables);
  return fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      {
        weight: 5,
        arbitrary: fc
          .tuple(tie('expression'), fc.constantFrom(...BINARY), tie('expression'))
          .map(([left, operator, right]) =>
            // A numeral that begins with 0 is octal on ours alone.
            operator === '..' ? `('1' .. ${left} .. ${right})` : `(${left} ${operator} ${right})`,
          ),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom('not ', '-', '#'), tie('expression'))
          .map(([operator, operand]) => `(${operator}(${operand}))`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...FUNCTIONS), tie('expression'))
          .map(([name, argument]) => `(${name}(${argument}))`),
      },
    ),
  })).expression;
}

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

const VARIABLES = ['a', 'b', 'g', 't.x', 't[1]', 'up'];
const numbers = VARIABLES.map((name) => `(tonumber(${name}) or 1)`);
const { number } = fc.letrec<{ number: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom('1', '2', '3', '10', '-1', '0.5', ...numbers),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number'))
      .map(([left, operator, right]) => `((${left} ${operator} ${right}) % 1000)`),
    tie('number').map((one) => `math.floor(${one} / 2)`),
    tie('number').map((one) => `#('x' .. ${one})`),
  ),
}));
const comparison = fc
  .tuple(number, fc.constantFrom('<', '<=', '==', '~=', '>', '>='), number)
  .map(([left, operator, right]) => `(${left} ${operator} ${right})`);
/** Mostly what is well, because most programs should come to their end. */
const value = fc.oneof(
  { weight: 20, arbitrary: number },
  { weight: 10, arbitrary: comparison },
  { weight: 3, arbitrary: fc.constantFrom('{}', "'text'", 'nil', 'use') },
  { weight: 1, arbitrary: expressionOf(VARIABLES) },
);
const target = fc.constantFrom(...VARIABLES);

/** Statements, each in lines of its own; `n` counts turns, so that every loop ends. */
const { block } = fc.letrec<{ block: string; statement: string }>((tie) => ({
  block: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }).map((all) => all.join('\n')),
  statement: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(target, value).map(([to, from]) => `${to} = ${from}`),
    fc
      .tuple(target, target, value, value)
      .map(([to, also, from, second]) => `${to}, ${also} = ${from}, ${second}`),
    fc.tuple(value).map(([from]) => `local a = ${from}`),
    fc
      .tuple(value, tie('block'), tie('block'))
      .map(([when, then, otherwise]) => `if ${when} then\n${then}\nelse\n${otherwise}\nend`),
    fc
      .tuple(fc.integer({ min: -1, max: 3 }), tie('block'))
      .map(([to, body]) => `for b = 1, ${to} do\nn = n + 1\n${body}\nend`),
    fc
      .tuple(value, tie('block'))
      .map(([until, body]) => `repeat\nn = n + 1\n${body}\nuntil n > 20 or ${until}`),
    fc
      .tuple(value, tie('block'))
      .map(([when, body]) => `while n < 20 and ${when} do\nn = n + 1\n${body}\nend`),
    fc
      .tuple(tie('block'), value, value)
      .map(
        ([body, result, given]) =>
          `do local function f(a, ...)\n${body}\nreturn ${result}, ...\nend\nb, g = f(${given}, 1)\nend`,
      ),
    fc
      .tuple(target, tie('block'))
      .map(([to, body]) => `${to} = select(2, pcall(function()\n${body}\nend))`),
    fc
      .tuple(target, tie('block'), value)
      .map(
        ([to, body, out]) =>
          `${to} = coroutine.wrap(function(a)\na = coroutine.yield(${out})\n${body}\nend)(a)`,
      ),
    fc.tuple(value).map(([all]) => `for a, b in pairs({ ${all} }) do\nn = n + 1\ng = b\nend`),
  ),
}));

test('programs', () => {
  fc.assert(
    fc.property(block, (body) => {
      const chunk = `local a, b, up, n = 1, 'two', 3, 0
local t = { x = 4, 5 }
g = 6
local function use() return up end
${body}
return a, b, g, t.x, t[1], use(), n`;
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
