// Goal: what a user can do with maintain on the built command: a folder gets smaller, queries answer
// the same, and whatever goes wrong no journal is lost. Method: journals of half a day over forty
// days, kept under every option; damaged and half done folders; runs that are killed or meet.
import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

import { DAY_MS, formatCompact, formatIso } from '../../src/model/time.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { examplesOf, patternOf } from './doc-examples.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import {
  filesBelow,
  FIXTURES,
  newFolder,
  outputOf,
  runHindcast,
  startHindcast,
} from './run-hindcast.ts';

const HALF_DAY_MS = DAY_MS / 2;
const END_MS = Date.UTC(2026, 10, 20);
/** Windows end this many half days before the last one, the first and oldest first. */
const HALVES = Array.from({ length: 81 }, (_, index) => 80 - index);

const nameOf = (halves: number, series = 'spam'): string =>
  `${series}.${formatCompact(END_MS - halves * HALF_DAY_MS)}`;

function journal(halves: number, series = 'spam'): Buffer {
  const windowZeroMs = END_MS - (halves + 1) * HALF_DAY_MS;
  const rows = Array.from({ length: 40 }, (_, host) => {
    return { window: 0, key: `192.0.2.${host}`, count: halves + host + 1 };
  });
  const monitor = { intervalMs: HALF_DAY_MS, windows: 4 };
  return encodeSeries({ name: series, type: 'cidr', monitor, windowZeroMs, rows });
}

function journals(halves: readonly number[], series = 'spam'): Record<string, Buffer> {
  return Object.fromEntries(halves.map((one) => [nameOf(one, series), journal(one, series)]));
}

const names = (folder: string): string[] => readdirSync(folder).toSorted();
const ask = async (cwd: string, text: string): Promise<string> =>
  outputKept(['query', '.', text], { cwd });
const TOTALS = 'show count for 192.0.2.0/24 in spam cidrsize 30';

interface Report {
  readonly now: string | null;
  readonly dry_run: boolean;
  readonly series: readonly Readonly<Record<string, unknown>>[];
  readonly journals: readonly Readonly<Record<string, unknown>>[];
}
const reportOf = async (cwd: string, ...args: string[]): Promise<Report> =>
  JSON.parse(await outputKept(['maintain', ...args, '--format', 'json'], { cwd })) as Report;

describe('a folder of forty days', () => {
  test('keeps 30 days, packs what is a day old, and answers the same', async () => {
    const cwd = newFolder({ ...journals(HALVES), spam: 'a state', 'notes.txt': 'mine' });
    const kept = `${TOTALS} from ${formatCompact(END_MS - 60.5 * HALF_DAY_MS)} to 20261121`;
    const before = await ask(cwd, kept);
    const report = await reportOf(cwd, '.');
    // Exactly 30 and exactly one day old: still kept, packed already.
    const packed = HALVES.filter((one) => one <= 60 && one >= 2).map((one) => `${nameOf(one)}.gz`);
    expect(names(cwd)).toEqual([...packed, nameOf(1), nameOf(0), 'spam', 'notes.txt'].toSorted());
    expect(await ask(cwd, kept)).toBe(before);
    expect(before.split('\n').length).toBeGreaterThan(9);
    for (const file of packed.slice(0, 3)) {
      const bytes = readFileSync(path.join(cwd, file));
      expect(gunzipSync(bytes)).toEqual(journals(HALVES)[file.slice(0, -3)]);
      // No time and no system in the header.
      expect(bytes.subarray(4, 10)).toEqual(Buffer.from([0, 0, 0, 0, 2, 255]));
    }
    expect(report).toMatchObject({
      dir: '.',
      dry_run: false,
      now: formatIso(END_MS),
      retention: 30,
      condense: 0,
      series: [
        { series: 'spam', what: 'removed', journals: 20, bytes_after: 0 },
        { what: 'compressed', journals: 59, last: formatIso(END_MS - DAY_MS) },
        { what: 'kept', journals: 2, last: formatIso(END_MS) },
      ],
    });
    expect(report.journals.map(({ file, what }) => [file, what])).toEqual([
      ...HALVES.filter((one) => one > 60).map((one) => [nameOf(one), 'removed']),
      ...packed.map((file) => [file.slice(0, -3), 'compressed']),
    ]);
    const after = filesBelow(cwd);
    const again = await reportOf(cwd, '.');
    expect(again.journals).toEqual([]);
    expect(filesBelow(cwd)).toEqual(after);
  });

  test('--dry-run says the same and does nothing', async () => {
    const cwd = newFolder(journals(HALVES));
    const before = filesBelow(cwd);
    const dry = await reportOf(cwd, '.', '--dry-run');
    expect(filesBelow(cwd)).toEqual(before);
    expect(dry.dry_run).toBe(true);
    expect({ ...dry, dry_run: false }).toEqual(await reportOf(cwd, '.'));
    expect(await outputKept(['maintain', '.', '--dry-run'], { cwd })).toMatch(
      /at 2026-11-20 00:00:00 UTC: kept for 30 days, compressed from 1 day on\na dry run: nothing was changed\n$/,
    );
  });

  test('two runs over the same files write the same bytes', async () => {
    const folders = [newFolder(journals(HALVES)), newFolder(journals(HALVES))];
    for (const cwd of folders) await outputKept(['maintain', '.'], { cwd });
    expect(filesBelow(folders[0])).toEqual(filesBelow(folders[1]));
  });

  test('--now, --retention, --condense and --series', async () => {
    const files = { ...journals(HALVES), ...journals([80, 0], 'virus') };
    const cwd = newFolder(files);
    const now = formatIso(END_MS + 10 * DAY_MS + 1000);
    const days = ['--retention', '30', '--condense', '14'];
    await outputKept(['maintain', '.', '--now', now, ...days, '--series', 'spam'], { cwd });
    expect(names(cwd)).toEqual(
      [
        // 20 days before the last one are 30 days and a second: removed.
        ...HALVES.filter((one) => one < 40).map((one) => nameOf(one) + (one >= 10 ? '.gz' : '')),
        ...[80, 0].map((one) => nameOf(one, 'virus')),
      ].toSorted(),
    );
  });

  test('nothing is left when now is years later, and then there is nothing to do', async () => {
    const cwd = newFolder(journals(HALVES));
    await outputKept(['maintain', '.', '--now', '2030-01-01'], { cwd });
    expect(names(cwd)).toEqual([]);
    expect(await outputKept(['maintain', '.'], { cwd })).toBe('no journals in .\n');
    expect(await reportOf(cwd, '.')).toMatchObject({ now: null, series: [], journals: [] });
  });

  test('the table has a row for each series and what was done with it', async () => {
    const cwd = newFolder({ ...journals([2, 1, 0]), ...journals([70], 'virus') });
    const args = ['maintain', '.', '--now', formatIso(END_MS), '--series', 'spam'];
    const table = await outputKept([...args, '--series', 'virus', '--series', 'none'], { cwd });
    const rows = table.split('\n').filter((line) => line.includes('│'));
    expect(
      rows.map((row) =>
        row
          .split('│')
          .slice(1, 4)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['series', 'journals', ''],
      ['spam', '1', 'compressed'],
      ['spam', '2', 'kept'],
      ['virus', '1', 'removed'],
      ['none', '0', 'kept'],
    ]);
  });

  test('permissions stay with the journal', async () => {
    const cwd = newFolder(journals([4, 0]));
    chmodSync(path.join(cwd, nameOf(4)), 0o640);
    await outputKept(['maintain', '.'], { cwd });
    expect(statSync(path.join(cwd, `${nameOf(4)}.gz`)).mode & 0o777).toBe(0o640);
  });
});

test('docs/maintain.md shows what the command prints', async () => {
  const [{ args, output }, ...others] = examplesOf('maintain.md');
  expect(others).toEqual([]);
  const cwd = newFolder();
  const log = path.join(FIXTURES, 'logs/postfix/maillog-20261120.gz');
  const policy = ['--policy', path.join(FIXTURES, 'replay/resume.yaml'), '--journal', 'journals'];
  await runKept(['replay', log, '--tz', 'Europe/Berlin', ...policy], { cwd });
  expect(await outputKept(args, { cwd })).toMatch(patternOf(output));
});

describe('where the journals are', () => {
  test.each(['', 'log', 'series/log'])('DIR/%s', async (place) => {
    const cwd = newFolder({ [path.join('dir', place, nameOf(0))]: journal(0) });
    writeFileSync(path.join(cwd, 'dir', place, nameOf(4)), journal(4));
    await outputKept(['maintain', 'dir'], { cwd });
    expect(names(path.join(cwd, 'dir', place)).filter((name) => name.includes('.'))).toEqual([
      `${nameOf(4)}.gz`,
      nameOf(0),
    ]);
  });

  test('basedir is beside the file that names it, and DIR wins', async () => {
    const conf = 'basedir = "jr"\nretention = 10\ncondense = 3\n';
    const files = journals([30, 21, 8, 0]);
    const cwd = newFolder({
      'etc/cidr_maintain.conf': conf,
      ...Object.fromEntries(Object.entries(files).map(([name, one]) => [`etc/jr/${name}`, one])),
      ...files,
    });
    const left = [`${nameOf(8)}.gz`, nameOf(0)];
    await outputKept(['maintain', '-c', 'etc/cidr_maintain.conf', '.'], { cwd });
    expect(names(cwd)).toEqual([...left, 'etc'].toSorted());
    expect(names(path.join(cwd, 'etc/jr'))).toEqual(Object.keys(files).toSorted());
    await outputKept(['maintain', '--config', 'etc/cidr_maintain.conf', '--retention', '20'], {
      cwd,
    });
    expect(names(path.join(cwd, 'etc/jr'))).toEqual([
      ...[30, 21].map((one) => `${nameOf(one)}.gz`),
      ...left,
    ]);
  });

  test('a configuration names the series', async () => {
    const conf = `auto = "false"\nseries = "spam"\nbasedir = "."\n`;
    const cwd = newFolder({ ...journals([4, 0]), ...journals([4], 'virus'), 'm.conf': conf });
    await outputKept(['maintain', '-c', 'm.conf'], { cwd });
    expect(names(cwd)).toEqual(
      ['m.conf', nameOf(0), `${nameOf(4)}.gz`, nameOf(4, 'virus')].toSorted(),
    );
  });

  test('a replay that is repeated finds its packed journals', async () => {
    const cwd = newFolder();
    const log = path.join(FIXTURES, 'logs/postfix/maillog-20261120.gz');
    const policy = path.join(FIXTURES, 'policy/good/full.yaml');
    const zone = ['--tz', 'Europe/Berlin', '--year', '2026'];
    const replay = ['replay', log, ...zone, '--policy', policy, '--journal', 'jr'];
    await runKept(replay, { cwd });
    const before = filesBelow(path.join(cwd, 'jr'));
    expect(Object.keys(before).length).toBeGreaterThan(0);
    await outputKept(['maintain', 'jr', '--now', '2026-11-25'], { cwd });
    const packed = filesBelow(path.join(cwd, 'jr'));
    expect(Object.keys(packed)).toEqual(Object.keys(before).map((name) => `${name}.gz`));
    await runKept(replay, { cwd });
    expect(filesBelow(path.join(cwd, 'jr'))).toEqual(packed);
    // Another one stands in its way, unless it shall be replaced.
    const [name] = Object.keys(packed);
    writeFileSync(path.join(cwd, 'jr', name), gzipSync('other counts'));
    const { code, stderr } = await runKept(replay, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('holds other counts')]);
    await runKept([...replay, '--force'], { cwd });
    expect(filesBelow(path.join(cwd, 'jr'))).toEqual(before);
  });
});

describe('what is not whole', () => {
  test('is left alone until it is old, and told', async () => {
    const damaged = journal(6);
    damaged[damaged.length - 90] ^= 1;
    const cwd = newFolder({ ...journals([4, 0]), [nameOf(6)]: damaged });
    const { code, stdout, stderr } = await runKept(['maintain', '.'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hindcast: a journal was left alone: /);
    expect(stderr).toContain(nameOf(6));
    expect(stdout).toContain('left alone');
    expect(names(cwd)).toEqual([nameOf(6), `${nameOf(4)}.gz`, nameOf(0)]);
    const dry = await runKept(['maintain', '.', '--dry-run'], { cwd });
    expect(dry).toMatchObject({ code: 1, stderr });
    await outputKept(['maintain', '.', '--retention', '2'], { cwd });
    expect(names(cwd)).toEqual([`${nameOf(4)}.gz`, nameOf(0)]);
  });

  test('under a name that is not its own is left alone', async () => {
    const cwd = newFolder({ [nameOf(6)]: journal(8), [nameOf(0)]: journal(0) });
    const { code, stderr } = await runKept(['maintain', '.'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not what it is called')]);
    expect(names(cwd)).toEqual([nameOf(6), nameOf(0)]);
  });

  test('a packed file that differs from the plain one: both stay', async () => {
    const pairs = [gzipSync(journal(6, 'spam').subarray(0, -1)), gzipSync(journal(6)).subarray(9)];
    const other = encodeSeries({
      name: 'spam',
      type: 'cidr',
      monitor: { intervalMs: HALF_DAY_MS, windows: 4 },
      windowZeroMs: END_MS - 7 * HALF_DAY_MS,
      rows: [],
    });
    for (const packed of [...pairs, gzipSync(other)]) {
      const cwd = newFolder({ ...journals([6, 0]), [`${nameOf(6)}.gz`]: packed });
      const before = filesBelow(cwd);
      const { code, stderr } = await runKept(['maintain', '.'], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining('left alone')]);
      expect(filesBelow(cwd)).toEqual(before);
    }
  });

  test('a link is not touched', async () => {
    const elsewhere = newFolder({ journal: journal(70) });
    const cwd = newFolder(journals([0]));
    symlinkSync(path.join(elsewhere, 'journal'), path.join(cwd, nameOf(70)));
    await outputKept(['maintain', '.', '--now', formatIso(END_MS)], { cwd });
    expect(names(cwd)).toEqual([nameOf(70), nameOf(0)]);
  });
});

describe('what was cut off', () => {
  test('is brought to its end, whatever its age', async () => {
    const cwd = newFolder({
      ...journals([6, 0]),
      [`${nameOf(6)}.gz`]: gzipSync(journal(6)),
      [`${nameOf(0)}.gz`]: gzipSync(journal(0)),
      [`${nameOf(6)}.gz.4711.partial`]: 'half a file',
    });
    expect((await runKept(['query', '.', TOTALS], { cwd })).code).toBe(2);
    await outputKept(['maintain', '.'], { cwd });
    expect(names(cwd)).toEqual([
      `${nameOf(6)}.gz`,
      `${nameOf(6)}.gz.4711.partial`,
      `${nameOf(0)}.gz`,
    ]);
    expect((await ask(cwd, TOTALS)).split('\n').length).toBeGreaterThan(9);
  });

  const MANY = Array.from({ length: 120 }, (_, index) => index);
  const manyJournals = journals(MANY);
  const args = ['maintain', '.', '--retention', '90'];

  /** Every journal once, whole, wherever the run ended. */
  async function expectAll(cwd: string): Promise<void> {
    const { code } = await runHindcast(args, { cwd });
    expect(code).toBe(0);
    const left = names(cwd).filter((name) => !name.endsWith('.partial'));
    expect(left.map((name) => name.replace(/\.gz$/, ''))).toEqual(
      Object.keys(manyJournals).toSorted(),
    );
    for (const name of left) {
      const bytes = readFileSync(path.join(cwd, name));
      const whole = manyJournals[name.replace(/\.gz$/, '')];
      expect((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).equals(whole)).toBe(true);
    }
  }

  test('a run that is killed or interrupted loses nothing', async () => {
    const timed = newFolder(manyJournals);
    const started = performance.now();
    await outputOf(args, { cwd: timed });
    const tookMs = performance.now() - started;
    const codes: (number | null)[] = [];
    for (const [index, share] of [0.3, 0.45, 0.6, 0.75, 0.9].entries()) {
      const cwd = newFolder(manyJournals);
      const { child, done } = startHindcast(args, { cwd });
      const signal = index % 2 === 0 ? 'SIGKILL' : 'SIGINT';
      const timer = setTimeout(() => child.kill(signal), tookMs * share);
      codes.push((await done).code);
      clearTimeout(timer);
      // Only a run that cannot see its end leaves the file that it was writing.
      const partial = names(cwd).filter((name) => name.endsWith('.partial')).length;
      expect(partial).toBeLessThanOrEqual(signal === 'SIGINT' ? 0 : 1);
      await expectAll(cwd);
    }
    expect(codes.some((code) => code === null || code === 130)).toBe(true);
  });

  test('two runs at the same time lose nothing', async () => {
    const cwd = newFolder(manyJournals);
    const runs = await Promise.all([runHindcast(args, { cwd }), runHindcast(args, { cwd })]);
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(names(cwd).join()).not.toContain('partial');
    await expectAll(cwd);
  });
});

describe('mistakes', () => {
  const refusal = async (cwd: string, ...args: string[]): Promise<string> => {
    const before = filesBelow(cwd);
    const { code, stdout, stderr } = await runKept(['maintain', ...args], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(filesBelow(cwd)).toEqual(before);
    return stderr;
  };

  test('a journal of a wrong year does not make all others old', async () => {
    const late = `spam.${formatCompact(Date.UTC(2062, 10, 20))}`;
    const cwd = newFolder({ ...journals(HALVES), [late]: 'from a wrong clock' });
    expect(await refusal(cwd, '.')).toBe(
      'hindcast: no journals between 2026-11-20T00:00:00Z and 2062-11-20T00:00:00Z, which is longer ' +
        'than journals are kept: all before would be removed\n' +
        'hint: --now 2062-11-20T00:00:00Z says that this is right\n',
    );
    await outputKept(['maintain', '.', '--now', formatIso(END_MS)], { cwd });
    expect(names(cwd).length).toBe(62);
  });

  test('no folder', async () => {
    const cwd = newFolder({ 'm.conf': 'retention = 3\n' });
    for (const args of [[], ['-c', 'm.conf']]) {
      expect(await refusal(cwd, ...args)).toContain('maintain needs a folder: which journals?');
    }
    expect(await refusal(cwd, 'gone')).toContain('there is no folder gone');
    expect(await refusal(cwd, '-c', 'gone.conf')).toContain(
      'no such configuration file: gone.conf',
    );
  });

  test('options', async () => {
    const cwd = newFolder(journals(HALVES));
    const cases = {
      '--now yesterday': '--now yesterday: not a time',
      '--retention 0': 'expected a whole number from 1 to 36525',
      '--condense 1.5': 'expected a whole number from 0 to 36525',
      '-c a -c b': "it stands behind 'a'",
    };
    for (const [args, words] of Object.entries(cases)) {
      expect(await refusal(cwd, '.', ...args.split(' '))).toContain(words);
    }
  });

  test('a configuration, each where it stands', async () => {
    const cwd = newFolder({ ...journals(HALVES), 'm.conf': 'retension = 365\ncondense = soon\n' });
    expect(await refusal(cwd, '.', '--config', 'm.conf'))
      .toBe(`m.conf:1:1: error: cidr_maintain has no option 'retension' [maintain-unknown]
1 retension = 365
  ^^^^^^^^^
hint: did you mean 'retention'?

m.conf:2:12: error: 'condense' must be whole days, 0 to 36525, not 'soon' [type-wrong]
2 condense = soon
             ^^^^
`);
  });
});
