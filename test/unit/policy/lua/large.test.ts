import { expect, it } from 'vitest';

import { testMachine } from '../../../builders/lua-machine.ts';

const COUNT = 100_000;
const times = (piece: string): string => piece.repeat(COUNT);

// Goal: reading and compiling take time in proportion to the length, and no stack. A form that
// took its square would take minutes.
it.each([
  ['statements', times('a=1 ')],
  ['blocks', times('do local a = b end ')],
  ['functions', times('f=function() end ')],
  ['comments on a line', times('--[[ ]]')],
  ['lines', times('\n')],
  ['items', `x={${times('{},')}}`],
  ['a sum', `x=1${times('+a')}`],
  ['alternatives', `x=1${times(' or a')}`],
  ['conditions', `if a${times(' and a')} then end`],
  ['arms', `if a then ${times('elseif b then ')}end`],
  ['fields', `x=a${times('.b')}`],
  ['calls', `a${times('()')}`],
  ['escapes', `x="${times(String.raw`\x41`)}"`],
  ['quotes in a string', `x="${times("'")}"`],
])('%s', (_, script) => {
  expect(testMachine().machine.load(script, 'large.lua').ok).toBe(true);
});

it.each([
  ['signs', times('- ')],
  ['parentheses', `x=${times('(')}`],
  ['functions inside one another', times('f=function() ')],
  ['comparisons', `x=a${times('==a')}`],
  ['long brackets that never open', `x=[${times('=')}`],
  ['digits', `x=${times('1.')}`],
])('%s are refused', (_, script) => {
  expect(testMachine().machine.load(script, 'large.lua').ok).toBe(false);
});
