import * as fc from 'fast-check';

const LITERALS = (
  'nil;true;false;1;2;3;0.5;10;1e5;255;(-1);100;{};{ 1, 2 };' +
  "'';'a';'10';' 7 ';'1e1';'0x1f';'abc';'a\\0b'"
).split(';');
export const BINARY = '+ - * / % ^ .. == ~= < <= > >= and or'.split(' ');
const FUNCTIONS = 'type string.upper tonumber math.floor string.len unpack pcall'.split(' ');

/** Expressions over some variables. */
export function expressionOf(variables: readonly string[]): fc.Arbitrary<string> {
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

/** Chunks of several lines that use the common subset of both machines. */
export const programs: fc.Arbitrary<string> = block.map(
  (body) => `local a, b, up, n = 1, 'two', 3, 0
local t = { x = 4, 5 }
g = 6
local function use() return up end
${body}
return a, b, g, t.x, t[1], use(), n`,
);
