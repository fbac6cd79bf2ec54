import { describe, expect, it } from 'vitest';

import { LuaError, LuaStopped } from '../../../../src/policy/lua/errors.ts';
import { testMachine } from '../../../builders/lua-machine.ts';

const BUDGET = { steps: 1_000_000, bytes: 8_000_000 };

// Goal: whatever a script does, its hook ends, and the next one finds the machine in order.
function run(script: string): { readonly error: LuaError | LuaStopped | undefined } {
  const { machine, run: start } = testMachine();
  const outcome = start(script, BUDGET);
  expect([machine.nativeDepth, machine.guards, machine.thread.depth]).toEqual([0, 0, -1]);
  expect(machine.thread.loops).toBe(0);
  expect(start('return 1').ok).toBe(true);
  return { error: outcome.ok ? undefined : outcome.error };
}

describe('scripts that never end are stopped', () => {
  it.each([
    ['a loop', 'while true do end'],
    ['repeat', 'repeat until false'],
    ['for', 'for i = 1, 1e18 do end'],
    ['a loop in pcall', 'while true do pcall(function() while true do end end) end'],
    ['a loop in a coroutine', 'pcall(coroutine.wrap(function() while true do end end))'],
    ['tail calls', 'local function f() return f() end f()'],
    ['tail calls with more and more arguments', 'local function f(...) return f(1, ...) end f()'],
    ['an iterator', 'for k in function() return 1 end do end'],
    ['errors', 'local function e() error({}) end while true do pcall(e) end'],
    ['texts to compile', 'while true do loadstring("return 1") end'],
    ['a pattern', 'return (("a"):rep(1e5)):find(("a*"):rep(20) .. "b")'],
  ])('%s', (_, script) => {
    const { error } = run(script);
    expect(error).toBeInstanceOf(LuaStopped);
    expect((error as LuaStopped).resource).toBe('steps');
  });
});

it('scripts that print without end are stopped, also inside pcall', () => {
  for (const script of [
    'while true do print("0123456789") end',
    'pcall(function() while true do print(1, 2) end end)',
  ]) {
    const { lines, run: start } = testMachine();
    const outcome = start(script, { ...BUDGET, output: 100 });
    expect(outcome).toMatchObject({ ok: false, error: { resource: 'output' } });
    expect(lines.join('\n').length).toBeLessThan(100);
    // The next run has an output of its own.
    expect(start('print(1)', { ...BUDGET, output: 100 }).ok).toBe(true);
  }
});

describe('scripts that take all memory are stopped', () => {
  it.each([
    ['a string that doubles', 'local s = "x" while true do s = s .. s end'],
    ['the same in pcall', 'local s = "x" while true do pcall(function() s = s .. s end) end'],
    ['rep', 'return #string.rep("x", 1e10)'],
    ['a list', 'local t = {} for i = 1, 1e9 do t[i] = {} end'],
    ['keys', 'local t = {} for i = 1, 1e9 do t["k" .. i] = i end'],
    ['coroutines', 'local t = {} for i = 1, 1e9 do t[i] = coroutine.create(function() end) end'],
    ['closures', 'local t = {} for i = 1, 1e9 do t[i] = function() return t end end'],
    ['a reader', 'load(function() return "x = 1 " end)'],
  ])('%s', (_, script) => {
    const { error } = run(script);
    expect(error).toBeInstanceOf(LuaStopped);
    expect((error as LuaStopped).resource).toBe('bytes');
  });

  it('says where', () => {
    expect(run('local s = "x"\nwhile true do\n  s = s .. s\nend').error?.message).toBe(
      'test.lua:3: stopped after 8000000 bytes of memory',
    );
  });
});

describe('scripts without bottom are an error of theirs', () => {
  it.each([
    ['recursion', 'local function f() return 1 + f() end f()', 'stack overflow'],
    ['arguments', 'local function f(...) f(1, 2, 3, 4, 5, ...) end f()', 'stack overflow'],
    [
      '__index',
      'local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k + 1] end return t[1]',
      'C stack overflow',
    ],
    [
      '__tostring',
      'return tostring(setmetatable({}, {__tostring = function(s) return tostring(s) end}))',
      'C stack overflow',
    ],
    [
      '__concat',
      'local t = setmetatable({}, {__concat = function(a, b) return a .. b end}) return t .. t',
      'C stack overflow',
    ],
    [
      '__eq',
      'local m = {} m.__eq = function(a, b) return a == b end return setmetatable({}, m) == setmetatable({}, m)',
      'C stack overflow',
    ],
    [
      'gsub',
      'local function f() return (string.gsub("x", "x", f)) end return f()',
      'C stack overflow',
    ],
    ['sort', 'local function f() table.sort({1, 2, 3}, f) end f()', 'C stack overflow'],
    [
      'coroutines',
      'local function n() return coroutine.wrap(n)() end return n()',
      'C stack overflow',
    ],
    [
      'an environment',
      'setmetatable(_G, {__index = function(t, k) return t[k] end}) return zzz',
      'C stack overflow',
    ],
  ])('%s', (_, script, message) => {
    const { error } = run(script);
    expect(error).toBeInstanceOf(LuaError);
    expect(error?.message).toContain(message);
  });

  it.each([
    ['pcall', 'local function f() return pcall(f) end return f()'],
    ['xpcall', 'local function h() return xpcall(h, h) end return h()'],
    ['resume', 'local function n() return coroutine.resume(coroutine.create(n)) end return n()'],
    ['pcall, twice a level', 'local function f() pcall(f) end f()'],
  ])('%s ends by itself', (_, script) => {
    expect(run(script).error).toBeUndefined();
  });
});
