// Goal: a sweep says what replays of its settings say, in every form, and the rule that it suggests
// replays to the numbers that it was suggested for.
// Method: the built command over the recorded log, held against `replay` and `check`.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pastedInto } from '../builders/pasted-rule.ts';
import { FIXTURES, newFolder, outputOf, readCsv, ROOT, runHindcast } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const DATED = [LOG, '--tz', 'Europe/Berlin'];
const POLICY = readFileSync(FIRST, 'utf8');

const sweepArgs = (rule: string, ...args: string[]): string[] => [
  'sweep',
  ...DATED,
  '--policy',
  FIRST,
  '--rule',
  rule,
  ...args,
];

interface RuleSummary {
  readonly rule: string;
  readonly firings: number;
  readonly keys: number;
  readonly stopped: { readonly connections: number; readonly messages: number };
}

/** What a replay of a policy tells of a rule. */
async function replayed(policy: string, rule: string, ...args: string[]): Promise<RuleSummary> {
  const cwd = newFolder({ 'policy.yaml': policy });
  expect(await outputOf(['check', 'policy.yaml'], { cwd })).toContain('ok');
  const words = ['replay', ...DATED, '--policy', 'policy.yaml', '--format', 'json', ...args];
  const { rules } = JSON.parse(await outputOf(words, { cwd })) as { rules: RuleSummary[] };
  return rules.find((one) => one.rule === rule)!;
}

interface JsonCell extends Omit<RuleSummary, 'rule'> {
  readonly above: number;
  readonly taken: Readonly<Record<string, number>>;
  readonly by_day: { readonly accepted: readonly number[] };
}

interface SweepJson {
  readonly days: readonly string[];
  readonly groups: readonly {
    readonly per: string;
    readonly windows: string;
    readonly interval_seconds: number;
    readonly knee: number | null;
    readonly total: Readonly<Record<string, number>>;
    readonly cells: readonly JsonCell[];
  }[];
  readonly suggestion: {
    readonly per: string;
    readonly windows: string;
    readonly interval_seconds: number;
    readonly above: number;
    readonly yaml: string;
  } | null;
}

const sweepJson = async (rule: string, ...args: string[]): Promise<SweepJson> =>
  JSON.parse(await outputOf(sweepArgs(rule, ...args, '--format', 'json'))) as SweepJson;

const TABLE = `maillog-20261120.gz: 6,000 lines = 4,341 events + 1,659 irrelevant + 0 unparsed
2026-11-20 17:27:13 to 2026-11-20 17:27:46 UTC (33 s)
rule dictionary-attack of first.yaml: reject, 5 settings
to take: 763 connections, 401 accepted messages, 750 rejections, 4 greylisted

per /24 and /48, windows 0..11 of 5 min
┌───────┬─────────┬──────┬─────────────┬──────────┬────────────┬──────────┬────────────┬──────────────┬──────────────┬───────────┐
│ above │ firings │ keys │     stopped │ accepted │ collateral │ rejected │ greylisted │ accepted     │ caught       │           │
│       │         │      │ connections │    taken │          % │    taken │      taken │              │              │           │
├───────┼─────────┼──────┼─────────────┼──────────┼────────────┼──────────┼────────────┼──────────────┼──────────────┼───────────┤
│     5 │     807 │   12 │           0 │      177 │      44.14 │      384 │          2 │ ############ │ ############ │ policy    │
│    10 │     646 │    9 │           0 │      132 │     32.918 │      316 │          1 │ #########    │ ##########   │ suggested │
│    20 │     449 │    7 │           0 │       77 │     19.202 │      242 │          0 │ #####        │ ########     │ knee      │
│    40 │     183 │    4 │           0 │       33 │      8.229 │       90 │          0 │ ##           │ ###          │           │
│    80 │       0 │    0 │           0 │        0 │          0 │        0 │          0 │              │              │           │
└───────┴─────────┴──────┴─────────────┴──────────┴────────────┴──────────┴────────────┴──────────────┴──────────────┴───────────┘
knee: above 20; accepted messages taken per day: 77 to 77 (median 77), on 1 of 1 day

suggested for accepted < 150: above 10, per /24 and /48, windows 0..11 of 5 min
takes 132 accepted messages (32.918 %), catches 317
accepted messages taken per day: 132 to 132 (median 132), on 1 of 1 day

rules:
  - name: dictionary-attack
    count: bad_rcpt
    windows: 0..11
    above: 10
    per: { ipv4: 24, ipv6: 48 }
    at: rcptto
    then: { reject: 550 5.7.1 too many unknown recipients, for: 1h }
`;

test('the table', async () => {
  const args = sweepArgs('dictionary-attack', '--above', '5..80:x2', '--suggest', 'accepted < 150');
  expect(await outputOf([...args, '--ascii'])).toBe(TABLE);
  // The page shows this very run.
  expect(readFileSync(path.join(ROOT, 'docs', 'sweep.md'), 'utf8')).toContain(TABLE);
  expect(await outputOf(args, { tz: 'Asia/Tokyo', locale: 'de_DE.UTF-8' })).toBe(
    await outputOf(args),
  );
});

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
    const { groups, suggestion } = await sweepJson(rule, ...above, ...axes, ...wanted);
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

test('CSV, JSON and the table have the same numbers', async () => {
  const args = ['--above', '2,5,9', '--per', '32,24'];
  const rows = readCsv(await outputOf(sweepArgs('many-connections', ...args, '--format', 'csv')));
  const { groups, days } = await sweepJson('many-connections', ...args);
  const cells = groups.flatMap((group) => group.cells.map((cell) => ({ group, cell })));
  expect(days).toEqual(['2026-11-20']);
  expect(rows).toHaveLength(6);
  expect(
    rows.map((row) => [row['per'], row['above'], row['firings'], row['accepted'], row['days']]),
  ).toEqual(
    cells.map(({ group, cell }) => [
      group.per,
      String(cell.above),
      String(cell.firings),
      String(cell.taken['accepted']),
      String(cell.by_day.accepted.filter((count) => count > 0).length),
    ]),
  );
  expect(rows[1]).toMatchObject({ windows: '0..2', interval: '300', marks: 'policy' });
  const shares = rows.map((row) => Number(row['collateral']));
  const total = groups[0].total['accepted'];
  expect(shares).toEqual(
    cells.map(({ cell }) => Number((cell.taken['accepted'] / total).toFixed(6))),
  );
});

test('a span, a log from standard input', async () => {
  const span = ['--from', '2026-11-20T17:27:20Z', '--to', '2026-11-20T17:27:40Z'];
  const { groups } = await sweepJson('many-connections', '--above', '5', ...span);
  const own = await replayed(POLICY, 'many-connections', ...span);
  expect(groups[0].cells[0]).toMatchObject({ firings: own.firings, keys: own.keys });
  const [, , ...rest] = sweepArgs('many-connections', '--above', '5', ...span);
  const piped = await outputOf(['sweep', '-', '--year', '2026', ...rest], {
    stdin: gunzipSync(readFileSync(LOG)),
  });
  expect(piped.split('\n').slice(1)).toEqual(
    (await outputOf(sweepArgs('many-connections', '--above', '5', ...span))).split('\n').slice(1),
  );
});

test('no setting holds what was asked: the nearest, and exit 1', async () => {
  const asked = ['--suggest', 'rejected >= 700', '--suggest', 'collateral < 5 %'];
  const { code, stdout, stderr } = await runHindcast(
    sweepArgs('dictionary-attack', '--above', '10,20,40', ...asked),
  );
  expect(code).toBe(1);
  expect(stdout).toContain('│    40 │');
  expect(stdout).not.toContain('suggested');
  expect(stderr).toBe(
    'hindcast: no setting holds rejected >= 700, collateral < 5 %; nearest: above 10, per /24 ' +
      'and /48, windows 0..11 of 5 min (accepted 132, rejected 316, connections 0, firings 646, ' +
      'keys 9)\n',
  );
});

test('a rule that takes nothing, and one that counted nothing', async () => {
  const tagging = await outputOf(sweepArgs('many-refusals', '--above', '1,5'));
  expect(tagging).toContain('rule many-refusals of first.yaml: tag, 2 settings\ntag takes nothing');
  expect(tagging).not.toContain('accepted');
  const cwd = newFolder({ 'one.csv': 'time,kind,ip\n2026-11-20T12:00:00Z,connect,192.0.2.7\n' });
  const args = ['sweep', 'one.csv', '--policy', FIRST, '--rule', 'dictionary-attack'];
  expect(await outputOf(args, { cwd })).toContain(
    'rule dictionary-attack counted nothing: the logs hold no rejection',
  );
  const empty = newFolder({ 'none.csv': 'time,kind,ip\n' });
  const nothing = await runHindcast(['sweep', 'none.csv', ...args.slice(2)], { cwd: empty });
  expect(nothing.stdout).toContain('\nno event\n');
});

test.each([
  [['--policy', FIRST], 'sweep needs --rule: which rule?'],
  [['--rule', 'x'], 'sweep needs --policy: a YAML policy with the rule to vary'],
  [
    ['--policy', 'limits.siv', '--rule', 'x'],
    '--policy limits.siv: sweep varies rules of a YAML policy, and a script has none',
  ],
  [
    ['--policy', 'limits.lua', '--rule', 'x'],
    '--policy limits.lua: sweep varies rules of a YAML policy, and a script has none',
  ],
  [['--policy', FIRST, '--rule', 'sudden-growth'], '--rule sudden-growth: a surge has no limit'],
  [
    ['--policy', FIRST, '--rule', 'many-connections', '--suggest', 'firings < 1 %'],
    '--suggest firings < 1 %: there is nothing that firings are a share of',
  ],
  [
    ['--policy', FIRST, '--rule', 'many-refusals', '--suggest', 'collateral < 1 %'],
    '--suggest collateral < 1 %: rule many-refusals only says tag, it takes nothing',
  ],
  [
    ['--policy', FIRST, '--rule', 'many-connections', '--suggest', 'harm < 1 %'],
    "--suggest harm < 1 %: no metric 'harm'",
  ],
  [['--policy', FIRST, '--rule', 'many-connections', '--root', 'x'], '--root'],
])('%j: refused', async (args, words) => {
  const { code, stdout, stderr } = await runHindcast(['sweep', ...DATED, ...args]);
  expect(stderr).toContain(words);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});
