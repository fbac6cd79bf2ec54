// Goal: months of logs as they lie in an archive replay like the events that they hold: whatever the
// hosts, mail servers, packings and names, in whatever order, and though a file lies there twice.
// Method: three hosts and two mail servers around New Year, against one CSV of all their events.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { zstdFrame } from '../unit/input/packers.ts';
import { outputKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder, readCsv, tally } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs');
const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(path.join(LOGS, name)))
    .toString('latin1')
    .split('\n');

const OPTIONS = ['--tz', 'Europe/Berlin', '--year', '2026', '--node', 'mx3=mx3/*'];
const POLICY = ['--policy', path.join(FIXTURES, 'replay', 'everything.yaml'), '--top', 'all'];

/** The archive's files, in an order that no sorting gives. */
const ARCHIVE = [
  'mx3/mainlog.gz',
  'out1/maillog',
  'backup/maillog.1.zst',
  'mx2/mail.log.zst',
  'out1/maillog.1.gz',
];

let cwd = '';

beforeAll(() => {
  const yearEnd = linesOf('postfix/newyear.log.gz');
  const rotated = yearEnd.findIndex((line) => line.startsWith('Jan')) + 20;
  const older = Buffer.from(`${yearEnd.slice(0, rotated).join('\n')}\n`, 'latin1');
  const mx2 = linesOf('postfix/recorded.log.gz').map((line) =>
    line.replace('Nov 20 18:27', 'Dec 31 23:59'),
  );
  const mx3 = linesOf('exim/mainlog.mid.gz').map((line, index) =>
    line.replace('2026-11-20 18:38', index < 1500 ? '2026-12-31 23:59' : '2027-01-01 00:00'),
  );
  const latin1 = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'), 'latin1');
  cwd = newFolder();
  for (const host of ['out1', 'mx2', 'mx3', 'backup']) mkdirSync(path.join(cwd, host));
  writeFileSync(path.join(cwd, 'out1/maillog'), latin1(yearEnd.slice(rotated)));
  writeFileSync(path.join(cwd, 'out1/maillog.1.gz'), gzipSync(older));
  writeFileSync(path.join(cwd, 'backup/maillog.1.zst'), zstdFrame(older));
  writeFileSync(path.join(cwd, 'mx2/mail.log.zst'), zstdFrame(latin1(mx2)));
  writeFileSync(path.join(cwd, 'mx3/mainlog.gz'), gzipSync(latin1(mx3)));
});

async function replayed(logs: readonly string[], out: string): Promise<Record<string, string>> {
  await outputKept(['replay', ...logs, ...POLICY, ...OPTIONS, '--out', out], { cwd });
  const files = Object.entries(filesBelow(path.join(cwd, out)));
  // What names the inputs differs.
  return Object.fromEntries(files.filter(([name]) => !name.endsWith('.json')));
}

test('an archive replays as the events in it, whatever the order of its files', async () => {
  const csv = await outputKept(['convert', ...ARCHIVE, ...OPTIONS], { cwd });
  const nodes = tally(readCsv(csv).map((event) => event['node']));
  expect(Object.keys(nodes).toSorted()).toEqual(['mx1', 'mx3', 'out1']);
  expect(Math.min(...Object.values(nodes))).toBeGreaterThan(500);
  writeFileSync(path.join(cwd, 'events.csv'), csv);

  const wanted = await replayed(['events.csv'], 'from-csv');
  expect(Object.keys(wanted).length).toBeGreaterThan(4);
  expect(wanted['firings.csv'].split('\n').length).toBeGreaterThan(20);
  expect(await replayed(ARCHIVE, 'from-archive')).toEqual(wanted);
  expect(await replayed(ARCHIVE.toReversed(), 'reversed')).toEqual(wanted);
  expect(await replayed(['out1', 'mx3', 'backup', 'mx2'], 'folders')).toEqual(wanted);
});
