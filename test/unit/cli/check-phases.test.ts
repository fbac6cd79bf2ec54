// Goal: `check --phase` with logs shows which limits live on an edge, and with scripts it stays
// their slot.
// Method: the command in this process, over a CSV whose connects straddle boundaries, and over every
// mixture that is refused. test/property/phase-shifts.test.ts has the counts.
import { describe, expect, test } from 'vitest';
import { hereWith } from '../../builders/run-here.ts';
import { connects, csvOf, LIMIT_OF_9 } from '../../builders/edge-connects.ts';

const { run, outputOf, write } = hereWith({
  'policy.yaml': LIMIT_OF_9,
  'bare.yaml': 'hindcast: 1\n',
  'a.siv': 'stop;\n',
  'events.csv': csvOf(connects('192.0.2.1', 1, 0)),
  'ten.csv': csvOf(connects('192.0.2.1', 10, 5)),
  'junk.log': 'Dear postmaster,\n',
});

interface Spread {
  readonly unshifted: number;
  readonly least: number;
  readonly most: number;
}

interface ShownRule {
  readonly rule: string;
  readonly windowed: boolean;
  readonly steady: boolean;
  readonly firings: Spread;
  readonly keys: Spread;
  readonly stopped: { readonly connections: Spread; readonly messages: Spread };
  readonly steady_keys: number;
  readonly edge_keys: number;
  readonly edges: readonly {
    readonly key: string;
    readonly shifts: readonly number[];
    readonly peak: number;
    readonly limit: number;
  }[];
  readonly shifts: readonly { readonly shift: number; readonly firings: number }[];
}

async function rulesOf(args: readonly string[]): Promise<ShownRule[]> {
  const json = await outputOf(['check', ...args, '--format', 'json']);
  return (JSON.parse(json) as { rules: ShownRule[] }).rules;
}

describe('a limit of 9 and 10 connects around a boundary', () => {
  const rows = [
    ...connects('192.0.2.1', 10, 5),
    ...connects('192.0.2.2', 10, 10),
    ...connects('192.0.2.3', 30, 15),
  ];
  write('rows.csv', csvOf(rows));
  const args = ['policy.yaml', '--phase', 'rows.csv'];

  test('fire where the boundary lies elsewhere', async () => {
    const [many] = await rulesOf(args);
    expect(many).toMatchObject({ windowed: true, steady: false, steady_keys: 2, edge_keys: 1 });
    expect(many.edges).toEqual([
      { key: '192.0.2.1/32', shifts: [1, 2, 3, 4, 5, 6, 7], peak: 10, limit: 9 },
    ]);
    // Of 30 in a row 6 and 6 are above the limit on both sides of the boundary, 21 without it.
    expect(many.firings).toEqual({ unshifted: 13, least: 13, most: 23 });
    expect(many.keys).toEqual({ unshifted: 2, least: 2, most: 3 });
    expect(many.stopped.connections).toEqual({ unshifted: 13, least: 13, most: 23 });
    expect(many.shifts.map(({ firings }) => firings)).toEqual([13, 23, 23, 23, 23, 23, 23, 23]);
  });

  test('the table says so in words', async () => {
    const shown = await outputOf(['check', ...args]);
    expect(shown).toMatch(/^policy\.yaml: ok, 0 series, 3 rules\nrows\.csv: 51 lines = 50 events/);
    expect(shown).toMatch(
      /│ many +│ reject +│ 13 \(13\.\.23\) │ 2 \(2\.\.3\) +│ 13 \(13\.\.23\) +│ +0 │/,
    );
    expect(shown).toContain('│ lives on an edge: 1 of 3 keys fires only at some shifts │');
    expect(shown).toMatch(/│ open .*│ steady: it has no windows +│\n/);
    expect(shown).toMatch(/│ refused .*│ never fires +│\n/);
    expect(shown).toMatch(/│ many +│ 192\.0\.2\.1\/32 +│ 1\.\.7 +│ +10 │ +9 │/);
  });

  test('what shift 0 finds is what replay finds', async () => {
    const replayed = await outputOf([
      'replay',
      'rows.csv',
      '--policy',
      'policy.yaml',
      '--format',
      'json',
    ]);
    const { rules } = JSON.parse(replayed) as {
      rules: { firings: number; keys: number; stopped: { connections: number } }[];
    };
    const shown = await rulesOf([...args, '--steps', '64']);
    expect(shown.map(({ shifts }) => shifts.length)).toEqual([64, 64, 64]);
    expect(shown.map(({ firings }) => firings.unshifted)).toEqual(rules.map((r) => r.firings));
    expect(shown.map(({ keys }) => keys.unshifted)).toEqual(rules.map((r) => r.keys));
    expect(shown.map(({ stopped }) => stopped.connections.unshifted)).toEqual(
      rules.map((r) => r.stopped.connections),
    );
  });

  test('the peak is the highest count of all windows', async () => {
    const bursts = [connects('192.0.2.1', 10, 5), connects('192.0.2.1', 12, 6, 1200)];
    const all = [...bursts.flat(), ...connects('192.0.2.1', 11, 5, 2100)];
    write('bursts.csv', csvOf(all));
    const [{ edges }] = await rulesOf(['policy.yaml', '--phase', 'bursts.csv']);
    expect(edges).toMatchObject([{ shifts: [1, 2, 3, 4, 5, 6, 7], peak: 12 }]);
  });

  test('of many edge keys the ten closest to the limit are listed, and the rest is counted', async () => {
    const all = Array.from({ length: 12 }, (_, index) => {
      return { ip: `198.51.100.${index + 1}`, count: 10 + ((index * 5) % 8) };
    });
    const many = all.flatMap(({ ip, count }) => connects(ip, count, Math.floor(count / 2)));
    write('many.csv', csvOf(many));
    const ofMany = ['policy.yaml', '--phase', 'many.csv'];
    const [rule] = await rulesOf(ofMany);
    const closest = all.toSorted((a, b) => a.count - b.count).slice(0, 10);
    expect(rule.edge_keys).toBe(12);
    expect(rule.edges.map(({ key, peak }) => [key, peak])).toEqual(
      closest.map(({ ip, count }) => [`${ip}/32`, count]),
    );
    const shown = await outputOf(['check', ...ofMany]);
    expect(shown).toContain('lives on an edge: 12 of 12 keys fire only at some shifts');
    expect(shown).toContain('\nmany: 2 more keys fire only at some shifts\n');
  });
});

test('a configuration beside the policy is checked and gives the monitors', async () => {
  write('unset.yaml', LIMIT_OF_9.replace('monitors: ["300,6"]\n', ''));
  write('mail.conf', 'inbound_audit { monitors = ( "4,6" ) }\n');
  const args = ['unset.yaml', '--config', 'mail.conf', '--phase', 'ten.csv', '--steps', '2'];
  const shown = await outputOf(['check', ...args]);
  expect(shown).toMatch(/^mail\.conf: ok, monitors "4,6".*\nunset\.yaml: ok, .*\nten\.csv: /);
  expect(shown).toMatch(/│ many .*│ never fires +│\n/);
});

test('--session-timeout changes what sessions count', async () => {
  const zero = 'sessions, per: address, above: 0';
  write('open.yaml', LIMIT_OF_9.replace(zero, zero.replace('0', '1')));
  const args = ['open.yaml', '--phase', 'ten.csv'];
  expect((await rulesOf(args))[1].firings.unshifted).toBe(9);
  const short = [...args, '--session-timeout', '1s'];
  expect((await rulesOf(short))[1].firings.unshifted).toBe(0);
});

test('a policy with mistakes is not replayed', async () => {
  write('newer.yaml', 'hindcast: 2\n');
  for (const format of ['table', 'json']) {
    const args = ['check', 'newer.yaml', '--phase', 'ten.csv', '--format', format];
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^newer\.yaml:1:11: error: .* \[version-newer\]\n/);
    expect(stderr).toMatch(/\nnewer\.yaml: 1 error\n$/);
  }
});

test('nor one beside a configuration whose script has mistakes', async () => {
  write('lag.conf', 'inbound_audit { } sieve { script connect_phase1 { source = "lag.siv" } }\n');
  write('lag.siv', 'ec_lag "one";\n');
  const args = ['check', 'policy.yaml', '--config', 'lag.conf', '--phase', 'ten.csv'];
  const { code, stdout, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^lag\.conf: ok, .*\npolicy\.yaml: ok, .*\n$/);
  expect(stderr).toContain('[command-unknown]');
});

test('remarks on the logs go to stderr', async () => {
  write('a.csv', `${csvOf([])}noon,connect,192.0.2.1\n2026-11-20T10:00:00Z,connect,192.0.2.1\n`);
  const { code, stderr } = await run(['check', 'policy.yaml', '--phase', 'a.csv']);
  expect([code, stderr]).toEqual([0, 'a.csv: 1 line unparsed: no such time\n']);
});

describe('a mistake is named', () => {
  const log = ['--phase', 'events.csv'];

  // test/unit/cli/phase-option.test.ts has the mixtures of slots and logs.
  test.each<[readonly string[], string]>([
    [
      ['policy.yaml', '--phase', 'conect'],
      '--phase conect: neither a log nor a slot\nhint: with one YAML policy it names logs',
    ],
    [
      ['a.siv', '--phase', 'connect', ...log],
      '--phase events.csv names a log, and a.siv is a Sieve script\nhint: with scripts',
    ],
    [['policy.yaml', ...log, '--steps', '1'], '--steps 1: expected a whole number from 2 to 64'],
    [['policy.yaml', ...log, '--steps', '65'], '--steps 65: expected a whole number from 2 to 64'],
    [
      ['policy.yaml', ...log, '--steps', '2.5'],
      '--steps 2.5: expected a whole number from 2 to 64',
    ],
    [['policy.yaml', ...log, '--session-timeout', 'x'], '--session-timeout x: not a duration'],
    [['policy.yaml', ...log, '--tz', 'Mars/Base'], '--tz Mars/Base: no such zone'],
    [['policy.yaml', '--phase', 'no*.log'], `no file matches 'no*.log'`],
    [['policy.yaml', '--phase', 'junk.log', '--year', '2026'], 'no usable line in junk.log'],
    [['bare.yaml', ...log], 'bare.yaml has no rules, so no shift can change what fires'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await run(['check', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(`hindcast: ${message}`);
  });

  test('options of logs go with logs', async () => {
    for (const args of [['policy.yaml'], ['a.siv', '--phase', 'connect']]) {
      expect(await run(['check', ...args, '--format', 'table'])).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'hindcast: --format goes with logs, and --phase names none\n' +
          'hint: hindcast check policy.yaml --phase mail.log\n',
      });
    }
  });
});

test('with scripts it stays their slot, also beside a policy', async () => {
  write('d.siv', 'discard;\n');
  const args = ['check', 'd.siv', 'policy.yaml', '--phase'];
  expect(await outputOf([...args, 'data'])).toBe(
    'd.siv: ok, 1 command\npolicy.yaml: ok, 0 series, 3 rules\n',
  );
  const refused = await run([...args, 'mailfrom_phase2']);
  expect([refused.code, refused.stdout]).toEqual([2, 'policy.yaml: ok, 0 series, 3 rules\n']);
  expect(refused.stderr).toContain("'discard' is not allowed in the phase mailfrom [phase-wrong]");
});
