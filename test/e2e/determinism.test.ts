// Goal: a report depends on its logs, its policy and its options, and on nothing else.
// Method: one replay of everything that a report can hold, again and again in other surroundings,
// compared byte for byte with the first.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder, outputOf, type RunSetting } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs', 'postfix');
const POLICY = path.join(FIXTURES, 'replay', 'everything.yaml');
const NAMES = ['maillog-20261120.gz', 'mx2.log.gz', 'late.log'];
const OPTIONS = ['--tz', 'Europe/Berlin', '--year', '2026', '--top', 'all'];

/** A folder with the inputs and the policy. */
function newInputs(below = 'logs', policy = 'policy.yaml'): string {
  const cwd = newFolder();
  const logs = path.join(cwd, below);
  mkdirSync(logs, { recursive: true });
  copyFileSync(path.join(LOGS, 'maillog-20261120.gz'), path.join(logs, 'maillog-20261120.gz'));
  copyFileSync(path.join(LOGS, 'newyear.log.gz'), path.join(logs, 'mx2.log.gz'));
  writeFileSync(path.join(logs, 'late.log'), LATE);
  mkdirSync(path.dirname(path.join(cwd, policy)), { recursive: true });
  copyFileSync(POLICY, path.join(cwd, policy));
  return cwd;
}

const LATE = [
  connect('Nov 20 18:20:00', '198.51.100.1', { host: 'mx3' }),
  connect('Nov 20 18:20:40', '198.51.100.2', { host: 'mx3', pid: 7 }),
  connect('Nov 20 18:20:10', '198.51.100.3', { host: 'mx3', pid: 8 }),
  'not a line of a log\n',
  // Equal in time to lines of another file.
  connect('Nov 20 18:27:16', '198.51.100.4', { host: 'mx3', pid: 9 }),
].join('');

interface Report {
  readonly table: string;
  readonly files: Record<string, string>;
}

/** @param surroundings of a process of its own */
async function reportOf(
  cwd: string,
  logs: readonly string[],
  { policy = 'policy.yaml', out = 'out' }: { policy?: string; out?: string } = {},
  surroundings?: RunSetting,
): Promise<Report> {
  const args = ['replay', ...logs, '--policy', policy, '--out', out, ...OPTIONS];
  const table =
    surroundings === undefined
      ? await outputKept(args, { cwd })
      : await outputOf(args, { cwd, ...surroundings });
  return { table, files: filesBelow(path.resolve(cwd, out)) };
}

const inputs = NAMES.map((name) => `logs/${name}`);
let first: Report;
beforeAll(async () => {
  first = await reportOf(newInputs(), inputs, {}, { tz: 'UTC', locale: 'C' });
});

/** What differs from the first report, with both contents: `[]`. */
function differences({ table, files }: Report): unknown[] {
  const got: Record<string, string> = { ...files, stdout: table };
  const wanted: Record<string, string> = { ...first.files, stdout: first.table };
  const names = [...new Set([...Object.keys(got), ...Object.keys(wanted)])];
  return names
    .filter((name) => got[name] !== wanted[name])
    .map((name) => ({ name, got: got[name], wanted: wanted[name] }));
}

test('the report that is compared holds rows of every kind', () => {
  const lines = (name: string): number => first.files[name].split('\n').length - 2;
  for (const name of ['windows.csv', 'keys.csv', 'firings.csv', 'stopped.csv']) {
    expect([name, lines(name)]).not.toEqual([name, 0]);
  }
  const series = Object.keys(first.files).filter((name) => name.startsWith('series/'));
  expect(series.filter((name) => name.startsWith('series/log/')).length).toBeGreaterThan(5);
  expect(series.filter((name) => name.startsWith('series/state/'))).toEqual([
    'series/state/bad_rcpt',
    'series/state/logins',
  ]);
  const { late, files } = JSON.parse(first.files['summary.json']) as Record<string, unknown>;
  expect(late).toBe(1);
  expect((files as { unparsed: number }[]).map(({ unparsed }) => unparsed)).toEqual([1, 0, 0]);
});

test('the manifest says what the report was made from, and not where', () => {
  // Each text, the policy's own and those of its lists, is closed by a NUL.
  const texts = Buffer.concat([readFileSync(POLICY), Buffer.alloc(1)]);
  const digest = createHash('sha256').update(texts).digest('hex');
  const { hindcast: version, ...manifest } = JSON.parse(first.files['manifest.json']) as Record<
    string,
    unknown
  >;
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(manifest).toEqual({
    policy: { sha256: digest },
    options: { tz: ['Europe/Berlin'], year: ['2026'], top: 'all' },
    inputs: [
      {
        name: 'late.log',
        size: LATE.length,
        first: '2026-11-20T17:20:00Z',
        last: '2026-11-20T17:27:16Z',
      },
      {
        name: 'maillog-20261120.gz',
        size: statSync(path.join(LOGS, 'maillog-20261120.gz')).size,
        first: '2026-11-20T17:27:13Z',
        last: '2026-11-20T17:27:46Z',
      },
      {
        name: 'mx2.log.gz',
        size: statSync(path.join(LOGS, 'newyear.log.gz')).size,
        first: '2026-12-31T22:58:03Z',
        last: '2026-12-31T23:01:47Z',
      },
    ],
  });
});

describe('the same bytes', () => {
  test.each<[string, RunSetting]>([
    ['in Tokyo', { tz: 'Asia/Tokyo', locale: 'C' }],
    ['in New York', { tz: 'America/New_York', locale: 'en_US.UTF-8' }],
    ['without a zone and a locale', {}],
    ['in Turkish', { tz: 'Europe/Istanbul', locale: 'tr_TR.UTF-8' }],
    ['in German', { tz: 'Europe/Berlin', locale: 'de_DE.UTF-8' }],
    ['in Arabic', { tz: 'Africa/Cairo', locale: 'ar_EG.UTF-8' }],
  ])('%s', async (_, setting) => {
    expect(differences(await reportOf(newInputs(), inputs, {}, setting))).toEqual([]);
  });

  test.each([[[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]]])(
    'with the files in the order %j',
    async (order) => {
      const logs = order.map((index) => inputs[index]);
      expect(differences(await reportOf(newInputs(), logs))).toEqual([]);
    },
  );

  test('from the folder and from a glob', async () => {
    expect(differences(await reportOf(newInputs(), ['logs']))).toEqual([]);
    expect(
      differences(await reportOf(newInputs(), ['logs/m*', './logs/../logs/late.log'])),
    ).toEqual([]);
  });

  test('with the logs and the policy elsewhere', async () => {
    const cwd = newInputs('a/much/deeper/place', 'etc/policies/mine.yaml');
    copyFileSync(path.join(cwd, 'etc/policies/mine.yaml'), path.join(cwd, 'policy.yaml'));
    const absolute = { policy: path.join(cwd, 'policy.yaml'), out: path.join(cwd, 'r/out') };
    const logs = NAMES.map((name) => path.join(cwd, 'a/much/deeper/place', name));
    expect(differences(await reportOf(newFolder(), logs, absolute))).toEqual([]);
    const relative = { policy: '../policy.yaml', out: '../out2/' };
    expect(
      differences(await reportOf(path.join(cwd, 'a'), ['much/deeper/place'], relative)),
    ).toEqual([]);
  });

  test('but for the name of the policy, which the report shows', async () => {
    const cwd = newInputs('logs', 'etc/mine.yaml');
    const { files } = await reportOf(cwd, inputs, { policy: 'etc/mine.yaml' });
    const summary = files['summary.json'].replace(
      '"policy": "mine.yaml"',
      '"policy": "policy.yaml"',
    );
    expect({ ...files, 'summary.json': summary }).toEqual(first.files);
  });

  test('with --force over another report', async () => {
    const cwd = newInputs();
    await outputKept(['replay', 'logs/mx2.log.gz', '--year', '2025', '--out', 'out'], { cwd });
    const args = ['replay', 'logs', '--policy', 'policy.yaml', '--out', 'out', '--force'];
    const table = await outputKept([...args, ...OPTIONS], { cwd });
    expect(differences({ table, files: filesBelow(path.join(cwd, 'out')) })).toEqual([]);
  });
});
