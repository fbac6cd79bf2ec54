import { describe, expect, it } from 'vitest';

import { outcomeOf } from '../../../builders/lua-machine.ts';

// Goal: what scripts compute is what Lua 5.1 computes; each row was also given to a stock Lua 5.1.
type Row = readonly [script: string, outcome: string];

const ORDER_AND_ASSIGNMENT: readonly Row[] = [
  ['local a = 1; local function f() a = 10 return 1 end; return a + f(), a', '11 10'],
  [
    'local t = {}; local function f() t = {} return 1 end; local o = t; t.x = f(); return o.x, t.x',
    'nil 1',
  ],
  ['local a, b, c = (function() return 1, 2, 3 end)() return a, b, c', '1 2 3'],
  ['local i = 3; local t = {}; i, t[i] = i + 1, 20; return i, t[3], t[4]', '4 20 nil'],
  ['local a = {}; local i = 1; i, a[i], a[i + 1] = 5, 6, 7; return i, a[1], a[2]', '5 6 7'],
  ['local x, y = 1, 2; x, y = y, x; return x, y', '2 1'],
  ['local t = {} t.a, t.b = 1 return t.a, t.b', '1 nil'],
  ['local t = {} t[1], t[2] = 1, 2, 3, 4 return t[1], t[2]', '1 2'],
  ['local x = (function() return 1, 2 end)(), 10 return x', '1'],
  ['local a = {5}; a = {a[1], a[1]}; return a[1], a[2], #a', '5 5 2'],
  ['local a = 1; a = a == 1; return a', 'true'],
  ['local a = 1; a = a and a + 1 or a; return a', '2'],
  ['local a = 1 local b = a a = b + a return a, b', '2 1'],
  ['return (function() local a = 1 local a = a + 1 return a end)()', '2'],
  ['local function f(a, a) return a end return f(1, 2)', '2'],
];

const OPERATORS: readonly Row[] = [
  [
    'return 10 % 3, -10 % 3, 10 % -3, -10 % -3, 5.5 % 2, 2^10, 2^0.5, 7/2, -2^2',
    '1 2 -2 -1 1.5 1024 1.4142135623730951 3.5 -4',
  ],
  [
    `return 2^3^2, not 1 == 2, 1 .. 2 .. 3, 'a' .. 'b' == 'ab', 1 + 2 < 4, 2 * 3 % 4, 5 - 3 - 1, 2 ^ -1`,
    '512 false "123" true true 2 1 0.5',
  ],
  ['return 5 % math.huge, -0.0 % 5, 2^53 % 3, 1^(0/0), (-1)^math.huge', 'NaN 0 2 1 1'],
  ['return "10" + 5, "0x10" + 0, "3" * "4", 10 .. 20, -"2", "  5  " + 1', '15 16 12 "1020" -2 6'],
  [
    'return 1 < 2, "a" < "b", "a" < "B", "" < "a", "Z" < "a", "a\\0b" < "a\\0c"',
    'true true false true true true',
  ],
  [
    'return 1 and 2 or 3, nil and 1 or 2, false or nil, nil == false, "1" == 1',
    '2 2 nil false false',
  ],
  ['local a = false; local b = a and 1; local c = a or 2; a = b or c; return a, b, c', '2 false 2'],
  [
    `return 0/0 == 0/0, 0 == -0, 1e15 .. '', 2^31 .. '', 1e100 .. '', 0.1 .. '', 1e14 .. '', -1e-5 .. ''`,
    'false true "1e+15" "2147483648" "1e+100" "0.1" "1e+14" "-1e-05"',
  ],
  [`return #'abc', #{1, 2, nil, 4}, #{n = 1, 1, 2, nil}, #{nil}, #{nil, nil, 3}`, '3 4 2 0 3'],
];

const FUNCTIONS_AND_CLOSURES: readonly Row[] = [
  [`return (function(...) return select('#', ...), ... end)(nil, nil)`, '2 nil nil'],
  [
    `local function f(...) local a, b, c = ..., 'x' return a, b, c end return f(1, 2, 3)`,
    '1 "x" nil',
  ],
  [
    `local function f(a, b, ...) return a, b, select('#', ...) end return f(1), f(1, 2, 3, 4)`,
    '1 1 2 2',
  ],
  ['local function f(...) local t = {...} return #t, (...) end return f(5, 6, 7)', '3 5'],
  ['local function f(...) return arg.n, arg[1] end return f(7, 8)', '2 7'],
  ['local function f(...) local x = ... return arg end return f(7, 8)', 'nil'],
  [`local function f() end return f(), (f()), select('#', f()), select('#', (f()))`, 'nil nil 0 1'],
  ['local function f(...) return ... end local t = {f(1, 2, 3), f(1, 2, 3)} return #t', '4'],
  [
    'local t = {} for i = 1, 3 do t[#t+1] = function() i = i + 1 return i end end return t[1](), t[1](), t[2]()',
    '2 3 3',
  ],
  [
    'local t = {} for _, v in ipairs{1,2,3} do t[#t+1] = function() v = v + 1 return v end end return t[1](), t[1](), t[2]()',
    '2 3 3',
  ],
  [
    'local fs = {} local i = 0 repeat local j = i fs[#fs+1] = function() return j end i = i + 1 until j >= 2 return fs[1](), fs[3]()',
    '0 2',
  ],
  [
    'local function outer() local x = 0 return function() x = x + 1 return x end, function() return x end end local inc, get = outer() inc() inc() return get()',
    '2',
  ],
  [
    'local x = 5; local function f() return x end; local function g() x = x + 1; return f() end; return g(), g()',
    '6 7',
  ],
  [
    `local function f(n) if n == 0 then return 'done' end return f(n - 1) end return f(100000)`,
    '"done"',
  ],
  ['local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(5000)', '5000'],
  [
    'local t = {n = 0} function t:inc(by) self.n = self.n + (by or 1) return self end return t:inc():inc(5).n',
    '6',
  ],
];

const LOOPS: readonly Row[] = [
  ['local n = 0 for i = 10, 1, -3 do n = n * 100 + i end return n', '10070401'],
  ['local n = 0 for i = 0.1, 1, 0.1 do n = n + 1 end return n', '10'],
  ['for i = 1, 3 do local i = i * 2 if i == 4 then return i end end', '4'],
  ['local n = 0 for i = "1", "3" do n = n + i end return n', '6'],
  [`for i = 1, 10, 0 do return 'zero' end return 'none'`, '"none"'],
  ['local x repeat local y = (x or 0) + 1 x = y until y >= 3 return x', '3'],
  ['local x = 1 while x < 100 do x = x * 2 if x > 50 then break end end return x', '64'],
  [
    'local a = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then break end a = a + 1 end end return a',
    '3',
  ],
  [
    `local r = {} for k, v in pairs({10, 20, x = 30, y = 40}) do r[#r + 1] = tostring(k) .. '=' .. v end return unpack(r)`,
    '"1=10" "2=20" "x=30" "y=40"',
  ],
  [
    'local i = 0 local function it(s, c) i = i + 1 if i < 4 then return i, s end end local r = 0 for a, b in it, 10 do r = r + a + b end return r',
    '36',
  ],
  [
    `local t = {} for i = 1, 20 do t['k' .. i] = i end for k in pairs(t) do t[k] = nil end return next(t)`,
    'nil',
  ],
  [
    'local t = {} for i = 1, 10 do t[i] = i end for k in pairs(t) do t[k] = nil end return next(t), #t',
    'nil 0',
  ],
  ['local t = {} for i = 10, 1, -1 do t[i] = i end return #t', '10'],
];

const TABLES_AND_METATABLES: readonly Row[] = [
  [
    `local t = {[1] = 'a', 'b', x = 1, ['y z'] = 2; 'c'} return t[1], t[2], t.x, t['y z']`,
    '"b" "c" 1 2',
  ],
  [
    `local t = {} t[1.5] = 'a' t[-1] = 'b' t[0] = 'c' t[2^40] = 'd' return t[1.5], t[-1], t[-0], t[2^40], #t`,
    '"a" "b" "c" "d" 0',
  ],
  [
    `local mt = {__add = function() return 'add' end, __concat = function() return 'cat' end, __unm = function() return 'unm' end, __len = function() return 99 end} local t = setmetatable({}, mt) return t + 1, 1 + t, t .. 'x', 'x' .. t, 1 .. t, -t, #t`,
    '"add" "add" "cat" "cat" "cat" "unm" 0',
  ],
  [
    'local mt = {__eq = function() return true end} local a, b = setmetatable({}, mt), setmetatable({}, mt) return a == b, a ~= b, a == {}, rawequal(a, b)',
    'true false false false',
  ],
  [
    'local mt = {__lt = function() return 1 end} local a, b = setmetatable({}, mt), setmetatable({}, mt) return a < b, a > b, a <= b, a >= b',
    'true true false false',
  ],
  [
    'local t = setmetatable({}, {__index = setmetatable({x = 1}, {__index = function(_, k) return k end})}) return t.x, t.y, t[1]',
    '1 "y" 1',
  ],
  [
    'local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.a = 1 t.a = 5 t.b = 2 return t.a, t.b',
    '5 4',
  ],
  [
    `local t = setmetatable({}, {__newindex = {}}) t.x = 1 return rawget(t, 'x'), getmetatable(t).__newindex.x`,
    'nil 1',
  ],
  [
    'local t = setmetatable({}, {__call = function(self, a, b) return a, b, self ~= nil end}) return t(1, 2)',
    '1 2 true',
  ],
  [
    `local t = setmetatable({}, {__call = function(self, ...) return select('#', ...) end}) return (t(1, nil, nil))`,
    '3',
  ],
  [
    `return getmetatable(setmetatable({}, {__metatable = 'locked'})), getmetatable('').__index == string`,
    '"locked" true',
  ],
  [`return ('x'):rep(3), ("abc"):upper(), #('%5d'):format(3)`, '"xxx" "ABC" 5'],
  [
    'local a, b = {v = 1}, {v = 2} local mt = {__lt = function(x, y) return x.v < y.v end} setmetatable(a, mt) setmetatable(b, mt) local t = {b, a} table.sort(t) return t[1].v, a <= b, b <= a',
    '1 true false',
  ],
];

const COROUTINES: readonly Row[] = [
  [
    'local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d + e end) coroutine.resume(co, 1, 2) coroutine.resume(co, 10) return coroutine.resume(co, 3, 4)',
    'true 7',
  ],
  [
    `local co = coroutine.create(function() error('oops') end) local a, b = coroutine.resume(co) local c, d = coroutine.resume(co) return a, b, c, d, coroutine.status(co)`,
    'false "test.lua:1: oops" false "cannot resume dead coroutine" "dead"',
  ],
  [
    'local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)',
    'true false "cannot resume running coroutine"',
  ],
  [
    'local co co = coroutine.create(function() return coroutine.status(co), coroutine.running() == co end) return coroutine.resume(co)',
    'true "running" true',
  ],
  [
    'local out = {} for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do out[#out+1] = v end return #out, out[3]',
    '3 3',
  ],
  [
    `local f = coroutine.wrap(function() error('in wrap') end) return pcall(f)`,
    'false "test.lua:1: in wrap"',
  ],
  [
    'local f = coroutine.wrap(function() return 1 end) f() return pcall(f)',
    'false "cannot resume dead coroutine"',
  ],
  [
    'return pcall(coroutine.yield, 1)',
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    'local co = coroutine.create(function() return pcall(coroutine.yield, 1) end) return coroutine.resume(co)',
    'true false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    'local co = coroutine.create(function() local t = setmetatable({}, {__index = function() coroutine.yield(1) end}) return t.x end) return coroutine.resume(co)',
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    'local co = coroutine.create(function() for x in function() coroutine.yield(5) end do end end) return coroutine.resume(co)',
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    `local co = coroutine.create(function() string.gsub('x', 'x', function() coroutine.yield() end) end) return coroutine.resume(co)`,
    'false "attempt to yield across metamethod/C-call boundary"',
  ],
  [
    `local co = coroutine.create(function() return coroutine.yield(1) end) coroutine.resume(co) return coroutine.resume(co, 'a', 'b')`,
    'true "a" "b"',
  ],
  [
    'local co = coroutine.create(function(...) local t = {...} while true do t = {coroutine.yield(#t, unpack(t))} end end) coroutine.resume(co, 1) return coroutine.resume(co, 4, 5, 6)',
    'true 3 4 5 6',
  ],
  [
    `local function nest(n) local f = coroutine.wrap(function() if n == 0 then return 'ok' end return (nest(n - 1)) end) return (f()) end return nest(50)`,
    '"ok"',
  ],
];

const ENVIRONMENTS_AND_LOADING: readonly Row[] = [
  [
    'local env = {} local f = setfenv(function() x = 5 return x end, env) return f(), env.x, x',
    '5 5 nil',
  ],
  [
    'local function f() setfenv(2, setmetatable({y = 7}, {__index = _G})) end local function g() f() return y end return g()',
    '7',
  ],
  ['local f = function() return getfenv(1) == _G, getfenv(0) == _G end return f()', 'true true'],
  [
    'return pcall(setfenv, print, {})',
    `false "'setfenv' cannot change environment of given object"`,
  ],
  [
    `module('testmod', package.seeall) function foo() return 'foo' end return _NAME, _M == testmod, type(print), testmod.foo()`,
    '"testmod" true "function" "foo"',
  ],
  [`return loadstring('return 1 + 1')(), loadstring('return ...')(2)`, '2 2'],
  [`return loadstring('x = = 2', '=name')`, `nil "name:1: unexpected symbol near '='"`],
  [
    `return loadstring('x = = 2\\nfoo', '@file.lua')`,
    `nil "file.lua:1: unexpected symbol near '='"`,
  ],
  [
    `return loadstring('x = = 2\\nfoo')`,
    `nil "[string \\"x = = 2...\\"]:1: unexpected symbol near '='"`,
  ],
  [
    `local p = {'return ', '1', '+2', nil} local i = 0 return load(function() i = i + 1 return p[i] end)()`,
    '3',
  ],
  [`return load(function() error('zz') end)`, 'nil "test.lua:1: zz"'],
  [
    `package.preload.zz = function(n) return {name = n} end return require('zz').name, require('zz') == require('zz')`,
    '"zz" true',
  ],
  [
    `package.preload.zy = function(n) end return require('zy'), package.loaded.zy, require('string') == string`,
    'true true true',
  ],
];

const BASE_FUNCTIONS: readonly Row[] = [
  ['return select(-1, 1, 2, 3), select(2, 1, 2, 3)', '3 2 3'],
  [
    'return tostring(nil), tostring(true), tostring(1e100), tostring(123456789012345), tostring(2^53), tostring(1/3), tostring(5e-324)',
    '"nil" "true" "1e+100" "1.2345678901234e+14" "9.007199254741e+15" "0.33333333333333" "4.9406564584125e-324"',
  ],
  [
    `return tonumber('10'), tonumber('z', 36), tonumber('ff', 16), tonumber('8', 8), tonumber('1e2'), tonumber('  12  '), tonumber('1 2'), tonumber(''), tonumber('1e'), tonumber(nil)`,
    '10 35 255 nil 100 12 nil nil nil nil',
  ],
  ['return unpack({1, 2, 3}, 2), unpack({1, 2, 3}, 2, 3)', '2 2 3'],
  ['return next({}), next({10}), next({a = 1})', 'nil 1 "a" 1'],
  [`return xpcall(function() error('a', 0) end, function(m) return m .. '!' end)`, 'false "a!"'],
  [
    `return xpcall(function() error('a') end, function(m) error('b') end)`,
    'false "error in error handling"',
  ],
  [
    `return type(print), type(nil), type({}), type('x'), type(2), type(coroutine.create(function() end))`,
    '"function" "nil" "table" "string" "number" "thread"',
  ],
  ['return assert(1, 2, 3)', '1 2 3'],
  [`return collectgarbage('count') >= 0, collectgarbage()`, 'true 0'],
];

const ERRORS: readonly Row[] = [
  [
    'return pcall(function() return 1 < "2" end)',
    'false "test.lua:1: attempt to compare number with string"',
  ],
  [
    'return pcall(function() return {} < {} end)',
    'false "test.lua:1: attempt to compare two table values"',
  ],
  [
    'return pcall(function() local x; return x.y end)',
    `false "test.lua:1: attempt to index local 'x' (a nil value)"`,
  ],
  [
    'return pcall(function() return undefinedglobal.y end)',
    `false "test.lua:1: attempt to index global 'undefinedglobal' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} return t.a.b end)',
    `false "test.lua:1: attempt to index field 'a' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} t.a.b = 1 end)',
    `false "test.lua:1: attempt to index field 'a' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} return t[1].b end)',
    `false "test.lua:1: attempt to index field '?' (a nil value)"`,
  ],
  [
    'return pcall(function() undefinedfunc() end)',
    `false "test.lua:1: attempt to call global 'undefinedfunc' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} t:x() end)',
    `false "test.lua:1: attempt to call method 'x' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} t.x() end)',
    `false "test.lua:1: attempt to call field 'x' (a nil value)"`,
  ],
  ['return pcall(function() ("x")() end)', 'false "test.lua:1: attempt to call a string value"'],
  [
    'local up = nil return pcall(function() up() end)',
    `false "test.lua:1: attempt to call upvalue 'up' (a nil value)"`,
  ],
  [
    'return pcall(function() local a = "x" return a + 1 end)',
    `false "test.lua:1: attempt to perform arithmetic on local 'a' (a string value)"`,
  ],
  [
    'return pcall(function() local t = {} return 2 - t.zz end)',
    `false "test.lua:1: attempt to perform arithmetic on field 'zz' (a nil value)"`,
  ],
  [
    'return pcall(function() return #nil end)',
    'false "test.lua:1: attempt to get length of a nil value"',
  ],
  [
    'return pcall(function() local q return q .. "a" end)',
    `false "test.lua:1: attempt to concatenate local 'q' (a nil value)"`,
  ],
  [
    `return pcall(function() local a = {} ; return 'x' .. a.b .. 'y' end)`,
    `false "test.lua:1: attempt to concatenate field 'b' (a nil value)"`,
  ],
  [
    'return pcall(function() local t = {} t[nil] = 1 end)',
    'false "test.lua:1: table index is nil"',
  ],
  [
    'return pcall(function() local t = {} t[0/0] = 1 end)',
    'false "test.lua:1: table index is NaN"',
  ],
  [
    'return pcall(function() for i = 1, "x" do end end)',
    `false "test.lua:1: 'for' limit must be a number"`,
  ],
  [
    'return pcall(function() for k in nil do end end)',
    'false "test.lua:1: attempt to call a nil value"',
  ],
  [
    'return pcall(function() local t = setmetatable({}, {__add = 1}) return t + 1 end)',
    'false "test.lua:1: attempt to call a number value"',
  ],
  ['return pcall(function() error() end)', 'false nil'],
  ['return pcall(function() error("msg", 0) end)', 'false "msg"'],
  ['return pcall(function() error(42) end)', 'false "test.lua:1: 42"'],
  ['return pcall(function() error({}) end)', 'false table'],
  [`return pcall(function() assert(false, 'hi') end)`, 'false "test.lua:1: hi"'],
  ['return pcall(pcall, error, "x")', 'true false "x"'],
  ['return pcall(unpack, {}, 1, 1e7)', 'false "too many results to unpack"'],
  [`return pcall(next, {}, 'nokey')`, `false "invalid key to 'next'"`],
  [
    'return pcall(setmetatable, setmetatable({}, {__metatable = 1}), {})',
    'false "cannot change a protected metatable"',
  ],
  [
    'local t = {} setmetatable(t, {__index = t}) return pcall(function() return t.x end)',
    'false "test.lua:1: loop in gettable"',
  ],
  [
    'local t = {} setmetatable(t, {__newindex = t}) return pcall(function() t.x = 1 end)',
    'false "test.lua:1: loop in settable"',
  ],
  [
    `local function f(x) if x > 0 then return f(x - 1) end error('tail') end return pcall(f, 5)`,
    'false "test.lua:1: tail"',
  ],
  [
    `local function r(n) if n == 0 then error('bottom') end local ok, m = pcall(r, n - 1) error(m, 0) end return pcall(r, 100)`,
    'false "test.lua:1: bottom"',
  ],
];

describe.each([
  ['order and assignment', ORDER_AND_ASSIGNMENT],
  ['operators', OPERATORS],
  ['functions and closures', FUNCTIONS_AND_CLOSURES],
  ['loops', LOOPS],
  ['tables and metatables', TABLES_AND_METATABLES],
  ['coroutines', COROUTINES],
  ['environments and loading', ENVIRONMENTS_AND_LOADING],
  ['base functions', BASE_FUNCTIONS],
  ['errors', ERRORS],
] as const)('%s', (_, rows) => {
  it.each(rows)('%s', (script, outcome) => {
    expect(outcomeOf(script)).toBe(outcome);
  });
});
