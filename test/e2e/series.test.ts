// Goal: what a replay wrote into series files is what it counted, and `load` and `show` read it
// back; a file that is not whole is refused, naming the line.
// Method: every file of one report against the rows of its windows.csv and keys.csv, which list
// every key.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadLibrary } from './load-library.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  newFolder,
  outputOf,
  readCsv,
  runHindcast,
  type Run,
} from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const POLICY = path.join(FIXTURES, 'replay', 'everything.yaml');
const V1 = path.join(FIXTURES, 'series', 'v1');

interface LoadJson {
  readonly name: string;
  readonly type: string;
  readonly monitor: string;
  readonly windowZero: string;
  readonly rows: number;
  readonly keys: number;
  readonly total: number;
  readonly windows: readonly {
    readonly window: number;
    readonly start: string;
    readonly keys: number;
    readonly total: number;
  }[];
}
interface ShowJson {
  readonly blocks: readonly {
    readonly block: string;
    readonly windows: readonly { readonly window: number; readonly count: number }[];
  }[];
}

const cwd = newFolder();
const out = path.join(cwd, 'out');
let windows: Record<string, string>[];
let keys: Record<string, string>[];
let seriesFiles: string[];

beforeAll(async () => {
  const args = ['replay', LOG, '--policy', POLICY, '--out', 'out'];
  await outputOf([...args, '--tz', 'Europe/Berlin', '--top', 'all'], { cwd });
  const report = filesBelow(out);
  const serialized = ({ series }: Record<string, string>): boolean =>
    ['bad_rcpt', 'logins', 'bytes'].includes(series);
  windows = readCsv(utf8(report['windows.csv'])).filter(serialized);
  keys = readCsv(utf8(report['keys.csv'])).filter(serialized);
  seriesFiles = Object.keys(report).filter((name) => name.startsWith('series/'));
});

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();
const compact = (timeMs: number): string =>
  new Date(timeMs).toISOString().replace(/[-:]|\.000Z/g, '');
const isoOf = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000', '');

async function load(name: string, file: string): Promise<LoadJson> {
  const json = await outputOf(['load', name, file, '--format', 'json'], { cwd });
  return JSON.parse(json) as LoadJson;
}

/** The windows as `load` shows them, from what windows.csv says of a series. */
function loadedWindows(name: string, zeroMs: number, intervalMs: number): unknown[] {
  const rows = windows.filter(
    ({ series, window_start: start }) => series === name && Date.parse(start) <= zeroMs,
  );
  return rows.toReversed().map((row) => ({
    window: (zeroMs - Date.parse(row['window_start'])) / intervalMs,
    start: row['window_start'],
    keys: Number(row['keys']),
    total: Number(row['total']),
  }));
}

describe('the report', () => {
  test('has a journal for each window that saw an event, and the states that persist', () => {
    const journals = windows.map(({ series, monitor, window_start: start }) => {
      const endMs = Date.parse(start) + Number(monitor.split(',')[0]) * 1000;
      return `series/log/${series}.${compact(endMs)}`;
    });
    expect(journals.length).toBeGreaterThan(5);
    expect(seriesFiles).toEqual(
      [...journals, 'series/state/bad_rcpt', 'series/state/logins'].toSorted(),
    );
  });

  test('loads every journal as the window it was written from', async () => {
    const journals = seriesFiles.filter((file) => file.startsWith('series/log/'));
    for (const file of journals) {
      const name = path.basename(file).split('.')[0];
      const loaded = await load(name, path.join('out', file));
      const zeroMs = Date.parse(loaded.windowZero);
      const row = windows.find(
        ({ series, window_start: start }) => series === name && start === isoOf(zeroMs),
      );
      expect(row).toMatchObject({
        monitor: loaded.monitor,
        keys: String(loaded.keys),
        total: String(loaded.total),
      });
      const { rows, total, windows: loadedOnes } = loaded;
      expect(loadedOnes).toEqual([{ window: 0, start: isoOf(zeroMs), keys: rows, total }]);
      expect(path.basename(file)).toBe(
        `${name}.${compact(zeroMs + Number(loaded.monitor.split(',')[0]) * 1000)}`,
      );
    }
  });

  test.each([
    ['bad_rcpt', 'ip', 10_000],
    ['logins', 'string', 60_000],
  ])('loads the state of %s as all its windows', async (name, type, intervalMs) => {
    const found = await outputKept(['load', name, '--dir', 'out', '--format', 'json'], { cwd });
    const loaded = JSON.parse(found) as LoadJson;
    expect(await load(name, `out/series/state/${name}`)).toEqual(loaded);
    expect(loaded).toMatchObject({ name, type });
    const zeroMs = Date.parse(loaded.windowZero);
    expect(loaded.windows).toEqual(loadedWindows(name, zeroMs, intervalMs));
    const rows = keys.filter(({ series }) => series === name);
    expect(loaded.rows).toBe(rows.length);
    expect(loaded.keys).toBe(new Set(rows.map(({ key }) => key)).size);
    expect(loaded.total).toBe(rows.reduce((sum, { count }) => sum + Number(count), 0));
  });

  test('shows every key of a state and of a journal', async () => {
    for (const file of ['state/bad_rcpt', 'log/bad_rcpt.20261120T172730']) {
      const json = await outputKept(['show', `out/series/${file}`, '--format', 'json'], { cwd });
      const { blocks } = JSON.parse(json) as ShowJson;
      const zeroMs = Date.parse(`2026-11-20T17:27:${file.startsWith('log') ? '20' : '40'}Z`);
      const shown = blocks.flatMap(({ block, windows: counts }) =>
        counts.map(({ window, count }) => {
          return `${isoOf(zeroMs - window * 10_000)} ${block.split('/')[0]} ${count}`;
        }),
      );
      const wanted = keys.filter(
        ({ series, window_start: start }) =>
          series === 'bad_rcpt' && (file.startsWith('state') || start === isoOf(zeroMs)),
      );
      expect(wanted.length).toBeGreaterThan(20);
      expect(shown.toSorted()).toEqual(
        wanted.map(({ window_start: start, key, count }) => `${start} ${key} ${count}`).toSorted(),
      );
    }
  });

  test('is what the library gives', async () => {
    const { replay } = await loadLibrary();
    const { series } = await replay({ logs: [LOG], policy: POLICY, tz: ['Europe/Berlin'] });
    expect(series.map(({ name }) => name)).toEqual(['bad_rcpt', 'logins', 'bytes']);
    for (const { name, monitor, windowZeroMs, rows } of series) {
      const fromKeys = keys.filter((row) => row['series'] === name);
      const wanted = fromKeys.map(({ window_start: start, key, count }) => {
        return `${(windowZeroMs - Date.parse(start)) / monitor.intervalMs} ${key} ${count}`;
      });
      const got = rows.map(({ window, key, count }) => `${window} ${key} ${count}`);
      expect(got.toSorted()).toEqual(wanted.toSorted());
    }
  });
});

test('a state of 150,000 keys is written and read back', async () => {
  let csv = 'time,kind,ip\n';
  const number = 150_000;
  for (let k = 0; k < number; k++) {
    csv += `2026-11-20T12:00:00Z,connect,10.${k >> 16}.${(k >> 8) & 255}.${k & 255}\n`;
  }
  const policy = `hindcast: 1
series: { seen: { type: ip, monitor: "300,2", on: connect, persist: true, serialize: true } }
rules: []
`;
  const folder = newFolder({ 'events.csv': csv, 'policy.yaml': policy });
  const args = ['replay', 'events.csv', '--policy', 'policy.yaml', '--out', 'out'];
  await outputKept(args, { cwd: folder });
  for (const name of ['state/seen', 'log/seen.20261120T120500']) {
    const held = await load('seen', path.join(folder, 'out', 'series', name));
    expect([held.rows, held.keys, held.total]).toEqual([number, number, number]);
  }
});

describe('show', () => {
  const file = path.join(V1, 'bad_rcpt');

  test('sums blocks, as a table, CSV and JSON', async () => {
    expect(await outputOf(['show', file, '--per', '24'])).toBe(
      `series bad_rcpt, per /24, window 0 begins at 2026-11-01T10:05:00Z

block            window 0  window 11  total
192.0.2.0/24           35          4     39
198.51.100.0/24         2          0      2
2 blocks               37          4     41
`,
    );
    expect(await outputOf(['show', file, '--per', '24', '--format', 'csv'])).toBe(
      `block,window,count
192.0.2.0/24,0,35
192.0.2.0/24,11,4
198.51.100.0/24,0,2
`,
    );
    const json = await outputOf(['show', file, '--per', '0', '--format', 'json']);
    expect(JSON.parse(json)).toMatchObject({
      name: 'bad_rcpt',
      per: { ipv4: 0, ipv6: 128 },
      blocks: [{ block: '0.0.0.0/0', total: 41 }],
    });
  });

  test('has a prefix length for each family', async () => {
    const csv = await outputKept(
      ['show', 'out/series/state/bad_rcpt', '--per', '0,16', '--format', 'csv'],
      { cwd },
    );
    const rows = readCsv(csv);
    expect(new Set(rows.map(({ block }) => block))).toEqual(new Set(['0.0.0.0/0', '2001::/16']));
    const total = rows.reduce((sum, { count }) => sum + Number(count), 0);
    const ofSeries = windows.filter(({ series }) => series === 'bad_rcpt');
    expect(total).toBe(ofSeries.reduce((sum, row) => sum + Number(row['total']), 0));
  });

  test('has no blocks for texts', async () => {
    const { code, stderr } = await runKept(['show', 'out/series/state/logins'], { cwd });
    expect([code, stderr]).toEqual([
      2,
      "hindcast: series 'logins' has texts for keys, so it has no blocks\n",
    ]);
  });
});

describe('load', () => {
  test.runIf(process.platform === 'linux')('a device, which never ends, is refused', async () => {
    const { code, stderr } = await runHindcast(['load', 'bad_rcpt', '/dev/zero']);
    expect([code, stderr]).toEqual([
      2,
      'hindcast: cannot read series file /dev/zero: this is a device\n',
    ]);
  });

  test('says what a file holds, as a table, CSV and JSON', async () => {
    const args = ['load', 'bad_rcpt', path.join(V1, 'bad_rcpt')];
    expect(await outputOf(args)).toBe(
      `series       bad_rcpt
type         cidr
monitor      300,12 (12 windows of 300 s)
window zero  2026-11-01T10:05:00Z
rows         3
keys         2
total        41

window  begins at             keys  total
0       2026-11-01T10:05:00Z     2     37
11      2026-11-01T09:10:00Z     1      4
`,
    );
    expect(await outputOf([...args, '--format', 'csv'])).toBe(
      'window,start,keys,total\n0,2026-11-01T10:05:00Z,2,37\n11,2026-11-01T09:10:00Z,1,4\n',
    );
    const json = JSON.parse(await outputOf([...args, '--format', 'json'])) as LoadJson;
    expect(json).toMatchObject({ name: 'bad_rcpt', rows: 3, keys: 2, total: 41 });
  });

  test('finds the file by the name of the series: in a report, a folder, here', async () => {
    const wanted = await outputKept(['load', 'bad_rcpt', '--dir', 'out'], { cwd });
    for (const dir of ['out/series', 'out/series/state', 'out/']) {
      expect(await outputKept(['load', 'bad_rcpt', '--dir', dir], { cwd })).toBe(wanted);
    }
    expect(await outputKept(['load', 'bad_rcpt'], { cwd: out })).toBe(wanted);
  });

  test('names where it looked', async () => {
    const { code, stdout, stderr } = await runKept(['load', 'other', '--dir', 'out'], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      "hindcast: no file of series 'other'; looked for out/other, out/state/other, " +
        'out/series/state/other\nhint: name the file, or the folder of a report\n',
    );
  });

  test('does not take one series for another', async () => {
    const run = await runHindcast(['load', 'good_rcpt', 'out/series/state/bad_rcpt'], { cwd });
    expect(run).toEqual({
      code: 2,
      stdout: '',
      stderr: "hindcast: out/series/state/bad_rcpt holds the series 'bad_rcpt', not 'good_rcpt'\n",
    });
  });
});

describe('a file that is not whole is refused by load and show:', () => {
  const refused = async (file: string): Promise<Run> => {
    const before = readFileSync(file);
    const run = await runKept(['load', 'bad_rcpt', file]);
    expect(await runKept(['show', file])).toEqual(run);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect([run.code, run.stdout]).toEqual([2, '']);
    return run;
  };

  test.each([
    ['newer', 'line 1, column 18: expected version 1, found 2'],
    ['foreign-csv', 'line 1, column 1: expected #hindcast-series,1 at the start'],
    ['foreign-mail-log', 'line 1, column 1: expected #hindcast-series,1 at the start'],
    ['truncated-after-row', 'line 10, column 1: the file ends here, expected row 3 of 3'],
    ['truncated-empty', 'line 1, column 1: '],
    ['altered-count', 'line 11, column 9: expected digest '],
    ['row-unsorted-key', 'line 9, column 3: expected a key that sorts after the one before'],
  ])('%s', async (name, words) => {
    const { stderr } = await refused(path.join(V1, 'bad', name));
    expect(stderr).toContain(`series file ${path.join(V1, 'bad', name)} was not loaded: ${words}`);
  });

  test('a state of the report with a byte changed, cut off, or added', async () => {
    const whole = readFileSync(path.join(out, 'series', 'state', 'bad_rcpt'));
    const lines = whole.toString().trimEnd().split('\n').length;
    const changed = Buffer.from(whole);
    const digit = whole.indexOf('\n0,') + 3;
    changed[digit] ^= 1;
    const pieces: [Buffer, number][] = [
      [whole.subarray(0, -1), lines],
      [whole.subarray(0, whole.lastIndexOf('#sha256')), lines],
      [Buffer.concat([whole, Buffer.from('\n')]), lines + 1],
    ];
    const file = path.join(newFolder(), 'bad_rcpt');
    for (const [bytes, line] of pieces) {
      writeFileSync(file, bytes);
      expect((await refused(file)).stderr).toContain(`was not loaded: line ${line}, column `);
    }
    writeFileSync(file, changed);
    expect((await refused(file)).stderr).toMatch(/was not loaded: line \d+, column /);
    copyFileSync(path.join(out, 'series', 'state', 'bad_rcpt'), file);
    expect((await runKept(['load', 'bad_rcpt', file])).code).toBe(0);
  });
});
