// Goal: `load` replaces or adds what a file holds, as the clock sees it, and a file that is refused
// leaves the series as it was.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';

import type { SeriesSnapshot } from '../../../src/model/series-snapshot.ts';
import { encodeSeries } from '../../../src/series/writer.ts';
import { NOON_MS } from '../../builders/event-batches.ts';
import { TestConsole } from './test-target.ts';

const V1 = fileURLToPath(new URL('../../../fixtures/series/v1/', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-load-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MONITOR = { intervalMs: 300_000, windows: 12 };
const STORED: SeriesSnapshot = {
  name: 'bad_rcpt',
  type: 'cidr',
  monitor: MONITOR,
  windowZeroMs: NOON_MS - 600_000,
  rows: [
    { window: 0, key: '192.0.2.1', count: 5 },
    { window: 0, key: '198.51.100.7', count: 1 },
    { window: 9, key: '192.0.2.1', count: 4 },
    { window: 10, key: '192.0.2.1', count: 7 },
    { window: 11, key: '192.0.2.9', count: 1 },
  ],
};

let console: TestConsole;
let file: string;

function store(change: Partial<SeriesSnapshot> = {}, name = 'bad_rcpt'): void {
  file = path.join(folder, name);
  writeFileSync(file, encodeSeries({ ...STORED, ...change }));
}

beforeEach(() => {
  console = new TestConsole({ seriesDir: folder });
  store();
});

const rowsNow = (): string[] =>
  console.target.engine
    .snapshot('bad_rcpt')
    .rows.map(({ window, key, count }) => `${window} ${key} ${count}`);
const BEFORE = ['0 192.0.2.1 2'];

test('replaces the series; windows that aged out are dropped and counted', async () => {
  expect(rowsNow()).toEqual(BEFORE);
  expect(await console.answer('load bad_rcpt')).toBe(
    `loaded 3 rows of 2 keys from ${folder}/bad_rcpt; ` +
      'dropped 2 rows of 2 windows that had aged out\n',
  );
  expect(rowsNow()).toEqual(['2 192.0.2.1 5', '2 198.51.100.7 1', '11 192.0.2.1 4']);
  expect(console.changesText()).toBe('bad_rcpt (1 change)');
});

test('--add sums', async () => {
  store({ windowZeroMs: NOON_MS, rows: STORED.rows.slice(0, 3) });
  expect(await console.answer(`load --add bad_rcpt ${file}`)).toBe(
    `added 3 rows of 2 keys from ${file}\n`,
  );
  expect(rowsNow()).toEqual(['0 192.0.2.1 7', '0 198.51.100.7 1', '9 192.0.2.1 4']);
  expect(await console.answer('count_cidr 192.0.2.0/24 bad_rcpt 300,12 0 11')).toBe('11\n');
});

test('finds the file by the name with the monitor, and takes one with blanks in its name', async () => {
  rmSync(file);
  store({}, 'bad_rcpt.300,12');
  expect(await console.answer('load bad_rcpt')).toContain(`${folder}/bad_rcpt.300,12`);
  store({}, 'a copy');
  expect(await console.answer(`inbound_audit load bad_rcpt "${file}"`)).toContain('a copy');
  rmSync(path.join(folder, 'bad_rcpt.300,12'));
});

test.each([
  ['another name', { name: 'good_rcpt' }, "holds the series 'good_rcpt', not 'bad_rcpt'"],
  ['another type', { type: 'ip' as const }, 'has the type cidr here, ip there'],
  [
    'another monitor',
    { monitor: { ...MONITOR, windows: 13 } },
    'has the parameters 300,12 here, 300,13 there',
  ],
  ['a later time', { windowZeroMs: NOON_MS + 300_000 }, 'after the present moment of this replay'],
])('a file of %s is refused', async (_, change, words) => {
  store(change);
  await expect(console.run('load bad_rcpt')).rejects.toThrow(words);
  expect(rowsNow()).toEqual(BEFORE);
  expect(console.changes.size).toBe(0);
});

test('a sum beyond 2^53 is refused before anything is added', async () => {
  store({
    windowZeroMs: NOON_MS,
    rows: [
      { window: 0, key: '192.0.2.0', count: 1 },
      { window: 0, key: '192.0.2.1', count: 2 ** 53 },
    ],
  });
  await expect(console.run('load bad_rcpt --add')).rejects.toThrow('is beyond ±2^53');
  expect(rowsNow()).toEqual(BEFORE);
});

test.each(['truncated-after-row', 'altered-count', 'foreign-csv', 'newer'])(
  'a file that is not whole is refused: %s',
  async (name) => {
    copyFileSync(path.join(V1, 'bad', name), file);
    await expect(console.run('load bad_rcpt')).rejects.toThrow(
      /^series file .*bad_rcpt was not loaded: line \d+, column \d+: expected|the file ends here/,
    );
    expect(rowsNow()).toEqual(BEFORE);
  },
);

test('a file that is not there is refused', async () => {
  rmSync(file);
  await expect(console.run('load bad_rcpt')).rejects.toThrow("no file of series 'bad_rcpt'");
});
