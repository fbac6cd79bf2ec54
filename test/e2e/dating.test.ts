// Goal: every line stands at the moment it was written, whatever the log leaves out of its stamps,
// and lines that cannot are said to the user.
import { utimesSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect, disconnect } from './log-lines.ts';
import { outputKept } from './kept-hindcast.ts';
import { filesBelow, newFolder, outputOf, readCsv, runHindcast } from './run-hindcast.ts';

interface FileJson {
  readonly file: string;
  readonly lines: number;
  readonly first: string;
  readonly last: string;
  readonly year: { readonly first: number; readonly source: string } | null;
  readonly zone: string | null;
  readonly late: number;
  readonly too_late: number;
  readonly quarantined: number;
  readonly quarantined_lines: readonly unknown[];
  readonly gaps: number;
  readonly longest_gaps: readonly unknown[];
  readonly duplicate_of: string | null;
  readonly overlaps: readonly string[];
}
interface Summary {
  readonly first: string;
  readonly last: string;
  readonly events: Record<string, number>;
  readonly lines: Record<string, number>;
  readonly late: number;
  readonly too_late: number;
  readonly sessions: Record<string, unknown>;
  readonly files: readonly FileJson[];
}

async function replayed(cwd: string, ...args: string[]): Promise<Summary> {
  return JSON.parse(await outputKept(['replay', '--format', 'json', ...args], { cwd })) as Summary;
}

/** Times and peers of the connects, as converted. */
async function connects(cwd: string, ...args: string[]): Promise<string[]> {
  const rows = readCsv(await outputKept(['convert', ...args], { cwd }));
  return rows
    .filter(({ kind }) => kind === 'connect')
    .map(({ time, ip, node }) => `${time} ${ip} ${node}`);
}

function setModified(file: string, iso: string): void {
  const seconds = Date.parse(iso) / 1000;
  utimesSync(file, seconds, seconds);
}

describe('a yearless log across New Year', () => {
  const log = [
    connect('Dec 31 23:59:58', '192.0.2.1'),
    connect('Dec 31 23:59:59', '192.0.2.2', { pid: 101 }),
    // A little disorder is not another year.
    connect('Jan  1 00:00:03', '192.0.2.3', { pid: 102 }),
    connect('Dec 31 23:59:57', '192.0.2.4', { pid: 103 }),
    connect('Jan  2 08:00:00', '192.0.2.5', { pid: 104 }),
  ].join('');
  const times = [
    '2026-12-31T23:59:57Z 192.0.2.4 mx1',
    '2026-12-31T23:59:58Z 192.0.2.1 mx1',
    '2026-12-31T23:59:59Z 192.0.2.2 mx1',
    '2027-01-01T00:00:03Z 192.0.2.3 mx1',
    '2027-01-02T08:00:00Z 192.0.2.5 mx1',
  ];

  test('takes its year from the name', async () => {
    const cwd = newFolder({ 'maillog-20270103': log });
    expect(await connects(cwd, 'maillog-20270103')).toEqual(times);
    const { first, last, files } = await replayed(cwd, 'maillog-20270103');
    expect([first, last]).toEqual(['2026-12-31T23:59:57Z', '2027-01-02T08:00:00Z']);
    expect(files[0].year).toEqual({ first: 2026, source: 'file name' });
  });

  test('takes the year of its first line from --year', async () => {
    const cwd = newFolder({ 'mail.log': log });
    expect(await connects(cwd, 'mail.log', '--year', '2026')).toEqual(times);
    const { files } = await replayed(cwd, 'mail.log', '--year', '2026');
    expect(files[0].year).toEqual({ first: 2026, source: '--year' });
  });

  test('takes its year from the last modification, and says so', async () => {
    const cwd = newFolder({ 'mail.log': log });
    setModified(path.join(cwd, 'mail.log'), '2027-01-02T08:00:01Z');
    expect(await connects(cwd, 'mail.log')).toEqual(times);
    const { files } = await replayed(cwd, 'mail.log');
    expect(files[0].year).toEqual({ first: 2026, source: 'mtime' });
    const table = await outputKept(['replay', 'mail.log'], { cwd });
    expect(table).toContain('mail.log: year 2026 taken from the mtime; --year sets it');
  });

  test('from standard input needs --year', async () => {
    const { code, stdout, stderr } = await runHindcast(['replay', '-'], { stdin: log });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'hindcast: the stamps on standard input name no year\n' +
        'hint: say the year of its first line, for example --year 2026\n',
    );
    const csv = await outputOf(['convert', '-', '--year', '2026'], { stdin: log });
    const rows = readCsv(csv);
    expect(rows.map(({ time, ip, node }) => `${time} ${ip} ${node}`)).toEqual(times);
    expect(new Set(rows.map(({ file }) => file))).toEqual(new Set(['-']));
  });
});

test('--year may differ by input', async () => {
  const line = connect('Jun  1 12:00:00', '192.0.2.1');
  const cwd = newFolder({ 'new/mail.log': line, 'old/mail.log': line.replace('mx1', 'mx9') });
  expect(await connects(cwd, 'new', 'old', '--year', '2026', '--year', 'old/*=2025')).toEqual([
    '2025-06-01T12:00:00Z 192.0.2.1 mx9',
    '2026-06-01T12:00:00Z 192.0.2.1 mx1',
  ]);
});

describe('a yearless log with 29 February', () => {
  const log = [
    connect('Feb 28 12:00:00', '192.0.2.1'),
    connect('Feb 29 12:00:00', '192.0.2.2', { pid: 101 }),
    connect('Mar  1 12:00:00', '192.0.2.3', { pid: 102 }),
  ].join('');

  test('is of a leap year', async () => {
    const cwd = newFolder({ 'mail.log': log });
    setModified(path.join(cwd, 'mail.log'), '2026-05-01T00:00:00Z');
    expect(await connects(cwd, 'mail.log')).toEqual([
      '2024-02-28T12:00:00Z 192.0.2.1 mx1',
      '2024-02-29T12:00:00Z 192.0.2.2 mx1',
      '2024-03-01T12:00:00Z 192.0.2.3 mx1',
    ]);
  });

  test.each([['mail.log'], ['-']])('is no log of 2027: %s', async (name) => {
    const cwd = newFolder({ 'mail.log': log });
    const args = ['replay', name, '--year', '2027', '--out', 'report'];
    const { code, stdout, stderr } = await runHindcast(args, { cwd, stdin: log });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`'${name}' line 2 is of 29 February, which 2027 does not have`);
    expect(stderr).toContain('hint: ');
    expect(Object.keys(filesBelow(cwd))).toEqual(['mail.log']);
  });
});

describe('a log through a change of daylight saving time', () => {
  const berlin = ['mail.log', '--year', '2026', '--tz', 'Europe/Berlin'];

  test('in spring an hour is left out', async () => {
    const cwd = newFolder({
      'mail.log': [
        connect('Mar 29 01:59:59', '192.0.2.1'),
        connect('Mar 29 03:00:00', '192.0.2.2', { pid: 101 }),
      ].join(''),
    });
    expect(await connects(cwd, ...berlin)).toEqual([
      '2026-03-29T00:59:59Z 192.0.2.1 mx1',
      '2026-03-29T01:00:00Z 192.0.2.2 mx1',
    ]);
  });

  test('in autumn an hour comes twice, told apart by the order of lines', async () => {
    const cwd = newFolder({
      'mail.log': [
        connect('Oct 25 01:59:59', '192.0.2.1'),
        connect('Oct 25 02:00:00', '192.0.2.2', { pid: 101 }),
        connect('Oct 25 02:59:59', '192.0.2.3', { pid: 102 }),
        connect('Oct 25 02:00:01', '192.0.2.4', { pid: 103 }),
        connect('Oct 25 02:30:00', '192.0.2.5', { pid: 104 }),
        connect('Oct 25 03:00:00', '192.0.2.6', { pid: 105 }),
      ].join(''),
    });
    expect(await connects(cwd, ...berlin)).toEqual([
      '2026-10-24T23:59:59Z 192.0.2.1 mx1',
      '2026-10-25T00:00:00Z 192.0.2.2 mx1',
      '2026-10-25T00:59:59Z 192.0.2.3 mx1',
      '2026-10-25T01:00:01Z 192.0.2.4 mx1',
      '2026-10-25T01:30:00Z 192.0.2.5 mx1',
      '2026-10-25T02:00:00Z 192.0.2.6 mx1',
    ]);
    const { files, late } = await replayed(cwd, ...berlin);
    expect([files[0].zone, late]).toEqual(['Europe/Berlin', 0]);
  });

  test('the zone may differ by input', async () => {
    const line = connect('Oct 25 12:00:00', '192.0.2.1');
    const cwd = newFolder({ 'de/mail.log': line, 'us/mail.log': line.replace('mx1', 'mx9') });
    const zones = ['--tz', 'Europe/Berlin', '--tz', 'us/*=America/New_York'];
    expect(await connects(cwd, 'de', 'us', '--year', '2026', ...zones)).toEqual([
      '2026-10-25T11:00:00Z 192.0.2.1 mx1',
      '2026-10-25T16:00:00Z 192.0.2.1 mx9',
    ]);
  });
});

describe('logs of two hosts', () => {
  // The same process number and peer on both: two sessions, open at once.
  const mx1 =
    connect('2026-11-20T10:00:00Z', '192.0.2.1') +
    disconnect('2026-11-20T10:00:20Z', '192.0.2.1') +
    connect('2026-11-20T10:00:40Z', '192.0.2.2');
  const mx2 =
    connect('2026-11-20T10:00:10Z', '192.0.2.1', { host: 'mx2' }) +
    disconnect('2026-11-20T10:00:30Z', '192.0.2.1', { host: 'mx2' }) +
    connect('2026-11-20T10:00:40Z', '192.0.2.3', { host: 'mx2' });
  const merged = [
    '2026-11-20T10:00:00Z 192.0.2.1 mx1',
    '2026-11-20T10:00:10Z 192.0.2.1 mx2',
    '2026-11-20T10:00:40Z 192.0.2.2 mx1',
    '2026-11-20T10:00:40Z 192.0.2.3 mx2',
  ];

  test('become one stream of two nodes', async () => {
    const cwd = newFolder({ 'a/mail.log': mx1, 'b/mail.log': mx2 });
    for (const order of [
      ['a/mail.log', 'b/mail.log'],
      ['b/mail.log', 'a/mail.log'],
    ]) {
      expect(await connects(cwd, ...order)).toEqual(merged);
    }
    // What comes first at one instant is told by the logs, not by their names.
    const renamed = newFolder({ 'b/mail.log': mx1, 'a/mail.log': mx2 });
    expect(await connects(renamed, 'a', 'b')).toEqual(merged);
    const { sessions, files } = await replayed(cwd, 'a', 'b');
    expect(sessions).toMatchObject({ opened: 4, peak: 2, peak_at: '2026-11-20T10:00:10Z' });
    expect(sessions['ended']).toMatchObject({ logged: 2, replaced: 0 });
    expect(files.map(({ file }) => file)).toEqual(['a/mail.log', 'b/mail.log']);
  });

  test('--node says whose a file is', async () => {
    const cwd = newFolder({ 'a/mail.log': mx1, 'b/mail.log': mx2 });
    const events = await connects(cwd, 'a', 'b', '--node', 'edge=b/*');
    expect(events).toEqual(merged.map((event) => event.replace('mx2', 'edge')));
  });
});

describe('a rotated set', () => {
  const oldest =
    connect('Dec 30 10:00:00', '192.0.2.1') + connect('Dec 30 10:05:00', '192.0.2.2', { pid: 101 });
  const older =
    connect('Dec 31 10:00:00', '192.0.2.1', { pid: 102 }) +
    connect('Jan  1 10:00:00', '192.0.2.3', { pid: 103 });
  const newest = connect('Jan  2 10:00:00', '192.0.2.4', { pid: 104 });
  const cwd = newFolder({
    'logs/maillog': newest,
    'logs/maillog.1': older,
    'logs/maillog.2.gz': gzipSync(oldest),
  });
  const files = ['logs/maillog', 'logs/maillog.1', 'logs/maillog.2.gz'];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].map((order) => order.map((index) => files[index]));

  test('gives the same report in any order, as a folder and as a glob', async () => {
    const ways = [...orders, ['logs'], ['logs/*'], ['logs/maillog', 'logs/maillog.{1,2.gz}']];
    const reports = await Promise.all(
      ways.map(async (inputs, index) => {
        const out = `out${index}`;
        const args = ['replay', ...inputs, '--year', '2026', '--out', out];
        const table = await outputKept(args, { cwd });
        return { table, ...filesBelow(path.join(cwd, out)) };
      }),
    );
    const [first] = reports;
    for (const report of reports) expect(report).toEqual(first);
    const summary = JSON.parse(first['summary.json' as keyof typeof first]) as Summary;
    expect([summary.first, summary.last]).toEqual(['2026-12-30T10:00:00Z', '2027-01-02T10:00:00Z']);
    expect(summary.files.map(({ file, year }) => [file, year?.first])).toEqual([
      ['maillog', 2027],
      ['maillog.1', 2026],
      ['maillog.2.gz', 2026],
    ]);
  });

  test('takes the years of its files from one of them', async () => {
    const dated = newFolder({
      'maillog-20270103': newest,
      'maillog-20270101': older,
      maillog: connect('Jan  4 10:00:00', '192.0.2.4', { pid: 105 }),
    });
    const { files: read } = await replayed(dated, '.');
    expect(read.map(({ file, year }) => [file, year])).toEqual([
      ['maillog', { first: 2027, source: 'neighbour' }],
      ['maillog-20270101', { first: 2026, source: 'file name' }],
      ['maillog-20270103', { first: 2027, source: 'file name' }],
    ]);
  });

  test('names a file that is there twice, and counts it once', async () => {
    const twice = newFolder({
      'mail.log': oldest,
      'mail.log.gz': gzipSync(oldest),
      'copy/mail.log': oldest,
    });
    const { events, lines, files: read } = await replayed(twice, '.', '--year', '2026');
    expect(events).toEqual({ connect: 2 });
    expect(lines).toMatchObject({ lines: 2, event: 2 });
    expect(read.map(({ file, lines: count, duplicate_of }) => [file, count, duplicate_of])).toEqual(
      [
        ['copy/mail.log', 2, null],
        ['mail.log', 0, 'copy/mail.log'],
        ['mail.log.gz', 0, 'copy/mail.log'],
      ],
    );
    const table = await outputKept(['replay', '.', '--year', '2026'], { cwd: twice });
    expect(table).toContain('mail.log.gz: same content as copy/mail.log, counted once\n');
  });

  test('says which of its files overlap', async () => {
    const overlapping = newFolder({ 'maillog.1': oldest + older, maillog: older + newest });
    const { files: read } = await replayed(overlapping, '.', '--year', '2026');
    expect(read.map(({ file, overlaps }) => [file, overlaps])).toEqual([
      ['maillog', ['maillog.1']],
      ['maillog.1', ['maillog']],
    ]);
  });
});

describe('a line at the wrong time', () => {
  const policy = `hindcast: 1
monitors: ["60,3"]
rules:
  - { name: any, count: connections, above: 0, per: address, then: tag }
`;

  test('that jumps ahead is left out and listed', async () => {
    const cwd = newFolder({
      'mail.log': [
        connect('2026-11-20T10:00:00Z', '192.0.2.1'),
        connect('2031-01-01T00:00:00Z', '192.0.2.9', { pid: 109 }),
        connect('2026-11-20T10:00:01Z', '192.0.2.2', { pid: 101 }),
      ].join(''),
    });
    expect(await connects(cwd, 'mail.log')).toEqual([
      '2026-11-20T10:00:00Z 192.0.2.1 mx1',
      '2026-11-20T10:00:01Z 192.0.2.2 mx1',
    ]);
    const { last, files } = await replayed(cwd, 'mail.log');
    expect(last).toBe('2026-11-20T10:00:01Z');
    expect(files[0]).toMatchObject({
      lines: 3,
      last,
      quarantined: 1,
      quarantined_lines: [{ line: 2, time: '2031-01-01T00:00:00Z' }],
      gaps: 0,
    });
    const table = await outputKept(['replay', 'mail.log'], { cwd });
    expect(table).toContain('mail.log: 1 line quarantined (a jump ahead in time)');
  });

  test('after a quiet weekend is none: a gap', async () => {
    const cwd = newFolder({
      'mail.log': [
        connect('2026-11-20T18:00:00Z', '192.0.2.1'),
        connect('2026-11-23T06:00:00Z', '192.0.2.2', { pid: 101 }),
      ].join(''),
    });
    const { events, files } = await replayed(cwd, 'mail.log');
    expect(events).toEqual({ connect: 2 });
    expect(files[0]).toMatchObject({
      quarantined: 0,
      gaps: 1,
      longest_gaps: [{ from: '2026-11-20T18:00:00Z', to: '2026-11-23T06:00:00Z', line: 2 }],
    });
  });

  test('that is late counts in its own window and is not judged', async () => {
    // "60,3" keeps four windows. When the clock shows 10:04, minute 10:00 is gone.
    const cwd = newFolder({
      'policy.yaml': policy,
      'mail.log': [
        connect('2026-11-20T10:00:30Z', '192.0.2.1'),
        connect('2026-11-20T10:03:40Z', '192.0.2.2', { pid: 101 }),
        // Within the reorder buffer of 10 s: nothing special.
        connect('2026-11-20T10:03:31Z', '192.0.2.3', { pid: 102 }),
        // Late; its minute is still kept.
        connect('2026-11-20T10:01:10Z', '192.0.2.4', { pid: 103 }),
        connect('2026-11-20T10:04:40Z', '192.0.2.2', { pid: 101 }),
        // Too late: only a too late one counts nowhere.
        connect('2026-11-20T10:00:40Z', '192.0.2.5', { pid: 104 }),
      ].join(''),
    });
    const args = ['mail.log', '--policy', 'policy.yaml', '--out', 'report'];
    const { events, late, too_late, files } = await replayed(cwd, ...args);
    expect(events).toEqual({ connect: 5 });
    expect([late, too_late]).toEqual([1, 1]);
    expect(files[0]).toMatchObject({ lines: 6, late: 2, too_late: 1 });
    const report = filesBelow(path.join(cwd, 'report'));
    expect(report['windows.csv'].split('\n').filter((row) => row.startsWith('conn'))).toEqual([
      'connections,"60,3",2026-11-20T10:00:00Z,1,1,192.0.2.1,1,1',
      'connections,"60,3",2026-11-20T10:01:00Z,1,1,192.0.2.4,1,0',
      'connections,"60,3",2026-11-20T10:03:00Z,2,2,192.0.2.2,1,2',
      'connections,"60,3",2026-11-20T10:04:00Z,1,1,192.0.2.2,1,1',
    ]);
    expect(readCsv(report['firings.csv']).map(({ key }) => key)).toEqual([
      '192.0.2.1/32',
      '192.0.2.2/32',
      '192.0.2.3/32',
      '192.0.2.2/32',
    ]);
  });

  test('is none within --reorder', async () => {
    const cwd = newFolder({
      'mail.log': [
        connect('2026-11-20T10:01:00Z', '192.0.2.1'),
        connect('2026-11-20T10:00:20Z', '192.0.2.2', { pid: 101 }),
      ].join(''),
    });
    expect((await replayed(cwd, 'mail.log')).late).toBe(1);
    expect((await replayed(cwd, 'mail.log', '--reorder', '1m')).late).toBe(0);
  });
});
