// Goal: `top` names who grew, in the block that fits, and compares what the log covers.
// Method: the built command over hand-written logs whose answer a reader can check, and over a
// recording held against `convert`.
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, outputOf, readCsv, runHindcast } from './run-hindcast.ts';

const RFC3339 = path.join(FIXTURES, 'logs', 'postfix', 'recorded.rfc3339.log.gz');

/** `10:07` of the day and a second, as syslog writes it. */
const stamp = (minute: number, second = 0): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `Nov 20 ${two(10 + Math.floor(minute / 60))}:${two(minute % 60)}:${two(second)}`;
};

const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

/** Two hours: in the second a single host, a network of hosts, and half of a busy one grow. */
const QUIET = times(60, (minute) => connect(stamp(minute), '192.0.2.1'));
const BUSY = [
  times(60, (minute) => connect(stamp(60 + minute), '192.0.2.1')),
  times(50, (index) => connect(stamp(60 + index, 1), '203.0.113.7')),
  times(40, (index) => connect(stamp(60 + index, 2), `198.51.100.${index * 5 + 1}`)),
  times(30, (index) => connect(stamp(60 + index, 3), `2001:db8:5::${(index * 2048).toString(16)}`)),
]
  .join('')
  .split(/(?<=\n)/)
  .sort()
  .join('');
const DATED = ['--year', '2026'];

const rowsOf = async (
  files: Readonly<Record<string, string | Buffer>>,
  ...args: string[]
): Promise<string[]> => {
  const cwd = newFolder(files);
  const csv = await outputKept(['top', '.', ...args, ...DATED, '--format', 'csv'], { cwd });
  const columns = ['rank', 'block', 'before', 'now', 'growth', 'addresses', 'apart'];
  return readCsv(csv).map((row) => columns.map((column) => row[column]).join(' '));
};

const CONNECTIONS = ['--count', 'connections'];
const ANSWER = [
  '1 203.0.113.7/32 0 50 50 1 0',
  '2 198.51.100.0/24 0 40 40 40 0',
  '3 2001:db8:5::/112 0 30 30 30 0',
  '  60 60 0 1 0',
];

describe('who grew', () => {
  test('in the last hour: a host, a network, a network of IPv6', async () => {
    expect(await rowsOf({ 'mail.log': QUIET + BUSY }, ...CONNECTIONS)).toEqual(ANSWER);
  });

  test('whatever the files and their order', async () => {
    const files = { 'b.log': QUIET, 'a.log.gz': gzipSync(BUSY) };
    expect(await rowsOf(files, ...CONNECTIONS)).toEqual(ANSWER);
    const cwd = newFolder(files);
    const args = [...CONNECTIONS, ...DATED, '--format', 'csv'];
    const shown = await outputKept(['top', 'a.log.gz', 'b.log', ...args], { cwd });
    expect(await outputKept(['top', 'b.log', 'a.log.gz', ...args], { cwd })).toBe(shown);
    const stdin = await outputOf(['top', '-', ...args], { stdin: QUIET + BUSY, tz: 'Asia/Tokyo' });
    expect(stdin).toBe(shown);
  });

  test('in spans that are given: times are those of the log, in UTC', async () => {
    const hours = ['--from', '2026-11-20T10:00', '--to', '2026-11-20T11:00+00:00'];
    const before = ['--before', '2026-11-20T09:00..2026-11-20T10:00'];
    const log = { 'mail.log': QUIET + BUSY };
    const berlin = ['--tz', 'Europe/Berlin'];
    expect(await rowsOf(log, ...CONNECTIONS, ...hours, ...before, ...berlin)).toEqual(ANSWER);
    expect(await rowsOf(log, ...CONNECTIONS, ...hours, ...berlin)).toEqual(ANSWER);
    expect(await rowsOf(log, ...CONNECTIONS, ...hours.slice(0, 2), ...berlin)).toEqual(ANSWER);
    expect(await rowsOf(log, ...CONNECTIONS, ...hours.slice(2), ...berlin)).toEqual(ANSWER);
    // Reading stops at --to, so the second hour is not there.
    const none = await rowsOf(log, ...CONNECTIONS, '--to', '2026-11-20T11:00', '--last', '30m');
    expect(none).toEqual(['  30 30 0 1 0']);
  });

  test('by rate where the spans differ in length', async () => {
    const spans = ['--from', '2026-11-20T11:00', '--to', '2026-11-20T11:30'];
    const before = ['--before', '2026-11-20T10:00..2026-11-20T11:00'];
    const rows = await rowsOf({ 'mail.log': QUIET + BUSY }, ...CONNECTIONS, ...spans, ...before);
    expect(rows).toEqual([
      '1 203.0.113.7/32 0 30 30 1 0',
      '2 2001:db8:5::/112 0 30 30 30 0',
      // Half a network holds 26 of 30: more than 80 %. The rest is a block of its own.
      '3 198.51.100.0/25 0 26 26 26 0',
      '4 198.51.100.128/27 0 4 4 4 0',
      '  60 30 0 1 0',
    ]);
  });

  test('by rate where the log covers a part of a span', async () => {
    const cwd = newFolder({ 'mail.log': QUIET + BUSY });
    const args = ['top', 'mail.log', ...CONNECTIONS, ...DATED, '--last', '90m'];
    const table = await outputKept(args, { cwd });
    expect(table).toContain(
      '2026-11-20 10:30:00 to 2026-11-20 12:00:00 (1 h 30 min), against ' +
        '2026-11-20 10:00:00 to 2026-11-20 10:30:00 (30 min), UTC\n' +
        'cut to what the log covers\ncompared by rate: growth = now - before x 3\n',
    );
    expect(table).toMatch(/│ all +│ +30 │ 210 │ +120 │/);
    const json = JSON.parse(await outputKept([...args, '--format', 'json'], { cwd })) as object;
    expect(json).toMatchObject({
      now: { from: '2026-11-20T10:30:00Z', to: '2026-11-20T12:00:00Z', seconds: 5400 },
      before: { from: '2026-11-20T10:00:00Z', to: '2026-11-20T10:30:00Z', seconds: 1800 },
      share: 80,
      metrics: [{ metric: 'connections', before: 30, now: 210, growth: 120, addresses: 72 }],
    });
  });

  test('with a share, a block gives way to the part that holds it', async () => {
    const log = [
      connect(stamp(0), '192.0.2.1'),
      times(75, (index) => connect(stamp(60, index % 60), '198.51.100.7')),
      times(25, (index) => connect(stamp(61, index), `198.51.100.${100 + index}`)),
    ].join('');
    const files = { 'mail.log': log };
    const shares = async (share: string): Promise<string[]> =>
      rowsOf(files, ...CONNECTIONS, '--share', share, '--last', '61m');
    expect(await shares('80%')).toEqual(['1 198.51.100.0/25 0 100 100 26 0', '  1 0 -61 0 0']);
    expect(await shares('75')).toEqual([
      '1 198.51.100.7/32 0 75 75 1 0',
      '2 198.51.100.96/27 0 25 25 25 0',
      '  1 0 -61 0 0',
    ]);
  });
});

test('--limit, and everyone else', async () => {
  const rows = await rowsOf({ 'mail.log': QUIET + BUSY }, ...CONNECTIONS, '--limit', '1');
  expect(rows).toEqual([ANSWER[0], '  60 130 70 71 0']);
});

test('a recording: the sums are those of its events', async () => {
  const rows = readCsv(await outputKept(['convert', RFC3339]));
  const args = ['top', RFC3339, '--last', '15s', '--limit', '1000', '--format', 'csv'];
  const counts = ['connections', 'receptions', 'rejections', 'auth_failure', 'delivery'];
  const csv = readCsv(await outputKept([...args, ...counts.flatMap((name) => ['--count', name])]));
  const kinds = ['connect', 'reception', 'rejection', 'auth_failure', 'delivery'];
  const endMs = Date.parse('2026-11-20T17:27:47Z');
  for (const [index, kind] of kinds.entries()) {
    const own = csv.filter((row) => row['metric'] === counts[index]);
    const sum = (column: string): number =>
      own.reduce((total, row) => total + Number(row[column]), 0);
    const between = (fromMs: number, toMs: number): Record<string, string>[] =>
      rows.filter((row) => {
        const timeMs = Date.parse(row['time']);
        return row['kind'] === kind && timeMs >= fromMs && timeMs < toMs;
      });
    const now = between(endMs - 15_000, endMs);
    expect([kind, sum('before'), sum('now'), sum('addresses')]).toEqual([
      kind,
      between(endMs - 30_000, endMs - 15_000).length,
      now.length,
      new Set(now.map((row) => row['ip']).filter((ip) => ip !== '')).size,
    ]);
    expect(now.length).toBeGreaterThan(0);
  }
});

describe('a mistake is named', () => {
  const hours = ['--from', '2026-11-20T11:00', '--to', '2026-11-20T12:00'];
  test.each([
    [['--from', 'noon'], '--from noon: not a time'],
    [[...hours, '--last', '1h'], '--last 1h: --from and --to say how long the span is'],
    [['--from', '2026-11-20T12:00', '--to', '2026-11-20T12:00'], 'is not before --to'],
    [['--last', '0'], '--last 0: expected more than nothing'],
    [['--last', 'long'], '--last long: not a duration'],
    [['--before', '2026-11-20T10:00'], 'expected start..end'],
    [['--before', 'a..b'], '--before a: not a time'],
    [['--before', '2026-11-20T10:00..2026-11-20T10:00'], 'the end is not after the start'],
    [[...hours, '--before', '2026-11-20T10:00..2026-11-20T11:01'], 'does not end before'],
    [['--before', '2026-11-20T10:00..2026-11-20T11:01'], 'does not end before'],
    [['--share', '0'], '--share 0: expected whole percent'],
    [['--share', '0.8'], '--share 0.8: expected whole percent'],
    [['--share', '101%'], '--share 101%: expected whole percent'],
    [['--count', 'Connections'], '--count Connections: not a kind of event'],
    [['--limit', '0'], "option '--limit <n>' argument '0' is invalid"],
    [
      ['--from', '2026-11-21', '--to', '2026-11-22', '--before', '2026-11-20..2026-11-21'],
      'no event in the span looked at, 2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z: events read are of 2026-11-20T10:00:00Z to 2026-11-20T11:59:00Z',
    ],
    [
      ['--last', '1d'],
      'no event in the span before, 2026-11-18T12:00:00Z to 2026-11-19T12:00:00Z: events read are of 2026-11-20T10:00:00Z to 2026-11-20T11:59:00Z\nhint: --last 3570s compares',
    ],
  ])('%j', async (args, message) => {
    const cwd = newFolder({ 'mail.log': QUIET + BUSY });
    const run = await runKept(['top', 'mail.log', ...args, ...DATED], { cwd });
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain(message);
  });
});

test('what cannot be read is said on stderr, and is exit 3 when it is too much', async () => {
  const cwd = newFolder({ 'mail.log': `${QUIET}Dear postmaster,\n${BUSY}` });
  const args = ['top', 'mail.log', ...DATED];
  const { code, stderr } = await runHindcast(args, { cwd });
  expect([code, stderr]).toEqual([0, 'mail.log: 1 line unparsed: no header\n']);
  const run = await runHindcast([...args, '--max-unparsed', '0'], { cwd });
  expect(run.code).toBe(3);
  expect(run.stdout).toContain('203.0.113.7/32');
});

test('an empty log, and a kind that it does not hold', async () => {
  const cwd = newFolder({ 'mail.log': '' });
  expect(await outputKept(['top', 'mail.log'], { cwd })).toBe(
    'mail.log: 0 lines = 0 events + 0 irrelevant + 0 unparsed\nnothing to read\n',
  );
  const other = newFolder({ 'mail.log': QUIET + BUSY });
  const table = await outputKept(['top', 'mail.log', '--count', 'zebra', ...DATED], { cwd: other });
  expect(table).toContain('\nzebra: none in what was read\n');
});
