// Goal: coverage changes nothing that a replay tells, and says of rules and lines what happened.
// Method: random policies over random events, and random programs, with and without coverage. A
// rule fires where the report has it; lines are those that the hook of a stock Lua 5.1 sees.
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { Coverage } from '../../src/policy/coverage.ts';
import { LuaMachine } from '../../src/policy/lua/machine.ts';
import { RuleCoverage, type RulePlaces } from '../../src/policy/rule-coverage.ts';
import type { RulePolicy } from '../../src/policy/rule-policy.ts';
import { PLENTY } from '../builders/lua-machine.ts';
import { programs } from '../builders/lua-programs.ts';
import { inputsOf, policyFrom, rulesAndEvents } from '../builders/rule-histories.ts';
import { replayRows } from '../builders/rule-policies.ts';
import { answerOfChunk, sourceOf, stockLua, type StockLua } from '../builders/stock-lua.ts';

const HOOKED = `
function __lines(chunk)
  local seen = {}
  local compiled = loadstring(chunk, '=script')
  -- Each coroutine has a hook of its own.
  local create = coroutine.wrap
  local hook = function(_, line)
    local info = debug.getinfo(2, 'SL')
    if info.source ~= '=script' then return end
    for active in pairs(info.activelines) do seen[active] = seen[active] or '-' end
    seen[line] = '+'
  end
  coroutine.wrap = function(body)
    return create(function(...)
      debug.sethook(hook, 'l')
      return body(...)
    end)
  end
  debug.sethook(hook, 'l')
  pcall(compiled)
  debug.sethook()
  coroutine.wrap = create
  local lines = {}
  for line, how in pairs(seen) do lines[#lines + 1] = how .. line end
  return table.concat(lines, ' ')
end
`;

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua(HOOKED);
});
afterAll(() => {
  stock.close();
});

/** Places for a policy that has no text: rule r is line r. */
function placesFor({ rules }: RulePolicy): ReadonlyMap<string, RulePlaces> {
  return new Map(
    rules.map(({ name, conditions, except, exceptDomains }, index) => {
      const place = { start: index, end: index };
      const exempts = except.length + exceptDomains.length > 0;
      const places = { rule: place, counted: place, conditions: conditions.map(() => place) };
      return [name, { ...places, except: exempts ? place : undefined }];
    }),
  );
}

test('rules fire alike with coverage, which tells who fired', async () => {
  const seen = { fired: 0, silent: 0 };
  const run = fc.asyncProperty(rulesAndEvents, async (own) => {
    const policy = policyFrom(own);
    const { inputs } = inputsOf(own);
    const options = { vocabulary: new Vocabulary(), top: 3 };
    const plain = await replayRows(inputs, policy, options);
    const coverage = new Coverage();
    const text = '\n'.repeat(policy.rules.length);
    const rules = new RuleCoverage(policy, { text, places: placesFor(policy) }, coverage);
    const covered = await replayRows(inputs, policy, {
      vocabulary: new Vocabulary(),
      top: 3,
      coverage: { rules, scripts: coverage },
    });
    expect(covered.records).toEqual(plain.records);
    expect(covered.tally).toEqual(plain.tally);

    const branches = coverage.branches();
    const reached = branches.filter((one) => one.reached).map(({ what }) => what);
    const fired = new Set(plain.records.firings.map(({ rule }) => rule));
    for (const { name, conditions } of policy.rules) {
      expect([name, reached.includes(`rule '${name}' fires`)]).toEqual([name, fired.has(name)]);
      const all = conditions.map((_, at) => {
        const of = conditions.length === 1 ? 'the condition' : `condition ${at + 1}`;
        return reached.includes(`rule '${name}': ${of} holds`);
      });
      const exempt = reached.includes(`rule '${name}' passes over what it excepts`);
      // A condition is asked where those above it hold, and all hold where something came of it.
      expect(all.lastIndexOf(true)).toBe(all.filter(Boolean).length - 1);
      expect(!all.includes(false) || (!fired.has(name) && !exempt)).toBe(true);
      seen[fired.has(name) ? 'fired' : 'silent']++;
    }
    expect(branches.every(({ line }) => line <= policy.rules.length)).toBe(true);
  });
  await fc.assert(run, { numRuns: 40 });
  expect(Math.min(seen.fired, seen.silent)).toBeGreaterThan(5);
});

test('lines that run are those that a stock Lua runs, and programs end alike', () => {
  const seen = { reached: 0, missed: 0 };
  const run = fc.property(programs, (chunk) => {
    const options = { print: () => undefined, readModule: () => undefined };
    const coverage = new Coverage();
    const file = { file: 'script', text: chunk };
    const covering = new LuaMachine({ ...options, coverage, fileOf: () => file });
    const plain = new LuaMachine(options);
    expect(answerOfChunk(covering, chunk)).toBe(answerOfChunk(plain, chunk));

    const theirs = new Set(stock.run(`return __lines(${sourceOf(chunk)})`).match(/[+-]\d+/g));
    const lines = chunk.split('\n');
    const wrong = coverage.branches().filter(({ line, column, reached }) => {
      seen[reached ? 'reached' : 'missed']++;
      const text = lines[line - 1];
      // A line that has code here and none there has constants that stock Lua computes, or
      // begins a function, which it makes where the function ends.
      const differs = theirs.has(reached ? `-${line}` : `+${line}`);
      return differs || text.search(/\S/) !== column - 1;
    });
    expect(wrong).toEqual([]);
  });
  fc.assert(run, { numRuns: 100 });
  expect(Math.min(seen.reached, seen.missed)).toBeGreaterThan(50);
});

test('a budget ends a program at the same step', () => {
  const run = fc.property(programs, fc.integer({ min: 0, max: 300 }), (chunk, steps) => {
    const ends = [undefined, new Coverage()].map((coverage) => {
      const options = { print: () => undefined, readModule: () => undefined, coverage };
      const machine = new LuaMachine({ ...options, fileOf: (file) => ({ file, text: chunk }) });
      const loaded = machine.load(chunk, 'script');
      if (!loaded.ok) return 'refused';
      const outcome = machine.run(loaded.chunk, [], { ...PLENTY, steps });
      return outcome.ok ? outcome.values.length : outcome.error.message;
    });
    expect(ends[1]).toBe(ends[0]);
  });
  fc.assert(run, { numRuns: 100 });
});
