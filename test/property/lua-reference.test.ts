// Goal: scripts of the common subset do on our machine what they do in a stock Lua 5.1, to the
// words and places of errors; where ours is another on purpose, this file says so.
// Method: run each case of fixtures/lua/stock in both, and the list of differences too.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/policy/lua/bytes.ts';
import { testMachine } from '../builders/lua-machine.ts';
import { answerOfChunk, stockLua, type StockLua } from '../builders/stock-lua.ts';

const FOLDER = new URL('../../fixtures/lua/stock/', import.meta.url);
const PRELUDE = readFileSync(new URL('prelude.lua', FOLDER), 'utf8');

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua(PRELUDE);
});
afterAll(() => {
  stock.close();
});

function ours(chunk: string): string {
  const machine = testMachine().machine;
  answerOfChunk(machine, PRELUDE);
  return answerOfChunk(machine, chunk);
}

interface Case {
  readonly title: string;
  readonly chunk: string;
}

function casesOf(file: string): Case[] {
  const [, ...parts] = readFileSync(new URL(file, FOLDER), 'utf8').split(/^--- /m);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { title: part.slice(0, end), chunk: part.slice(end + 1) };
  });
}

const FILES = readdirSync(FOLDER).filter((file) => file !== 'prelude.lua');

test('there are cases to look at', () => {
  expect(FILES.flatMap(casesOf).length).toBeGreaterThan(150);
});

describe.each(FILES)('%s', (file) => {
  test.each(casesOf(file))('$title', ({ chunk }) => {
    expect(ours(chunk)).toBe(stock.runWithPlaces(bytesOf(chunk)));
  });
});

interface Difference {
  readonly title: string;
  readonly chunk: string;
  readonly ours: string;
  /** Undefined where it is another one in each run or on each machine. */
  readonly stock: string | undefined;
}

/** What our machine does in another way on purpose. */
const DIFFERENCES: readonly Difference[] = [
  {
    title: 'Momentum reads numbers with a leading 0 as octal',
    chunk: "return 010, tonumber('010'), tonumber('08'), '010' + 1",
    ours: '8 8 nil 9',
    stock: '10 10 8 11',
  },
  {
    title: 'Momentum loses the sign of a text that is minus zero',
    chunk: "return 1 / tonumber('-0')",
    ours: 'inf',
    stock: '-inf',
  },
  {
    title: 'a constant that is minus zero stays it beside one that is zero',
    chunk: 'local zero, minus = 0, -0\nreturn 1 / minus',
    ours: '-inf',
    stock: 'inf',
  },
  {
    title: 'Momentum has != beside ~=',
    chunk: 'return 1 != 2',
    ours: 'true',
    stock: 'refused',
  },
  {
    title: 'Momentum has operators on bits',
    chunk: 'return 6 & 3, 6 | 3, 1 << 4, 7 \\ 2',
    ours: '2 7 16 3',
    stock: 'refused',
  },
  {
    title: 'pairs goes in the order in which the keys came',
    chunk: `local all = {}
      for key in pairs({ zeta = 1, alpha = 2, [10] = 3, mid = 4 }) do all[#all + 1] = key end
      return list(all)`,
    ours: '"zeta,alpha,10,mid"',
    stock: undefined,
  },
  {
    title: 'tables and functions are numbered as they are shown',
    chunk: 'return tostring({}), tostring(function() end), tostring({})',
    ours: '"table: 0x00000001" "function: 0x00000002" "table: 0x00000003"',
    stock: undefined,
  },
  {
    title: 'next takes a whole number that is no key as one that was cleared',
    chunk: 'return next({}, 1)',
    ours: 'nil',
    stock: 'error "invalid key to \'next\'"',
  },
  {
    title: 'random numbers are the same in every run',
    chunk: 'return math.random(100), math.random(100), math.random(100)',
    ours: '96 91 25',
    stock: undefined,
  },
  {
    title: 'os is not there',
    chunk: 'return os.time()',
    ours: 'error "script:1: os.time is not available in a replay; msys.core.get_now_ts() gives the time"',
    stock: undefined,
  },
  {
    title: 'io and debug are not there',
    chunk: `return problem(function() return io.open('x') end),
      problem(function() debug.traceback() end), problem(function() os.exit = print end)`,
    ours:
      '"script:1: io.open is not available in a replay; print writes to the log" ' +
      '"script:2: debug.traceback is not available in a replay" ' +
      '"script:2: os.exit is not available in a replay; msys.core.get_now_ts() gives the time"',
    stock: '"no error" "no error" "no error"',
  },
  {
    title: 'arguments of methods count from the object',
    chunk: "return problem(function() ('x'):rep({}) end)",
    ours: '"script:1: bad argument #2 to \'rep\' (number expected, got table)"',
    stock: '"script:1: bad argument #1 to \'rep\' (number expected, got table)"',
  },
  {
    title: 'functions have their names when pcall calls them',
    chunk: 'return problem(string.rep)',
    ours: '"bad argument #1 to \'rep\' (string expected, got no value)"',
    stock: '"bad argument #1 to \'?\' (string expected, got no value)"',
  },
  {
    title: 'patterns may not be deep',
    chunk: "return problem(function() return ('a'):find(('a*'):rep(201)) end)",
    ours: '"script:1: pattern too complex"',
    stock: '"no error"',
  },
  {
    title: 'whole numbers of formats have 64 bits',
    chunk: "return string.format('%d %x', 2 ^ 40, -1)",
    ours: '"1099511627776 ffffffffffffffff"',
    stock: undefined,
  },
  {
    title: 'an error is in the line of its operator',
    chunk: 'local t = {}\nreturn 1 +\n  t.x',
    ours: 'error "script:2: attempt to perform arithmetic on field \'x\' (a nil value)"',
    stock: 'error "script:3: attempt to perform arithmetic on field \'x\' (a nil value)"',
  },
];

describe('differences', () => {
  test.each(DIFFERENCES)('$title', ({ chunk, ours: expected, stock: theirs }) => {
    expect(ours(chunk)).toBe(expected);
    expect([undefined, stock.runWithPlaces(chunk)]).toContain(theirs);
  });

  test('names that one of the two does not have', () => {
    const names = `local all = {}
      for _, library in ipairs({ '_G', 'coroutine', 'math', 'string', 'table' }) do
        for name in pairs(_G[library]) do all[#all + 1] = library .. '.' .. name end
      end
      table.sort(all)
      return list(all)`;
    const here = new Set(ours(names).replaceAll('"', '').split(','));
    const there = new Set(stock.runWithPlaces(names).replaceAll('"', '').split(','));
    expect([...there].filter((name) => !here.has(name))).toEqual([
      '_G.__run', // the test's own
      '_G.dofile',
      '_G.gcinfo',
      '_G.loadfile',
      '_G.newproxy',
      'string.dump',
    ]);
    expect([...here].filter((name) => !there.has(name))).toEqual([]);
  });
});
