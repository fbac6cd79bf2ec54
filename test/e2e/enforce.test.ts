// Goal: an enforced replay puts what was observed beside what would have happened, in every file.
// Method: the built command on the recorded log; numbers of one file against those of another, of a
// plain replay, and of a replay of the converted log.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder, outputOf, readCsv } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const ZONE = ['--tz', 'Europe/Berlin'];

interface Counts {
  readonly [kind: string]: number;
}
interface Summary {
  readonly events: Counts;
  readonly enforced: {
    readonly observed: { readonly events: Counts };
    readonly accepted: { readonly events: Counts };
    readonly blocks: readonly { readonly rule: string; readonly refused: number }[];
  };
  readonly collateral: {
    readonly total: Counts;
    readonly rules: readonly ({ readonly rule: string } & Counts)[];
  };
  readonly rules: readonly {
    readonly rule: string;
    readonly stopped: { readonly connections: number; readonly messages: number };
  }[];
}

const cwd = newFolder({
  'good.list': 'example.net # a partner\n192.0.2.0/24\n',
  'bad.list': '198.18.0.0/15\n',
});
let summary: Summary;
let files: Record<string, string>;

beforeAll(async () => {
  const lists = ['--good', 'good.list', '--bad', 'bad.list'];
  const args = ['replay', LOG, '--policy', FIRST, ...ZONE, '--enforce', ...lists, '--out', 'out'];
  await outputOf(args, { cwd });
  await outputOf(['replay', LOG, '--policy', FIRST, ...ZONE, '--out', 'plain'], { cwd });
  files = filesBelow(path.join(cwd, 'out'));
  summary = JSON.parse(files['summary.json']) as Summary;
});

const of = (counts: Counts, kind: string): number => counts[kind] ?? 0;

describe('the report of an enforced run', () => {
  test('observed is what a plain replay finds', () => {
    const plain = filesBelow(path.join(cwd, 'plain'));
    const { events, rules } = JSON.parse(plain['summary.json']) as Summary;
    expect(summary.enforced.observed).toEqual({ events, rules });
    const totals = readCsv(plain['windows.csv']).map((row) => {
      return `${row['series']} ${row['monitor']} ${row['window_start']} ${row['total']}`;
    });
    const observed = readCsv(files['enforce.csv'])
      .filter((row) => row['observed'] !== '0')
      .map((row) => `${row['series']} ${row['monitor']} ${row['window_start']} ${row['observed']}`);
    expect(observed).toEqual(totals);
  });

  test('windows.csv has the attempts of enforce.csv', () => {
    const attempts = readCsv(files['enforce.csv'])
      .filter((row) => row['attempts'] !== '0')
      .map((row) => `${row['series']} ${row['monitor']} ${row['window_start']} ${row['attempts']}`);
    const totals = readCsv(files['windows.csv']).map((row) => {
      return `${row['series']} ${row['monitor']} ${row['window_start']} ${row['total']}`;
    });
    expect(attempts).toEqual(totals);
  });

  test('attempts are what was accepted, what was refused, and the refusals', () => {
    const { events, enforced } = summary;
    const refused = (kind: string): number =>
      readCsv(files['stopped.csv']).filter((row) => row['kind'] === kind).length;
    for (const kind of ['connect', 'reception', 'transaction', 'auth_failure']) {
      expect(of(events, kind)).toBe(of(enforced.accepted.events, kind) + refused(kind));
    }
    const made = ['connect', 'reception', 'transaction', 'auth_failure'].reduce(
      (sum, kind) => sum + refused(kind),
      0,
    );
    expect(of(events, 'rejection')).toBe(
      of(enforced.accepted.events, 'rejection') + refused('rejection') + made,
    );
    expect(made).toBeGreaterThan(400);
  });

  test('each refused event is attributed to one rule', () => {
    const rows = readCsv(files['stopped.csv']);
    for (const { rule, stopped } of summary.rules) {
      const own = rows.filter((row) => row['rule'] === rule);
      expect(own).toHaveLength(stopped.connections + stopped.messages);
    }
    const blocked = rows.filter(
      (row) => row['rule'] === 'dictionary-attack' && row['kind'] === 'connect',
    );
    expect(summary.enforced.blocks).toMatchObject([
      { rule: 'dictionary-attack', refused: blocked.length },
    ]);
  });

  test('every event of the log is taken by one rule, or by none', () => {
    const { total, rules } = summary.collateral;
    const { observed, accepted } = summary.enforced;
    expect(of(total, 'connections')).toBe(of(observed.events, 'connect'));
    expect(of(total, 'accepted')).toBe(of(observed.events, 'reception'));
    const taken = rules.reduce((sum, rule) => sum + of(rule, 'accepted'), 0);
    expect(taken).toBe(of(total, 'accepted') - of(accepted.events, 'reception'));
  });

  test('labels are counted as an obvious count of the converted log finds them', async () => {
    const events = readCsv(await outputKept(['convert', LOG, ...ZONE], { cwd }));
    const labelled = events.filter((row) =>
      ['connect', 'reception', 'rejection', 'auth_failure'].includes(row['kind']),
    );
    const isGood = (row: Record<string, string>): boolean =>
      row['ip'].startsWith('192.0.2.') || /(?:@|\.)example\.net$/i.test(row['sender']);
    const isBad = (row: Record<string, string>): boolean => /^198\.1[89]\./.test(row['ip']);
    expect(of(summary.collateral.total, 'good')).toBe(labelled.filter(isGood).length);
    expect(of(summary.collateral.total, 'bad')).toBe(
      labelled.filter((row) => isBad(row) && !isGood(row)).length,
    );
    expect(of(summary.collateral.total, 'good')).toBeGreaterThan(100);
  });

  test('a converted log gives the same', async () => {
    const csv = await outputKept(['convert', LOG, ...ZONE], { cwd });
    const there = newFolder({ 'events.csv': csv });
    const args = ['replay', 'events.csv', '--policy', FIRST, '--enforce', '--retry', '5s'];
    await outputKept([...args, '--out', 'out'], { cwd: there });
    const again = ['replay', LOG, ...ZONE, '--policy', FIRST, '--enforce', '--retry', '5s'];
    await outputKept([...again, '--out', 'again'], { cwd: there });
    const [one, two] = ['out', 'again'].map((folder) => filesBelow(path.join(there, folder)));
    for (const name of ['enforce.csv', 'windows.csv', 'keys.csv', 'firings.csv', 'stopped.csv']) {
      expect(one[name]).toBe(two[name]);
    }
    const [{ retries }, other] = [one, two].map(
      (report) =>
        (JSON.parse(report['summary.json']) as { enforced: { retries: Counts } }).enforced,
    );
    expect(retries).toEqual(other.retries);
    expect(of(retries, 'returned')).toBeGreaterThan(10);
  });

  test('the manifest names what changed the result', () => {
    expect(JSON.parse(files['manifest.json'])).toMatchObject({
      options: { enforce: true },
      labels: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
  });
});

test.each([
  ['--retry goes with --enforce', ['--policy', FIRST, '--retry', '15m']],
  ['--enforce needs a --policy with rules', ['--enforce']],
  ['--enforce does not go with --state', ['--policy', FIRST, '--enforce', '--state', 'state']],
  [
    '--retry 0s: expected from 1s to less than 5d',
    ['--policy', FIRST, '--enforce', '--retry', '0s'],
  ],
  [
    '--retry 5d: expected from 1s to less than 5d',
    ['--policy', FIRST, '--enforce', '--retry', '5d'],
  ],
  ['--retry soon: not a duration', ['--policy', FIRST, '--enforce', '--retry', 'soon']],
  [
    '--good labels what rules refuse, and none refuses',
    ['--policy', 'tag.yaml', '--good', 'a.list'],
  ],
  ['--bad labels what rules refuse, and none refuses', ['--bad', 'a.list']],
  ['--bad does not go with --state', ['--policy', FIRST, '--bad', 'a.list', '--state', 'state']],
  ['no such list file: none.list', ['--policy', FIRST, '--good', 'none.list']],
  ['wrong.list:2:1: error:', ['--policy', FIRST, '--good', 'wrong.list']],
])('%s', async (message, args) => {
  const there = newFolder({
    'mail.log': readFileSync(LOG),
    'a.siv': 'ec_action 550 "no";\n',
    'a.list': '192.0.2.1\n',
    'wrong.list': '192.0.2.1\nnot a domain\n',
    'tag.yaml':
      'hindcast: 1\nrules:\n  - { name: a, count: connections, per: address, above: 1, then: tag }\n',
  });
  const { code, stderr, stdout } = await runKept(['replay', 'mail.log', ...ZONE, ...args], {
    cwd: there,
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});
