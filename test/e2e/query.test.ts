// Goal: the built command answers the questions that cidr_cli's manual asks, in its rows, and says
// what is wrong with others. Method: journals that hold what the manual's answers add up to.
import { readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';

import type { SeriesSnapshot } from '../../src/model/series-snapshot.ts';
import { DAY_MS } from '../../src/model/time.ts';
import { journalName, stateName } from '../../src/series/name.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  FIXTURES,
  newFolder,
  outputOf,
  readCsv,
  runHindcast,
  startHindcast,
  type Run,
} from './run-hindcast.ts';

const QUARTER_MS = 900_000;
const DAY_23 = Date.UTC(2008, 3, 23);
const NOON = DAY_MS / 2;
const monitor = { intervalMs: QUARTER_MS, windows: 4 };

type Rows = readonly (readonly [string, number])[];

function journal(
  name: string,
  startMs: number,
  rows: Rows,
  change: Partial<SeriesSnapshot> = {},
): SeriesSnapshot {
  const sorted = rows.map(([key, count]) => ({ window: 0, key, count }));
  return { name, type: 'cidr', monitor, windowZeroMs: startMs, rows: sorted, ...change };
}

function filesOf(journals: readonly SeriesSnapshot[], several = false): Record<string, Buffer> {
  const files = journals.map((one) => {
    const endMs = one.windowZeroMs + one.monitor.intervalMs;
    return [journalName(one.name, one.monitor, endMs, several), encodeSeries(one)] as const;
  });
  return Object.fromEntries(files);
}

/** What the manual's first examples count, spread over two windows and two days. */
const SPAM: Rows = [
  ['10.79.18.1', 35_217],
  ['10.79.18.2', 25_350],
  ['10.79.18.3', 21_291],
  ['10.79.18.30', 21_374],
  ['10.79.18.61', 21_381],
  ['10.79.18.130', 5],
  ['127.0.0.1', 2],
];
const VIRUS: Rows = [
  ['10.79.18.1', 1264],
  ['10.79.18.61', 3421],
];
const less = (rows: Rows, taken: Rows): Rows =>
  rows.map(([key, count]) => [key, count - (taken.find(([other]) => other === key)?.[1] ?? 0)]);
const SPAM_24: Rows = [
  ['10.79.18.1', 13_071],
  ['10.79.18.2', 4421],
];
const VIRUS_24: Rows = [['10.79.18.1', 1000]];

const JOURNALS = [
  journal('spam', DAY_23 + NOON, less(SPAM, SPAM_24)),
  journal('spam', DAY_23 + DAY_MS, SPAM_24),
  journal('virus', DAY_23 + NOON, less(VIRUS, VIRUS_24)),
  journal('virus', DAY_23 + DAY_MS * 2 - QUARTER_MS, VIRUS_24),
  journal('invalid_recipients', DAY_23 + NOON, [['10.79.18.7', 12]]),
];

const cwd = newFolder(filesOf(JOURNALS));
const ask = (query: string, ...more: string[]): Promise<string> =>
  outputKept(['query', '.', query, ...more], { cwd });
const lines = (...rows: string[]): string => rows.map((row) => `${row}\n`).join('');

describe('the manual of cidr_cli', () => {
  test('show available', async () => {
    expect(await ask('show available')).toBe(
      lines(
        'invalid_recipients : 20080423T120000 => 20080423T121500',
        'spam : 20080423T120000 => 20080424T001500',
        'virus : 20080423T120000 => 20080425T000000',
      ),
    );
  });

  test('every address of one series', async () => {
    expect(await ask('show count for 0.0.0.0/0 in spam since 20080423')).toBe(
      lines(
        '10.79.18.1/32      :     35217',
        '10.79.18.2/32      :     25350',
        '10.79.18.3/32      :     21291',
        '10.79.18.30/32     :     21374',
        '10.79.18.61/32     :     21381',
        '10.79.18.130/32    :         5',
        '127.0.0.1/32       :         2',
      ),
    );
  });

  test('the top of two series, by the count of the first', async () => {
    const query = 'show count for 0.0.0.0/0 in spam, virus since 20080423 order by count limit 5';
    expect(await ask(query)).toBe(
      lines(
        '10.79.18.1/32      : 35217,1264',
        '10.79.18.2/32      : 25350,0',
        '10.79.18.61/32     : 21381,3421',
        '10.79.18.30/32     : 21374,0',
        '10.79.18.3/32      : 21291,0',
      ),
    );
  });

  test('the first network of a union, on the day that the query names', async () => {
    const query =
      'show count for 0.0.0.0/0 in union(spam, virus) on 20080424 cidrsize 24 order by count limit 1';
    expect(await ask(query)).toBe('10.79.18.0/24      :     18492\n');
  });

  test('the addresses of that network', async () => {
    expect(await ask('show count for 10.79.18.0/24 in union(spam, virus) on 20080424')).toBe(
      lines('10.79.18.1/32      :     14071', '10.79.18.2/32      :      4421'),
    );
  });

  test('an hour', async () => {
    const span = 'from 20080423T120000 to 20080423T130000';
    expect(await ask(`show count for 10.79.18.1 in spam, virus ${span}`)).toBe(
      '10.79.18.1/32      : 22146,264\n',
    );
    expect(
      await ask('show count for 10.79.18.1 in spam from 20080423T123000 to 20080423T130000'),
    ).toBe('');
  });

  test('the series goes by the name in the query', async () => {
    expect(await ask('show count for 0.0.0.0/0 in invalid_recipients')).toBe(
      '10.79.18.7/32      :        12\n',
    );
    const { code, stderr } = await runHindcast(
      ['query', '.', 'show count for 0.0.0.0/0 in invalid_recipient'],
      { cwd },
    );
    expect([code, stderr]).toEqual([
      2,
      `query:1:29: error: no journals of a series 'invalid_recipient' [series-unknown]
1 show count for 0.0.0.0/0 in invalid_recipient
                              ^^^^^^^^^^^^^^^^^
hint: did you mean 'invalid_recipients'?
`,
    ]);
  });
});

describe('what the manual leaves open', () => {
  test('aggregate: a row for each window, or for each day', async () => {
    expect(await ask('show count for 10.79.18.0/24 in spam aggregate')).toBe(
      lines('20080423T120000    :    107126', '20080424T000000    :     17492'),
    );
    expect(await ask('show count for 10.79.18.0/24 in virus, spam aggregate daily')).toBe(
      lines('20080423           : 3685,107126', '20080424           : 1000,17492'),
    );
    expect(
      await ask('show count for 10.79.18.0/24 in spam aggregate daily cidrsize 25 threshold 5'),
    ).toBe(
      lines(
        '20080423 10.79.18.0/25 :    107121',
        '20080423 10.79.18.128/25 :         5',
        '20080424 10.79.18.0/25 :     17492',
      ),
    );
  });

  test('cidrsize n to m: every length, the wider block first', async () => {
    expect(await ask('show count for 10.79.18.0/24 in spam cidrsize 24 to 25 threshold 6')).toBe(
      lines('10.79.18.0/24      :    124618', '10.79.18.0/25      :    124613'),
    );
  });

  test('on a moment: the window that holds it', async () => {
    expect(await ask('show count for 127.0.0.0/8 in spam on 20080423T121459')).toBe(
      '127.0.0.1/32       :         2\n',
    );
    expect(await ask('show count for 127.0.0.0/8 in spam on 20080423T121500')).toBe('');
  });

  test('threshold is reached, not exceeded', async () => {
    expect(
      await ask('show count for 0.0.0.0/0 in spam threshold 5 limit 9 order by count'),
    ).toMatch(/10\.79\.18\.130\/32 {4}: {9}5\n$/);
  });
});

describe('formats', () => {
  test('CSV', async () => {
    const query = 'show count for 10.79.18.0/24 in spam, virus since 20080424';
    expect(await ask(query, '--format', 'csv')).toBe(
      lines('block,spam,virus', '10.79.18.1/32,13071,1000', '10.79.18.2/32,4421,0'),
    );
    const daily = 'show count for 10.79.18.0/24 in union(spam, virus) aggregate daily';
    expect(readCsv(await ask(daily, '--format', 'csv'))).toEqual([
      { time: '2008-04-23', block: '10.79.18.0/24', count: '110811' },
      { time: '2008-04-24', block: '10.79.18.0/24', count: '18492' },
    ]);
    expect(readCsv(await ask('show available', '--format', 'csv'))[1]).toEqual({
      series: 'spam',
      monitor: '900,4',
      first: '2008-04-23T12:00:00Z',
      last: '2008-04-24T00:15:00Z',
      journals: '2',
    });
  });

  test('JSON', async () => {
    const json = async (query: string): Promise<unknown> =>
      JSON.parse(await ask(query, '--format', 'json'));
    const union = 'show count for 10.79.18.0/24 in union(spam, virus) on 20080424 limit 1';
    expect(await json(union)).toEqual({
      query: union,
      block: '10.79.18.0/24',
      series: ['spam', 'virus'],
      union: true,
      from: '2008-04-24T00:00:00Z',
      to: '2008-04-25T00:00:00Z',
      journals: 2,
      rows: [{ block: '10.79.18.1/32', count: 14_071 }],
    });
    expect(await json('show count for 10.79.18.130 in spam, virus aggregate')).toMatchObject({
      from: null,
      aggregate: 'window',
      rows: [{ time: '2008-04-23T12:00:00Z', block: '10.79.18.130/32', counts: [5, 0] }],
    });
    expect(await json('show count for 192.0.2.0/24 in spam')).toMatchObject({ rows: [] });
    expect(await json('show available')).toMatchObject({
      available: [{ series: 'invalid_recipients' }, { series: 'spam', journals: 2 }, {}],
    });
    expect(await json('cache details')).toEqual({ journals: 0, rows: 0, bytes: 0 });
  });
});

describe('standard input', () => {
  const session = (stdin: string, ...more: string[]): Promise<Run> =>
    runHindcast(['query', '.', ...more], { cwd, stdin });

  test('a query on each line', async () => {
    const { code, stdout, stderr } = await session(
      'show available\n\n  \nshow count for 127.0.0.1 in spam\ncache details\nquit\nnonsense\n',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('virus : 20080423T120000 => 20080425T000000\n127.0.0.1/32');
    expect(stdout).toMatch(/journals read {6}: {9}2\nrows {15}: {9}9\nbytes {14}: +\d+\n$/);
  });

  test('a wrong one is shown at its line and ends nothing', async () => {
    const { code, stdout, stderr } = await session(
      'show count for 127.0.0.1 in ham\nshow me\nshow count for 127.0.0.1 in spam',
    );
    expect([code, stdout]).toEqual([2, '127.0.0.1/32       :         2\n']);
    expect(stderr).toBe(
      `query:1:29: error: no journals of a series 'ham' [series-unknown]
1 show count for 127.0.0.1 in ham
                              ^^^
hint: there are journals of invalid_recipients, spam, virus
query:2:6: error: expected 'count' or 'available', found 'me' [query-word]
2 show me
       ^^
`,
    );
  });

  test('--silent-syntax says nothing about wrong writing, and about nothing else', async () => {
    expect(await session('show me\n', '--silent-syntax')).toEqual({
      code: 2,
      stdout: '',
      stderr: '',
    });
    const args = ['query', '.', '--silent-syntax'];
    expect(await runKept([...args, 'show me'], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: '',
    });
    const unknown = await runKept([...args, 'show count for ::1 in nothing'], { cwd });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('[series-unknown]');
  });

  test('Ctrl-C ends a session that waits', async () => {
    const { child, done } = startHindcast(['query', '.'], { cwd, stdin: null });
    child.stdin.write('show available\n');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
  });
});

test('a reader that closes the pipe is no failure', async () => {
  const rows = Array.from({ length: 60_000 }, (_, i): [string, number] => {
    return [`2001:db8::${(i + 1).toString(16)}`, i + 1];
  });
  const large = newFolder(filesOf([journal('six', DAY_23, rows, { type: 'cidr_ipv6' })]));
  const { child, done } = startHindcast(['query', large, 'show count for ::/0 in six']);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await done;
  expect([code, stderr]).toEqual([0, '']);
});

test('IPv6 blocks, with and without brackets', async () => {
  const rows: Rows = [
    ['192.0.2.1', 1],
    ['2001:db8::1', 2],
    ['2001:db8:0:1::1', 3],
    ['2001:db9::', 4],
  ];
  const folder = newFolder(filesOf([journal('all', DAY_23, rows, { type: 'ip' })]));
  for (const block of ['2001:db8::/32', '[2001:db8::]/32']) {
    const args = ['query', folder, `show count for ${block} in all order by count`];
    expect(await outputKept(args)).toBe(
      lines('2001:db8:0:1::1/128 :         3', '2001:db8::1/128    :         2'),
    );
    expect(await outputKept(['query', folder, `show count for ${block} in all cidrsize 48`])).toBe(
      '2001:db8::/48      :         5\n',
    );
  }
});

describe('several series of one name', () => {
  const long = { intervalMs: 3_600_000, windows: 24 };
  const both = [
    journal('spam', DAY_23, [['192.0.2.1', 1]]),
    journal('spam', DAY_23, [['192.0.2.1', 10]], { monitor: long }),
  ];

  test('are told apart by their monitors', async () => {
    const folder = newFolder(filesOf(both, true));
    expect(await outputKept(['query', folder, 'show available'])).toBe(
      lines(
        'spam.900,4 : 20080423T000000 => 20080423T001500',
        'spam.3600,24 : 20080423T000000 => 20080423T010000',
      ),
    );
    const query = 'show count for 192.0.2.0/24 in';
    expect(await outputKept(['query', folder, `${query} spam.900,4, spam.3600,24`])).toBe(
      '192.0.2.1/32       : 1,10\n',
    );
    const { code, stderr } = await runKept(['query', folder, `${query} spam`]);
    expect([code, stderr]).toEqual([
      2,
      `query:1:32: error: several series are called 'spam': spam.900,4, spam.3600,24 [series-several]
1 show count for 192.0.2.0/24 in spam
                                 ^^^^
hint: name one of them, such as spam.900,4
`,
    ]);
    const other = await runKept(['query', folder, `${query} spam.60,1`]);
    expect(other.stderr).toContain(
      "no journals of series 'spam' with the monitor 60,1 [series-unknown]",
    );
    const steps = `${query} spam.900,4, spam.3600,24 aggregate`;
    expect((await runKept(['query', folder, steps])).stderr).toBe(
      `query:1:57: error: the windows of these series differ: 900 s and 3600 s, so they cannot be counted window by window [steps-differ]
1 show count for 192.0.2.0/24 in spam.900,4, spam.3600,24 aggregate
                                                          ^^^^^^^^^
hint: 'aggregate daily', or one series at a time
`,
    );
    expect(await outputKept(['query', folder, `${steps} daily`])).toBe(
      '20080423           : 1,10\n',
    );
  });

  test('are found when only the files tell', async () => {
    const folder = newFolder(filesOf(both));
    const query = 'show count for 192.0.2.0/24 in spam';
    const { code, stderr } = await runKept(['query', folder, query]);
    expect(code).toBe(2);
    expect(stderr).toContain("several series are called 'spam': spam.900,4, spam.3600,24");
    expect(await outputKept(['query', folder, `${query}.3600,24`])).toBe(
      '192.0.2.1/32       :        10\n',
    );
  });

  test('at a moment: the window of the series that is asked, not the shorter one of the other', async () => {
    const folder = newFolder(filesOf(both));
    const query = 'show count for 192.0.2.0/24 in';
    const moment = 'on 20080423T000100';
    expect(await outputKept(['query', folder, `${query} spam.3600,24 ${moment}`])).toBe(
      '192.0.2.1/32       :        10\n',
    );
    expect(await outputKept(['query', folder, `${query} spam.900,4 ${moment}`])).toBe(
      '192.0.2.1/32       :         1\n',
    );
  });

  for (const span of ['', ' on 20080423', ' on 20080423T000100', ' since 20300101']) {
    test(`a monitor that no file has is a mistake, not an empty answer${span}`, async () => {
      const folder = newFolder(filesOf(both));
      const query = `show count for 192.0.2.0/24 in spam.60,1${span}`;
      const { code, stdout, stderr } = await runKept(['query', folder, query]);
      expect([code, stdout, stderr]).toEqual([
        2,
        '',
        `query:1:32: error: no journals of series 'spam' with the monitor 60,1 [series-unknown]
1 ${query}
                                 ^^^^^^^^^
hint: there are journals of spam.900,4, spam.3600,24
`,
      ]);
    });
  }

  test('are not counted twice', async () => {
    const [short] = both;
    const files = { ...filesOf([short]), ...filesOf([short], true) };
    const folder = newFolder(files);
    const query = 'show count for 192.0.2.0/24 in';
    const { code, stderr } = await runKept(['query', folder, `${query} spam`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^hindcast: two journals hold the same window of series 'spam': .*\nhint: /,
    );
    const one = newFolder(filesOf([short], true));
    const twice = await runKept(['query', one, `${query} union(spam, spam.900,4)`]);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toBe(
      `query:1:44: error: the series 'spam' is named twice: both names mean ${one}/spam.900,4.20080423T001500 [series-twice]
1 show count for 192.0.2.0/24 in union(spam, spam.900,4)
                                             ^^^^^^^^^^
`,
    );
  });
});

test('a name that ends like a monitor is asked for as it is shown', async () => {
  const folder = newFolder(filesOf([journal('spam.300,12', DAY_23, [['192.0.2.1', 1]])]));
  expect(await outputKept(['query', folder, 'show available'])).toBe(
    '"spam.300,12" : 20080423T000000 => 20080423T001500\n',
  );
  expect(await outputKept(['query', folder, 'show count for ::ffff:0:0/96 in "spam.300,12"'])).toBe(
    '192.0.2.1/32       :         1\n',
  );
});

test('a series of texts cannot be asked by address', async () => {
  const logins = journal('logins', DAY_23, [['alice', 1]], { type: 'string' });
  const folder = newFolder(filesOf([logins]));
  const { code, stderr } = await runKept(['query', folder, 'show count for ::/0 in logins']);
  expect([code, stderr]).toEqual([
    2,
    `query:1:24: error: the keys of series 'logins' are texts, which lie in no network [series-texts]
1 show count for ::/0 in logins
                         ^^^^^^
hint: 'hindcast load logins ${folder}/logins.20080423T001500' says what a journal of it holds
`,
  ]);
});

describe('damage', () => {
  const query = 'show count for 0.0.0.0/0 in spam since 20080424';

  test('in the span is refused, whatever else is whole', async () => {
    const folder = newFolder(filesOf(JOURNALS));
    const file = path.join(folder, 'spam.20080424T001500');
    writeFileSync(file, readFileSync(file, 'latin1').replace('10.79.18.2,4421', '10.79.18.2,4422'));
    const { code, stdout, stderr } = await runKept(['query', folder, query]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      `series file ${file} was not loaded: line 10, column 9: expected digest`,
    );
  });

  test('outside of the span is not looked at', async () => {
    const folder = newFolder({ ...filesOf(JOURNALS), 'spam.20080423T121500': 'rubbish' });
    expect(await outputKept(['query', folder, query])).toContain(
      '10.79.18.2/32      :      4421\n',
    );
  });

  test('of an archive is a failure of the disk', async () => {
    const files = filesOf(JOURNALS);
    const packed = gzipSync(files['spam.20080424T001500']);
    files['spam.20080424T001500'] = packed.subarray(0, packed.length - 20);
    const { code, stderr } = await runHindcast(['query', newFolder(files), query]);
    expect(code).toBe(74);
    expect(stderr).toContain('cannot unpack series file');
  });
});

test('a folder without journals is explained', async () => {
  const state = journal('spam', DAY_23, [['192.0.2.1', 1]]);
  const folder = newFolder({ [`state/${stateName('spam', monitor, false)}`]: encodeSeries(state) });
  const { code, stderr } = await runKept(['query', '.', 'show available'], { cwd: folder });
  expect([code, stderr]).toEqual([
    2,
    'hindcast: no journals in ./, ./log/, ./series/log/, ./manager/, ./series/manager/; ./state/spam is a state, which has no time in its name\n' +
      "hint: 'hindcast show ./state/spam' prints it; for journals, replay the series with 'serialize: true'\n",
  ]);
});

describe('the report of a replay', () => {
  const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
  const POLICY = path.join(FIXTURES, 'replay', 'everything.yaml');
  const home = newFolder();
  let keys: Record<string, string>[];

  beforeAll(async () => {
    const args = ['replay', LOG, '--policy', POLICY, '--out', 'out', '--top', 'all'];
    await outputOf([...args, '--tz', 'Europe/Berlin'], { cwd: home });
    keys = readCsv(readFileSync(path.join(home, 'out', 'keys.csv'), 'utf8'));
  });

  test.each(['out', 'out/series', 'out/series/log'])('is asked as %s', async (dir) => {
    const sums = new Map<string, number>();
    for (const { series, key, count } of keys) {
      if (series === 'bad_rcpt' && !key.includes(':')) {
        sums.set(`${key}/32`, (sums.get(`${key}/32`) ?? 0) + Number(count));
      }
    }
    expect(sums.size).toBeGreaterThan(5);
    const query = 'show count for 0.0.0.0/0 in bad_rcpt on 20261120';
    const csv = await outputKept(['query', dir, query, '--format', 'csv'], { cwd: home });
    const rows = readCsv(csv).map(({ block, count }) => [block, Number(count)] as const);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(sums));
  });
});

test('links beside the journals of another folder are no part of the explanation', async () => {
  const folder = newFolder({});
  symlinkSync(folder, path.join(folder, 'data'));
  symlinkSync('nowhere', path.join(folder, 'gone'));
  const { code, stderr } = await runKept(['query', '.', 'show available'], { cwd: folder });
  expect([code, stderr.split('\n')[0]]).toEqual([
    2,
    'hindcast: no journals in ./, ./log/, ./series/log/, ./manager/, ./series/manager/',
  ]);
});

test('an empty name is no folder, and not the root of the disk', async () => {
  const { code, stderr } = await runKept(['query', '', 'show available'], { cwd });
  expect([code, stderr]).toEqual([
    2,
    "hindcast: there is no folder ''\nhint: name a folder of journals\n",
  ]);
});

test('the name of a series cannot steer the terminal', async () => {
  const folder = newFolder(filesOf([journal('a\u001B[31m\nb', DAY_23, [['192.0.2.1', 1]])]));
  expect(await outputKept(['query', folder, 'show available'])).toBe(
    '"a\\x1b[31m\\x0ab" : 20080423T000000 => 20080423T001500\n',
  );
  const renamed = path.join(folder, 'b.20080423T001500');
  renameSync(path.join(folder, readdirSync(folder)[0]), renamed);
  const { stderr } = await runKept(['query', folder, 'show available']);
  expect(stderr).toContain("expected the series 'b', as in its name, found 'a\\x1b[31m\\x0ab'");
});
