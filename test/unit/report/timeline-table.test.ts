import { describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../src/model/address.ts';
import {
  barOf,
  shownLine,
  timelineCsv,
  timelineTable,
  type TimelineReport,
} from '../../../src/report/timeline-table.ts';
import type { Timeline, TimelineWindow } from '../../../src/simulate/timeline.ts';

const NOON_MS = Date.UTC(2026, 10, 20, 12);
const FIVE_MINUTES_MS = 300_000;

function window(number: number, counts: Readonly<Record<string, number>>): TimelineWindow {
  const events = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const startMs = NOON_MS + number * FIVE_MINUTES_MS;
  return { startMs, events, addresses: 1, counts: new Map(Object.entries(counts)) };
}

function reportOf(windows: readonly TimelineWindow[]): TimelineReport {
  const timeline: Timeline = {
    windowMs: FIVE_MINUTES_MS,
    windows,
    events: windows.reduce((sum, { events }) => sum + events, 0),
    addresses: 1,
    firstMs: windows.at(0)?.startMs,
    lastMs: windows.at(-1)?.startMs,
    logFirstMs: NOON_MS,
    logLastMs: NOON_MS,
    bySource: [],
  };
  return { version: '0', networks: [parseNetwork('192.0.2.0/24')!], files: [], timeline };
}

const rowsOf = (report: TimelineReport, style: { all: boolean; ascii: boolean }): string[] =>
  [...timelineTable(report, style)].join('').split('\n').slice(3, -1);

describe('a timeline', () => {
  const report = reportOf([
    window(0, { connect: 2, disconnect: 2, zebra: 1, bounce: 3 }),
    window(1, { connect: 1 }),
    window(4, { rejection: 4 }),
    window(6, { removed: 1 }),
  ]);

  test('folds quiet windows, and hides kinds that only begin or end something', () => {
    expect(rowsOf(report, { all: false, ascii: true })).toEqual([
      'window (UTC)         connections  receptions  rejections  auth_failure  bounce  zebra  addresses  events',
      '2026-11-20 12:00:00            2           0           0             0       3      1          1       8  ########################',
      '2026-11-20 12:05:00            1           0           0             0       0      0          1       1  ###',
      '… 2 quiet windows …',
      '2026-11-20 12:20:00            0           0           4             0       0      0          1       4  ############',
      '… 1 quiet window …',
      '2026-11-20 12:30:00            0           0           0             0       0      0          1       1  ###',
    ]);
  });

  test('shows each of them on request', () => {
    const starts = rowsOf(report, { all: true, ascii: true }).map((row) => row.slice(11, 16));
    expect(starts.slice(1)).toEqual([
      '12:00',
      '12:05',
      '12:10',
      '12:15',
      '12:20',
      '12:25',
      '12:30',
    ]);
  });

  test('as CSV has all kinds, in an order of their own', () => {
    expect([...timelineCsv(report, false)].join('').split('\n')).toEqual([
      'window_start,events,addresses,connections,receptions,rejections,auth_failure,disconnect,bounce,removed,zebra',
      '2026-11-20T12:00:00Z,8,1,2,0,0,0,2,3,0,1',
      '2026-11-20T12:05:00Z,1,1,1,0,0,0,0,0,0,0',
      '2026-11-20T12:20:00Z,4,1,0,0,4,0,0,0,0,0',
      '2026-11-20T12:30:00Z,1,1,0,0,0,0,0,0,1,0',
      '',
    ]);
    expect([...timelineCsv(report, true)]).toHaveLength(8);
  });
});

test.each([
  [0, 10, ''],
  [10, 10, '█'.repeat(24)],
  [5, 10, '█'.repeat(12)],
  [1, 192, '▏'],
  [1, 1_000_000, '▏'],
  [15, 192, '█▉'],
])('a bar for %i of %i', (value, most, bar) => {
  expect(barOf(value, most, false)).toBe(bar);
});

test('a bar of ASCII is at least one character long', () => {
  expect([0, 1, 500, 1000].map((value) => barOf(value, 1000, true).length)).toEqual([0, 1, 12, 24]);
});

test('a log line cannot steer the terminal', () => {
  const text = 'a\u001b[31m\u0000b\tü\u0085\u007f';
  expect(shownLine('mail.log', 7, text)).toBe('mail.log:7:a\\x1b[31m\\x00b\tü\\x85\\x7f\n');
  // A CSV brings the name of the file, too.
  expect(shownLine('a\n\u001b[31m', 7, 'b')).toBe('a\\x0a\\x1b[31m:7:b\n');
});
