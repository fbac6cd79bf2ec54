// Goal: a script that compares numbers as texts, and is misled by it, is told so.
// Method: comparisons with both results.
import { expect, test } from 'vitest';

import { runScript } from '../../../../builders/script-run.ts';

function notesOf(words: string): readonly string[] {
  return runScript(`if ec_test ${words} { stop; }`).notes;
}

test.each([
  [':value "gt"', '10', '9'],
  [':value "lt"', '100', '20'],
  [':value "eq"', '1.000000', '1'],
  [':value "gt" :comparator "i;ascii-casemap"', '10', '9'],
  [':value "gt"', '-2', '-1'],
])('%s "%s" "%s"', (tags, left, right) => {
  expect(notesOf(`${tags} "${left}" "${right}"`)).toEqual([
    `doubt 1: '${left}' and '${right}' compare as texts without "i;ascii-numeric"`,
  ]);
});

test.each([
  ':value "gt" "9" "8"',
  ':value "gt" "1" "10"',
  ':value "gt" :comparator "i;ascii-numeric" "10" "9"',
  ':value "gt" "b10" "b9"',
  ':value "gt" "10" ""',
  ':is "10" "9"',
  ':count "gt" "10" "9"',
])('%s is no trap', (words) => {
  expect(notesOf(words)).toEqual([]);
});
