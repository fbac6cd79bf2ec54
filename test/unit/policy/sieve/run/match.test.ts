// Goal: ec_test compares as its tags say.
// Method: one line for each match type, comparator and odd operand.
import { describe, expect, test } from 'vitest';

import { holds, runScript } from '../../../../builders/script-run.ts';

const LISTS = '$l = ["one", "two", "three"]; $n = [5, 9]; $h = hash_create; $e = [];';

test.each([
  ['"SMTP" "SMTP"', true],
  [':is "SMTP" "smtp"', false],
  [':is :comparator "i;ascii-casemap" "SMTP" "smtp"', true],
  [':comparator "i;ascii-casemap" "Ä" "ä"', false],
  [':comparator "i;ascii-casemap" "äB" "äb"', true],
  [':comparator "i;ascii-casemap" "SS" "ß"', false],
  [':is :comparator "i;ascii-numeric" "05" "5"', true],
  [':is :comparator "i;ascii-numeric" "5.000000" "5"', true],
  [':is :comparator "i;ascii-numeric" "5 apples" "5"', true],
  [':is $l "two"', true],
  [':is "two" $l', true],
  [':is $l ["four", "three"]', true],
  [':is $l "four"', false],
  [':is $n 9', true],
  [':is "9" 9', true],
  [':is $unset ""', true],
  [':is $e ""', false],
  [':is $h ""', false],
  [':contains "abc" "b"', true],
  [':contains "abc" ""', true],
  [':contains "abc" "B"', false],
  [':contains :comparator "i;ascii-casemap" "abc" "B"', true],
  [':contains $l "hre"', true],
])('ec_test %s is %s', (call, expected) => {
  expect(holds(`ec_test ${call}`, LISTS)).toBe(expected);
});

describe(':matches', () => {
  test.each([
    ['"Make big money fast" "Make*money*fast"', true],
    ['"Make big money fast!" "Make*money*fast"', false],
    ['"abc" "a?c"', true],
    ['"ac" "a?c"', false],
    ['"a😀c" "a?c"', true],
    ['"a*c" "a\\\\*c"', true],
    ['"abc" "a\\\\*c"', false],
    ['"a?" "a\\\\?"', true],
    ['"a\\\\b" "a\\\\\\\\b"', true],
    ['"" "*"', true],
    ['"" "?"', false],
    ['"a.c" "a.c"', true],
    ['"abc" "a.c"', false],
    ['"[a-z]" "[a-z]"', true],
    [':comparator "i;ascii-casemap" "ABC" "a*c"', true],
    [':comparator "i;ascii-casemap" "Ä" "ä"', false],
  ])('%s is %s', (call, expected) => {
    expect(holds(`ec_test :matches ${call}`)).toBe(expected);
  });

  test('no pattern is slow', () => {
    const text = 'a'.repeat(20_000);
    const pattern = `${'*a'.repeat(40)}*b`;
    expect(holds('ec_test :matches $t $p', `$t = "${text}"; $p = "${pattern}";`)).toBe(false);
  });
});

describe(':regex', () => {
  // As a script has it: what is a backslash to the expression is written twice.
  test.each([
    ['abc', '^a.c$', true],
    ['v=spf1 -all', 'v=spf1\\\\s+-all', true],
    ['ABC', 'abc', false],
    ['ABC', '(?i)abc', true],
    ['ABC', '(?i)a(?i:b)c', true],
    ['ABC', '(*UTF8)(?i)abc', true],
    ['a1', '[[:alpha:]][[:digit:]]', true],
    ['1a', '^[[:alpha:]]', false],
    ['-', '^[[:^alnum:]]$', true],
    ['x', '^[[:^alnum:]]$', false],
    ['a_b', '^[[:word:]]+$', true],
    ['a]b', 'a[]]b', true],
    ['a-b', 'a[\\\\w-.]b', true],
    ['a[b', 'a[[]b', true],
    ['a.b', 'a\\\\.b', true],
    ['axb', 'a\\\\.b', false],
    ['a-b', 'a\\\\-b', true],
    ['a@b', 'a\\\\@b', true],
    ['2026-11-20', '\\\\b(\\\\d{4}|\\\\d{2})-\\\\d{2}-\\\\d{2}\\\\b', true],
    ['{x}', '^{x}$', true],
    ['aa', '^(?P<one>a)(?P=one)$', true],
    ['aa', '^(a)\\\\g{1}$', true],
    ['a b', '(?x) a \\\\  b # not a c', true],
    ['a.b', '^\\\\Qa.b\\\\E$', true],
    ['abc', '\\\\Aabc\\\\z', true],
    ['xabc', '\\\\Aabc', false],
    ['ab', 'a(?#comment)b', true],
    ['A', '^\\\\x41$', true],
    ['A', '^\\\\x{41}$', true],
    ['a\tb', '^a\\\\hb$', true],
    ['Ä', '^\\\\pL$', true],
    ['a\nb', 'a.b', false],
    ['a\nb', '(?s)a.b', true],
    ['a\nb', '(?m)^b$', true],
  ])('%s against %s is %s', (text, pattern, expected) => {
    expect(holds('ec_test :regex $t $p', `$t = "${text}"; $p = "${pattern}";`)).toBe(expected);
  });

  test('letters fold under i;ascii-casemap', () => {
    expect(holds('ec_test :regex :comparator "i;ascii-casemap" "ABC" "abc"')).toBe(true);
  });

  test.each([
    ['a++', 'possessive'],
    ['(?>a)', 'no counterpart'],
    ['a(?i)b', 'inside the pattern'],
    ['(?J)a', 'no counterpart'],
    ['(a', 'Unterminated group'],
    ['[a', 'not closed'],
    ['[[:nope:]]', 'no class'],
    ['a\\\\', 'ends with a backslash'],
  ])('%s fails: %s', (pattern, reason) => {
    const { failure } = runScript(`$p = "${pattern}"; if ec_test :regex "a" $p { stop; }`);
    expect(failure).toContain('cannot be run as a regular expression');
    expect(failure).toContain(reason);
  });
});

describe(':value and :count', () => {
  const numeric = ':comparator "i;ascii-numeric"';

  test.each([
    [`:value "gt" ${numeric} "10" "9"`, true],
    [':value "gt" "10" "9"', false],
    [`:value "ge" ${numeric} "9" 9`, true],
    [`:value "lt" ${numeric} "-1" "0"`, true],
    [`:value "le" ${numeric} "2.5" "2.4"`, false],
    [`:value "eq" ${numeric} "2.500000" "2.5"`, true],
    [`:value "ne" ${numeric} "1" "2"`, true],
    [`:value "gt" ${numeric} "99999999999999999999" "99999999999999999998"`, false],
    [`:value "eq" ${numeric} "${'9'.repeat(400)}" "${'9'.repeat(401)}"`, true],
    [`:value "bitwise-and" ${numeric} "5" "4"`, true],
    [`:value "bitwise-and" ${numeric} "5" "2"`, false],
    [`:value "bitwise-and" "4294967296" "4294967296"`, true],
    [`:value "bitwise-and" "-1" "8"`, true],
    [':value "lt" "abc" "abd"', true],
    [':value "lt" "B" "a"', true],
    [':value "lt" :comparator "i;ascii-casemap" "B" "a"', false],
    [':value "lt" :comparator "i;ascii-casemap" "Z" "_"', true],
    [`:value "gt" ${numeric} $n 8`, true],
    [':count "eq" $l 3', true],
    [':count "ge" $l "4"', false],
    [':count "eq" "alone" 1', true],
    [':count "eq" $unset 0', true],
    [':count "eq" $e 0', true],
  ])('ec_test %s is %s', (call, expected) => {
    expect(holds(`ec_test ${call}`, LISTS)).toBe(expected);
  });

  test('what is no number is 0, and told', () => {
    const script = `$v = "many"; $x = "no"; if ec_test :value "lt" ${numeric} $v 1 { $x = "yes"; }`;
    const { variables, notes } = runScript(script);
    expect(variables['x']).toBe('yes');
    expect(notes).toEqual([`doubt 1: 'many' is no number and compared as 0`]);
  });

  test('a number beyond all bits fails', () => {
    const script = `$v = "${'9'.repeat(400)}"; if ec_test :value "bitwise-and" $v 1 { stop; }`;
    expect(runScript(script).failure).toContain('too big');
  });
});
