// Goal: a script cannot get around its budget by way of the libraries, not even behind pcall, and
// what they refuse leaves the machine as it was.
// Method: run attacks as scripts on a machine with a small budget; look at how they end, then run
// a sound script on the same machine.
import { describe, expect, test } from 'vitest';
import { LuaStopped } from '../../../../../src/policy/lua/errors.ts';
import type { LuaMachine } from '../../../../../src/policy/lua/machine.ts';
import { testMachine } from '../../../../builders/lua-machine.ts';
import { shown } from '../../../../builders/stock-lua.ts';

const BUDGET = { steps: 2e6, bytes: 2e7 };

function endOf(machine: LuaMachine, chunk: string): string {
  const loaded = machine.load(chunk, 'script');
  if (!loaded.ok) return 'refused';
  const outcome = machine.run(loaded.chunk, [], BUDGET);
  if (outcome.ok) return shown(outcome.values);
  const { error } = outcome;
  return error instanceof LuaStopped ? `stopped: ${error.resource}` : shown([error.value]);
}

const ATTACKS: ReadonlyMap<string, string> = new Map([
  ["return pcall(string.rep, 'x', 1e9)", 'stopped: bytes'],
  ['return pcall(string.rep, "x", 2 ^ 31 - 1)', 'stopped: bytes'],
  ["return pcall(function() return ('x'):rep(1e5):rep(1e5) end)", 'stopped: bytes'],
  ["local s = 'x' while true do s = s:rep(2) end", 'stopped: bytes'],
  ["return pcall(string.find, ('a'):rep(1e4), ('a*'):rep(20) .. 'b')", 'stopped: steps'],
  ["while pcall(string.find, ('a'):rep(1e4), '.-.-b') do end", 'stopped: steps'],
  ["return pcall(string.gsub, ('a'):rep(1e5), '', ('x'):rep(1e4))", 'stopped: bytes'],
  ["return ('a'):rep(1e5):gsub('a', function() while true do end end)", 'stopped: steps'],
  [
    "for _ in ('a'):rep(1e6):gmatch('a*') do end for _ in ('b'):rep(1e6):gmatch('') do end",
    'stopped: steps',
  ],
  [
    'local t = {} for i = 1, 1e5 do t[i] = i end table.sort(t, function(a, b) return a < b end)',
    'stopped: steps',
  ],
  [
    "local t = setmetatable({}, { __index = function(t, k) return k end }) return ('ab'):gsub('a', t)",
    '"ab" 1',
  ],
  ["local function f(s) return (s:gsub('.', f)) end return f('x')", '"C stack overflow"'],
  ['table.sort({ 3, 2, 1 }, function() error("nasty", 0) end)', '"nasty"'],
  ["return ('abc'):gsub('.', function() error({}) end)", 'table'],
  [
    "return string.format('%99999d', 1)",
    '"script:1: invalid format (width or precision too long)"',
  ],
  ["string.rep = nil return ('x').rep", 'nil'],
]);

describe('attacks', () => {
  test.each([...ATTACKS])(
    '%s',
    (chunk, end) => {
      const machine = testMachine().machine;
      expect(endOf(machine, chunk)).toBe(end);
      expect(endOf(machine, "return ('a-b'):gsub('%-', '+'), #table.concat({ 1, 2 })")).toBe(
        '"a+b" 2',
      );
    },
    3000,
  );
});

describe('what calls back', () => {
  test('functions of gsub that call gsub without end', () => {
    const chunk = `local function deep() return (('x'):gsub('x', deep)) end
      local fine, message = pcall(deep)
      return fine, message:match('stack overflow')`;
    expect(endOf(testMachine().machine, chunk)).toBe('false "stack overflow"');
  });

  test('comparators that yield', () => {
    const chunk = `local co = coroutine.create(function()
        table.sort({ 2, 1 }, function(a, b) coroutine.yield() return a < b end)
      end)
      return coroutine.resume(co)`;
    expect(endOf(testMachine().machine, chunk)).toBe(
      'false "attempt to yield across metamethod/C-call boundary"',
    );
  });

  test('comparators that change the table', () => {
    const chunk = `local t = { 5, 4, 3, 2, 1 }
      local fine = pcall(table.sort, t, function(a, b) t[#t + 1] = 0 return a < b end)
      return fine, t[1]`;
    expect(endOf(testMachine().machine, chunk)).toBe('true 1');
  });
});
