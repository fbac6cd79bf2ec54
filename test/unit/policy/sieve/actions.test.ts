// Goal: actions, errors and includes end what they should, and no more.
// Method: scripts that log behind each; replies, verdicts, counters and logs.
import { describe, expect, test } from 'vitest';

import type { ScriptWorld } from '../../../../src/policy/script-policy.ts';
import { Includes } from '../../../../src/policy/sieve/includes.ts';
import { Run } from '../../../../src/policy/sieve/run.ts';
import type { Site } from '../../../../src/policy/sieve/site.ts';
import { runScript, ScriptStand, type Outcome } from '../../../builders/script-run.ts';

const texts = ({ logs }: Outcome): string[] => logs.map((line) => line.replace(/^\d+::/, ''));

describe('replies', () => {
  test.each([
    ['ec_action;', 550, 'reject', '5xx'],
    ['ec_disconnect;', 421, 'disconnect', '4xx'],
    ['ec_action 250 "fine";', 250, undefined, 'informational'],
    ['ec_action 400 "later";', 400, 'reject', '4xx'],
    ['ec_action 500 "no";', 500, 'reject', '5xx'],
    ['$c = "250"; ec_action $c "fine";', 250, undefined, 'informational'],
    ['$c = "550"; ec_action $c "no";', 550, 'reject', '5xx'],
    ['ec_disconnect 250 "bye";', 250, 'disconnect', 'informational'],
    ['reject "no";', 550, 'reject', '5xx'],
    ['ec_reject "no";', 550, 'reject', '5xx'],
    ['discard;', 250, 'discard', 'informational'],
  ])('%s', (action, code, verdict, kind) => {
    // Behind an `if`, so that nothing warns of what cannot run.
    const outcome = runScript(`if true { ${action} } ec_log "behind";`);
    expect(outcome).toMatchObject({ code, logs: [], failure: undefined });
    expect(outcome.actions).toEqual(verdict === undefined ? [] : [`${verdict} 1`]);
    expect(outcome.counts).toEqual([`connect_phase1:x.siv:1 (${kind})`]);
  });

  test('a counter of its own takes the place of the place', () => {
    const { counts } = runScript('ec_action 550 "no" "mine";');
    expect(counts).toEqual(['connect_phase1:mine (5xx)']);
  });

  test.each(['350', '1000', '55', 'x', ''])('%j is no reply code', (code) => {
    expect(runScript(`$c = "${code}"; ec_action $c "x";`).failure).toContain('is not a reply code');
  });

  test('keep says nothing', () => {
    for (const keep of ['keep', 'ec_keep']) {
      const { code, logs, actions, counts } = runScript(`if true { ${keep}; } ec_log "behind";`);
      expect({ code, logs, actions, counts }).toEqual({
        code: 250,
        logs: [],
        actions: [],
        counts: [],
      });
    }
  });
});

test.each([
  ['ec_tarpit 5;', ['tarpit 1']],
  ['ec_tarpit 0;', []],
  ['$t = "0"; ec_tarpit $t;', []],
])('%s holds the client and goes on', (tarpit, actions) => {
  const outcome = runScript(`${tarpit} ec_log "behind";`);
  expect(outcome).toMatchObject({ code: 250, actions, failure: undefined });
  expect(texts(outcome)).toEqual(['behind']);
  expect(outcome.counts).toHaveLength(1);
});

test.each(['-1', 'long', ''])('ec_tarpit %j fails', (seconds) => {
  expect(runScript(`$t = "${seconds}"; ec_tarpit $t;`).failure).toContain('no number of seconds');
});

describe('errors', () => {
  const FAILS = '$h = "text"; hash_set $h "a" "b";';

  test('end the script, or the command alone, in either letter case', () => {
    const script = (mode: string): string =>
      `$m = "${mode}"; ec_error_mode $m; ${FAILS} ec_log "behind";`;
    expect(texts(runScript(script('Continue')))).toEqual(['behind']);
    expect(texts(runScript(script('FAIL'), {}, { onError: 'continue' }))).toEqual([]);
    expect(runScript(script('stop')).failure).toContain('must be "fail" or "continue"');
  });

  test('in a block go on behind the command, not behind the block', () => {
    const outcome = runScript(
      `if true { ${FAILS} ec_log "in"; } ec_log "behind";`,
      {},
      { onError: 'continue' },
    );
    expect(texts(outcome)).toEqual(['in', 'behind']);
    expect(outcome.notes).toHaveLength(1);
  });
});

test('variables live for one execution', () => {
  const stand = new ScriptStand('ec_log "${a}"; $a = "set";');
  expect([texts(stand.run()), texts(stand.run())]).toEqual([[''], ['']]);
});

describe('control', () => {
  test.each([
    ['true', 'true', ['one']],
    ['false', 'true', ['two']],
    ['false', 'false', ['else']],
  ])('if %s elsif %s runs one block', (first, second, expected) => {
    const script = `if ${first} { ec_log "one"; } elsif ${second} { ec_log "two"; } else { ec_log "else"; }`;
    expect(texts(runScript(script))).toEqual(expected);
  });

  test.each([
    ['anyof(false, true)', true],
    ['anyof(false, false)', false],
    ['allof(true, false)', false],
    ['allof(true, true)', true],
    ['not true', false],
    ['not anyof(false, allof(true, not false))', false],
  ])('%s is %s', (tests, expected) => {
    expect(texts(runScript(`if ${tests} { ec_log "yes"; }`))).toEqual(expected ? ['yes'] : []);
  });
});

test('numbers below 0 and with decimals are texts', () => {
  const { variables } = runScript('$a = 86; $b = -86; $c = 65.43;');
  expect(variables).toEqual({ a: 86, b: '-86', c: '65.43' });
});

describe('includes', () => {
  const chain = (depth: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: depth }, (_, index) => {
        const next = index === depth - 1 ? 'ec_log "last";' : `ec_include "${index + 1}";`;
        return [`${index}`, next];
      }),
    );

  test('nest 32 deep and no deeper, whatever the error mode', () => {
    const run = (depth: number): Outcome =>
      runScript(
        'ec_include "0"; ec_log "behind";',
        {},
        {
          files: chain(depth),
          onError: 'continue',
        },
      );
    expect(texts(run(32))).toEqual(['last', 'behind']);
    expect(run(33).failure).toContain('deeper than 32');
  });

  test('one behind the other are no deeper', () => {
    const script = Array.from({ length: 40 }, () => 'ec_include "0";').join('\n');
    const { failure, logs } = runScript(script, {}, { files: chain(1) });
    expect([failure, logs.length]).toEqual([undefined, 40]);
  });

  test('after a failure in one, the next event begins at the surface', () => {
    const files = { a: '$h = "text"; hash_set $h "a" "b";' };
    const stand = new ScriptStand('ec_include "a";', { files });
    const failures = Array.from({ length: 40 }, () => stand.run().failure);
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).not.toContain('deeper');
  });

  test('share variables, and what stops one stops all', () => {
    const files = { a: '$b = "${a}!"; if true { stop; } ec_log "never";' };
    const outcome = runScript('$a = "set"; ec_include "a"; ec_log "behind";', {}, { files });
    expect(outcome.variables).toMatchObject({ a: 'set' });
    expect(texts(outcome)).toEqual([]);
    const read = { a: '$a = "from below";' };
    expect(texts(runScript('ec_include "a"; ec_log "${a}";', {}, { files: read }))).toEqual([
      'from below',
    ]);
  });

  test('are read once for each script that names them: names are relative to it', () => {
    const reads: string[] = [];
    const read = (name: string, fromScript: string): { file: string; text: string } => {
      reads.push(`${fromScript} ${name}`);
      return { file: `${fromScript}/${name}`, text: '' };
    };
    const includes = new Includes({ read, dnsFixture: undefined }, () => () => undefined, []);
    const run = new Run({} as ScriptWorld);
    for (const file of ['a', 'a', 'b']) includes.run(run, { file } as Site, 'x');
    expect(reads).toEqual(['a x', 'b x']);
  });

  test('places name the file without its folder', () => {
    const files = { 'sub/a.siv': 'ec_action 550 "no";' };
    const { counts } = runScript('ec_include "sub/a.siv";', {}, { files });
    expect(counts).toEqual(['connect_phase1:a.siv:1 (5xx)']);
  });
});

test('100,000 commands run at one event, and no more, whatever the error mode', () => {
  // Each include is a command, and runs those in it.
  const hundred = Array.from({ length: 99 }, () => 'ec_log "x";').join('\n');
  const files = {
    a: hundred,
    b: Array.from({ length: 100 }, () => 'ec_include "a";').join('\n'),
  };
  const script = Array.from({ length: 9 }, () => 'ec_include "b";').join('\n');
  const run = (more: number): Outcome => {
    // 9 + 9 x 100 + 9 x 100 x 99 = 90,009 commands, and what is left.
    const rest = Array.from({ length: 9991 + more }, () => 'ec_log "y";').join('\n');
    return runScript(`${script}\n${rest}`, {}, { files, onError: 'continue' });
  };
  expect(run(0).failure).toBeUndefined();
  expect(run(1).failure).toContain('more than 100000 steps');
});
