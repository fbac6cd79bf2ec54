// Goal: texts are cut, joined, turned and looked at as the manual says.
// Method: one line for each case.
import { describe, expect, test } from 'vitest';

import { holds, runScript, xOf } from '../../../../builders/script-run.ts';

test.each([
  ['$x = split "." "192.0.2.7";', ['192', '0', '2', '7']],
  ['$x = ec_explode ", " "a, b,c";', ['a', 'b,c']],
  ['$x = split "," "";', ['']],
  ['($a, $b, $x) = split "." "192.0.2.7";', '2'],
  ['($a, $x) = split "." "none";', ''],
  ['$x = join "," ["a", "b"];', 'a,b'],
  ['$x = join "" ["a", "b"];', 'ab'],
  ['$x = join "," "alone";', 'alone'],
  ['$x = reverse "hello";', 'olleh'],
  ['$x = reverse "a😀";', '😀a'],
  ['$x = reverse ["a", "b"];', ['b', 'a']],
  ['$x = reverse_delim "." "192.0.2.7";', '7.2.0.192'],
  ['$x = ec_tolower "Strong-BAD7Ä";', 'strong-bad7Ä'],
])('%s', (script, expected) => {
  expect(xOf(script)).toEqual(expected);
});

test('a list that is reversed stays what it was', () => {
  expect(xOf('$x = ["a", "b"]; $y = reverse $x;')).toEqual(['a', 'b']);
});

test('an empty delimiter is a failure', () => {
  expect(runScript('$x = split "" "abc";').failure).toContain('the delimiter is empty');
});

describe('ec_pcre_match', () => {
  test('gives the match and its groups', () => {
    const script = '($a, $b, $x) = ec_pcre_match "foo@bar.example.net" "(.*)@(.*)\\.example";';
    expect(runScript(script).variables).toEqual({ a: 'foo@bar.example', b: 'foo', x: 'bar' });
    expect(xOf('$x = ec_pcre_match "ab" "(a)(z)?b";')).toEqual(['ab', 'a', '']);
    expect(xOf('$x = ec_pcre_match "ab" "z";')).toEqual([]);
  });

  test('is a test too', () => {
    expect(holds('ec_pcre_match "ab" "^a"')).toBe(true);
    expect(holds('ec_pcre_match "ab" "^b"')).toBe(false);
  });
});

describe('addresses', () => {
  test.each([
    ['"192.0.2.7"', true, true],
    ['"2001:db8::1"', true, true],
    ['"::ffff:192.0.2.7"', true, true],
    ['["192.0.2.7", "2001:db8::1"]', true, true],
    ['["192.0.2.7", "mx.example.net"]', false, false],
    ['"[192.0.2.7]"', false, true],
    ['"[IPv6:2001:db8::1]"', false, true],
    ['"[2001:db8::1]"', false, true],
    ['"[IPv6:192.0.2.7]"', false, false],
    ['"192.0.2.7/32"', false, false],
    ['"192.0.2.07"', false, false],
    ['"192.0.2.256"', false, false],
    ['"fe80::1%eth0"', false, false],
    ['" 192.0.2.7"', false, false],
    ['"[192.0.2.7"', false, false],
    ['""', false, false],
    ['[]', false, false],
  ])('%s: is_valid_ip %s, is_rfc821_ip %s', (value, valid, rfc821) => {
    expect(holds('is_valid_ip $v', `$v = ${value};`)).toBe(valid);
    expect(holds('is_rfc821_ip $v', `$v = ${value};`)).toBe(rfc821);
  });
});
