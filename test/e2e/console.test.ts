// Goal: the console answers as the manual says, in the numbers that a report of the same logs has.
// Method: each documented command on the built command line; counts against the files of a report.
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  newFolder,
  outputOf,
  readCsv,
  runHindcast,
  startHindcast,
  type Run,
} from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const POLICY = path.join(FIXTURES, 'replay', 'everything.yaml');
const OVER_LOG = ['console', LOG, '--tz', 'Europe/Berlin', '--policy', POLICY];

/** Fields of a command as options: one -c for each. */
const commands = (...lines: readonly string[]): string[] => lines.flatMap((line) => ['-c', line]);

const answers = (...lines: readonly string[]): Promise<string> =>
  outputKept([...OVER_LOG, ...commands(...lines)], { cwd });

const cwd = newFolder();
const report = path.join(cwd, 'out');

beforeAll(async () => {
  const args = ['replay', LOG, '--policy', POLICY, '--out', 'out', '--top', 'all'];
  await outputOf([...args, '--tz', 'Europe/Berlin'], { cwd });
});

const EVENTS = `time,kind,ip
2026-11-20T08:00:00Z,connect,10.1.2.3
2026-11-20T10:30:00Z,connect,10.9.9.9
2026-11-20T10:45:00Z,reception,10.9.9.9
2026-11-20T10:45:03Z,reception,10.1.2.3
2026-11-20T10:45:03Z,rejection,192.0.2.1
`;
const MANUAL = `hindcast: 1
monitors: ["1800,4"]
series: { myseries: { type: cidr, monitor: "300,12", on: rejection } }
rules: []
`;

/** As in the manual: a monitor of four windows prints five. */
const SHOWN = `Connections 1800/0: 1
Connections 1800/1: 0
Connections 1800/2: 0
Connections 1800/3: 0
Connections 1800/4: 0
Receptions 1800/0: 2
Receptions 1800/1: 0
Receptions 1800/2: 0
Receptions 1800/3: 0
Receptions 1800/4: 0
Rejections 1800/0: 0
Rejections 1800/1: 0
Rejections 1800/2: 0
Rejections 1800/3: 0
Rejections 1800/4: 0
`;

describe('the documented commands', () => {
  const folder = newFolder({ 'events.csv': EVENTS, 'policy.yaml': MANUAL });
  const over = ['console', 'events.csv', '--policy', 'policy.yaml'];
  const answer = (...lines: string[]): Promise<string> =>
    outputKept([...over, ...commands(...lines)], { cwd: folder });

  test.each(['inbound_audit:inbound_audit1 show ip', 'inbound_audit show ip', 'show ip'])(
    '%s',
    async (command) => {
      expect(await answer(`${command} 10.0.0.0/8`)).toBe(SHOWN);
    },
  );

  test('show ip under the monitors of a configuration, in their order', async () => {
    const stanza = 'inbound_audit {\n  monitors = ( "300,6" "1800,4" )\n}\n';
    const own = newFolder({ 'events.csv': EVENTS, 'ecelerity.conf': stanza });
    const args = ['console', 'events.csv', '--config', 'ecelerity.conf'];
    const shown = await outputKept([...args, '-c', 'show ip 10.0.0.0/8'], { cwd: own });
    const names = ['Connections', 'Receptions', 'Rejections'].flatMap((name) => [
      ...[0, 1, 2, 3, 4, 5, 6].map((window) => `${name} 300/${window}`),
      ...[0, 1, 2, 3, 4].map((window) => `${name} 1800/${window}`),
    ]);
    const rows = shown.trimEnd().split('\n');
    expect(rows.map((row) => row.split(':')[0])).toEqual(names);
    expect(rows.filter((row) => !row.endsWith(': 0'))).toEqual([
      'Connections 300/3: 1',
      'Connections 1800/0: 1',
      'Receptions 300/0: 2',
      'Receptions 1800/0: 2',
    ]);
  });

  test('show all', async () => {
    expect(await answer('inbound_audit show all')).toBe(`ip,metric,interval,window,count
10.1.2.3,receptions,1800,0,1
10.9.9.9,connections,1800,0,1
10.9.9.9,receptions,1800,0,1
192.0.2.1,rejections,1800,0,1
192.0.2.1,myseries,300,0,1
`);
  });

  test('add, subtract, count_cidr, delete_ip', async () => {
    const shown = await answer(
      'inbound_audit add myseries 300,12 192.0.2.77 10',
      'inbound_audit count_cidr 192.0.2.0/24 myseries "300,12" 0 11',
      'inbound_audit subtract myseries 300,12 192.0.2.1 5',
      'inbound_audit count_cidr 192.0.2.1 myseries 300,12 0 0',
      'inbound_audit delete_ip 192.0.2.77 myseries 300,12',
      'inbound_audit count_cidr 0.0.0.0/0 myseries 300,12 0 11',
    );
    expect(shown).toBe('10\n11\n-4\n-4\ndeleted 1 key, which counted 10\n-4\n');
  });

  test('load, with a file and by the name of the series', async () => {
    const stored = path.join(FIXTURES, 'series', 'v1', 'bad_rcpt');
    const policy = MANUAL.replace('myseries', 'bad_rcpt');
    const own = newFolder({ 'events.csv': EVENTS, 'policy.yaml': policy });
    const load = async (line: string): Promise<Run> =>
      runKept([...over, ...commands(line, 'count_cidr 0.0.0.0/0 bad_rcpt 300,12 0 11')], {
        cwd: own,
      });
    const aged = 'loaded 0 rows of 0 keys from FILE; dropped 3 rows of 2 windows that had aged out';
    expect((await load(`inbound_audit load bad_rcpt ${stored}`)).stdout).toBe(
      `${aged.replace('FILE', stored)}\n0\n`,
    );
    mkdirSync(path.join(own, 'state'));
    copyFileSync(stored, path.join(own, 'state', 'bad_rcpt'));
    expect((await load('inbound_audit load bad_rcpt')).stdout).toBe(
      `${aged.replace('FILE', 'state/bad_rcpt')}\n0\n`,
    );
    copyFileSync(path.join(FIXTURES, 'series', 'v1', 'bad', 'altered-count'), path.join(own, 'x'));
    const refused = await load('inbound_audit load bad_rcpt x');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(
      '-c:1: error: series file x was not loaded: line 11, column 9: expected digest ',
    );
  });

  test('help', async () => {
    const help = await answer('inbound_audit help');
    expect(help.startsWith('show ip <ip[/mask]>\n    Display verbose statistics for')).toBe(true);
    expect(help).toContain(
      'load <series> <filename>\n' +
        '    Load a series from a file.  The the filename can be omitted if\n' +
        '    the file has the same name as the series\n\nAlso, in hindcast:\n',
    );
  });
});

describe('over logs', () => {
  /** What `show all` must print, from the keys of a report whose windows all are still kept. */
  function keysOf(folder: string, nowMs: number): string[] {
    const keys = readCsv(filesBelow(folder)['keys.csv']);
    const counted = keys.filter(({ series }) => !['sessions', 'logins'].includes(series));
    return counted.map((row) => {
      const intervalMs = Number(row['monitor'].split(',')[0]) * 1000;
      const window = Math.floor(nowMs / intervalMs) * intervalMs - Date.parse(row['window_start']);
      const { series, key, count } = row;
      return `${key} ${series} ${intervalMs / 1000} ${window / intervalMs} ${count}`;
    });
  }
  const rowsOf = (csv: string): string[] => readCsv(csv).map((row) => Object.values(row).join(' '));

  test('show all is every key of the report', async () => {
    const shown = rowsOf(await answers('show all'));
    expect(shown.length).toBeGreaterThan(1000);
    expect(shown.toSorted()).toEqual(keysOf(report, Date.parse('2026-11-20T17:27:46Z')).toSorted());
  });

  test('count_cidr is the sum of what show prints of the state', async () => {
    const state = path.join('out', 'series', 'state', 'bad_rcpt');
    const csv = await outputKept(['show', state, '--per', '24,48', '--format', 'csv'], { cwd });
    const sums = new Map<string, number>();
    for (const { block, window, count } of readCsv(csv)) {
      if (Number(window) <= 2) sums.set(block, (sums.get(block) ?? 0) + Number(count));
    }
    expect(sums.size).toBeGreaterThan(5);
    const lines = [...sums.keys()].map((block) => `count_cidr ${block} bad_rcpt 10,12 0 2`);
    expect(await answers(...lines)).toBe([...sums.values()].map((sum) => `${sum}\n`).join(''));
  });

  test('load brings a series of the report back, whole', async () => {
    const all = 'count_cidr 0.0.0.0/0 bad_rcpt 10,12 0 11';
    const [before, , cleared, loaded, after] = (
      await answers(
        all,
        'delete_ip 0.0.0.0/0 bad_rcpt 10,12',
        all,
        'load bad_rcpt out/series/state/bad_rcpt',
        all,
      )
    ).split('\n');
    expect(Number(before)).toBeGreaterThan(100);
    expect(cleared).toBe('0');
    expect(loaded).toMatch(/^loaded \d+ rows of \d+ keys from out\/series\/state\/bad_rcpt$/);
    expect(after).toBe(before);
  });

  test('at moves the clock on and back, to what a replay until then counts', async () => {
    const stops = ['17:27:20', '2026-11-20T18:27:30+01:00', '17:27:40', '+3s', '17:27:25', 'end'];
    const times = ['20', '30', '40', '43', '25', '46'];
    const shown = await answers(...stops.flatMap((stop) => [`at ${stop}`, 'show all']));
    const parts = shown.split(/^(2026-11-20T17:27:\d\dZ)\n/m).slice(1);
    expect(parts.filter((_, index) => index % 2 === 0)).toEqual(
      times.map((second) => `2026-11-20T17:27:${second}Z`),
    );
    for (const [index, second] of times.slice(0, 5).entries()) {
      const until = `2026-11-20T17:27:${second}Z`;
      const args = ['replay', LOG, '--policy', POLICY, '--top', 'all', '--to', until];
      const folder = newFolder();
      await outputKept([...args, '--tz', 'Europe/Berlin', '--out', 'out'], { cwd: folder });
      const wanted = keysOf(path.join(folder, 'out'), Date.parse(until));
      expect(rowsOf(parts[index * 2 + 1]).toSorted()).toEqual(wanted.toSorted());
    }
    expect(parts[11]).toBe(await answers('show all'));
  });

  test('--at begins elsewhere; back, changes by hand are lost, and on they stay', async () => {
    const count = 'count_cidr 203.0.113.9 bad_rcpt 10,12 0 11';
    const add = 'add bad_rcpt 10,12 203.0.113.9 500';
    const run = await runHindcast(
      [
        ...OVER_LOG,
        '--at',
        '2026-11-20T17:27:20Z',
        ...commands('at', add, 'at +10s', count, 'at -10s', count),
      ],
      { cwd },
    );
    expect(run).toEqual({
      code: 0,
      stdout: [
        '2026-11-20T17:27:20Z',
        '500',
        '2026-11-20T17:27:30Z',
        '500',
        '2026-11-20T17:27:20Z',
        '0\n',
      ].join('\n'),
      stderr: 'hindcast: replayed from the start, lost: bad_rcpt (1 change)\n',
    });
  });

  test('before the first event and behind the last one the windows are empty', async () => {
    const shown = await answers('at 10:00', 'show all', 'at 2026-11-21T00:00:00Z', 'show all');
    const header = 'ip,metric,interval,window,count\n';
    expect(shown).toBe(`2026-11-20T10:00:00Z\n${header}2026-11-21T00:00:00Z\n${header}`);
  });
});

describe('over a state', () => {
  const policy = `hindcast: 1
series:
  seen: { type: ip, monitor: "300,12", on: connect, persist: true }
  users: { type: string, monitor: "300,12", on: auth_failure, key: user }
rules:
  - { name: busy, count: seen, windows: 0..11, per: { ipv4: 24, ipv6: 64 }, above: 5, then: tag }
  - { name: crowd, count: sessions, per: { ipv4: 24, ipv6: 64 }, above: 100, then: tag }
  - { name: many, distinct: user, on: auth_failure, per: address, above: 100, then: tag }
  - { name: lone, count: seen, per: address, scope: node, above: 100, then: tag }
`;
  const line = (time: string, ip: string): string => connect(`2026-11-20T${time}Z`, ip);

  /** A folder whose state has seen two connects, of 10:00:00 and 10:00:20. */
  async function stored(): Promise<string> {
    const folder = newFolder({
      'policy.yaml': policy,
      'first.log': line('10:00:00', '192.0.2.1') + line('10:00:20', '192.0.2.2'),
      'second.log': line('10:05:00', '192.0.2.3'),
    });
    await replayed(folder, 'first.log');
    return folder;
  }
  const replayed = (folder: string, log: string, ...more: readonly string[]): Promise<string> => {
    const args = ['replay', log, '--policy', 'policy.yaml', '--state', 'state', '--reorder', '0s'];
    return outputKept([...args, ...more], { cwd: folder });
  };
  const ask = (folder: string, ...lines: readonly string[]): Promise<Run> =>
    runKept(['console', '--state', 'state', ...commands(...lines)], { cwd: folder });
  const stateOf = (folder: string): Record<string, string> =>
    filesBelow(path.join(folder, 'state'));

  test('commands see what the replays have counted', async () => {
    const run = await ask(
      await stored(),
      'at',
      'count_cidr 192.0.2.0/24 seen 300,12 0',
      'show all',
    );
    expect(run).toEqual({
      code: 0,
      stdout: `2026-11-20T10:00:20Z
2
ip,metric,interval,window,count
192.0.2.1,connections,300,0,1
192.0.2.1,seen,300,0,1
192.0.2.2,connections,300,0,1
192.0.2.2,seen,300,0,1
`,
      stderr: '',
    });
  });

  test('what is not saved is said, and nothing is written', async () => {
    const folder = await stored();
    const before = stateOf(folder);
    const run = await ask(
      folder,
      'add seen 300,12 192.0.2.1 5',
      'delete_ip 192.0.2.2 seen 300,12',
      'add users 300,12 alice 1',
      'wat',
    );
    expect([run.code, run.stderr]).toEqual([
      2,
      expect.stringMatching(/hindcast: not saved: seen \(2 changes\), users \(1 change\)\n$/),
    ]);
    expect(stateOf(folder)).toEqual(before);
  });

  test('saved without a change, the state is the same byte for byte', async () => {
    const folder = await stored();
    const before = stateOf(folder);
    expect((await ask(folder, 'save', 'save')).stdout).toBe('saved\nsaved\n');
    expect(stateOf(folder)).toEqual(before);
  });

  test('saved changes are there for the next console and the next replay', async () => {
    const folder = await stored();
    const run = await ask(folder, 'add seen 300,12 192.0.2.1 3', 'save', 'add users 300,12 bob 2');
    expect(run.stdout).toBe('4\nsaved: seen (1 change)\n2\n');
    expect(run.stderr).toBe('hindcast: not saved: users (1 change)\n');
    const next = await ask(folder, 'count_cidr 192.0.2.1 seen 300,12 0', 'load seen');
    expect(next.stdout).toBe('4\nloaded 2 rows of 2 keys from state/seen\n');
    expect(await replayed(folder, 'second.log', '--format', 'json')).toMatch(
      /"rule": "busy",[^}]*?"firings": 1,/,
    );
  });

  test('a state that another run has written in the meantime is left alone', async () => {
    const folder = await stored();
    const args = ['console', '--state', 'state'];
    const { child, done } = startHindcast(args, { cwd: folder, stdin: null });
    child.stdin.write('add seen 300,12 192.0.2.1 3\n');
    await once(child.stdout, 'data');
    await ask(folder, 'add seen 300,12 192.0.2.1 5', 'save');
    child.stdin.end('save\n');
    const { code, stderr } = await done;
    expect([code, stderr]).toEqual([2, expect.stringContaining('written by another run')]);
    expect((await ask(folder, 'count_cidr 192.0.2.1 seen 300,12 0')).stdout).toBe('6\n');
  });

  test('the clock does not move', async () => {
    const { code, stderr } = await ask(await stored(), 'at 11:00');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('there are no logs here, so the clock stands where the state was'),
    ]);
  });

  test('a state that is not there, or damaged, is refused', async () => {
    const folder = await stored();
    const missing = await runHindcast(['console', '--state', 'x', '-c', 'at'], { cwd: folder });
    expect(missing).toEqual({
      code: 2,
      stdout: '',
      stderr: 'hindcast: there is no state in x\nhint: hindcast replay LOGS --state x leaves one\n',
    });
    appendFileSync(path.join(folder, 'state', 'hindcast.state'), 'x');
    const { code, stdout, stderr } = await ask(folder, 'at');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('hindcast.state');
  });
});

describe('commands', () => {
  const folder = newFolder({
    'mail.log': connect('2026-11-20T10:00:00Z', '192.0.2.1'),
    'empty.log': '',
  });
  const run = (args: readonly string[], stdin: string | null = ''): Promise<Run> =>
    runHindcast(['console', ...args], { cwd: folder, stdin });

  test('may come from a pipe: no prompt, and the first mistake ends them', async () => {
    const stdin = '# windows\nshow ip 192.0.2.1/32\r\n\nat\nshow ipp\nat\n';
    const { code, stdout, stderr } = await run(['mail.log'], stdin);
    expect(code).toBe(2);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'Connections 300/0: 1',
      'Connections 300/1: 0',
    ]);
    expect(stdout.endsWith('Rejections 300/6: 0\n2026-11-20T10:00:00Z\n')).toBe(true);
    expect(stderr).toBe(
      'stdin:5:6: error: expected show ip or show all [console-command]\n' +
        '5 show ipp\n       ^^^\n',
    );
  });

  test('of -c leave standard input alone, or to a log', async () => {
    const log = readFileSync(path.join(folder, 'mail.log'), 'utf8');
    const piped = await run(['-', '-c', 'at'], log);
    expect(piped).toEqual({ code: 0, stdout: '2026-11-20T10:00:00Z\n', stderr: '' });
    const silent = await run(['mail.log', '-c', 'at\nquit\nwat'], null);
    expect(silent).toEqual({ code: 0, stdout: '2026-11-20T10:00:00Z\n', stderr: '' });
    const back = await run(['-', '-c', 'at 09:00'], log);
    expect([back.code, back.stderr]).toEqual([
      2,
      '-c:1: error: standard input can be read once only, so the clock cannot go back\n',
    ]);
  });

  test('of a log without events say so', async () => {
    const { code, stdout, stderr } = await run(['empty.log', '-c', 'at', '-c', 'show ip ::1']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^no event yet\nConnections 300\/0: 0\n/);
  });

  test('end with success when nobody reads the answers', async () => {
    const lines = Array.from({ length: 5000 }, () => 'help').join('\n');
    const { child, done } = startHindcast(['console', 'mail.log'], { cwd: folder, stdin: lines });
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, stderr } = await done;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('that are not there yet are waited for; an interrupt ends the waiting', async () => {
    const { child, done } = startHindcast(['console', 'mail.log'], { cwd: folder, stdin: null });
    child.stdin.write('at\n');
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await done;
    expect([code, stdout]).toEqual([130, '2026-11-20T10:00:00Z\n']);
  });

  test.each([
    [[], 'a console needs logs, or a --state'],
    [['mail.log', '--state', 'x'], 'logs and --state exclude each other'],
    [['--state', 'x', '--policy', 'y'], '--policy and --state exclude each other'],
    [['--state', 'x', '--at', '10:00'], '--at and --state exclude each other'],
    [['-'], 'standard input cannot bring a log and the commands'],
    [['mail.log', '--at', 'noon'], '--at noon: not a time'],
    [['missing.log', '-c', 'at'], 'no such file'],
  ])('%j is refused', async (args, words) => {
    const { code, stdout, stderr } = await runKept(['console', ...args], { cwd: folder });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});
