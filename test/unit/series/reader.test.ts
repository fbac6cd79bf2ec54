import { readdirSync } from 'node:fs';

import { expect, test } from 'vitest';

import { formatDiagnostic, placeOf } from '../../../src/model/diagnostic.ts';
import { UserError } from '../../../src/model/errors.ts';
import type { SeriesSnapshot } from '../../../src/model/series-snapshot.ts';
import { readSeries } from '../../../src/series/reader.ts';
import { SERIES_CODES } from '../../../src/series/refusal.ts';
import { encodeSeries } from '../../../src/series/writer.ts';
import { errorOf, fixture, FIXTURES, refusalOf, rowsOf, series, ZERO_MS } from './snapshots.ts';

const GOOD: Readonly<Record<string, SeriesSnapshot>> = {
  bad_rcpt: series([
    [0, '192.0.2.1', 35],
    [0, '198.51.100.7', 2],
    [11, '192.0.2.1', 4],
  ]),
  'bad_rcpt.20261101T101000': series([
    [0, '192.0.2.1', 35],
    [0, '198.51.100.7', 2],
  ]),
  v6_rejects: {
    name: 'v6_rejects',
    type: 'cidr_ipv6',
    monitor: { intervalMs: 3_600_000, windows: 24 },
    windowZeroMs: ZERO_MS - 300_000,
    rows: rowsOf([
      [0, '2001:db8::', 1],
      [0, '2001:db8::1', 7],
      [0, '2001:db8:0:1:1:1:1:1', 2],
      [0, '2001:db8:ffff::a', -3],
      [23, '2001:db8::1', 2 ** 53],
    ]),
  },
  'peers.1,1': {
    name: 'peers',
    type: 'ip',
    monitor: { intervalMs: 1000, windows: 1 },
    windowZeroMs: ZERO_MS + 17_000,
    rows: rowsOf([
      [0, '192.0.2.255', 1],
      [0, '203.0.113.0', -(2 ** 53)],
      [0, '2001:db8::1', 1],
    ]),
  },
  'Betreff%2F%C3%A9': series(
    [
      [0, '', 3],
      [0, '\n#rows,9\n', 1],
      [0, '\r\n', 1],
      [0, ' two ', 1],
      [0, '"quoted"', 2],
      [0, '#comment', 4],
      [0, '=1+1', 1],
      [0, 'a,b', 5],
      [0, 'postmaster@example.com', 12],
      [0, 'tab\there', 1],
      [0, 'é', 1],
      [0, '\u{ffff}', 1],
      [0, '\u{1f4e8}', 1],
      [1, '"', 1],
    ],
    { name: 'Betreff/é', type: 'string' },
  ),
  quiet: series([], { name: 'quiet', monitor: { intervalMs: 300_000, windows: 6 } }),
};

const BAD = [
  ['foreign-mail-log', 'series-foreign', 1, 1],
  ['foreign-csv', 'series-foreign', 1, 1],
  ['foreign-gzip', 'series-foreign', 1, 1],
  ['newer', 'series-newer', 1, 18],
  ['truncated-empty', 'series-truncated', 1, 1],
  ['truncated-first-line', 'series-truncated', 1, 14],
  ['truncated-header', 'series-truncated', 4, 1],
  ['truncated-in-row', 'series-truncated', 9, 10],
  ['truncated-after-row', 'series-truncated', 10, 1],
  ['truncated-no-digest', 'series-truncated', 11, 1],
  ['truncated-in-digest', 'series-truncated', 11, 54],
  ['truncated-last-line-feed', 'series-truncated', 11, 73],
  ['truncated-rows-missing', 'series-truncated', 10, 1],
  ['truncated-in-quotes', 'series-truncated', 8, 3],
  ['altered-count', 'series-altered', 11, 9],
  ['altered-digest', 'series-altered', 11, 9],
  ['altered-digest-short', 'series-altered', 11, 9],
  ['altered-after-digest', 'series-altered', 12, 1],
  ['altered-cr-lf', 'series-altered', 1, 19],
  ['header-version', 'series-header', 1, 18],
  ['header-order', 'series-header', 2, 1],
  ['header-name-empty', 'series-header', 2, 7],
  ['header-type', 'series-header', 3, 7],
  ['header-monitor', 'series-header', 4, 10],
  ['header-monitor-zero', 'series-header', 4, 10],
  ['header-window-zero', 'series-header', 5, 14],
  ['header-window-zero-odd', 'series-header', 5, 14],
  ['header-rows', 'series-header', 6, 7],
  ['header-columns', 'series-header', 7, 1],
  ['row-fields', 'series-row', 8, 1],
  ['row-one-too-many', 'series-row', 10, 1],
  ['row-unsorted-window', 'series-row', 9, 1],
  ['row-unsorted-key', 'series-row', 9, 3],
  ['row-unsorted-family', 'series-row', 9, 3],
  ['row-unsorted-text', 'series-row', 9, 3],
  ['row-duplicate', 'series-row', 9, 3],
  ['row-window', 'series-row', 8, 1],
  ['row-window-zeros', 'series-row', 8, 1],
  ['row-wrong-family-4', 'series-row', 8, 3],
  ['row-wrong-family-6', 'series-row', 8, 3],
  ['row-mapped', 'series-row', 8, 3],
  ['row-spelling', 'series-row', 8, 3],
  ['row-no-address', 'series-row', 8, 3],
  ['row-not-utf8', 'series-row', 8, 6],
  ['row-count-zero', 'series-row', 8, 13],
  ['row-count-plus', 'series-row', 8, 13],
  ['row-count-fraction', 'series-row', 8, 13],
  ['row-count-beyond', 'series-row', 8, 13],
  ['row-count-far-beyond', 'series-row', 8, 13],
  ['row-quotes-not-needed', 'series-row', 8, 3],
  ['row-quotes-missing', 'series-row', 8, 3],
] as const;

/** The message as a terminal shows it. */
function refusalText(name: string): string {
  const bytes = fixture(`bad/${name}`);
  const error = errorOf(() => readSeries(bytes, name));
  if (!(error instanceof UserError)) throw error;
  return formatDiagnostic(error.diagnostics[0], bytes.toString('utf8'));
}

test.each(Object.entries(GOOD))('reads %s', (name, snapshot) => {
  expect(readSeries(fixture(name), name)).toEqual(snapshot);
});

test.each(Object.entries(GOOD))('would still write the bytes of %s', (name, snapshot) => {
  expect(encodeSeries(snapshot).equals(fixture(name))).toBe(true);
});

test.each(BAD)('refuses %s as %s at %i:%i', (name, code, line, column) => {
  const bytes = fixture(`bad/${name}`);
  const error = errorOf(() => readSeries(bytes, name));
  if (!(error instanceof UserError)) throw error;
  expect(error.diagnostics).toHaveLength(1);
  const [diagnostic] = error.diagnostics;
  expect({ code: diagnostic.code, file: diagnostic.file }).toEqual({ code, file: name });
  expect(placeOf(bytes.toString('utf8'), diagnostic.start)).toMatchObject({ line, column });
  expect(diagnostic.end).toBeGreaterThanOrEqual(diagnostic.start);
  expect(error.message).toContain(`${name} was not loaded: line ${line}, column ${column}: `);
});

test('knows every fixture, and every code has one', () => {
  const bad = readdirSync(`${FIXTURES}/bad`);
  expect(bad.toSorted()).toEqual(BAD.map(([name]) => name).toSorted());
  expect(readdirSync(FIXTURES).toSorted()).toEqual([...Object.keys(GOOD), 'bad'].toSorted());
  expect([...new Set<string>(BAD.map(([, code]) => code))].toSorted()).toEqual(
    SERIES_CODES.toSorted(),
  );
});

test('every cut of a good file is truncated', () => {
  for (const name of Object.keys(GOOD)) {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length++) {
      expect(refusalOf(bytes.subarray(0, length))).toBe('series-truncated');
    }
  }
});

test('columns count characters of the line, not bytes', () => {
  const text = fixture('Betreff%2F%C3%A9').toString('utf8');
  const bytes = Buffer.from(text.replace('0,\u{1f4e8},1', '0,\u{1f4e8},x'));
  const error = errorOf(() => readSeries(bytes, 'file'));
  if (!(error instanceof UserError)) throw error;
  const [{ start, end }] = error.diagnostics;
  const altered = bytes.toString('utf8');
  expect(altered.slice(start, end)).toBe('x');
  expect(placeOf(altered, start)).toMatchObject({ column: 6, lineText: '0,\u{1f4e8},x' });
});

test('a file with a byte order mark is foreign', () => {
  expect(refusalOf(Buffer.concat([Buffer.from('\uFEFF'), fixture('quiet')]))).toBe(
    'series-foreign',
  );
});

test('says what it is about, once for each code', () => {
  const shown = ['foreign-csv', 'newer', 'truncated-after-row', 'altered-count', 'header-type'];
  const texts = [...shown, 'row-unsorted-key'].map(refusalText);
  expect(texts).toMatchInlineSnapshot(`
    [
      "foreign-csv:1:1: error: expected #hindcast-series,1 at the start of a series file [series-foreign]
    1 window,key,count
      ^^^^^^^^^^^^^^^^
    hint: hindcast reads only series files that hindcast wrote: docs/series-format.md",
      "newer:1:18: error: expected version 1, found 2 [series-newer]
    1 #hindcast-series,2
                       ^
    hint: a newer hindcast wrote this file; read it with that one",
      "truncated-after-row:10:1: error: the file ends here, expected row 3 of 3 [series-truncated]
    10 
       ^
    hint: the copy or the writing of this file was cut short; get it again",
      "altered-count:11:9: error: expected digest d536d0c85ee3… of the bytes before this line, found 228119b42b74… [series-altered]
    11 #sha256,228119b42b744421a53996d986671e85d7c2f49f8b4760f8b6a1f2d578c6c83c
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: the file was changed after it was written; use the original",
      "header-type:3:7: error: expected one of ip, cidr, cidr_ipv6, string [series-header]
    3 #type,cidr6
            ^^^^^",
      "row-unsorted-key:9:3: error: expected a key that sorts after the one before [series-row]
    9 0,192.0.2.1,35
        ^^^^^^^^^",
    ]
  `);
});
