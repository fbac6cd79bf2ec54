// Goal: `check --phase` with logs shows which limits live on an edge, and with scripts it stays
// their slot.
// Method: the built command over a recorded log, over a CSV whose connects straddle boundaries, and
// over every mixture that is refused. test/property/phase-shifts.test.ts has the counts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FIXTURES, newFolder, outputOf, ROOT, runHindcast } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const DATED = ['--tz', 'Europe/Berlin'];

const LIMIT_OF_9 = `hindcast: 1
monitors: ["300,6"]
rules:
  - { name: many, count: connections, per: address, above: 9, then: { reject: "450 later" } }
  - { name: open, count: sessions, per: address, above: 0, then: tag }
  - { name: refused, count: rejections, per: address, above: 0, then: tag }
`;

/** Rows of `count` connects, a second apart, `before` of them before 10:00 and `startS` seconds. */
function connects(ip: string, count: number, before: number, startS = 300): string[] {
  return Array.from({ length: count }, (_, index) => {
    const seconds = startS + index - before;
    const [minute, second] = [Math.floor(seconds / 60), seconds % 60];
    const clock = [minute, second].map((part) => String(part).padStart(2, '0')).join(':');
    return `2026-11-20T10:${clock}Z,connect,${ip}`;
  });
}

const csvOf = (rows: readonly string[]): string =>
  `time,kind,ip\n${rows
    .toSorted()
    .map((row) => `${row}\n`)
    .join('')}`;

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

async function rulesOf(
  args: readonly string[],
  setting?: Parameters<typeof outputOf>[1],
): Promise<ShownRule[]> {
  const json = await outputOf(['check', ...args, '--format', 'json'], setting);
  return (JSON.parse(json) as { rules: ShownRule[] }).rules;
}

describe('a limit of 9 and 10 connects around a boundary', () => {
  const rows = [
    ...connects('192.0.2.1', 10, 5),
    ...connects('192.0.2.2', 10, 10),
    ...connects('192.0.2.3', 30, 15),
  ];
  const files = { 'policy.yaml': LIMIT_OF_9, 'events.csv': csvOf(rows) };
  const args = ['policy.yaml', '--phase', 'events.csv'];

  test('fire where the boundary lies elsewhere', async () => {
    const cwd = newFolder(files);
    const [many] = await rulesOf(args, { cwd });
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
    const shown = await outputOf(['check', ...args], { cwd: newFolder(files) });
    expect(shown).toMatch(
      /^policy\.yaml: ok, 0 series, 3 rules\nevents\.csv: 51 lines = 50 events/,
    );
    expect(shown).toMatch(
      /│ many +│ reject +│ 13 \(13\.\.23\) │ 2 \(2\.\.3\) +│ 13 \(13\.\.23\) +│ +0 │/,
    );
    expect(shown).toContain('│ lives on an edge: 1 of 3 keys fires only at some shifts │');
    expect(shown).toMatch(/│ open .*│ steady: it has no windows +│\n/);
    expect(shown).toMatch(/│ refused .*│ never fires +│\n/);
    expect(shown).toMatch(/│ many +│ 192\.0\.2\.1\/32 +│ 1\.\.7 +│ +10 │ +9 │/);
  });

  test('what shift 0 finds is what replay finds', async () => {
    const cwd = newFolder(files);
    const replayed = await outputOf(
      ['replay', 'events.csv', '--policy', 'policy.yaml', '--format', 'json'],
      { cwd },
    );
    const { rules } = JSON.parse(replayed) as {
      rules: { firings: number; keys: number; stopped: { connections: number } }[];
    };
    const shown = await rulesOf([...args, '--steps', '64'], { cwd });
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
    const cwd = newFolder({ ...files, 'events.csv': csvOf(all) });
    const [{ edges }] = await rulesOf(args, { cwd });
    expect(edges).toMatchObject([{ shifts: [1, 2, 3, 4, 5, 6, 7], peak: 12 }]);
  });

  test('of many edge keys the ten closest to the limit are listed, and the rest is counted', async () => {
    const all = Array.from({ length: 12 }, (_, index) => {
      return { ip: `198.51.100.${index + 1}`, count: 10 + ((index * 5) % 8) };
    });
    const many = all.flatMap(({ ip, count }) => connects(ip, count, Math.floor(count / 2)));
    const cwd = newFolder({ ...files, 'events.csv': csvOf(many) });
    const [rule] = await rulesOf(args, { cwd });
    const closest = all.toSorted((a, b) => a.count - b.count).slice(0, 10);
    expect(rule.edge_keys).toBe(12);
    expect(rule.edges.map(({ key, peak }) => [key, peak])).toEqual(
      closest.map(({ ip, count }) => [`${ip}/32`, count]),
    );
    const shown = await outputOf(['check', ...args], { cwd });
    expect(shown).toContain('lives on an edge: 12 of 12 keys fire only at some shifts');
    expect(shown).toContain('\nmany: 2 more keys fire only at some shifts\n');
  });
});

describe('a recorded log', () => {
  test('the page shows what the command shows', async () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'phase.md'), 'utf8');
    const [, words, output] = /```text\n\$ hindcast (check .*)\n([^]*?)```/.exec(page)!;
    expect(await outputOf(words.split(' '), { cwd: ROOT })).toBe(output);
  });

  test('is read in one pass, whatever its form and parts', async () => {
    const wanted = await rulesOf([FIRST, '--phase', LOG, ...DATED]);
    expect(wanted[1]).toMatchObject({ rule: 'many-refusals', steady_keys: 39, edge_keys: 3 });
    const plain = gunzipSync(readFileSync(LOG));
    const stdin = [FIRST, '--phase', '-', '--year', '2026', ...DATED];
    expect(await rulesOf(stdin, { stdin: plain })).toEqual(wanted);
    const lines = plain.toString().split(/(?<=\n)/);
    const cwd = newFolder({
      'logs/b.log': lines.slice(2500).join(''),
      'logs/a.log': lines.slice(0, 2500).join(''),
    });
    const parts = ['--phase', 'logs/b.log', '--phase', 'logs/a*'];
    expect(await rulesOf([FIRST, ...parts, '--year', '2026', ...DATED], { cwd })).toEqual(wanted);
  });
});

test('a configuration beside the policy is checked and gives the monitors', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9.replace('monitors: ["300,6"]\n', ''),
    'mail.conf': 'inbound_audit { monitors = ( "4,6" ) }\n',
    'events.csv': csvOf(connects('192.0.2.1', 10, 5)),
  });
  const args = ['policy.yaml', '--config', 'mail.conf', '--phase', 'events.csv', '--steps', '2'];
  const shown = await outputOf(['check', ...args], { cwd });
  expect(shown).toMatch(/^mail\.conf: ok, monitors "4,6".*\npolicy\.yaml: ok, .*\nevents\.csv: /);
  expect(shown).toMatch(/│ many .*│ never fires +│\n/);
});

test('--session-timeout changes what sessions count', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9.replace(
      'sessions, per: address, above: 0',
      'sessions, per: address, above: 1',
    ),
    'events.csv': csvOf(connects('192.0.2.1', 10, 5)),
  });
  const args = ['policy.yaml', '--phase', 'events.csv'];
  expect((await rulesOf(args, { cwd }))[1].firings.unshifted).toBe(9);
  const short = [...args, '--session-timeout', '1s'];
  expect((await rulesOf(short, { cwd }))[1].firings.unshifted).toBe(0);
});

test('a policy with mistakes is not replayed', async () => {
  const cwd = newFolder({ 'policy.yaml': 'hindcast: 2\n', 'events.csv': csvOf([]) });
  for (const format of ['table', 'json']) {
    const args = ['check', 'policy.yaml', '--phase', 'events.csv', '--format', format];
    const { code, stdout, stderr } = await runHindcast(args, { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^policy\.yaml:1:11: error: .* \[version-newer\]\n/);
    expect(stderr).toMatch(/\npolicy\.yaml: 1 error\n$/);
  }
});

test('nor one beside a configuration whose script has mistakes', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9,
    'mail.conf': 'inbound_audit { } sieve { script connect_phase1 { source = "a.siv" } }\n',
    'a.siv': 'ec_lag "one";\n',
    'events.csv': csvOf([]),
  });
  const args = ['check', 'policy.yaml', '--config', 'mail.conf', '--phase', 'events.csv'];
  const { code, stdout, stderr } = await runHindcast(args, { cwd });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^mail\.conf: ok, .*\npolicy\.yaml: ok, .*\n$/);
  expect(stderr).toContain('[command-unknown]');
});

test('remarks on the logs go to stderr', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9,
    'a.csv': `${csvOf([])}noon,connect,192.0.2.1\n2026-11-20T10:00:00Z,connect,192.0.2.1\n`,
  });
  const run = await runHindcast(['check', 'policy.yaml', '--phase', 'a.csv'], { cwd });
  expect([run.code, run.stderr]).toEqual([0, 'a.csv: 1 line unparsed: no such time\n']);
});

describe('a mistake is named', () => {
  const files = {
    'policy.yaml': LIMIT_OF_9,
    'bare.yaml': 'hindcast: 1\n',
    'a.siv': 'stop;\n',
    'events.csv': csvOf(connects('192.0.2.1', 1, 0)),
    'junk.log': 'Dear postmaster,\n',
  };
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
    const { code, stderr } = await runHindcast(['check', ...args], { cwd: newFolder(files) });
    expect(code).toBe(2);
    expect(stderr).toContain(`hindcast: ${message}`);
  });

  test('options of logs go with logs', async () => {
    const cwd = newFolder(files);
    for (const args of [['policy.yaml'], ['a.siv', '--phase', 'connect']]) {
      expect(await runHindcast(['check', ...args, '--format', 'table'], { cwd })).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'hindcast: --format goes with logs, and --phase names none\n' +
          'hint: hindcast check policy.yaml --phase mail.log\n',
      });
    }
  });
});

test('a log that is named like a slot is a log', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9,
    connect: csvOf(connects('192.0.2.1', 10, 5)),
  });
  const [many] = await rulesOf(['policy.yaml', '--phase', 'connect'], { cwd });
  expect(many.edge_keys).toBe(1);
});

test('with scripts it stays their slot, also beside a policy', async () => {
  const cwd = newFolder({ 'a.siv': 'discard;\n', 'policy.yaml': LIMIT_OF_9 });
  const args = ['check', 'a.siv', 'policy.yaml', '--phase'];
  expect(await outputOf([...args, 'data'], { cwd })).toBe(
    'a.siv: ok, 1 command\npolicy.yaml: ok, 0 series, 3 rules\n',
  );
  const refused = await runHindcast([...args, 'mailfrom_phase2'], { cwd });
  expect([refused.code, refused.stdout]).toEqual([2, 'policy.yaml: ok, 0 series, 3 rules\n']);
  expect(refused.stderr).toContain("'discard' is not allowed in the phase mailfrom [phase-wrong]");
});
