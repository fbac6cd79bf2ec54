// Goal: named throttles count X in Y seconds, live Y + 1 seconds and hold a session above X.
// Method: one script run at moments that are told, its answers compared with counting by hand.
import { expect, test } from 'vitest';

import { NOON_MS } from '../../../../builders/event-batches.ts';
import {
  runScript,
  ScriptStand,
  sessionOf,
  type Outcome,
} from '../../../../builders/script-run.ts';

/** Answers of a script's `$x` at moments, in seconds from the first event. */
function answers(script: string, seconds: readonly number[]): unknown[] {
  const stand = new ScriptStand(script);
  return seconds.map((at) => runAt(stand, at).variables['x']);
}

function runAt(stand: ScriptStand, seconds: number): Outcome {
  const outcome = stand.run({ timeMs: NOON_MS + seconds * 1000 });
  expect(outcome.failure).toBeUndefined();
  return outcome;
}

const COUNTED = 'ec_throttle_create "a" "2/60"; ec_throttle_inc "a"; $x = ec_throttle_check "a";';

test.each([
  ['above the quota, not at it', [0, 1, 2], ['false', 'false', 'true']],
  ['anew when the interval is over', [0, 0, 0, 60], ['false', 'false', 'true', 'false']],
  ['still within it', [0, 0, 0, 59.999], ['false', 'false', 'true', 'true']],
  ['made again when it has died', [0, 0, 61, 61], ['false', 'false', 'false', 'false']],
  ['counting from its creation on', [0, 61, 62, 120.999], ['false', 'false', 'false', 'true']],
])('a count is %s', (_, seconds, expected) => {
  expect(answers(COUNTED, seconds)).toEqual(expected);
});

test('a throttle that lives is not made again, whatever its quota', () => {
  const script = `ec_throttle_create "a" "0/60"; ec_throttle_create "a" "9/60";
    ec_throttle_inc "a"; $x = ec_throttle_check "a";`;
  expect(answers(script, [0])).toEqual(['true']);
});

test('dec takes one away, not below nothing', () => {
  const script = `ec_throttle_create "a" "1/60"; ec_throttle_dec "a"; ec_throttle_dec "a";
    ec_throttle_inc "a"; ec_throttle_inc "a"; ec_throttle_dec "a"; $x = ec_throttle_check "a";
    ec_throttle_inc "a"; $y = ec_throttle_check "a";`;
  expect(runScript(script).variables).toMatchObject({ x: 'false', y: 'true' });
});

test('a tarpit counts, and holds the session above the quota only', () => {
  const stand = new ScriptStand('ec_throttle_create "a" "2/10";\nec_throttle_tarpit "a";');
  const held = [0, 1, 2, 3, 10].map((at) => runAt(stand, at));
  expect(held.map(({ actions }) => actions)).toEqual([[], [], ['tarpit 2'], ['tarpit 2'], []]);
  expect(held[2].counts).toEqual(['connect_phase1:x.siv:2 (informational)']);
  expect(held[1].counts).toEqual([]);
});

test('shared throttles have names of their own and take an epsilon', () => {
  const script = `ec_shared_throttle_create "a" "0/60" "0.5"; ec_throttle_create "a" "5/60";
    ec_shared_throttle_inc "a"; $x = ec_shared_throttle_check "a"; $y = ec_throttle_check "a";
    ec_shared_throttle_tarpit "a";`;
  const { variables, actions } = runScript(script);
  expect(variables).toMatchObject({ x: 'true', y: 'false' });
  expect(actions).toEqual(['tarpit 3']);
});

test('scripts share their throttles', () => {
  const files = { 'b.siv': 'ec_throttle_create "a" "0/60"; ec_throttle_inc "a";' };
  const outcome = runScript('ec_include "b.siv"; $x = ec_throttle_check "a";', {}, { files });
  expect(outcome.variables['x']).toBe('true');
});

test('a throttle outlives its interval by a second', () => {
  const stand = new ScriptStand(`if vctx_conn :is "make" "1" { ec_throttle_create "a" "2/60"; }
    ec_throttle_inc "a";`);
  const session = sessionOf();
  session.context.set('make', '1');
  stand.run({ session });
  expect(runAt(stand, 60.999).notes).toEqual([]);
  expect(runAt(stand, 61).notes).toHaveLength(1);
});

test('a throttle that was never made, or has died, counts nothing and is told', () => {
  const { variables, notes, actions } = runScript(
    'ec_throttle_inc "a"; ec_throttle_tarpit "a"; $x = ec_throttle_check "a";',
  );
  expect(variables['x']).toBe('false');
  expect(actions).toEqual([]);
  expect(notes).toHaveLength(3);
  expect(notes[0]).toMatch(/^doubt 1: no throttle lives/);
});

test('of more than 1000 throttles the one leaves that was not used for longest', () => {
  const stand = new ScriptStand(`ec_throttle_create "%{vctx_conn:made}" "0/3600";
    ec_throttle_inc "%{vctx_conn:made}"; $x = ec_throttle_check "%{vctx_conn:asked}";`);
  const overQuota = (made: number, asked: number): unknown => {
    const session = sessionOf();
    session.context.set('made', String(made)).set('asked', String(asked));
    return stand.run({ session }).variables['x'];
  };
  for (let n = 0; n < 1000; n++) overQuota(n, 0);
  expect(overQuota(1000, 0)).toBe('true');
  expect(overQuota(1000, 1)).toBe('false');
  expect(overQuota(1000, 2)).toBe('true');
});

test.each(['2', '2/0', 'x/y', '-1/60', '2/60/1'])('a quota of %s is a runtime error', (quota) => {
  const { failure } = runScript(`$q = "${quota}"; ec_throttle_create "a" $q;`);
  expect(failure).toContain('is no quota');
});
