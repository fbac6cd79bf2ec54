// Goal: a name that is not there is told with the one that was meant.
// Method: modules that call what is missing, and the first line of what is told.
import { expect, test } from 'vitest';

import { connect, printed, replayLua } from '../../../../builders/lua-replays.ts';

test.each([
  [
    'msys.audit.connection("300,6")',
    "attempt to call field 'connection' (a nil value)",
    'connections',
  ],
  ['msys.audit.recption("300,6")', "call field 'recption' (a nil value)", 'receptions'],
  ['msys.audit_serie.add("s")', "index field 'audit_serie' (a nil value)", 'audit_series'],
  ['msys.expandMacros("x")', "call field 'expandMacros' (a nil value)", 'expandMacro'],
  ['vctx:set_cod(550, "no")', "call method 'set_cod' (a nil value)", 'set_code'],
  ['ac:session_count()', "call method 'session_count' (a nil value)", undefined],
  ['vctx:tarpitt(5)', "call method 'tarpitt' (a nil value)", 'tarpit'],
  ['pritn("x")', "call global 'pritn' (a nil value)", 'print'],
  ['mysys.sleep(1)', "index global 'mysys' (a nil value)", 'msys'],
  ['local f f()', "call local 'f' (a nil value)", undefined],
  ['self:nothing_like_it()', "call method 'nothing_like_it' (a nil value)", undefined],
])('%s', async (body, message, meant) => {
  const [shown] = await printed(body);
  expect(shown).toContain(message);
  const hint = /; (did you mean .*)$/.exec(shown)?.[1];
  expect(hint).toBe(meant && `did you mean '${meant}'?`);
});

test('a mistake in init is refused with its hint', async () => {
  const module = `local mod = {} function mod:init() msys.audit_series.defin("s") end
    msys.registerModule("m", mod)`;
  const hint = "did you mean 'define'?";
  await expect(replayLua(module, [connect()])).rejects.toMatchObject({ hint });
});
