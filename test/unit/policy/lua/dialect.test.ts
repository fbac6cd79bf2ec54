import { describe, expect, it } from 'vitest';

import { outcomeOf, testMachine } from '../../../builders/lua-machine.ts';

// What Momentum's Lua has besides Lua 5.1; `doc/differences.md` and the reader of its numbers.
describe('numbers', () => {
  it.each([
    ['return 010, 0660, 0, 0x10, 0xA', '8 432 0 16 10'],
    ['return 0.5, .5, 5., 3e2', '0.5 0.5 5 300'],
    ["return tonumber('010'), tonumber('08'), tonumber('0'), tonumber('00')", '8 nil 0 0'],
    ["return tonumber('-010'), tonumber('+010'), tonumber(' 010')", '-8 10 10'],
    ["return tonumber('0.5'), tonumber('00.5'), tonumber('0e1')", '0.5 nil nil'],
    [
      "return tonumber('010 '), tonumber('0x1F'), tonumber('-0x1f'), tonumber('0x')",
      '8 31 -31 nil',
    ],
    ["return tonumber('010', 10), tonumber('010', 8), tonumber('010', 16)", '8 8 16'],
    [
      "return '010' + 1, '08' == '8', tonumber('0777777777777777777777777')",
      '9 false 9223372036854776000',
    ],
    [
      "return tonumber('1\\0002'), tonumber('inf'), tonumber('nan') ~= tonumber('nan')",
      '1 Infinity true',
    ],
  ])('%s', (script, outcome) => {
    expect(outcomeOf(script)).toBe(outcome);
  });
});

describe('strings', () => {
  it.each([
    [String.raw`return "\xe4\x41", #"\xff"`, '"äA" 1'],
    [
      String.raw`return "\u00a3", "\u0041", "\u01F600", "\u0000000a"`,
      '"Â£" "A" "ð\u009f\u0098\u0080" "\\n"',
    ],
    [String.raw`return #"\u03ffffff", #"\u7fffffff"`, '5 6'],
    ["return 'ä', #'€'", '"Ã¤" 3'],
  ])('%s', (script, outcome) => {
    expect(outcomeOf(script)).toBe(outcome);
  });
});

describe('operators', () => {
  it.each([
    ['return 1 != 2, 1 != 1, 1 ~= 2', 'true false true'],
    ['return 12 | 3, 12 & 10, 12 ^^ 10, ~5, 1 << 4, 256 >> 4', '15 8 6 -6 16 16'],
    ['return 7 \\ 2, -7 \\ 2, 7.5 \\ 2, 7 \\ 0', '3 -4 3 Infinity'],
    ['return 1 | 2 + 4, 1 << 2 * 3, 1 + 1 << 2, 8 | 1 == 9', '7 12 5 true'],
    [
      'return 1 << 40, -8 >> 1, 2^40 | 1, -1 >> 60, 1 << 64, 1 << 63',
      '1099511627776 -4 1099511627777 -1 1 -9223372036854776000',
    ],
    ['return 5.9 & 7.9, -5.9 | 0, "6" & 3, 1e30 | 0', '5 -5 2 -9223372036854776000'],
    ['return ~0, ~-1, ~2^40, -~5', '-1 0 -1099511627777 6'],
    [
      'return pcall(function() local a = {} return a | 1 end)',
      'false "test.lua:1: attempt to perform bitwise operation on local \'a\' (a table value)"',
    ],
  ])('%s', (script, outcome) => {
    expect(outcomeOf(script)).toBe(outcome);
  });

  it.each(['or |', 'and &', 'xor ^^', 'shl <<', 'shr >>', 'intdiv \\'])(
    'the metamethod of %s',
    (pair) => {
      const [event, operator] = pair.split(' ');
      const meta = `local t = setmetatable({}, {__${event} = function(a, b) return '${event}' end})`;
      expect(outcomeOf(`${meta} return t ${operator} 1, 1 ${operator} t`)).toBe(
        `"${event}" "${event}"`,
      );
    },
  );

  it('has a metamethod of the unary ~', () => {
    const meta = 'local t = setmetatable({}, {__not = function() return 5 end})';
    expect(outcomeOf(`${meta} return ~t`)).toBe('5');
  });
});

describe('__iter', () => {
  it('makes the iterator of what is no function', () => {
    const script = `
      local t = setmetatable({'one', 'two'}, {__iter = ipairs})
      local seen = ''
      for at, value in t do seen = seen .. at .. value end
      return seen`;
    expect(outcomeOf(script)).toBe('"1one2two"');
  });

  it('does not keep tables from being called', () => {
    const script = `
      local n = 0
      local t = setmetatable({}, {__call = function() n = n + 1 if n < 3 then return n end end})
      for _ in t do end
      return n`;
    expect(outcomeOf(script)).toBe('3');
  });
});

describe('sources', () => {
  it('may begin with a line for the shell', () => {
    expect(outcomeOf('#!/usr/bin/lua\nreturn 1')).toBe('1');
  });

  it('are found by require, and run once', () => {
    const { run, lines } = testMachine({ 'a.b': 'print(...) return {x = 5}', bad: 'x = = 1' });
    const outcome = run("print(require('a.b').x, require('a.b') == package.loaded['a.b'])");
    expect(outcome.ok).toBe(true);
    expect(lines).toEqual(['a.b', '5\ttrue']);
    const missing = run("require('none')");
    expect(missing.ok || missing.error.message).toBe("test.lua:1: module 'none' not found");
    const bad = run("require('bad')");
    expect(bad.ok || bad.error.message).toBe(
      "test.lua:1: error loading module 'bad' from file 'bad.lua':\n\tbad.lua:1: unexpected symbol near '='",
    );
  });

  it('have no way out of the sandbox', () => {
    const names = ['dofile', 'loadfile', 'newproxy', 'string.dump', 'package.loadlib'];
    expect(outcomeOf(`return ${names.join(', ')}`)).toBe(names.map(() => 'nil').join(' '));
    expect(outcomeOf(String.raw`return loadstring('\27Lua')`)).toContain('only text is read');
  });
});
