// Goal: a sweep that cannot be made says why, and one that can says what a reader should know.
// Method: the command in this process, over a small log; every message.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { pastedInto } from '../../builders/pasted-rule.ts';
import { hereWith } from '../../builders/run-here.ts';

const RULES = `hindcast: 1
monitors: ["300,6"]
rules:
  - { name: busy, count: connections, per: { ipv4: 24, ipv6: 64 }, above: 2, then: { reject: "550 no", for: 1h } }
  - { name: tagged, count: connections, per: address, above: 1, then: tag }
  - { name: open, count: sessions, per: address, above: 1, then: { reject: "450 later" } }
  - { name: growth, surge: { of: connections, times: 4, before: 1..5, min: 20 }, per: address, then: tag }
  - { name: refusals, count: rejections, per: address, above: 1, then: { reject: "550 no" } }
`;
const connects = Array.from(
  { length: 9 },
  (_, index) => `2026-11-20T12:00:0${index}Z,connect,192.0.2.${index % 2}\n`,
);
const { run, outputOf, write } = hereWith({
  'p.yaml': RULES,
  'good.list': '192.0.2.0\n',
  'bad.list': '192.0.2.0/24\n',
  'wrong.list': '192.0.2.0/33\n',
  'one.csv': `time,kind,ip\n${connects.join('')}`,
  'none.csv': 'time,kind,ip\n',
  'limits.siv': 'keep;\n',
  'limits.lua': '',
});

const P = ['--policy', 'p.yaml'];
const BUSY = [...P, '--rule', 'busy'];
const LIMITS = [...BUSY, '--above', '2,4,6'];
const TAGGED = [...P, '--rule', 'tagged'];
const BOTH = ['--good', 'good.list', '--bad', 'bad.list'];

describe('refused', () => {
  test.each<[readonly string[], string, string?]>([
    [P, 'sweep needs --rule: which rule?', 'rules: busy, tagged, open, growth, refusals'],
    [['--rule', 'x'], 'sweep needs --policy: a YAML policy with the rule to vary'],
    [
      ['--policy', 'limits.siv', '--rule', 'x'],
      '--policy limits.siv: sweep varies rules of a YAML policy, and a script has none',
    ],
    [
      ['--policy', 'limits.lua', '--rule', 'x'],
      '--policy limits.lua: sweep varies rules of a YAML policy, and a script has none',
    ],
    [
      [...P, '--rule', 'growth'],
      '--rule growth: a surge has no limit to vary',
      'sweep takes rules that begin with count, distinct or ratio',
    ],
    [
      [...BUSY, '--suggest', 'firings < 1 %'],
      '--suggest firings < 1 %: there is nothing that firings are a share of',
      'write a number: firings < 10',
    ],
    [
      [...TAGGED, '--suggest', 'collateral < 1 %'],
      '--suggest collateral < 1 %: rule tagged only says tag, it takes nothing',
      'give it a reject or disconnect, or limit firings or keys',
    ],
    [
      [...BUSY, '--suggest', 'harm < 1 %'],
      "--suggest harm < 1 %: no metric 'harm'",
      'metrics: collateral, accepted, rejected, connections, firings, keys, good, bad, precision, recall',
    ],
    [
      [...BUSY, '--root', 'x'],
      '--root needs a --config',
      'it is where the absolute paths of one lie',
    ],
    // Lists of those who are known.
    [
      [...TAGGED, '--bad', 'bad.list'],
      '--bad labels what a rule takes, and tagged only says tag',
      'give it a reject or disconnect',
    ],
    [
      [...TAGGED, ...BOTH],
      '--good labels what a rule takes, and tagged only says tag',
      'give it a reject or disconnect',
    ],
    [[...BUSY, '--bad', 'gone.list'], 'no such list file: gone.list'],
    [
      [...BUSY, '--suggest', 'bad > 1'],
      '--suggest bad > 1: bad needs --bad',
      'name lists of those who are known',
    ],
    [
      [...BUSY, '--bad', 'bad.list', '--suggest', 'good < 1'],
      '--suggest good < 1: good needs --good',
      'name lists of those who are known',
    ],
    [
      [...BUSY, '--good', 'good.list', '--suggest', 'recall > 10 %'],
      '--suggest recall > 10 %: recall needs --bad',
      'name lists of those who are known',
    ],
    [
      [...BUSY, '--bad', 'bad.list', '--suggest', 'precision > 10 %'],
      '--suggest precision > 10 %: precision needs --good and --bad',
      'name lists of those who are known',
    ],
    [
      [...BUSY, ...BOTH, '--suggest', 'precision >= 0.9'],
      '--suggest precision >= 0.9: precision is a share',
      'write it in percent: precision >= 0.9 %',
    ],
    [
      [...BUSY, ...BOTH, '--suggest', 'recall > 90'],
      '--suggest recall > 90: recall is a share',
      'write it in percent: recall > 90 %',
    ],
    // Settings in force.
    [
      [...LIMITS, '--points', 'above=2'],
      '--points goes with --enforce: it names what is put in force',
    ],
    [
      [...BUSY, '--above', '3,5', '--enforce'],
      '--enforce has nothing to put in force: fewer than 3 limits have no knee',
      'name settings, --points above=3, or ask for one, --suggest',
    ],
    [
      [...LIMITS, '--enforce', '--points', '2'],
      "--points 2: '2' is no KEY=VALUE",
      'above=50,per=24,windows=0..5,interval=300',
    ],
    [
      [...LIMITS, '--enforce', '--points', 'above=2,'],
      "--points above=2,: '' is no KEY=VALUE",
      'above=50,per=24,windows=0..5,interval=300',
    ],
    [
      [...LIMITS, '--enforce', '--points', 'window=0'],
      "--points window=0: no key 'window'",
      "did you mean 'windows'?",
    ],
    [
      [...LIMITS, '--enforce', '--points', 'limit=2'],
      "--points limit=2: no key 'limit'",
      'above=50,per=24,windows=0..5,interval=300',
    ],
    [
      [...LIMITS, '--enforce', '--points', 'above=2,above=4'],
      '--points above=2,above=4: above stands twice',
      'repeat --points for another setting',
    ],
    [
      [...LIMITS, '--enforce', '--points', 'per=24'],
      '--points per=24: which above?',
      'above in this sweep: 2, 4, 6',
    ],
    [
      [...BUSY, '--above', '1..12:1', '--enforce', '--points', 'above=13'],
      '--points above=13: above=13 is not in the grid',
      'above in this sweep: 1, 2, 3, 4, 5, 6, 7, 8, 9, … 12',
    ],
    [
      [...LIMITS, '--per', '24/48,24/64', '--enforce', '--points', 'above=2,per=24'],
      '--points above=2,per=24: per=24 is not in the grid',
      'per in this sweep: 24/48, 24/64',
    ],
    [
      [...LIMITS, '--windows', '0..1,0', '--enforce', '--points', 'above=2,windows=1'],
      '--points above=2,windows=1: windows=1 is not in the grid',
      'windows in this sweep: 0..1, 0..0',
    ],
    [
      [...LIMITS, '--interval', '60,300', '--enforce', '--points', 'above=2,interval=five'],
      '--points above=2,interval=five: interval=five is not in the grid',
      'interval in this sweep: 60, 300',
    ],
    [
      [...P, '--rule', 'open', '--enforce', '--points', 'interval=300'],
      '--points interval=300: open sessions have no interval',
      'leave it out',
    ],
  ])('%j', async (args, words, hint) => {
    const { code, stdout, stderr } = await run(['sweep', 'one.csv', ...args]);
    expect(stderr).toBe(`hindcast: ${words}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a list with a mistake', async () => {
    const { code, stderr } = await run(['sweep', 'one.csv', ...BUSY, '--bad', 'wrong.list']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^wrong\.list:1:1: error: /);
  });

  test('standard input with --enforce', async () => {
    const { code, stderr } = await run(['sweep', '-', ...LIMITS, '--enforce']);
    expect([code, stderr]).toEqual([
      2,
      'hindcast: --enforce reads the logs twice, which standard input cannot do\n' +
        'hint: name files\n',
    ]);
  });
});

const tables = (stdout: string): string[] =>
  stdout.split('\n').filter((line) => line.startsWith('in force: '));

test('which settings are put in force', async () => {
  const sweeps = ['sweep', 'one.csv', ...BUSY, '--above', '2,4,6', '--windows', '0..1,0..2'];
  const named = async (...points: string[]): Promise<string[]> => {
    const words = points.flatMap((point) => ['--points', point]);
    const { code, stdout, stderr } = await run([...sweeps, '--enforce', ...words]);
    expect([code, stderr]).toEqual([0, '']);
    return tables(stdout);
  };
  // In the order of the grid, each once.
  const twice = ['above= 4,windows=0..2', 'windows=0..2 , above=4,per=24/64,interval=5m'];
  expect(await named(...twice, 'windows=0..1,above=6,per=24')).toEqual([
    'in force: above 6, per /24 and /64, windows 0..1 of 5 min',
    'in force: above 4, per /24 and /64, windows 0..2 of 5 min',
  ]);
  const open = ['sweep', 'one.csv', ...P, '--rule', 'open', '--above', '0', '--enforce'];
  const { stdout } = await run([...open, '--points', 'above=0']);
  expect(tables(stdout)).toEqual(['in force: above 0, per /32 and /128, open sessions']);
  // With a suggestion it is that, and the knees.
  const asked = await run([...sweeps, '--enforce', '--suggest', 'keys <= 1']);
  expect(tables(asked.stdout)).toEqual([
    'in force: above 2, per /24 and /64, windows 0..1 of 5 min (suggested)',
  ]);
});

test('nothing to put in force is said, and columns stay empty', async () => {
  const args = ['sweep', 'one.csv', ...BUSY, '--above', '20,40,60', '--enforce'];
  const { code, stdout, stderr } = await run([...args, '--format', 'csv']);
  expect([code, stderr]).toEqual([
    0,
    'nothing was put in force: there is no knee and no suggestion\n',
  ]);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  const at = head.split(',').indexOf('enforced_firings');
  expect(at).toBeGreaterThan(0);
  expect(
    rows.map((row) =>
      row
        .split(',')
        .slice(at, at + 14)
        .join(''),
    ),
  ).toEqual(['', '', '']);
  const json = JSON.parse((await run([...args, '--format', 'json'])).stdout) as {
    groups: { cells: { enforced: null }[] }[];
  };
  expect(json.groups[0].cells.map(({ enforced }) => enforced)).toEqual([null, null, null]);
});

test('a rule that takes nothing, one that counted nothing, a log without an event', async () => {
  const tagging = await run(['sweep', 'one.csv', ...TAGGED, '--above', '1,5']);
  expect(tagging.stdout).toContain('rule tagged of p.yaml: tag, 2 settings\ntag takes nothing');
  expect(tagging.stdout).not.toContain('accepted');
  const silent = await run(['sweep', 'one.csv', ...P, '--rule', 'refusals']);
  expect(silent.stdout).toContain('rule refusals counted nothing: the logs hold no rejection');
  const nothing = await run(['sweep', 'none.csv', ...BUSY]);
  expect(nothing.stdout).toContain('\nno event\n');
});

const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const DATED = [LOG, '--tz', 'Europe/Berlin'];
const POLICY = readFileSync(FIRST, 'utf8');

interface RuleSummary {
  readonly rule: string;
  readonly firings: number;
  readonly keys: number;
  readonly stopped: object;
}

interface Setting {
  readonly per: string;
  readonly windows: string;
  readonly interval_seconds: number;
}

interface Swept {
  readonly groups: readonly (Setting & {
    readonly cells: readonly (Omit<RuleSummary, 'rule'> & { readonly above: number })[];
  })[];
  readonly suggestion: (Setting & { readonly above: number; readonly yaml: string }) | null;
}

const AS_JSON = ['--format', 'json'];

async function sweptAs(rule: string, ...args: string[]): Promise<Swept> {
  const words = ['sweep', ...DATED, '--policy', FIRST, '--rule', rule, ...args, ...AS_JSON];
  return JSON.parse(await outputOf(words)) as Swept;
}

/** What a replay of a policy tells of a rule. */
async function replayed(policy: string, rule: string, ...args: string[]): Promise<RuleSummary> {
  write('pasted.yaml', policy);
  const words = ['replay', ...DATED, '--policy', 'pasted.yaml', ...args, ...AS_JSON];
  const { rules } = JSON.parse(await outputOf(words)) as { rules: RuleSummary[] };
  return rules.find((one) => one.rule === rule)!;
}

describe.each([
  ['many-connections', ['--interval', '60,300', '--windows', '0..0,0..7']],
  ['dictionary-attack', ['--interval', '10,300', '--windows', '0..0,0..11', '--per', '32,24/40']],
])('%s', (rule, axes) => {
  test.each([
    ['collateral <= 10 %', 'rejected > 10'],
    ['firings < 100', 'keys >= 2'],
  ])('what is suggested for %s and %s replays as it was counted', async (...asked) => {
    const above = ['--above', '1,2..40:x1.7'];
    const wanted = asked.flatMap((one) => ['--suggest', one]);
    const { groups, suggestion } = await sweptAs(rule, ...above, ...axes, ...wanted);
    expect(suggestion).not.toBeNull();
    const group = groups.find(
      ({ per, windows, interval_seconds: seconds }) =>
        per === suggestion!.per &&
        windows === suggestion!.windows &&
        seconds === suggestion!.interval_seconds,
    );
    const cell = group!.cells.find((one) => one.above === suggestion!.above)!;
    expect(cell.firings).toBeGreaterThan(0);
    const { firings, keys, stopped } = await replayed(pastedInto(POLICY, suggestion!.yaml), rule);
    expect({ firings, keys, stopped }).toEqual({
      firings: cell.firings,
      keys: cell.keys,
      stopped: cell.stopped,
    });
  });
});

test('a span', async () => {
  const span = ['--from', '2026-11-20T17:27:20Z', '--to', '2026-11-20T17:27:40Z'];
  const { groups } = await sweptAs('many-connections', '--above', '5', ...span);
  const { firings, keys } = await replayed(POLICY, 'many-connections', ...span);
  expect(groups[0].cells[0]).toMatchObject({ firings, keys });
  expect(firings).toBeGreaterThan(0);
});

test('bars, and the settings in force as the page shows them', async () => {
  const words = ['sweep', ...DATED, '--policy', FIRST, '--rule', 'dictionary-attack'];
  const shown = await outputOf([...words, '--above', '5..80:x2', '--enforce']);
  expect(shown).toContain('│ ████████████ │ ████████████ │ policy │');
  expect(shown).not.toContain('#');
  const table = /^in force: [^]*/m.exec(shown)![0];
  expect(table).toContain('(knee)');
  const page = readFileSync(path.join(FIXTURES, '..', 'docs', 'sweep.md'), 'utf8');
  expect(page).toContain(table);
});
