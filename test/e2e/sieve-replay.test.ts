// Goal: a replay runs scripts at the phases of the log: named by themselves or by a configuration,
// with what they say in the report, and mistakes where a user can find them.
// Method: the built command over small logs.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKept } from './kept-hindcast.ts';
import { newFolder, readCsv, type Run } from './run-hindcast.ts';

const LOG = `time,kind,ip,session,queue_id,phase,sender,recipient,recipients,helo
2026-11-20T10:00:00Z,connect,192.0.2.7,a,,,,,,
2026-11-20T10:00:01Z,rejection,192.0.2.7,a,,rcptto,x@a.example,y@b.example,,mail.a.example
2026-11-20T10:00:02Z,transaction,192.0.2.7,a,Q1,,,,,
2026-11-20T10:00:03Z,reception,,,Q1,,x@a.example,,3,
2026-11-20T10:00:04Z,disconnect,192.0.2.7,a,,,,,,
2026-11-20T10:00:05Z,connect,192.0.2.8,b,,,,,,
`;

type Files = Readonly<Record<string, string>>;

async function replay(files: Files, ...more: string[]): Promise<Run & { readonly cwd: string }> {
  const cwd = newFolder({ 'log.csv': LOG, ...files });
  const run = await runKept(['replay', 'log.csv', '--out', 'out', ...more], { cwd });
  return { ...run, cwd };
}

const named = (script: string, phase: string, ...more: string[]): ReturnType<typeof replay> =>
  replay({ 'a.siv': script }, '--policy', 'a.siv', '--phase', phase, ...more);

function rowsOf(cwd: string, name: string): Record<string, string>[] {
  return readCsv(readFileSync(path.join(cwd, 'out', name), 'utf8'));
}

interface Summary {
  readonly scripts: {
    readonly notes: readonly { readonly place: string; readonly kind: string; times: number }[];
    readonly stats: readonly unknown[];
    readonly logged: { readonly lines: number };
  };
}

function summaryOf(cwd: string): Summary {
  return JSON.parse(readFileSync(path.join(cwd, 'out', 'summary.json'), 'utf8')) as Summary;
}

/** What scripts logged, as `phase time text`. */
function logOf(cwd: string): string[] {
  return rowsOf(cwd, 'log.csv').map(
    ({ place, time, text }) => `${place} ${time.slice(17, 19)} ${text}`,
  );
}

describe('phases', () => {
  const SLOTS = ['accept', 'connect', 'ehlo', 'mailfrom', 'rcptto', 'data', 'spool', 'each_rcpt'];
  const FILES = Object.fromEntries(SLOTS.map((slot) => [`${slot}.siv`, `ec_log "${slot}";`]));

  test('run when the log shows them, once or for each recipient', async () => {
    const scripts = SLOTS.map((slot) => `script ${slot}_phase1 { source = "${slot}.siv" }`);
    const conf = `inbound_audit { }\nsieve { ${scripts.join('\n')} }\n`;
    const { code, cwd } = await replay({ ...FILES, 'e.conf': conf }, '--config', 'e.conf');
    expect(code).toBe(0);
    const texts = logOf(cwd).map((line) => line.replace(/^\S+ /, ''));
    expect(texts).toEqual([
      '00 accept',
      '00 connect',
      '01 ehlo',
      '01 mailfrom',
      '01 rcptto',
      '02 rcptto',
      '03 rcptto',
      '03 rcptto',
      '03 data',
      '03 spool',
      '03 each_rcpt',
      '03 each_rcpt',
      '03 each_rcpt',
      '05 accept',
      '05 connect',
    ]);
  });

  test('phase2 runs unless phase1 took a terminal action; stop is none', async () => {
    const conf = `inbound_audit { }
sieve { script connect_phase2 { source = "b.siv" } script connect_phase1 { source = "a.siv" } }
`;
    const texts = async (first: string): Promise<string[]> => {
      const files = { 'a.siv': first, 'b.siv': 'ec_log "two";', 'e.conf': conf };
      const { cwd } = await replay(files, '--config', 'e.conf');
      return logOf(cwd);
    };
    const two = ['b.siv:1 00 two', 'b.siv:1 05 two'];
    expect(await texts('stop;')).toEqual(two);
    expect(await texts('ec_tarpit 1;')).toEqual(two);
    expect(await texts('ec_log "one"; keep;')).toEqual(['a.siv:1 00 one', 'a.siv:1 05 one']);
    expect(await texts('ec_log "one"; ec_action 250 "fine";')).toEqual([
      'a.siv:1 00 one',
      'a.siv:1 05 one',
    ]);
  });

  test('keep what the connection and the message set', async () => {
    const conf = `inbound_audit { }
sieve {
  script connect_phase1 { source = "connect.siv" }
  script rcptto_phase1 { source = "rcptto.siv" }
  script spool_phase1 { source = "spool.siv" }
}
`;
    const { cwd } = await replay(
      {
        'e.conf': conf,
        'connect.siv': 'vctx_conn_set "who" "%{i}"; $kept = "no";',
        'rcptto.siv':
          'vctx_mess_set "to" "%{vctx_mess:to}x"; ec_log "%{vctx_conn:who} ${kept} %{vctx_mess:to}";',
        'spool.siv': 'ec_log "%{vctx_conn:who} %{vctx_mess:to}";',
      },
      '--config',
      'e.conf',
    );
    expect(logOf(cwd).map((line) => line.replace(/^\S+ \S+ /, ''))).toEqual([
      '192.0.2.7  x',
      '192.0.2.7  xx',
      '192.0.2.7  xxx',
      '192.0.2.7  xxxx',
      '192.0.2.7 xxxx',
    ]);
  });
});

describe('the report', () => {
  test('names the place of an action, the peer, and what the message was', async () => {
    const { stdout, cwd } = await named('ec_log "a";\nif true {\n  reject "no";\n}\n', 'rcptto');
    expect(rowsOf(cwd, 'firings.csv')).toEqual([
      {
        rule: 'a.siv:3',
        key: '192.0.2.7',
        window_start: '2026-11-20T10:00:00Z',
        firings: '3',
        first: '2026-11-20T10:00:01Z',
        last: '2026-11-20T10:00:03Z',
        peak: '',
        limit: '',
        verdict: 'reject',
        file: 'log.csv',
        line: '3',
      },
    ]);
    // The message of Q1 is listed once, though both of its lines are stopped.
    expect(rowsOf(cwd, 'stopped.csv').map((row) => [row['kind'], row['rule']])).toEqual([
      ['rejection', 'a.siv:3'],
      ['transaction', 'a.siv:3'],
    ]);
    expect(stdout).toMatch(/a\.siv:3\s+│ reject/);
    expect(stdout).toContain('scripts logged 4 lines (log.csv of --out)');
  });

  test('counts actions as stats do', async () => {
    const script = `ec_tarpit 5;
ec_tarpit 5 "slow";
ec_inc_counter "seen";
ec_disconnect 421 "later" "gone";
`;
    const { cwd } = await named(script, 'connect');
    const row = (counter: string, kind: string): object => {
      return { phase: 'connect_phase1', counter, class: kind, count: 2 };
    };
    expect(summaryOf(cwd).scripts.stats).toEqual([
      row('a.siv:1', 'informational'),
      row('gone', '4xx'),
      row('seen', 'informational'),
      row('slow', 'informational'),
    ]);
  });

  test('is the same whatever folder the scripts lie in', async () => {
    const here = await replay({ 'a.siv': 'keep;' }, '--policy', 'a.siv', '--phase', 'connect');
    const there = await replay({ 'x/a.siv': 'keep;' }, '--policy', 'x/a.siv', '--phase', 'connect');
    expect(there.stdout).toBe(here.stdout);
    expect(readFileSync(path.join(there.cwd, 'out/summary.json'))).toEqual(
      readFileSync(path.join(here.cwd, 'out/summary.json')),
    );
  });

  test('tells included scripts of one name apart', async () => {
    const files = {
      'a.siv': 'ec_include "b/a.siv"; ec_include "c/a.siv"; ec_include "a.siv";',
      'b/a.siv': 'ec_tarpit 1;',
      'c/a.siv': '\nec_tarpit 1;',
    };
    const { cwd } = await replay(files, '--policy', 'a.siv', '--phase', 'ehlo');
    const rules = rowsOf(cwd, 'firings.csv').map((row) => row['rule']);
    expect(rules).toEqual(['b/a.siv:1', 'c/a.siv:2', 'a.siv:1']);
  });

  test('shows the counters that count most', async () => {
    const counters = Array.from({ length: 60 }, (_, index) => `ec_inc_counter "n${100 + index}";`);
    const { stdout } = await named(`${counters.join('\n')} ec_inc_counter "n159";`, 'ehlo');
    expect(stdout.match(/ n1\d\d /g)).toHaveLength(50);
    expect(stdout).toContain(' n159 ');
    expect(stdout).toContain('\n10 more counters (summary.json of --out)\n');
  });

  test('tells scripts of one name apart', async () => {
    const conf = `inbound_audit { }
sieve {
  script connect_phase1 { source = "one/a.siv" }
  script ehlo_phase1 { source = "two/a.siv" }
}
`;
    const files = { 'one/a.siv': 'ec_tarpit 1;', 'two/a.siv': 'ec_tarpit 1;', 'e.conf': conf };
    const { cwd } = await replay(files, '--config', 'e.conf');
    const rules = rowsOf(cwd, 'firings.csv').map((row) => row['rule']);
    expect([...new Set(rules)]).toEqual(['one/a.siv:1', 'two/a.siv:1']);
  });
});

test('journals of one name under two monitors that end together are two', async () => {
  const adds = ['60,2', '300,1'].map(
    (monitor, at) => `$h${at} = hash_create; hash_set $h${at} "series" "seen";
hash_set $h${at} "monitor" "${monitor}"; hash_set $h${at} "serialize" "1"; audit_series_add $h${at};`,
  );
  const connect = '2026-11-20T10:04:30Z,connect,192.0.2.7,a,,,,,,\n';
  const log = LOG.slice(0, LOG.indexOf('\n') + 1) + connect;
  const script = { 'a.siv': adds.join('\n'), 'late.csv': log };
  const words = ['--policy', 'a.siv', '--phase', 'connect_phase1'];
  const both = ['seen.300,1.20261120T100500', 'seen.60,2.20261120T100500'];
  for (const journal of [[], ['--journal', 'journals']]) {
    const cwd = newFolder(script);
    const args = ['replay', 'late.csv', '--out', 'out', ...words, ...journal];
    expect((await runKept(args, { cwd })).code).toBe(0);
    const folder = path.join(cwd, journal.at(1) ?? 'out/series/log');
    expect(readdirSync(folder).sort()).toEqual(both);
  }
});

describe('mistakes when a script runs', () => {
  const FAILS = '$x = "none";\n$y = audit_series "s" "${x}" 32;\nec_log "on";\n';

  test('reply 421 and stop', async () => {
    const { code, cwd, stdout } = await named(FAILS, 'connect');
    expect(code).toBe(0);
    expect(rowsOf(cwd, 'firings.csv').map((row) => [row['rule'], row['verdict']])).toEqual([
      ['a.siv:2', 'reject'],
      ['a.siv:2', 'reject'],
    ]);
    expect(summaryOf(cwd).scripts.notes).toMatchObject([
      { place: 'a.siv:2', kind: 'failed', times: 2 },
    ]);
    expect(summaryOf(cwd).scripts.logged.lines).toBe(0);
    expect(stdout).toContain("a.siv:2: failed 2 times: audit_series: 'none' is no monitor");
  });

  test.each([
    ['in the script', 'ec_error_mode "continue";\n', '"fail"'],
    ['in the configuration', '', '"continue"'],
  ])('go on to the next command where told to %s', async (_, mode, runtimeError) => {
    const conf = `inbound_audit { }
sieve { script connect_phase1 { source = "a.siv" } runtime_error = ${runtimeError} }
`;
    const files = { 'a.siv': mode + FAILS, 'e.conf': conf };
    const { cwd } = await replay(files, '--config', 'e.conf');
    expect(rowsOf(cwd, 'firings.csv')).toEqual([]);
    expect(summaryOf(cwd).scripts.logged.lines).toBe(2);
  });

  test('are includes that are not there, are wrong, or never end', async () => {
    const included = { 'b.siv': 'ec_include "b.siv";', 'c.siv': 'ec_lag;' };
    const script = 'ec_error_mode "continue";\nec_include "no.siv";\nec_include "c.siv";\n';
    const { cwd } = await replay(
      { ...included, 'a.siv': `${script}ec_include "b.siv";\nec_log "never";\n` },
      '--policy',
      'a.siv',
      '--phase',
      'connect',
    );
    expect(summaryOf(cwd).scripts.notes).toMatchObject([
      { place: 'a.siv:2', kind: 'failed' },
      { place: 'a.siv:3', kind: 'failed' },
      { place: 'b.siv:1', kind: 'failed' },
    ]);
    expect(summaryOf(cwd).scripts.logged.lines).toBe(0);
  });

  test('do not run for ever', async () => {
    // Each includes the next one twice: 2^20 scripts.
    const files = Object.fromEntries(
      Array.from({ length: 21 }, (_, level) => {
        const next = `ec_include "${level + 1}.siv";\n`;
        return [`${level}.siv`, level === 20 ? 'keep;' : next.repeat(2).replace('keep', 'stop')];
      }),
    );
    files['20.siv'] = '$x = 1;';
    const { code, cwd } = await replay(files, '--policy', '0.siv', '--phase', 'connect');
    expect(code).toBe(0);
    const { notes } = summaryOf(cwd).scripts;
    expect(notes.map(({ kind }) => kind)).toEqual(['failed']);
    expect(JSON.stringify(notes)).toContain('more than 100000 steps at one event');
  });
});

describe('what is not simulated', () => {
  const SCRIPT = 'ec_header_add "X" "y";\nif header :is "a" "b" { ec_log "yes"; }\n';

  test('is told once for each place, and counted', async () => {
    const { code, cwd, stdout } = await named(SCRIPT, 'spool');
    expect(code).toBe(0);
    expect(summaryOf(cwd).scripts.notes).toMatchObject([
      { place: 'a.siv:1', kind: 'not-simulated', times: 1 },
      { place: 'a.siv:2', kind: 'not-simulated', times: 1 },
    ]);
    expect(stdout).toContain('a.siv:1: ec_header_add is not simulated, reached once');
  });

  test('ends the run with --strict, only where it is reached', async () => {
    const strict = await named(SCRIPT, 'spool', '--strict');
    expect([strict.code, strict.stdout]).toEqual([2, '']);
    expect(strict.stderr).toContain("a.siv:1: 'ec_header_add' is not simulated (--strict)");
    const apart = await named(`stop;\n${SCRIPT}`, 'spool', '--strict');
    expect(apart.code).toBe(0);
  });
});

describe('options', () => {
  test.each([
    ['no phase', ['--policy', 'a.siv'], 'does not say in which phase it runs'],
    ['a phase that is none', ['--policy', 'a.siv', '--phase', 'conect'], "did you mean 'connect'"],
    ['a phase without a script', ['--phase', 'connect'], '--phase needs a script as --policy'],
    [
      'two scripts',
      ['--policy', 'a.siv', '--phase', 'connect', '--policy', 'b.siv'],
      "it stands behind 'a.siv'; several scripts run from a --config",
    ],
    ['--strict without a script', ['--strict'], '--strict goes with scripts'],
    [
      'a state',
      ['--policy', 'a.siv', '--phase', 'connect', '--state', 'st'],
      '--state does not go with scripts yet',
    ],
  ])('%s', async (_, args, words) => {
    const { code, stderr } = await replay({ 'a.siv': 'stop;' }, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('a script with mistakes is not run', async () => {
    const { code, stderr } = await named('ec_lag "x";\n', 'connect');
    expect(code).toBe(2);
    expect(stderr).toContain("a.siv:1:1: error: unknown command 'ec_lag' [command-unknown]");
  });

  test('--sliding says how the present window weighs', async () => {
    // Half of the window has passed: 2 connects in it, 4 in the one before.
    const rows = [0, 1, 2, 3, 300, 450].map((at) => {
      return `${Date.parse('2026-11-20T10:00:00Z') / 1000 + at},connect,192.0.2.7`;
    });
    const files = {
      'a.siv': '$n = ec_ip_connections 0; ec_log "${n}";',
      'log.csv': `time,kind,ip\n${rows.join('\n')}\n`,
    };
    const last = async (...more: string[]): Promise<string | undefined> => {
      const { cwd } = await replay(files, '--policy', 'a.siv', '--phase', 'connect', ...more);
      return logOf(cwd).at(-1)?.replace(/^.* /, '');
    };
    expect(await last()).toBe('4');
    expect(await last('--sliding', 'average')).toBe('3');
  });

  test('--from finds what scripts have counted before', async () => {
    const script = `audit_series_add "s" "300,2" 1;
$n = audit_series "s" "300,2" 32; ec_log "\${n}";
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${n}" "1" { ec_action 421 "again"; }
`;
    const rows = [0, 10, 20].map(
      (at) => `2026-11-20T10:00:${String(at).padStart(2, '0')}Z,connect,192.0.2.7`,
    );
    const files = { 'a.siv': script, 'log.csv': `time,kind,ip\n${rows.join('\n')}\n` };
    const args = ['--policy', 'a.siv', '--phase', 'connect', '--from', '2026-11-20T10:00:20Z'];
    const { cwd } = await replay(files, ...args);
    expect(rowsOf(cwd, 'firings.csv').map((row) => [row['firings'], row['line']])).toEqual([
      ['1', '4'],
    ]);
    expect(logOf(cwd)).toEqual(['a.siv:2 20 3']);
  });

  test('--phase and --sliding stand in the manifest', async () => {
    const { cwd } = await named('stop;', 'ehlo', '--sliding', 'average');
    const manifest: unknown = JSON.parse(readFileSync(path.join(cwd, 'out/manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ options: { phase: 'ehlo', sliding: 'average' } });
  });

  describe('--fail-on takes the place of an action', () => {
    const files = {
      'a.siv': 'if true {\n  ec_include "i.siv";\n  ec_tarpit 1;\n}\n',
      'i.siv': 'ec_tarpit 1;',
      'e.conf': 'inbound_audit { }\nsieve { script connect_phase1 { source = "a.siv" } }\n',
    };
    test.each([
      ['of a script', 'a.siv:3', 1, 'rule a.siv:3 fired (--fail-on), firings: 2'],
      ['of an included script', 'i.siv:1', 1, 'rule i.siv:1 fired (--fail-on), firings: 2'],
      ['that an include may bring', 'j.siv:1', 0, ''],
      ['of no action', 'a.siv:1', 2, 'no action of a script stands there\nhint: actions: a.siv:3'],
      ['without a line', 'a.siv', 2, 'no action of a script stands there'],
    ])('%s', async (_, rule, expected, words) => {
      const { code, stderr } = await replay(files, '--config', 'e.conf', '--fail-on', rule);
      expect(stderr).toContain(words);
      expect(code).toBe(expected);
    });
  });

  test('--policy stands in place of the scripts of the configuration', async () => {
    const conf = `inbound_audit { monitors = ( "60,2" ) }
sieve { script connect_phase1 { source = "a.siv" } }
`;
    const files = { 'a.siv': 'ec_tarpit 1;', 'b.siv': 'ec_tarpit 1;', 'e.conf': conf };
    const args = ['--config', 'e.conf', '--policy', 'b.siv', '--phase', 'ehlo'];
    const { cwd } = await replay(files, ...args);
    expect(rowsOf(cwd, 'firings.csv').map((row) => row['rule'])).toEqual(['b.siv:1']);
  });
});
