// Goal: an expression that may keep JavaScript busy for ever is refused, one that policies are made
// of is not.
// Method: lists of both.
import { expect, test } from 'vitest';

import { regExpOf } from '../../../../../src/policy/momentum/pcre.ts';
import { runScript } from '../../../../builders/script-run.ts';

test.each([
  '(a+)+$',
  '(a*)*b',
  '(a+)+?x',
  '^([a-z]+)*$',
  String.raw`(\w+\s?)+$`,
  '(.*,)*x',
  '((.*)x)+y',
  '((a+)b?)+',
  '(?:x|[a-z]+)*$',
  '(a+){20}',
  '(a{1,30}){5,}c',
  String.raw`([0-9]*\.?)*$`,
  '(?<n>a+)*',
  '([[:alpha:]]+)+@',
  '(?x) ( a+ )+ $',
  '(?=(a+)+$)',
])('%s may never end', (pattern) => {
  expect(() => regExpOf(pattern, false)).toThrow('it may never end');
});

test.each([
  String.raw`^([a-z0-9-]+\.)+example\.com$`,
  String.raw`^(\d{1,3}\.){3}\d{1,3}$`,
  '^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$',
  '^[^@]+@([a-z]+[.])*example$',
  String.raw`(\d+[-.x_])+`,
  '([^,]*,)+',
  String.raw`(?m)(^.*\r?\n)+`,
  'dsl|dyn(amic)?|pool',
  '(a+)?',
  '(a+){2}',
  '(ab+)*',
  '(a|b)+',
  '[+*]+',
  String.raw`\[(a+)\]`,
  String.raw`(\(a\)+)+`,
  String.raw`\b(\w+\b)+`,
])('%s ends', (pattern) => {
  expect(() => regExpOf(pattern, false)).not.toThrow();
});

test('the script fails where it stands', () => {
  const { failure } = runScript('if ec_test :regex "aaa" "(a+)+$" { stop; }');
  expect(failure).toBe(
    "'(a+)+$' cannot be run as a regular expression: what it repeats is repeated already, so it " +
      'may never end',
  );
});
