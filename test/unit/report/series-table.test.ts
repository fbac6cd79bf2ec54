import { expect, test } from 'vitest';

import type { SeriesSnapshot } from '../../../src/model/series-snapshot.ts';
import {
  renderSeriesBlocks,
  renderSeriesSummary,
  seriesBlocksCsv,
  seriesBlocksJson,
  seriesSummaryCsv,
  seriesSummaryJson,
  type SeriesBlock,
} from '../../../src/report/series-table.ts';

const SAMPLE: SeriesSnapshot = {
  name: 'bad_rcpt',
  type: 'cidr',
  monitor: { intervalMs: 300_000, windows: 12 },
  windowZeroMs: 1_793_527_500_000,
  rows: [
    { window: 0, key: '192.0.2.1', count: 35 },
    { window: 0, key: '198.51.100.7', count: 2 },
    { window: 11, key: '192.0.2.1', count: 4 },
  ],
};

const PER = { ipv4: 24, ipv6: 64 };
const BLOCKS: SeriesBlock[] = [
  { block: '192.0.2.0/24', windows: [{ window: 11, count: 2 }], total: 2 },
  {
    block: '198.51.100.0/24',
    windows: [
      { window: 0, count: 35 },
      { window: 11, count: 4 },
    ],
    total: 39,
  },
];

test('summary', () => {
  expect(renderSeriesSummary(SAMPLE)).toMatchInlineSnapshot(`
    "series       bad_rcpt
    type         cidr
    monitor      300,12 (12 windows of 300 s)
    window zero  2026-11-01T10:05:00Z
    rows         3
    keys         2
    total        41

    window  begins at             keys  total
    0       2026-11-01T10:05:00Z     2     37
    11      2026-11-01T09:10:00Z     1      4
    "
  `);
});

test('summary of nothing', () => {
  const text = renderSeriesSummary({ ...SAMPLE, rows: [] });
  expect(text).toMatch(/\ntotal {8}0\n\nNo window holds anything.\n$/);
});

test('a name cannot write on the terminal', () => {
  const text = renderSeriesSummary({ ...SAMPLE, name: 'a\u001b[31m\u009b\u202e\u{e0001}"' });
  expect(text.split('\n')[0]).toBe(
    String.raw`series       "a\u001b[31m\u009b\u202e\udb40\udc01\""`,
  );
});

test('summary of many windows', () => {
  const rows = Array.from({ length: 53 }, (_, window) => ({ window, key: '192.0.2.1', count: 1 }));
  const snapshot = { ...SAMPLE, monitor: { intervalMs: 300_000, windows: 60 }, rows };
  const lines = renderSeriesSummary(snapshot).split('\n');
  expect(lines.at(-2)).toBe('… and 3 more windows');
  expect(seriesSummaryCsv(snapshot).split('\n')).toHaveLength(55);
});

test('summary as CSV and JSON', () => {
  expect(seriesSummaryCsv(SAMPLE)).toBe(
    'window,start,keys,total\n0,2026-11-01T10:05:00Z,2,37\n11,2026-11-01T09:10:00Z,1,4\n',
  );
  expect(JSON.parse(seriesSummaryJson(SAMPLE))).toEqual({
    name: 'bad_rcpt',
    type: 'cidr',
    monitor: '300,12',
    windowZero: '2026-11-01T10:05:00Z',
    rows: 3,
    keys: 2,
    total: 41,
    windows: [
      { window: 0, start: '2026-11-01T10:05:00Z', keys: 2, total: 37 },
      { window: 11, start: '2026-11-01T09:10:00Z', keys: 1, total: 4 },
    ],
  });
});

test('blocks', () => {
  expect(renderSeriesBlocks(SAMPLE, PER, BLOCKS)).toMatchInlineSnapshot(`
    "series bad_rcpt, per /24, window 0 begins at 2026-11-01T10:05:00Z

    block            window 0  window 11  total
    198.51.100.0/24        35          4     39
    192.0.2.0/24            0          2      2
    2 blocks               35          6     41
    "
  `);
});

test('no blocks', () => {
  expect(renderSeriesBlocks({ ...SAMPLE, type: 'ip' }, PER, [])).toBe(
    'series bad_rcpt, per /24 and /64, window 0 begins at 2026-11-01T10:05:00Z\n\n' +
      'No block holds anything.\n',
  );
});

test('many blocks and windows: the rest is summed, and the sums add up', () => {
  const blocks = Array.from({ length: 60 }, (_, i) => {
    const windows = Array.from({ length: 10 }, (__, window) => ({ window, count: i + 1 }));
    return { block: `10.0.${i}.0/24`, windows, total: 10 * (i + 1) };
  });
  const lines = renderSeriesBlocks(SAMPLE, PER, blocks).trimEnd().split('\n').slice(2);
  const cells = lines.map((line) => line.split(/ {2,}/));
  expect(cells[0].slice(-3)).toEqual(['window 7', 'older', 'total']);
  expect(cells[1][0]).toBe('10.0.59.0/24');
  expect(cells.at(-2)?.[0]).toBe('… and 10 more');
  expect(cells).toHaveLength(53);
  for (const column of [1, 9, 10]) {
    const counts = cells.slice(1).map((row) => Number(row[column]));
    const all = counts.pop();
    expect(counts.reduce((a, b) => a + b, 0)).toBe(all);
  }
  expect(cells.at(-1)).toEqual([
    '60 blocks',
    ...Array.from({ length: 8 }, () => '1830'),
    '3660',
    '18300',
  ]);
});

test('blocks as CSV and JSON', () => {
  expect(seriesBlocksCsv(BLOCKS)).toBe(
    'block,window,count\n192.0.2.0/24,11,2\n198.51.100.0/24,0,35\n198.51.100.0/24,11,4\n',
  );
  expect(JSON.parse(seriesBlocksJson(SAMPLE, PER, BLOCKS))).toEqual({
    name: 'bad_rcpt',
    type: 'cidr',
    monitor: '300,12',
    windowZero: '2026-11-01T10:05:00Z',
    per: PER,
    blocks: BLOCKS,
  });
});
