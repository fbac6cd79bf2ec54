// Goal: a timeline tells what the log tells of a block, whatever the form of the log, and shows
// the very lines.
// Method: the built command over recorded logs, held against `convert`, `replay` and the lines of
// the files; hand-written logs for what no recording holds.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect, disconnect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  FIXTURES,
  newFolder,
  outputOf,
  readCsv,
  runHindcast,
  startHindcast,
  tally,
} from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs', 'postfix');
const RFC3339 = path.join(LOGS, 'recorded.rfc3339.log.gz');
const EVERYONE = ['--ip', '0.0.0.0/0', '--ip', '::/0'];
const KIND_OF: Readonly<Record<string, string>> = {
  connections: 'connect',
  receptions: 'reception',
  rejections: 'rejection',
};

/** Sums of the columns of a timeline in CSV, by kind. */
function sums(csv: string): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { window_start: _, addresses: __, events: ___, ...counts } of readCsv(csv)) {
    for (const [name, count] of Object.entries(counts)) {
      const kind = KIND_OF[name] ?? name;
      total[kind] = (total[kind] ?? 0) + Number(count);
    }
  }
  return total;
}

const timelineCsv = (...args: string[]): Promise<string> =>
  outputKept(['timeline', ...args, '--format', 'csv']);

describe.each([
  ['recorded.log.gz', ['--year', '2026', '--tz', 'Europe/Berlin']],
  ['recorded.pri.log.gz', ['--year', '2026', '--tz', 'Europe/Berlin']],
  ['recorded.rfc3339.log.gz', []],
  ['recorded.rfc5424.log.gz', []],
])('%s', (name, dating) => {
  const log = path.join(LOGS, name);

  test('everyone: what replay counts', async () => {
    const replayed = await outputKept(['replay', log, '--format', 'json', ...dating]);
    const { events } = JSON.parse(replayed) as { events: Record<string, number> };
    const converted = readCsv(await outputKept(['convert', log, ...dating]));
    const ofPeers = tally(converted.filter((row) => row['ip'] !== '').map((row) => row['kind']));
    for (const window of ['1s', '5m']) {
      const csv = await timelineCsv(log, ...EVERYONE, '--window', window, ...dating);
      expect(sums(csv)).toEqual(ofPeers);
      expect(readCsv(csv).length > 1).toBe(window === '1s');
    }
    for (const kind of ['connect', 'reception', 'rejection', 'auth_failure']) {
      expect([kind, ofPeers[kind]]).toEqual([kind, events[kind]]);
    }
  });

  test('--lines: the very lines of the file, each event its own', async () => {
    const lines = gunzipSync(readFileSync(log)).toString().split('\n');
    const converted = readCsv(await outputKept(['convert', log, ...dating]));
    const wanted = converted.filter((row) => row['ip'] !== '').map((row) => Number(row['line']));
    const args = ['timeline', log, ...EVERYONE, '--window', '1s', '--lines', ...dating];
    const shown = (await outputKept(args)).split('\n').filter((line) => line.startsWith(name));
    const last = shown.pop();
    expect(last).toMatch(/ lines = /);
    // A line of two events (postscreen) is shown once.
    expect(shown).toEqual([...new Set(wanted)].map((line) => `${name}:${line}:${lines[line - 1]}`));
    expect(shown.length).toBeGreaterThan(3000);
  });
});

test('windows hold what convert shows at their times', async () => {
  const rows = readCsv(await outputKept(['convert', RFC3339]));
  const own = rows.filter((row) => row['ip'].startsWith('198.51.100.'));
  const windows = readCsv(await timelineCsv(RFC3339, '--ip', '198.51.100.0/24', '--window', '2s'));
  expect(windows.length).toBeGreaterThan(10);
  for (const window of windows) {
    const startMs = Date.parse(window['window_start']);
    expect(startMs % 2000).toBe(0);
    const inside = own.filter((row) => {
      const timeMs = Date.parse(row['time']);
      return timeMs >= startMs && timeMs < startMs + 2000;
    });
    const rejections = inside.filter((row) => row['kind'] === 'rejection').length;
    const addresses = new Set(inside.map((row) => row['ip'])).size;
    expect([window['events'], window['rejections'], window['addresses']]).toEqual(
      [inside.length, rejections, addresses].map(String),
    );
  }
  expect(windows.reduce((sum, window) => sum + Number(window['events']), 0)).toBe(own.length);
});

test('JSON, CSV and the table say the same', async () => {
  const args = ['timeline', RFC3339, '--ip', '198.51.100.0/24', '--window', '10s'];
  const json = JSON.parse(await outputOf([...args, '--format', 'json'])) as {
    windows: { start: string; events: number; addresses: number; counts: Record<string, number> }[];
    lines: Record<string, number>;
  };
  const csv = readCsv(await outputOf([...args, '--format', 'csv']));
  const flat = json.windows.map(({ start, events, addresses, counts }) => {
    const cells = { window_start: start, events, addresses, ...counts };
    return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, String(cell)]));
  });
  expect(csv).toEqual(flat);
  expect(json.lines['lines']).toBe(6000);
  const table = (await outputOf(args)).split('\n').filter((line) => line.startsWith('2026-'));
  expect(table.map((line) => line.split(/ {2,}/).at(-2))).toEqual(csv.map((row) => row['events']));
});

describe('the same rows', () => {
  const block = ['--ip', '198.51.100.0/24', '--ip', '2001:db8:6::/64', '--window', '1s'];
  const plain = gunzipSync(readFileSync(RFC3339));

  test('from gzip, plain, standard input, a converted file', async () => {
    const wanted = await timelineCsv(RFC3339, ...block);
    const cwd = newFolder({
      'plain.log': plain,
      'events.csv': await outputKept(['convert', RFC3339]),
    });
    for (const name of ['plain.log', 'events.csv']) {
      expect(await outputKept(['timeline', name, ...block, '--format', 'csv'], { cwd })).toBe(
        wanted,
      );
    }
    const args = ['timeline', '-', ...block, '--format', 'csv'];
    expect(await outputOf(args, { stdin: gzipSync(plain), tz: 'Asia/Tokyo' })).toBe(wanted);
  });

  test('from the parts of a log, in any order, or their folder', async () => {
    const lines = plain.toString().split(/(?<=\n)/);
    const cwd = newFolder({
      'logs/b.log': lines.slice(0, 2500).join(''),
      'logs/a.log': gzipSync(lines.slice(2500).join('')),
    });
    const wanted = await timelineCsv(RFC3339, ...block);
    for (const logs of [['logs'], ['logs/a.log', 'logs/b.log'], ['logs/b.log', 'logs/a.log']]) {
      const args = ['timeline', ...logs, ...block, '--format', 'csv'];
      expect(await outputKept(args, { cwd })).toBe(wanted);
    }
  });

  test('for an address however it is written', async () => {
    const count = async (...ips: string[]): Promise<string> => {
      return timelineCsv(RFC3339, ...ips.flatMap((ip) => ['--ip', ip]));
    };
    const wanted = await count('2001:db8:7:e::1');
    expect(readCsv(wanted)[0]['events']).toBe('27');
    expect(await count('[2001:db8:7:e:0:0:0:1]/128', '2001:db8:7:e::1')).toBe(wanted);
    const [v4, mapped] = [await count('198.51.100.7/24'), await count('::ffff:198.51.100.0/120')];
    expect(readCsv(v4)[0]['events']).toBe('650');
    expect(mapped).toBe(v4);
  });
});

const OWN = [
  connect('Nov 20 10:00:00', '192.0.2.1'),
  connect('Nov 20 10:00:01', '192.0.2.99', { pid: 101 }),
  'Nov 20 10:00:02 mx1 postfix/smtpd[100]: lost connection after AUTH from unknown[192.0.2.77]\n',
  'Nov 20 10:00:03 mx1 postfix/smtpd[100]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: \u001b[2J\n',
  'Nov 20 10:00:04 mx1 last message repeated 2 times\n',
  disconnect('Nov 20 10:16:00', '192.0.2.1'),
  // Late: 30 s behind the newest line of the file.
  connect('Nov 20 10:14:30', '192.0.2.1', { pid: 102 }),
  'Dear postmaster,\n',
  connect('Nov 20 10:16:10', '127.0.0.1', { pid: 103 }),
].join('');
const DATED = ['--year', '2026', '--reorder', '30s'];

test('--lines groups the lines by window, late ones under theirs', async () => {
  const cwd = newFolder({ 'mail.log': OWN });
  const args = ['timeline', 'mail.log', '--ip', '192.0.2.1', '--lines', ...DATED];
  const { code, stdout, stderr } = await runKept(args, { cwd });
  expect([code, stderr]).toEqual([0, 'mail.log: 1 line unparsed: no header\n']);
  const raw = OWN.split('\n');
  const line = (number: number): string => `mail.log:${number}:${raw[number - 1]}`;
  expect(stdout.split('\n')).toEqual([
    '-- 2026-11-20 10:00:00',
    line(1),
    line(4).replace('\u001b', '\\x1b'),
    line(5),
    '-- 2026-11-20 10:15:00',
    line(6),
    '-- 2026-11-20 10:10:00 (late)',
    line(7),
    '',
    'mail.log: 9 lines = 7 events + 1 irrelevant + 1 unparsed',
    '192.0.2.1/32: 6 events of 1 address, 2026-11-20 10:00:00 to 2026-11-20 10:16:00 UTC, windows of 5 min',
    '',
    'window (UTC)         connections  receptions  rejections  auth_failure  addresses  events',
    '2026-11-20 10:00:00            1           0           0             3          1       4  ████████████████████████',
    '… 1 quiet window …',
    '2026-11-20 10:10:00            1           0           0             0          1       1  ██████',
    '2026-11-20 10:15:00            0           0           0             0          1       1  ██████',
    '',
  ]);
});

test('--lines finds what grep finds, but for lines that are no event', async () => {
  const lines = gunzipSync(readFileSync(RFC3339)).toString().split('\n');
  const ip = '2001:db8:7:c::1';
  const noEvent = /lost connection|improper command pipelining|too many errors/;
  const found = lines.filter((line) => line.includes(`[${ip}]`) && !noEvent.test(line));
  const rows = readCsv(await outputKept(['convert', RFC3339])).filter((row) => row['ip'] === ip);
  const stdout = await outputKept(['timeline', RFC3339, '--ip', ip, '--lines']);
  const shown = stdout.split('\n').filter((line) => /^recorded.*:\d+:/.test(line));
  const ofSmtpd = shown.filter((line) => line.includes(`[${ip}]`));
  expect(ofSmtpd.map((line) => line.replace(/^[^:]*:\d+:/, ''))).toEqual(found);
  expect(shown).toHaveLength(new Set(rows.map((row) => row['line'])).size);
  expect(found.length).toBeGreaterThan(5);
});

test('lines of a converted log name the log; a record over two lines shows its first', async () => {
  const cwd = newFolder({
    'a.csv':
      'time,kind,ip,reason,file,line\n2026-11-20T10:00:00Z,rejection,192.0.2.1,"a\nb",old.log,77\n',
  });
  const stdout = await outputKept(['timeline', 'a.csv', '--ip', '192.0.2.1', '--lines'], { cwd });
  expect(stdout.split('\n')[1]).toBe('old.log:77:2026-11-20T10:00:00Z,rejection,192.0.2.1,"a');
});

test('loopback is a peer like any other', async () => {
  const cwd = newFolder({ 'mail.log': OWN });
  const args = ['timeline', 'mail.log', '--ip', '127.0.0.1', '--format', 'csv', ...DATED];
  const { code, stdout } = await runKept(args, { cwd });
  expect([code, readCsv(stdout).map((row) => row['connections'])]).toEqual([0, ['1']]);
});

test('--from and --to are half open; --all shows every window', async () => {
  const cwd = newFolder({ 'mail.log': OWN });
  const span = ['--from', '2026-11-20T10:00:03Z', '--to', '2026-11-20T10:16:00Z'];
  const args = ['timeline', 'mail.log', '--ip', '192.0.2.1', ...span, '--reorder', '5m'];
  const show = async (...more: string[]): Promise<string[]> => {
    const { stdout } = await runKept([...args, ...more, '--year', '2026'], { cwd });
    return readCsv(stdout).map((row) => `${row['window_start'].slice(11, 16)} ${row['events']}`);
  };
  expect(await show('--format', 'csv')).toEqual(['10:00 3', '10:10 1']);
  expect(await show('--format', 'csv', '--all')).toEqual(['10:00 3', '10:05 0', '10:10 1']);
});

test('a block without an event is an answer', async () => {
  const cwd = newFolder({ 'mail.log': OWN });
  const args = ['timeline', 'mail.log', '--ip', '203.0.113.0/24', ...DATED];
  const { code, stdout } = await runKept(args, { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain(
    '203.0.113.0/24: no event; the events read are of 2026-11-20 10:00:00 to 2026-11-20 10:16:10 UTC\n',
  );
  const csv = await runKept([...args, '--format', 'csv'], { cwd });
  expect([csv.code, readCsv(csv.stdout)]).toEqual([0, []]);
  expect(csv.stderr).toContain('hindcast: no event of 203.0.113.0/24 in what was read\n');
  const json = await runKept([...args, '--format', 'json'], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({ events: 0, first: null, windows: [] });
});

describe('a mistake is named', () => {
  test.each([
    [[], 'hindcast: timeline needs --ip: whose?'],
    [['--ip', '192.0.2'], '--ip 192.0.2: neither an address nor a network'],
    [['--ip', '192.0.2.0/33'], '--ip 192.0.2.0/33: neither an address nor a network'],
    [['--ip', '::/0', '--window', '0'], '--window 0: expected whole seconds'],
    [['--ip', '::/0', '--window', '1500ms'], '--window 1500ms: expected whole seconds'],
    [['--ip', '::/0', '--window', 'x'], '--window x: not a duration'],
    [['--ip', '::/0', '--from', 'noon'], '--from noon: not a time'],
    [
      ['--ip', '::/0', '--from', '2026-11-20T10:00Z', '--to', '2026-11-20T10:00Z'],
      '--from 2026-11-20T10:00Z is not before --to 2026-11-20T10:00Z',
    ],
    [
      ['--ip', '::/0', '--lines', '--format', 'csv'],
      '--lines goes with --format table, not with csv',
    ],
  ])('%j', async (args, message) => {
    const cwd = newFolder({ 'mail.log': OWN });
    const run = await runKept(['timeline', 'mail.log', ...args, ...DATED], { cwd });
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain(message);
  });

  test('too many windows', async () => {
    const log =
      connect('2025-11-20T10:00:00Z', '192.0.2.1') + connect('2026-11-20T10:00:00Z', '192.0.2.1');
    const cwd = newFolder({ 'mail.log': log });
    const args = ['timeline', 'mail.log', '--ip', '192.0.2.1', '--window', '1s'];
    const run = await runKept([...args, '--all'], { cwd });
    expect([run.code, run.stderr]).toEqual([
      2,
      'hindcast: --all would show 31536001 windows, more than 1000000\nhint: a longer --window, or no --all\n',
    ]);
    expect(await outputKept(args, { cwd })).toContain('… 31,535,999 quiet windows …');
  });
});

test('exit 3 when more lines are unparsed than allowed, after the answer', async () => {
  const cwd = newFolder({ 'mail.log': OWN });
  const args = ['timeline', 'mail.log', '--ip', '192.0.2.1', ...DATED, '--max-unparsed', '0'];
  const { code, stdout, stderr } = await runHindcast(args, { cwd });
  expect(code).toBe(3);
  expect(stdout).toContain('6 events of 1 address');
  expect(stderr).toBe(
    'mail.log: 1 line unparsed: no header\nhindcast: unparsed lines: 1, more than --max-unparsed 0\n',
  );
});

test('a file without a usable line is refused', async () => {
  const cwd = newFolder({ 'mail.log': 'Dear postmaster,\n' });
  const run = await runKept(['timeline', 'mail.log', '--ip', '::/0', '--year', '2026'], {
    cwd,
  });
  expect([run.code, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain('no usable line in mail.log');
});

test('a reader that goes away is no failure', async () => {
  const args = ['timeline', RFC3339, ...EVERYONE, '--lines'];
  const { child, done } = startHindcast(args);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([0, '']);
});

test.each([
  ['timeline', ['--ip', '::/0']],
  ['top', []],
])('Ctrl-C ends %s with 130', async (command, args) => {
  const { child, done } = startHindcast([command, '-', ...args], { stdin: null });
  // More than a pipe holds: once it is gone, the run is reading.
  await new Promise((resolve) => {
    child.stdin.write(connect('2026-11-20T10:00:00Z', '192.0.2.1').repeat(5000), resolve);
  });
  child.kill('SIGINT');
  expect((await done).code).toBe(130);
});
