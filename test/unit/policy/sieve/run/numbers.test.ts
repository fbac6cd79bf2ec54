// Goal: arithmetic gives the texts that scripts compare with.
// Method: one line for each documented result, and for each odd argument.
import { expect, test } from 'vitest';

import { runScript, ScriptStand, xOf } from '../../../../builders/script-run.ts';

const NUMBERS = '$a = 65.43; $b = -41.65; $c = 43; $apples = "12 apples";';

test.each([
  ['ec_add "55.54" 0', '55.540000'],
  ['ec_sub 43 "55.54"', '-12.540000'],
  ['ec_mul $c 2', '86.000000'],
  ['ec_div 87 43', '2.023256'],
  ['ec_mod 87 $c', '1'],
  ['ec_mod -7 3', '-1'],
  ['ec_mod -6 3', '0'],
  ['ec_mod "7.9" "2.9"', '1'],
  ['ec_add 1 2 3 4', '10.000000'],
  ['ec_sub 9 2 3', '4.000000'],
  ['ec_div 8 2 2', '2.000000'],
  ['ec_add $apples "3.5"', '15.500000'],
  ['ec_mul "1000000000000000" "1000000000000000"', '1000000000000000019884624838656.000000'],
  ['ec_div 1 128', '0.007812'],
  ['ec_div 3 128', '0.023438'],
])('%s is %s', (call, expected) => {
  expect(xOf(`${NUMBERS} $x = ${call};`)).toBe(expected);
});

test.each([
  ['ec_ceil', '66.000000', '-41.000000', '43.000000', '3.000000', '-2.000000'],
  ['ec_floor', '65.000000', '-42.000000', '43.000000', '2.000000', '-3.000000'],
  ['ec_round', '66.000000', '-42.000000', '43.000000', '3.000000', '-3.000000'],
  ['ec_trunc', '65.000000', '-41.000000', '43.000000', '2.000000', '-2.000000'],
  ['ec_nearbyint', '65.000000', '-42.000000', '43.000000', '2.000000', '-2.000000'],
])('%s of 65.43, -41.65, 43, 2.5 and -2.5', (name, ...expected) => {
  const seen = ['$a', '$b', '$c', '"2.5"', '"-2.5"'].map((given) =>
    xOf(`${NUMBERS} $x = ${name} ${given};`),
  );
  expect(seen).toEqual(expected);
});

test.each([
  ['ec_ceil "-0.4"', '-0.000000'],
  ['ec_nearbyint "-0.5"', '-0.000000'],
  ['ec_nearbyint "1.5"', '2.000000'],
  ['ec_nearbyint "0.49999999999999994"', '0.000000'],
  ['ec_mul 0 "-5"', '-0.000000'],
])('a zero keeps its sign: %s is %s', (call, expected) => {
  expect(xOf(`$x = ${call};`)).toBe(expected);
});

test.each([
  ['$x = ec_div 5 0;', 'division by zero'],
  ['$x = ec_mod 5 "0.5";', 'division by zero'],
  [`$n = "${'9'.repeat(400)}"; $x = ec_mul $n 2;`, 'too big'],
  [`$n = "${'9'.repeat(400)}"; $x = ec_round $n;`, 'too big'],
  ['$n = 0; $x = ec_rand $n;', 'from 0 to 0 - 1'],
  ['$l = []; $x = ec_rand $l;', 'the list is empty'],
])('%s fails', (script, reason) => {
  expect(runScript(script).failure).toContain(reason);
});

test('what is no number is 0, and told', () => {
  const { variables, notes } = runScript('$n = "many"; $x = ec_add $n 1;');
  expect(variables['x']).toBe('1.000000');
  expect(notes).toEqual([`doubt 1: ec_add: 'many' is no number and taken as 0`]);
});

test('random numbers are the same in every run, and all are drawn', () => {
  const drawn = (): unknown[] => {
    const stand = new ScriptStand('$l = ["a", "b", "c"]; $x = ec_rand 10; $y = ec_rand $l;');
    return Array.from({ length: 200 }, () => stand.run().variables);
  };
  const first = drawn() as { x: number; y: string }[];
  expect(drawn()).toEqual(first);
  expect(new Set(first.map(({ x }) => x))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(new Set(first.map(({ y }) => y))).toEqual(new Set(['a', 'b', 'c']));
  expect(first.slice(0, 6).map(({ x }) => x)).toMatchInlineSnapshot(`
    [
      9,
      2,
      2,
      2,
      2,
      2,
    ]
  `);
});
