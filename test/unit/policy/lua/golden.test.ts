import { describe, expect, it } from 'vitest';

import { formatDiagnostic } from '../../../../src/model/diagnostic.ts';
import { WORDS, type LuaCode } from '../../../../src/policy/lua/codes.ts';
import { testMachine } from '../../../builders/lua-machine.ts';

const many = (count: number, one: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => one(at)).join('\n');

/** A script with each mistake, and how it is shown. */
const GOLDEN: Readonly<Record<LuaCode, readonly [script: string, ...shown: string[]]>> = {
  'string-open': [
    'x = "abc\n',
    `p.lua:1:5: error: unfinished string near '"abc' [string-open]`,
    '1 x = "abc',
    '      ^^^^',
    'hint: close it with " on its line, or end the line with a backslash',
  ],
  'long-string-open': [
    'x = [==[ abc ]]',
    "p.lua:1:5: error: unfinished long string near '<eof>' [long-string-open]",
    '1 x = [==[ abc ]]',
    '      ^^^^',
    'hint: close it with ]==]',
  ],
  'comment-open': [
    '--[[ abc',
    "p.lua:1:1: error: unfinished long comment near '<eof>' [comment-open]",
    '1 --[[ abc',
    '  ^^^^',
    'hint: close it with ]]',
  ],
  'delimiter-wrong': [
    'x = [=x',
    "p.lua:1:5: error: invalid long string delimiter near '[=' [delimiter-wrong]",
    '1 x = [=x',
    '      ^^',
  ],
  'escape-wrong': [
    String.raw`x = "a\300"`,
    String.raw`p.lua:1:7: error: escape sequence too large near '"a\300' [escape-wrong]`,
    String.raw`1 x = "a\300"`,
    '        ^^^^',
  ],
  'number-wrong': [
    'x = 08',
    "p.lua:1:5: error: malformed number near '08' [number-wrong]",
    '1 x = 08',
    '      ^^',
    'hint: digits behind a leading 0 are octal, from 0 to 7',
  ],
  'symbol-unexpected': [
    'if a && b then end',
    "p.lua:1:7: error: unexpected symbol near '&' [symbol-unexpected]",
    '1 if a && b then end',
    '        ^',
    "hint: '&' and '|' are sums of bits; conditions are joined by 'and' and 'or'",
  ],
  'syntax-wrong': [
    '(a) = 1',
    "p.lua:1:5: error: syntax error near '=' [syntax-wrong]",
    '1 (a) = 1',
    '      ^',
    'hint: only calls and assignments are statements',
  ],
  'token-missing': [
    'x += 1',
    "p.lua:1:3: error: '=' expected near '+' [token-missing]",
    '1 x += 1',
    '    ^',
    "hint: there is no '+=' or '++': write x = x + 1",
  ],
  'block-open': [
    'function f()\n  if x then\n  end\n',
    "p.lua:4:1: error: 'end' expected (to close 'function' at line 1) near '<eof>' [block-open]",
    '4 ',
    '  ^',
    "hint: 'return' and 'break' stand last in their block, each block has an 'end'",
  ],
  'call-ambiguous': [
    'f\n(1)',
    "p.lua:2:1: error: ambiguous syntax (function call x new statement) near '(' [call-ambiguous]",
    '2 (1)',
    '  ^',
    "hint: put a ';' before the '(' or move it to the line above",
  ],
  'vararg-outside': [
    'function f() return ... end',
    "p.lua:1:21: error: cannot use '...' outside a vararg function near '...' [vararg-outside]",
    '1 function f() return ... end',
    '                      ^^^',
  ],
  'break-outside': [
    'break',
    "p.lua:1:1: error: no loop to break near '<eof>' [break-outside]",
    '1 break',
    '  ^^^^^',
  ],
  'nested-deep': [
    `x = ${'('.repeat(300)}`,
    'p.lua:1:204: error: chunk has too many syntax levels [nested-deep]',
    `1 ${'('.repeat(120)}`,
    `  ${' '.repeat(39)}^`,
  ],
  'limit-passed': [
    many(201, (at) => `local a${at}`),
    'p.lua:201:11: error: main function has more than 200 local variables [limit-passed]',
    '201 local a200',
    `${' '.repeat(14)}^`,
  ],
  'function-complex': [
    `-- a call\nf(${many(300, () => '1').replaceAll('\n', ',')})`,
    'p.lua:2:1: error: function or expression too complex [function-complex]',
    `2 f(${many(59, () => '1').replaceAll('\n', ',')},`,
    '  ^',
  ],
  'bytecode-refused': [
    '\u001BLua',
    'p.lua:1:1: error: this is compiled Lua, and only text is read [bytecode-refused]',
    '1 \uFFFDLua',
    '  ^',
  ],
};

describe('mistakes', () => {
  it.each(Object.keys(WORDS) as LuaCode[])('%s', (code) => {
    const [script, ...shown] = GOLDEN[code];
    const loaded = testMachine().machine.load(script, 'p.lua');
    const diagnostics = loaded.ok ? [] : loaded.diagnostics;
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
    expect(formatDiagnostic(diagnostics[0], script).split('\n')).toEqual(shown);
  });

  it.each([
    ['if x = 1 then end', "'==' compares, '=' assigns"],
    ['x = 1 y', 'only calls and assignments are statements'],
    ['continue', "this Lua has no 'continue'"],
    ['goto done', "this Lua has no 'goto'"],
    ['x++', "there is no '+=' or '++': write x = x + 1"],
    ['// note', "comments begin with '--'"],
    ['x = !y', "'not' negates, and '!=' or '~=' compares"],
    ['local end = 1', "'end' is a word of the language"],
    ['end', "'end' closes nothing here"],
    ['return 1 x = 2', "'return' stands last in its block"],
  ])('%s', (script, hint) => {
    const loaded = testMachine().machine.load(script, 'p.lua');
    expect(loaded.ok || loaded.diagnostics.map((one) => one.hint)).toEqual([hint]);
  });
});
