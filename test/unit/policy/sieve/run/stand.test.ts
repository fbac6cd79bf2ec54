// Goal: the stand that table tests use shows what a script does.
// Method: one script for each thing that it shows.
import { expect, test } from 'vitest';

import { holds, runScript, ScriptStand, sessionOf, xOf } from '../../../../builders/script-run.ts';

test('variables, actions, counts and the reply', () => {
  const outcome = runScript('$x = "a"; $y = ["b", "c"];\nec_action "550" "no" "busy";\n$x = "d";');
  expect(outcome.variables).toEqual({ x: 'a', y: ['b', 'c'] });
  expect(outcome.actions).toEqual(['reject 2']);
  expect(outcome.counts).toEqual(['connect_phase1:busy (5xx)']);
  expect(outcome.code).toBe(550);
});

test('a failure is shown, or noted where the script goes on', () => {
  const script = '$m = "x";\nec_error_mode $m;\n$x = "behind";';
  expect(runScript(script).failure).toContain('must be "fail" or "continue"');
  const { variables, notes } = runScript(script, {}, { onError: 'continue' });
  expect(variables['x']).toBe('behind');
  expect(notes[0]).toMatch(/^failed 2: /);
});

test('sessions, included files and events', () => {
  const session = sessionOf();
  session.context.set('k', 'v');
  expect(xOf('$x = "%{vctx_conn:k}";', { session })).toBe('v');
  expect(holds('ec_test :is $a "v"', '$a = "%{vctx_conn:k}";', { session })).toBe(true);
  const stand = new ScriptStand('ec_include "b.siv";', { files: { 'b.siv': '$y = "c";' } });
  expect(stand.run().failure).toBeUndefined();
  expect(() => runScript('$x = ec_ip_connections 0;')).toThrow('asks the audit engine');
});
