// Goal: a sweep says what replays of its settings say, in every form, and the rule that it suggests
// replays to the numbers that it was suggested for.
// Method: the built command over the recorded log, held against `replay` and `check`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { pastedInto } from '../builders/pasted-rule.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { outputOf, FIXTURES, newFolder, readCsv, ROOT } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const DATED = [LOG, '--tz', 'Europe/Berlin'];
const POLICY = readFileSync(FIRST, 'utf8');
const PAGE = readFileSync(path.join(ROOT, 'docs', 'sweep.md'), 'utf8');

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

interface JsonCell extends Omit<RuleSummary, 'rule'> {
  readonly above: number;
  readonly taken: Readonly<Record<string, number>>;
  readonly by_day: { readonly accepted: readonly number[] };
}

interface EnforcedJson extends JsonCell {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly enforced: {
    readonly firings: number;
    readonly keys: number;
    readonly refused: RuleSummary['stopped'];
    readonly blocks: { readonly begun: number; readonly refused: number };
    readonly taken: Counts;
    readonly events: Readonly<Record<string, { attempts: number; accepted: number }>>;
  } | null;
}

interface Counts {
  readonly [name: string]: number;
}

interface ReplayJson {
  readonly events: Counts;
  readonly rules: readonly RuleSummary[];
  readonly collateral: {
    readonly total: Counts;
    readonly rules: readonly Readonly<Record<string, unknown>>[];
  };
  readonly enforced: {
    readonly observed: { readonly rules: readonly RuleSummary[] };
    readonly accepted: { readonly events: Counts };
    readonly blocks: readonly { readonly begun: number; readonly refused: number }[];
  };
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
  const abroad = { tz: 'Asia/Tokyo', locale: 'de_DE.UTF-8' };
  expect(await outputOf([...args, '--ascii'], abroad)).toBe(TABLE);
  expect(PAGE).toContain(TABLE);
});

test('no setting holds what was asked: the nearest, and exit 1', async () => {
  const asked = ['--suggest', 'rejected >= 700', '--suggest', 'collateral < 5 %'];
  const { code, stdout, stderr } = await runKept(
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

// test/unit/cli/sweep.test.ts has the other mistakes.
test('a mistake ends with 2', async () => {
  const args = sweepArgs('many-refusals', '--suggest', 'collateral < 1 %');
  expect(await runKept(args)).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'hindcast: --suggest collateral < 1 %: rule many-refusals only says tag, it takes nothing\n' +
      'hint: give it a reject or disconnect, or limit firings or keys\n',
  });
});

describe('lists and settings in force', () => {
  const cwd = newFolder({
    'good.list': 'example.net # a partner\n192.0.2.0/24\n',
    'bad.list': '198.18.0.0/15\n',
  });
  const LISTS = ['--good', 'good.list', '--bad', 'bad.list'];
  const asked = [
    ...sweepArgs('dictionary-attack', '--above', '10,20,40', '--per', '32,24'),
    ...LISTS,
    '--suggest',
    'precision >= 77 %',
    '--enforce',
    '--points',
    'above=20,per=24',
  ];
  let cell: EnforcedJson;
  let json: SweepJson;
  let rows: Record<string, string>[];
  let replay: ReplayJson;

  beforeAll(async () => {
    json = JSON.parse(await outputKept([...asked, '--format', 'json'], { cwd })) as SweepJson;
    rows = readCsv(await outputKept([...asked, '--format', 'csv'], { cwd }));
    cell = json.groups[1].cells[1] as EnforcedJson;
    const swept = json.suggestion!.yaml.replace(/per: .*/, 'per: { ipv4: 24, ipv6: 48 }');
    writeFileSync(
      path.join(cwd, 'p.yaml'),
      pastedInto(POLICY, swept.replace(/above: .*/, 'above: 20')),
    );
    const words = ['replay', ...DATED, '--policy', 'p.yaml', '--enforce', ...LISTS];
    replay = JSON.parse(await outputKept([...words, '--format', 'json'], { cwd })) as ReplayJson;
  });

  test('a setting in force is an enforced replay of its rule', () => {
    const index = replay.rules.findIndex(({ rule }) => rule === 'dictionary-attack');
    const { firings, keys, stopped } = replay.rules[index];
    const { rule: _, top_senders: __, ...taken } = replay.collateral.rules[index];
    const [block] = replay.enforced.blocks;
    const tried = (kind: string): object => {
      return { attempts: replay.events[kind], accepted: replay.enforced.accepted.events[kind] };
    };
    expect(cell.enforced).toEqual({
      firings,
      keys,
      refused: { connections: stopped.connections, messages: stopped.messages },
      blocks: { begun: block.begun, refused: block.refused },
      taken,
      events: {
        connections: tried('connect'),
        receptions: tried('reception'),
        rejections: tried('rejection'),
      },
    });
    expect([block.refused, stopped.messages].every((count) => count > 0)).toBe(true);
    // What was observed beside it is what the same replay observed.
    const observed = replay.enforced.observed.rules[index];
    expect([cell.firings, cell.keys]).toEqual([observed.firings, observed.keys]);
    const { good, bad } = json.groups[1].total;
    expect({ good, bad }).toEqual({
      good: replay.collateral.total['good'],
      bad: replay.collateral.total['bad'],
    });
  });

  test('and no other one', () => {
    const others = json.groups.flatMap(({ cells }) => cells).filter((one) => one !== cell);
    expect(others.map((one) => (one as EnforcedJson).enforced)).toEqual(others.map(() => null));
  });

  test('CSV has the numbers of JSON', () => {
    const { enforced, taken } = cell;
    expect(rows[4]).toMatchObject({
      good: String(taken['good']),
      bad: String(taken['bad']),
      precision: String(cell.precision),
      recall: String(cell.recall),
      enforced_firings: String(enforced!.firings),
      enforced_keys: String(enforced!.keys),
      refused_connections: String(enforced!.refused.connections),
      refused_messages: String(enforced!.refused.messages),
      blocks_begun: String(enforced!.blocks.begun),
      connects_blocked: String(enforced!.blocks.refused),
      enforced_accepted: String(enforced!.taken['accepted']),
      enforced_rejected: String(enforced!.taken['rejected']),
      connections_attempts: String(enforced!.events['connections'].attempts),
      connections_accepted: String(enforced!.events['connections'].accepted),
      receptions_attempts: String(enforced!.events['receptions'].attempts),
      receptions_accepted: String(enforced!.events['receptions'].accepted),
      rejections_attempts: String(enforced!.events['rejections'].attempts),
      rejections_accepted: String(enforced!.events['rejections'].accepted),
    });
    expect(rows.filter((row) => row['enforced_firings'] !== '')).toHaveLength(1);
  });

  test('the suggestion takes most bad ones of those that hold the condition', () => {
    const all = json.groups.flatMap(({ cells }) => cells as EnforcedJson[]);
    const holding = all.filter(({ precision }) => (precision ?? 0) >= 0.77);
    const most = Math.max(...holding.map(({ taken }) => taken['bad']));
    const found = rows.find((row) => row['marks'].includes('suggested'));
    expect(Number(found?.['bad'])).toBe(most);
    expect(holding.length).toBeLessThan(all.length);
    for (const { taken, precision, recall } of all) {
      const { good, bad } = taken;
      const share = (whole: number): number | null =>
        whole === 0 ? null : Number((bad / whole).toFixed(6));
      expect([precision, recall]).toEqual([share(good + bad), share(json.groups[0].total['bad'])]);
    }
  });

  test('CSV and JSON have the same settings', () => {
    const cells = json.groups.flatMap((group) => group.cells.map((one) => ({ group, one })));
    expect(json.days).toEqual(['2026-11-20']);
    expect(rows.map((row) => [row['per'], row['above'], row['firings'], row['accepted']])).toEqual(
      cells.map(({ group, one }) => [
        group.per,
        String(one.above),
        String(one.firings),
        String(one.taken['accepted']),
      ]),
    );
    expect(rows.map((row) => Number(row['days']))).toEqual(
      cells.map(({ one }) => one.by_day.accepted.filter((count) => count > 0).length),
    );
    expect(rows[0]).toMatchObject({ windows: '0..11', interval: '300' });
    const total = json.groups[0].total['accepted'];
    expect(rows.map((row) => Number(row['collateral']))).toEqual(
      cells.map(({ one }) => Number((one.taken['accepted'] / total).toFixed(6))),
    );
  });

  test('a log from standard input', async () => {
    const words = sweepArgs('dictionary-attack', '--above', '10,20,40', '--per', '32,24');
    const args = ['sweep', '-', '--year', '2026', ...words.slice(2), '--format', 'csv'];
    const piped = readCsv(await outputOf(args, { stdin: gunzipSync(readFileSync(LOG)) }));
    for (const [index, { marks: _, ...row }] of piped.entries()) {
      expect(rows[index]).toMatchObject(row);
    }
    expect(piped).toHaveLength(6);
    // Columns of lists and of settings in force are there for those who ask.
    expect(
      Object.keys(piped[0]).filter((name) => /good|bad|recall|force|block/.test(name)),
    ).toEqual([]);
  });

  test('a pipe cannot be read twice', async () => {
    execFileSync('/usr/bin/mkfifo', [path.join(cwd, 'fifo')]);
    const written = writeFile(path.join(cwd, 'fifo'), 'time,kind,ip\n');
    const words = ['sweep', 'fifo', '--policy', FIRST, '--rule', 'many-connections', '--enforce'];
    const pipe = await runKept([...words, '--points', 'above=5'], { cwd });
    await written;
    expect([pipe.code, pipe.stderr]).toEqual([
      2,
      'hindcast: --enforce reads the logs twice, which a pipe cannot do\n',
    ]);
  });
});
