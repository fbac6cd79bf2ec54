import { describe, expect, it } from 'vitest';

import { testMachine } from '../../../builders/lua-machine.ts';
import { NativeFunction } from '../../../../src/policy/lua/value.ts';

describe('errors', () => {
  it('name file and line, and the calls that led there', () => {
    const { run } = testMachine();
    const outcome = run(
      [
        'local function inner(t)',
        '  return t.x.y',
        'end',
        'function outer()',
        '  local n = inner({})',
        '  return n',
        'end',
        'local t = {run = outer}',
        'local result = t.run()',
      ].join('\n'),
    );
    expect(outcome.ok || [outcome.error.message, ...outcome.error.traceback]).toEqual([
      "test.lua:2: attempt to index field 'x' (a nil value)",
      "test.lua:2: in function 'inner'",
      "test.lua:5: in function 'run'",
      'test.lua:9: in main chunk',
    ]);
  });

  it('show tail calls, functions of ours and those without a name', () => {
    const { run, machine } = testMachine();
    machine.globals.set('each', new NativeFunction('each', (host, [body]) => host.call(body, [1])));
    const outcome = run('local function f() error("no") end\neach(function(x) return f(x) end)');
    expect(outcome.ok || outcome.error.traceback).toEqual([
      "[native]: in function 'error'",
      'test.lua:1: in function <test.lua:1>',
      '(...tail calls...)',
      "[native]: in function 'each'",
      'test.lua:2: in main chunk',
    ]);
  });

  it('keep values that are no text, and say what they are', () => {
    const outcome = testMachine().run('error({code = 5})');
    expect(outcome.ok || outcome.error.message).toBe('(error object is a table value)');
  });

  it('leave the machine as it was', () => {
    const { run, machine } = testMachine();
    expect(run('local t = setmetatable({}, {__index = error}) return t.x').ok).toBe(false);
    expect(run('return 1')).toEqual({ ok: true, values: [1] });
    expect([machine.nativeDepth, machine.guards, machine.thread.depth]).toEqual([0, 0, -1]);
  });

  it('shorten a deep stack in the middle', () => {
    const outcome = testMachine().run('local function f(n) return 1 + f(n + 1) end f(1)');
    const lines = outcome.ok ? [] : outcome.error.traceback;
    expect(lines.length).toBe(23);
    expect(lines[12]).toBe('...');
    expect(lines.at(-1)).toBe('test.lua:1: in main chunk');
  });

  it('of functions of ours are no errors of the script', () => {
    const { run, machine } = testMachine();
    const broken = new NativeFunction('broken', () => {
      throw new TypeError('a bug');
    });
    machine.globals.set('broken', broken);
    expect(() => run('pcall(broken)')).toThrow(TypeError);
    expect(run('return 1').ok).toBe(true);
  });
});
