// Goal: no call of a library can hang a replay or take its memory: the budget ends it.
// Method: call what attacks a naive library, with a small budget, and look at the error; a call
// that takes seconds fails its test.
import { expect, test } from 'vitest';
import { mathLibrary } from '../../../../../src/policy/lua/library/math.ts';
import { stringLibrary } from '../../../../../src/policy/lua/library/string.ts';
import { tableLibrary } from '../../../../../src/policy/lua/library/table.ts';
import type { LuaHost, LuaTable, LuaValue } from '../../../../../src/policy/lua/value.ts';
import {
  answerOf,
  listOf,
  MapTable,
  native,
  PlainHost,
  ScriptError,
  SpentError,
} from '../../../../builders/lua-host.ts';

const BUDGET = { steps: 1e6, bytes: 1e7 };

interface Attack {
  readonly title: string;
  readonly library: (host: LuaHost) => LuaTable;
  readonly name: string;
  readonly args: () => LuaValue[];
  /** `steps` or `bytes`: the budget; else the message of an error. */
  readonly ends: string;
}

const many = 'a'.repeat(100_000);
/** A table that says it has a billion elements. */
class Huge extends MapTable {
  override get length(): number {
    return 1e9;
  }
  override get(): LuaValue {
    return 'element';
  }
}

function text(name: string, ends: Attack['ends'], ...args: LuaValue[]): Attack {
  const title = `${name}(${args.map((arg) => (typeof arg === 'string' ? arg.slice(0, 30) : Number(arg))).join(', ')})`;
  return { title, library: stringLibrary, name, args: () => args, ends };
}

const ATTACKS: readonly Attack[] = [
  text('rep', 'bytes', 'x', 1e9),
  text('rep', 'bytes', many, 1e5),
  text('rep', 'bytes', many, 2 ** 31 - 1),
  text('find', 'steps', many, `${'a*'.repeat(30)}b`),
  text('find', 'steps', many, `${'a-'.repeat(30)}b`),
  text('find', 'steps', many, `${'a?'.repeat(100)}${'a'.repeat(100)}b`),
  text('find', 'steps', many, '.-b'),
  text('match', 'steps', many, '(.*)(.*)(.*)b'),
  text('gsub', 'steps', many, '.-.-.-b', ''),
  text('find', 'steps', '('.repeat(1e5), '%b()'),
  text('find', 'steps', many, '(.-)%1%1b'),
  text('find', 'pattern too complex', many, `${'a?'.repeat(250)}b`),
  text('find', 'too many captures', many, '()'.repeat(33)),
  text('gsub', 'bytes', many, '', 'x'.repeat(1000)),
  text('gsub', 'bytes', many, '.*', '%0'.repeat(1e5)),
  text('gsub', 'bytes', many, 'a', many),
  text('format', 'invalid format (width or precision too long)', '%99999d', 1),
  text('format', 'invalid format (width or precision too long)', '%.100f', 1),
  text('format', 'invalid format (repeated flags)', '%------d', 1),
  text('format', 'bytes', '%s'.repeat(101), ...Array.from({ length: 101 }, () => many)),
  text('byte', 'stack overflow (string slice too long)', many, 1, -1),
  {
    title: 'gsub with a function that fails',
    library: stringLibrary,
    name: 'gsub',
    args: () => [
      many,
      'a',
      native(() => {
        throw new ScriptError('of the function');
      }),
    ],
    ends: 'of the function',
  },
  {
    title: 'concat of a huge table',
    library: tableLibrary,
    name: 'concat',
    args: () => [new Huge(), ','],
    ends: 'steps',
  },
  {
    title: 'concat with long separators',
    library: tableLibrary,
    name: 'concat',
    args: () => [new Huge(), many],
    ends: 'bytes',
  },
  {
    title: 'concat of a range without elements',
    library: tableLibrary,
    name: 'concat',
    args: () => [listOf(), '', 1, 2e9],
    ends: "invalid value (nil) at index 1 in table for 'concat'",
  },
  {
    title: 'insert far below the table',
    library: tableLibrary,
    name: 'insert',
    args: () => [listOf(), -1e9, true],
    ends: 'steps',
  },
  {
    title: 'remove from a huge table',
    library: tableLibrary,
    name: 'remove',
    args: () => [new Huge(), 1],
    ends: 'steps',
  },
  {
    title: 'sort of a huge table',
    library: tableLibrary,
    name: 'sort',
    args: () => [new Huge()],
    ends: 'steps',
  },
  {
    title: 'sort with a comparator that is always true',
    library: tableLibrary,
    name: 'sort',
    args: () => [listOf(1, 2, 3, 4, 5), native(() => [true])],
    ends: 'invalid order function for sorting',
  },
  {
    title: 'foreachi over a huge table',
    library: tableLibrary,
    name: 'foreachi',
    args: () => [new Huge(), native(() => [])],
    ends: 'steps',
  },
  {
    title: 'random of an empty interval',
    library: mathLibrary,
    name: 'random',
    args: () => [0],
    ends: "bad argument #1 to 'random' (interval is empty)",
  },
];

test.each(ATTACKS)(
  '$title',
  ({ library, name, args, ends }) => {
    const host = new PlainHost(BUDGET);
    const isBudget = ends === 'steps' || ends === 'bytes';
    expect(() => answerOf(host, library(host), name, ...args())).toThrow(
      isBudget ? new SpentError(ends) : new ScriptError(ends),
    );
  },
  2000,
);

test('a search in which every place nearly matches', () => {
  const host = new PlainHost(BUDGET);
  const half = 'a'.repeat(150_000);
  const sought = `${half}b${half}`;
  const args = ['a'.repeat(600_000), sought, 1, true];
  expect(answerOf(host, stringLibrary(host), 'find', ...args)).toEqual([undefined]);
  const found = answerOf(host, stringLibrary(host), 'find', `${half}${sought}`, sought);
  expect(found).toEqual([150_001, 450_001]);
}, 2000);

test('a string of all that the budget allows is made', () => {
  const host = new PlainHost({ steps: 1e6, bytes: 1e7 });
  const [made] = answerOf(host, stringLibrary(host), 'rep', 'x', 1e7);
  expect(made).toHaveLength(1e7);
  expect(host.bytes).toBe(0);
});
