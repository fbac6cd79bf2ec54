// Goal: what is reached is what a reader of the policy and the log would say.
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../../src/policy/coverage.ts';
import { RuleCoverage } from '../../../src/policy/rule-coverage.ts';
import { ALL_NEEDS } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { enforce } from '../../../src/simulate/enforce/enforce.ts';
import type { ReplayOptions } from '../../../src/simulate/replay.ts';
import { RowSource } from '../../builders/event-sources.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { connect, moduleAt, replayLua } from '../../builders/lua-replays.ts';
import { replayRows } from '../../builders/rule-policies.ts';
import { replayScripts } from '../../builders/script-replays.ts';
import { policyOf, read } from './yaml/reading.ts';

/** `line:column what` of the branches, those that are not reached behind a `!`. */
function shown(coverage: Coverage, file?: string): string[] {
  return coverage.branches().flatMap((one) => {
    const text = `${one.reached ? '' : '! '}${one.line}:${one.column} ${one.what}`;
    return file === undefined || one.file === file ? [text] : [];
  });
}

const forScripts = (coverage: Coverage): Pick<ReplayOptions, 'coverage'> => ({
  coverage: { rules: undefined, scripts: coverage },
});

const rejection = (ip: string, seconds: number): EventRow => ({
  timeMs: NOON_MS + seconds * 1000,
  kind: 'rejection',
  ip,
});

describe('rules', () => {
  const text = `hindcast: 1
rules:
  - name: busy
    count: connections
    per: address
    above: 2
    except: [192.0.2.9]
    then: tag
  - name: both
    per: address
    all:
      - { count: connections, above: 1 }
      - { above: 0, count: rejections }
    then: tag
  - name: late
    count: connections
    per: address
    above: 0
    at: rcptto
    then: tag
`;

  /** What some rows reach, gathered in a coverage that may know others. */
  async function reach(rows: readonly EventRow[], coverage = new Coverage()): Promise<string[]> {
    const reading = read(text);
    const policy = policyOf(reading);
    const rules = new RuleCoverage(policy, { text, places: reading.places }, coverage);
    await replayRows(rows, policy, { coverage: { rules, scripts: coverage } });
    return shown(coverage);
  }

  const LATE = [
    "! 15:5 rule 'late' is judged",
    "! 15:5 rule 'late' fires",
    "! 16:5 rule 'late': the condition holds",
    "! 16:5 rule 'late': the condition does not hold",
  ];

  test('without events nothing is reached, and everything is known', async () => {
    expect(await reach([])).toEqual([
      "! 3:5 rule 'busy' is judged",
      "! 3:5 rule 'busy' fires",
      "! 4:5 rule 'busy': the condition holds",
      "! 4:5 rule 'busy': the condition does not hold",
      "! 7:5 rule 'busy' passes over what it excepts",
      "! 9:5 rule 'both' is judged",
      "! 9:5 rule 'both' fires",
      "! 12:11 rule 'both': condition 1 holds",
      "! 12:11 rule 'both': condition 1 does not hold",
      "! 13:21 rule 'both': condition 2 holds",
      "! 13:21 rule 'both': condition 2 does not hold",
      ...LATE,
    ]);
  });

  test('a rule that could not fire is judged, though the engine need not ask it', async () => {
    expect(await reach([connect('192.0.2.1', 0)])).toEqual([
      "3:5 rule 'busy' is judged",
      "! 3:5 rule 'busy' fires",
      "! 4:5 rule 'busy': the condition holds",
      "4:5 rule 'busy': the condition does not hold",
      "! 7:5 rule 'busy' passes over what it excepts",
      "9:5 rule 'both' is judged",
      "! 9:5 rule 'both' fires",
      "! 12:11 rule 'both': condition 1 holds",
      "12:11 rule 'both': condition 1 does not hold",
      // The condition above it does not hold, so it decides nothing.
      "! 13:21 rule 'both': condition 2 holds",
      "! 13:21 rule 'both': condition 2 does not hold",
      ...LATE,
    ]);
  });

  test('who is exempt reaches the exception and fires nothing', async () => {
    const rows = [0, 1, 2].map((second) => connect('192.0.2.9', second));
    const found = await reach(rows);
    expect(found).toContain("! 3:5 rule 'busy' fires");
    expect(found).toContain("4:5 rule 'busy': the condition holds");
    expect(found).toContain("7:5 rule 'busy' passes over what it excepts");
    expect(found).toContain("13:21 rule 'both': condition 2 does not hold");
  });

  test('runs add up, also those of other threads', async () => {
    const coverage = new Coverage();
    const three = (ip: string): EventRow[] => [0, 1, 2].map((second) => connect(ip, second));
    await reach(three('192.0.2.9'), coverage);
    const other = new Coverage();
    await reach(three('192.0.2.1'), other);
    coverage.add(other.branches());
    expect(shown(coverage).filter((branch) => branch.startsWith('!'))).toEqual([
      "! 9:5 rule 'both' fires",
      "! 13:21 rule 'both': condition 2 holds",
      ...LATE,
    ]);
    await reach([...three('192.0.2.1'), rejection('192.0.2.1', 2)], coverage);
    expect(shown(coverage).filter((branch) => branch.startsWith('!'))).toEqual(LATE);
  });

  test('in force, only what still happens is judged', async () => {
    const rows = [connect('192.0.2.1', 0), { ...rejection('192.0.2.1', 1), session: 'a' }];
    const inForce = text
      .replace('above: 2', 'above: 0')
      .replace('above: 1', 'above: 0')
      .replace('then: tag', 'then: { reject: 421 no }');
    const reading = read(inForce);
    const policy = policyOf(reading);
    const coverage = new Coverage();
    const rules = new RuleCoverage(policy, { text: inForce, places: reading.places }, coverage);
    const vocabulary = new Vocabulary();
    await enforce({
      sources: [
        new RowSource(
          rows.map((row) => ({ ...row, session: 'a' })),
          { rank: 0, vocabulary },
        ),
      ],
      vocabulary,
      needs: ALL_NEEDS,
      policy,
      fileOf: () => 'log',
      retryMs: undefined,
      coverage: { rules, scripts: coverage },
    });
    const found = shown(coverage);
    expect(found).toContain("3:5 rule 'busy' fires");
    expect(found).toContain("12:11 rule 'both': condition 1 holds");
    // The rejection behind the connect would let it hold, and is gone.
    expect(found).toContain("! 13:21 rule 'both': condition 2 holds");
  });
});

describe('scripts', () => {
  const SCRIPT = `($own) = audit_service "SMTP" "/32";
$name = "x";
if anyof (
  ec_test :is $own "3",
  not ec_test :is $name "x",
  allof (ec_test :is $name "x", ec_test :is $own "2")
) {
  ec_log "two";
} elsif ec_test :is $own "9" {
  stop;
} else {
  ec_log "else";
}
if ec_test :is $name "x" {
}
ec_include "more.siv";
`;

  const reachedBy = async (rows: readonly EventRow[], script = SCRIPT): Promise<string[]> => {
    const coverage = new Coverage();
    const files = { 'more.siv': 'if ec_test :is "a" "b" { stop; }\n' };
    await replayScripts(script, rows, { files, ...forScripts(coverage) });
    const own = shown(coverage, 'connect.siv');
    return [...own, ...shown(coverage, 'more.siv').map((branch) => `more.siv: ${branch}`)];
  };

  const AT_ONE = [
    '1:1 the assignment of $own runs',
    '2:1 the assignment of $name runs',
    "! 3:4 the 'if' is taken",
    "3:4 the 'if' is not taken",
    "! 4:3 the test 'ec_test' is true",
    "4:3 the test 'ec_test' is false",
    "! 5:3 the test 'not ec_test' is true",
    "5:3 the test 'not ec_test' is false",
    "6:10 the test 'ec_test' is true",
    "! 6:10 the test 'ec_test' is false",
    "! 6:33 the test 'ec_test' is true",
    "6:33 the test 'ec_test' is false",
    "! 8:3 'ec_log' runs",
    "! 9:9 the 'elsif' is taken",
    "! 10:3 'stop' runs",
    "11:8 the 'else' is taken",
    "12:3 'ec_log' runs",
    "14:4 the 'if' is taken",
    "! 14:4 the 'if' is not taken",
    "16:1 'ec_include' runs",
    "more.siv: ! 1:4 the 'if' is taken",
    "more.siv: 1:4 the 'if' is not taken",
    "more.siv: ! 1:26 'stop' runs",
  ];

  test('commands, ways out of an if, tests of anyof and allof, and what is included', async () => {
    expect(await reachedBy([connect()])).toEqual(AT_ONE);
  });

  test('further events reach more', async () => {
    const more = ["3:4 the 'if' is taken", "6:33 the test 'ec_test' is true", "8:3 'ec_log' runs"];
    const expected = AT_ONE.map((branch) => {
      const plain = branch.replace('! ', '');
      return more.includes(plain) ? plain : branch;
    });
    expect(await reachedBy([connect(), { ...connect(), session: 'second' }])).toEqual(expected);
  });

  test('what is never reached is known, but not what would be included', async () => {
    const found = await reachedBy([]);
    expect(found).toHaveLength(AT_ONE.length - 3);
    expect(found.every((branch) => branch.startsWith('! '))).toBe(true);
  });

  test('a command that fails has run, and nothing behind it', async () => {
    expect(await reachedBy([connect()], '$h = "1";\n$x = $gone["a"];\nec_log "x";\n')).toEqual([
      '1:1 the assignment of $h runs',
      '2:1 the assignment of $x runs',
      "! 3:1 'ec_log' runs",
    ]);
  });
});

describe('modules', () => {
  test('lines of hooks, of what they require, and of nothing that is made at run time', async () => {
    const coverage = new Coverage();
    const body = `  local limits = require("limits")
  if limits.is_high(ac) then
    return limits.refuse(
      vctx,
      421)
  elseif limits.odd then print("odd")
  end
  local x = limits.odd and
    print("never")
    or
    "always"
  loadstring("print(1)\\nprint(2)", "@limits.lua")()
  while false do
    print("never")
  end
  for i = 1, 2 do
    if i == 2 then
      break
    end
  end
  x = limits.is_high or
    {}`;
    const limits = `local limits = {}

function limits.is_high(ac)
  return false
end

function limits.refuse(vctx, code)
  vctx:set_code(code, "no")
end

return limits
`;
    const module = moduleAt('validate_connect', body);
    await replayLua(module, [connect()], {
      files: { 'limits.lua': limits },
      ...forScripts(coverage),
    });
    const lines = (file: string): string =>
      shown(coverage, file).join(' ').replaceAll(' the line runs', '');
    expect(lines('limits.lua')).toBe('1:1 3:1 4:3 7:1 ! 8:3 11:1');
    // The hook begins in line 2, its body in line 3. `or` and `end` do nothing by themselves.
    expect(lines('module.lua')).toBe(
      '1:1 2:1 3:3 4:3 ! 5:5 ! 6:7 ! 7:7 8:3 10:3 ! 11:5 13:5 14:3 15:3 ! 16:5 ' +
        '18:3 19:5 20:7 23:3 ! 24:5 25:1 27:1',
    );
    expect(new Set(coverage.branches().map(({ file }) => file)).size).toBe(2);
  });
});
