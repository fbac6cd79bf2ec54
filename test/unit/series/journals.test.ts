// Goal: a folder of journals is found below any name that a user gives it, and every journal in it
// is read as what its name says or refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';

import { DiskError, UserError } from '../../../src/model/errors.ts';
import { openJournals } from '../../../src/series/journals.ts';
import { readSeriesFile } from '../../../src/series/store.ts';
import { encodeSeries } from '../../../src/series/writer.ts';
import { errorOf, series } from './snapshots.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-journals-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const journal = encodeSeries(series([[0, '192.0.2.1', 3]]));
const NAME = 'bad_rcpt.20261101T101000';

/** The message without the folder of the test, which is another one each time. */
function refusal(folder: string): string {
  const error = errorOf(() => {
    const opened = openJournals(folder);
    for (const one of opened.journals) opened.read(one);
  });
  if (!(error instanceof UserError)) throw error;
  const hint = error.hint === undefined ? '' : `\n${error.hint}`;
  return `${error.message}${hint}`.replaceAll(folder, 'DIR');
}

test.each(['', 'log', 'series/log'])('finds journals in DIR/%s', (place) => {
  const folder = folderOf({ [path.join(place, NAME)]: journal, 'summary.json': '{}' });
  const opened = openJournals(folder);
  expect(opened.journals.map((one) => path.relative(folder, one.path))).toEqual([
    path.join(place, NAME),
  ]);
  const { header, ipv4Rows } = opened.read(opened.journals[0]);
  expect([header.name, ipv4Rows]).toEqual(['bad_rcpt', 1]);
  expect(opened.readings).toEqual({ files: 1, rows: 1, bytes: journal.length });
});

test('leaves everything alone that is not called like a journal', () => {
  const folder = folderOf({
    [NAME]: journal,
    bad_rcpt: 'a state?',
    'README.md': 'text',
    'bad_rcpt.20261101T101000.bak': 'old',
    'bad_rcpt.20261331T101000': 'no such month',
    'bad_rcpt.20261101T102000/file': 'a folder',
  });
  expect(openJournals(folder).journals).toHaveLength(1);
});

test.each([
  ['packed, and called so', `${NAME}.gz`, gzipSync(journal)],
  ['packed under its first name', NAME, gzipSync(journal)],
  ['called packed and plain', `${NAME}.gz`, journal],
  [
    'packed in two pieces',
    NAME,
    Buffer.concat([journal.subarray(0, 50), journal.subarray(50)].map((part) => gzipSync(part))),
  ],
])('reads a journal that is %s', (_what, name, bytes) => {
  const folder = folderOf({ [name]: bytes });
  const opened = openJournals(folder);
  expect(opened.read(opened.journals[0]).ipv4Rows).toBe(1);
  expect(opened.readHeader(opened.journals[0]).rowCount).toBe(1);
  expect(readSeriesFile(path.join(folder, name)).rows).toHaveLength(1);
});

test('reads journals larger than its buffer, one after another', () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => {
    return [0, `2001:db8::${(i + 1).toString(16)}`, i + 1] as const;
  });
  const large = encodeSeries(series(rows, { type: 'cidr_ipv6' }));
  expect(large.length).toBeGreaterThan(512 * 1024);
  const folder = folderOf({ [NAME]: large, 'bad_rcpt.300,12.20261101T101000': journal });
  const opened = openJournals(folder);
  expect(opened.journals.map((one) => opened.read(one).header.rowCount)).toEqual([60_000, 1]);
  const [first] = opened.journals;
  expect(opened.readHeader(first).rowCount).toBe(60_000);
});

test('a damaged journal is named with its line', () => {
  const altered = Buffer.from(journal.toString().replace('192.0.2.1', '192.0.2.01'));
  expect(refusal(folderOf({ [NAME]: altered }))).toMatch(
    /^series file DIR\/bad_rcpt\.20261101T101000 was not loaded: line 8, column 3: expected an IPv4 address/,
  );
  expect(refusal(folderOf({ [NAME]: 'Nov  1 10:10:00 mx1 postfix/smtpd[1]: hello\n' }))).toMatch(
    /line 1, column 1: expected #hindcast-series,1 at the start of a series file/,
  );
  expect(refusal(folderOf({ [`${NAME}.gz`]: '' }))).toMatch(/line 1, column 1: the file ends here/);
});

test('a damaged archive is a failure of the disk', () => {
  const packed = gzipSync(journal);
  const folder = folderOf({ [NAME]: packed.subarray(0, packed.length - 9) });
  const opened = openJournals(folder);
  expect(errorOf(() => opened.read(opened.journals[0]))).toBeInstanceOf(DiskError);
});

test.each([
  [
    'spam.20261101T101000',
    journal,
    "line 2: expected the series 'spam', as in its name, found 'bad_rcpt'",
  ],
  [
    'bad_rcpt.600,6.20261101T101000',
    journal,
    'line 4: expected the monitor 600,6, as in its name, found 300,12',
  ],
  [
    'bad_rcpt.20261101T101500',
    journal,
    'line 5: expected the window that begins at 2026-11-01T10:10:00Z, as in its name, found 2026-11-01T10:05:00Z',
  ],
])('a journal called %s that holds something else is refused', (name, bytes, reason) => {
  const folder = folderOf({ [name]: bytes });
  expect(refusal(folder)).toBe(
    `journal DIR/${name} is not what it is called: ${reason}\n` +
      'give the file the name that it was written under',
  );
  const opened = openJournals(folder);
  expect(() => opened.readHeader(opened.journals[0])).toThrow(UserError);
});

test('a state under the name of a journal is refused', () => {
  const state = encodeSeries(
    series([
      [0, '192.0.2.1', 3],
      [2, '192.0.2.1', 1],
    ]),
  );
  expect(refusal(folderOf({ [NAME]: state }))).toBe(
    `DIR/${NAME} has rows of several windows: it is a state under the name of a journal`,
  );
});

test('without journals it says where it looked, and what is there instead', () => {
  const looked = 'DIR/, DIR/log/, DIR/series/log/, DIR/manager/, DIR/series/manager/';
  expect(refusal(folderOf({ 'summary.json': '{}' }))).toBe(
    `no journals in ${looked}\n` +
      "a replay with --out writes them for series with 'serialize: true'",
  );
  expect(refusal(folderOf({ 'series/state/bad_rcpt': journal }))).toBe(
    `no journals in ${looked}; DIR/series/state/bad_rcpt is a state, which has no time in its name\n` +
      "'hindcast show DIR/series/state/bad_rcpt' prints it; " +
      "for journals, replay the series with 'serialize: true'",
  );
  expect(refusal('/no/such/folder')).toMatch(/^there is no folder DIR\n/);
});
