// Goal: events out as CSV or NDJSON and in again are the same replay; a CSV of anybody else is read
// too.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect, disconnect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder, readCsv, runHindcast } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs', 'postfix');
const EVERYTHING = path.join(FIXTURES, 'replay', 'everything.yaml');
const FULL = path.join(FIXTURES, 'policy', 'good', 'full.yaml');

interface Summary {
  readonly lines: Record<string, number>;
  readonly events: Record<string, number>;
  readonly files: readonly Record<string, unknown>[];
}

/** All files of a report but those that name its inputs, and the summary without these. */
async function reportOf(cwd: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const out = `out${readdirSync(cwd).length}`;
  await outputKept(['replay', ...args, '--top', 'all', '--out', out], { cwd });
  const report = filesBelow(path.join(cwd, out));
  const { lines, files, ...summary } = JSON.parse(report['summary.json']) as Summary;
  expect([lines['unparsed'], files.length > 0]).toEqual([0, true]);
  return { ...report, 'summary.json': summary, 'manifest.json': '' };
}

/** @param dating options that only the log itself needs */
async function expectRoundTrip(
  logs: Readonly<Record<string, string>>,
  names: readonly string[],
  dating: readonly string[],
  policy: string,
): Promise<Record<string, unknown>> {
  const cwd = newFolder(logs);
  const wanted = await reportOf(cwd, [...names, ...dating, '--policy', policy]);
  for (const to of ['csv', 'ndjson']) {
    const events = await outputKept(['convert', ...names, ...dating, '--to', to], { cwd });
    const file = `events.${to}`;
    const folder = newFolder({ [file]: events });
    const got = await reportOf(folder, [file, '--policy', policy]);
    expect(Object.keys(got)).toEqual(Object.keys(wanted));
    for (const [name, content] of Object.entries(got)) {
      expect([name, content]).toEqual([name, wanted[name]]);
    }
    // What was converted is converted to itself.
    expect(await outputKept(['convert', file, '--to', to], { cwd: folder })).toBe(events);
  }
  return wanted;
}

const rows = (csv: unknown): number => String(csv).split('\n').length - 2;

describe('out and in again', () => {
  test.each([
    ['recorded.log.gz', ['--year', '2026', '--tz', 'Europe/Berlin'], EVERYTHING, 100, 8],
    ['recorded.rfc3339.log.gz', [], EVERYTHING, 100, 8],
    ['recorded.rfc3339.log.gz', [], FULL, 0, 2],
    ['newyear.log.gz', ['--year', '2026'], EVERYTHING, 0, 6],
  ])('%s %j', async (name, dating, policy, least, series) => {
    const report = await expectRoundTrip({}, [path.join(LOGS, name)], dating, policy);
    expect(rows(report['windows.csv'])).toBeGreaterThan(5);
    expect(rows(report['firings.csv'])).toBeGreaterThanOrEqual(least);
    expect(rows(report['stopped.csv'])).toBeGreaterThanOrEqual(least);
    const seriesFiles = Object.keys(report).filter((file) => file.startsWith('series/'));
    expect(seriesFiles).toHaveLength(series);
  });

  test('late lines, of two hosts', async () => {
    const logs = {
      'mx1/mail.log': [
        connect('2026-11-20T10:00:30Z', '192.0.2.1'),
        connect('2026-11-20T10:03:40Z', '192.0.2.2', { pid: 101 }),
        connect('2026-11-20T10:03:31Z', '192.0.2.3', { pid: 102 }),
        // Late by an event, by a line that is none, and too late.
        connect('2026-11-20T10:01:10Z', '192.0.2.4', { pid: 103 }),
        '2026-11-20T10:04:20Z mx1 postfix/anvil[7]: statistics: max cache size 1\n',
        connect('2026-11-20T10:04:00Z', '192.0.2.2', { pid: 104 }),
        disconnect('2026-11-20T10:03:50Z', '192.0.2.2', { pid: 101 }),
        connect('2026-11-20T10:09:59Z', '192.0.2.2', { pid: 101 }),
        connect('2026-11-20T10:00:40Z', '192.0.2.5', { pid: 105 }),
      ].join(''),
      'mx2/mail.log': [
        connect('2026-11-20T10:00:30Z', '192.0.2.2', { host: 'mx2' }),
        connect('2026-11-20T10:04:20Z', '192.0.2.2', { host: 'mx2', pid: 101 }),
        connect('2026-11-20T10:04:01Z', '2001:db8::1', { host: 'mx2', pid: 102 }),
        connect('2026-11-20T10:04:21Z', '2001:db8::1', { host: 'mx2', pid: 103 }),
      ].join(''),
      'policy.yaml': `hindcast: 1
monitors: ["60,3"]
series:
  seen: { type: ip, monitor: "60,2", on: connect, serialize: true, persist: true }
rules:
  - { name: any, count: seen, windows: 0..1, per: { ipv4: 24, ipv6: 64 }, above: 1, then: tag }
  - { name: open, count: sessions, per: address, above: 0, then: { disconnect: "421 4.7.0 no" } }
`,
    };
    const policy = path.join(newFolder(logs), 'policy.yaml');
    const report = await expectRoundTrip(logs, ['mx1', 'mx2'], [], policy);
    expect(report['summary.json']).toMatchObject({ late: 4, too_late: 1 });
  });
});

describe('a CSV of somebody else', () => {
  const convert = async (content: string | Buffer, ...args: string[]): Promise<string[]> => {
    const cwd = newFolder({ 'events.csv': content });
    const csv = await outputKept(['convert', 'events.csv', ...args], { cwd });
    return readCsv(csv).map((row) =>
      ['time', 'kind', 'ip', 'user', 'reason', 'size'].map((field) => row[field]).join('|'),
    );
  };

  test('has its columns in any order, and more than ours', async () => {
    const csv = 'ip,country,kind,TIME,size\n192.0.2.1,NZ,reception,2026-11-20T10:00:00Z,700\n';
    expect(await convert(csv)).toEqual(['2026-11-20T10:00:00Z|reception|192.0.2.1|||700']);
  });

  test.each([
    ['1795168800', '2026-11-20T10:00:00Z'],
    ['1795168800.25', '2026-11-20T10:00:00.250Z'],
    ['1795168800250', '2026-11-20T10:00:00.250Z'],
    ['2026-11-20T10:00:00.25Z', '2026-11-20T10:00:00.250Z'],
    ['2026-11-20 11:00:00+01:00', '2026-11-20T10:00:00Z'],
    ['2026-11-20T11:00:00', '2026-11-20T10:00:00Z'],
  ])('has the time %s', async (written, time) => {
    const csv = `time,kind,ip\n${written},connect,192.0.2.1\n`;
    expect(await convert(csv, '--tz', 'Europe/Berlin')).toEqual([`${time}|connect|192.0.2.1|||`]);
  });

  test('names its columns otherwise: --map', async () => {
    const csv = 'ts,client,what,login\n1795168800,192.0.2.1,auth_failure,bob\n';
    const map = ['--map', 'time=ts,ip=client', '--map', 'kind=what,user=login'];
    expect(await convert(csv, ...map)).toEqual([
      '2026-11-20T10:00:00Z|auth_failure|192.0.2.1|bob||',
    ]);
  });

  test('has one kind, or a kind of its own: --kind', async () => {
    const csv = 'time,ip\n1795168800,192.0.2.1\n';
    expect(await convert(csv, '--kind', 'api_call')).toEqual([
      '2026-11-20T10:00:00Z|api_call|192.0.2.1|||',
    ]);
  });

  test('has quotes, a byte order mark and the line ends of Windows', async () => {
    const csv =
      '\ufefftime,kind,ip,reason,user\r\n' +
      '1795168800,rejection,192.0.2.1,"said ""no"", twice","a\r\nb"\r\n' +
      '1795168801,connect,[2001:db8::1],,\r\n' +
      '1795168802,connect,::ffff:192.0.2.7,,';
    const cwd = newFolder({ 'events.csv': csv });
    const events = readCsv(await outputKept(['convert', 'events.csv'], { cwd }));
    expect(events.map(({ ip, reason, user, line }) => [ip, reason, user, line])).toEqual([
      ['192.0.2.1', 'said "no", twice', 'a\r\nb', '2'],
      ['2001:db8::1', '', '', '4'],
      ['192.0.2.7', '', '', '5'],
    ]);
  });

  test.each([
    ['semicolons', ';'],
    ['tabs', '\t'],
    ['bars', '|'],
  ])('is separated by %s', async (_, separator) => {
    const csv = ['time,kind,ip,reason', '1795168800,connect,192.0.2.1,"a,b"']
      .map((line) => line.split(/,(?!b)/).join(separator))
      .join('\n');
    expect(await convert(csv)).toEqual(['2026-11-20T10:00:00Z|connect|192.0.2.1||a,b|']);
  });

  test('is said to be one: --input-format', async () => {
    const tsv = 'time\tkind\tip\treason\n1795168800\tconnect\t192.0.2.1\ta,b;c,d;e,f\n';
    for (const format of ['tsv', 'csv']) {
      expect(await convert(tsv, '--input-format', format)).toEqual([
        '2026-11-20T10:00:00Z|connect|192.0.2.1||a,b;c,d;e,f|',
      ]);
    }
    const { code, stderr } = await runKept(['replay', 'events.csv', '--input-format', 'postfix'], {
      cwd: newFolder({ 'events.csv': tsv }),
    });
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'hindcast: no usable line in events.csv: 2 lines unparsed (no header)',
    ]);
  });

  test('has rows that cannot be read: each is one unparsed line with its reason', async () => {
    const csv = `time,kind,ip,code,phase
1795168800,connect,192.0.2.1,,connect
noon,connect,192.0.2.1,,
1795168801,Connect!,192.0.2.1,,
1795168802,connect,192.0.2.256,,
1795168803,connect,192.0.2.1
1795168804,rejection,192.0.2.1,5xx,
1795168805,rejection,192.0.2.1,550,helo
1795168806,"connect"ion,192.0.2.1,,

1795168807,rejection,,550,rcptto
`;
    const cwd = newFolder({ 'events.csv': csv });
    const json = await outputKept(['inspect', 'events.csv', '--format', 'json'], { cwd });
    const { lines, files } = JSON.parse(json) as Summary;
    expect(lines).toEqual({ lines: 11, event: 2, irrelevant: 2, unparsed: 7 });
    expect(files[0]['shapes']).toMatchObject([
      { line: 3, reason: 'no such time' },
      { line: 4, reason: 'no such kind' },
      { line: 5, reason: 'address cannot be read' },
      { line: 6, reason: 'wrong number of fields' },
      { line: 7, reason: 'code cannot be read' },
      { line: 8, reason: 'no such phase' },
      { line: 9, reason: 'quotes do not match' },
    ]);
  });

  test('is judged by a policy that counts its kind', async () => {
    const calls = ['1795168800', '1795168801', '1795168802'].map((time) => `${time},192.0.2.1\n`);
    const cwd = newFolder({
      'calls.csv': `time,ip\n${calls.join('')}`,
      'policy.yaml': `hindcast: 1
series: { calls: { type: ip, monitor: "60,3", on: api_call } }
rules: [{ name: many, count: calls, per: address, above: 2, then: tag }]
`,
    });
    const args = ['calls.csv', '--kind', 'api_call', '--policy', 'policy.yaml', '--out', 'out'];
    const { code, stderr } = await runHindcast(['replay', ...args], { cwd });
    // No log brings that kind, so the policy may have a slip of the pen: a warning.
    expect([code, stderr.split('\n')[0]]).toEqual([
      0,
      "policy.yaml:2:51: warning: no log has events of kind 'api_call' [kind-unknown]",
    ]);
    expect(filesBelow(path.join(cwd, 'out'))['firings.csv'].split('\n')[1]).toBe(
      'many,192.0.2.1/32,2026-11-20T10:00:00Z,1,' +
        '2026-11-20T10:00:02Z,2026-11-20T10:00:02Z,3,2,tag,calls.csv,4',
    );
  });

  test.each([
    ['when,kind\n1,connect\n', [], "'events.csv' has no column 'time'"],
    ['time,ip\n1,192.0.2.1\n', [], "'events.csv' has no column 'kind'\nhint: --kind WORD"],
    ['time,kind\n1,connect\n', ['--map', 'ip=client'], "--map: no column 'client'"],
    ['time,kind,ip,ip\n1,connect,,\n', [], "'events.csv' has two columns 'ip'"],
  ])('%j %j is refused', async (csv, more, words) => {
    const format = words.includes("column 'time'") ? ['--input-format', 'csv'] : [];
    const cwd = newFolder({ 'events.csv': csv });
    const args = ['replay', 'events.csv', '--out', 'out', ...format, ...more];
    const { code, stdout, stderr } = await runKept(args, { cwd });
    expect(stderr).toContain(words);
    expect([code, stdout, readdirSync(cwd)]).toEqual([2, '', ['events.csv']]);
  });
});
