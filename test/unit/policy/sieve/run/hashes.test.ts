// Goal: hashes, and the tests that look at what a variable holds.
// Method: one line for each case.
import { describe, expect, test } from 'vitest';

import { holds, runScript, xOf } from '../../../../builders/script-run.ts';

const HASH =
  '$h = hash_create; hash_set $h "b" "1"; hash_set $h "a" 2; hash_set $h "b" "3"; $l = ["u", "v"];';

test.each([
  ['$x = hash_get $h "b";', '3'],
  ['$x = $h["a"];', 2],
  ['$x = "${h}";', ''],
  ['$x = hash_get $h "none";', undefined],
  ['$x = hash_keys $h;', ['b', 'a']],
  ['$x = hash_values $h;', ['3', 2]],
  ['hash_set $h "l" $l; $x = hash_values $h;', ['3', 2, 'u']],
  ['hash_set $h "l" $l; $x = hash_get $h "l";', ['u', 'v']],
  ['hash_set $h "n" $h; $x = hash_values $h;', ['3', 2, '']],
  ['$k = $h; hash_set $k "b" "4"; $x = $h["b"];', '4'],
  ['hash_set $h "e" $unset; $x = hash_get $h "e";', ''],
  ['hash_set $h "l" $l; $x = hash_dump $h;', '{"b": "3", "a": 2, "l": ["u", "v"]}'],
  ['hash_set $h "h" $h; $x = hash_dump $h;', '{"b": "3", "a": 2, "h": {…}}'],
])('%s', (script, expected) => {
  expect(xOf(`${HASH} ${script}`)).toEqual(expected);
});

test('hash_dump writes to the paniclog, and no more than a line of it', () => {
  expect(runScript(`${HASH}\nhash_dump $h;`).logs).toEqual(['2::{"b": "3", "a": 2}']);
  const doubled = Array.from(
    { length: 64 },
    (_, n) =>
      `$h${n + 1} = hash_create; hash_set $h${n + 1} "a" $h${n}; hash_set $h${n + 1} "b" $h${n};`,
  );
  const script = `$h0 = hash_create; ${doubled.join('\n')} $x = hash_dump $h64;`;
  expect(xOf(script)).toHaveLength(1972);
});

test.each(['hash_set $h "a" "b";', '$x = hash_get $h "a";', '$x = hash_keys $h;'])(
  'what is no hash fails: %s',
  (script) => {
    expect(runScript(`$h = "text"; ${script}`).failure).toContain('is no hash');
    expect(runScript(script).failure).toContain('is no hash');
  },
);

describe('tests', () => {
  test.each([
    ['isset $l 1', true],
    ['isset $l 2', false],
    ['isset $l "0"', true],
    ['isset $l "-1"', false],
    ['isset $h "b"', true],
    ['isset $h "c"', false],
    ['isset $unset 0', false],
    ['type :is $l "stringlist"', true],
    ['type $h "hash"', true],
    ['type :is $h["b"] "string"', true],
    ['type :is $h["a"] "number"', true],
    ['type :is $l ["number", "stringlist"]', true],
    ['type :contains $l "list"', true],
    ['type :is $unset "string"', false],
    ['is_true $l', false],
    ['is_true $unset', false],
    ['is_true $h["a"]', true],
  ])('%s is %s', (script, expected) => {
    expect(holds(script, HASH)).toBe(expected);
  });

  test.each([
    ['"true"', true],
    ['"TRUE"', true],
    ['"yes"', true],
    ['"on"', true],
    ['"t"', true],
    ['1', true],
    ['"-1"', true],
    ['["true", "false"]', true],
    ['0', false],
    ['"0.000000"', false],
    ['""', false],
    ['"false"', false],
    ['"truely"', false],
    ['"1 apple"', false],
  ])('is_true %s is %s', (value, expected) => {
    expect(holds('is_true $v', `$v = ${value};`)).toBe(expected);
  });
});
