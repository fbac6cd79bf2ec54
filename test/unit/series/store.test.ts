import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { DiskError, UserError } from '../../../src/model/errors.ts';
import { findSeriesFile, readSeriesFile } from '../../../src/series/store.ts';
import { errorOf, FIXTURES } from './snapshots.ts';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-store-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** Makes an empty file below the test's folder. */
function touch(...path: string[]): string {
  const file = join(dir, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  return file;
}

/** What the user is told when the series is not found. */
function missing(name: string): string {
  const error = errorOf(() => findSeriesFile(dir, name));
  if (!(error instanceof UserError)) throw error;
  return error.message;
}

test('reads a file from the disk', () => {
  expect(readSeriesFile(`${FIXTURES}/bad_rcpt`).rows).toHaveLength(3);
});

test('a wrong path is the user’s mistake', () => {
  const file = touch('file');
  for (const path of [join(dir, 'none'), dir, join(file, 'below')]) {
    expect(() => readSeriesFile(path)).toThrow(UserError);
    expect(() => readSeriesFile(path)).toThrow(`cannot read series file ${path}: `);
  }
});

test('a refused file is named as the user named it', () => {
  const path = `${FIXTURES}/bad/newer`;
  const error = errorOf(() => readSeriesFile(path));
  expect(error).toMatchObject({ diagnostics: [{ file: path, code: 'series-newer' }] });
});

test.skipIf(process.platform === 'win32')('other failures are the disk’s', () => {
  const path = join(dir, 'loop');
  symlinkSync(path, path);
  expect(() => readSeriesFile(path)).toThrow(DiskError);
  expect(() => findSeriesFile(dir, 'loop')).toThrow(DiskError);
});

test('finds a state in the three places, the nearest first', () => {
  const places = [['series', 'state'], ['state'], []];
  for (const place of places) {
    const file = touch(...place, 'a%2Eb');
    expect(findSeriesFile(dir, 'a.b')).toBe(file);
    expect(findSeriesFile(`${dir}/`, 'a.b')).toBe(file);
  }
});

test('says where it looked', () => {
  expect(missing('a.b')).toBe(
    `no file of series 'a.b'; looked for ${dir}/a%2Eb, ${dir}/state/a%2Eb, ` +
      `${dir}/series/state/a%2Eb`,
  );
});

test('journals, folders and files of others are not taken for the state', () => {
  touch('state', 'a.20261101T100500');
  touch('state', 'a.txt');
  touch('a', 'b');
  expect(missing('a')).toContain(`no file of series 'a'`);
});

test('finds a state that carries its monitor', () => {
  const first = touch('state', 'a.300,12');
  const monitor = { intervalMs: 300_000, windows: 12 };
  expect(findSeriesFile(dir, 'a')).toBe(first);
  expect(findSeriesFile(dir, 'a', monitor)).toBe(first);
  expect(() => findSeriesFile(dir, 'a', { ...monitor, windows: 6 })).toThrow(
    `no file of series 'a' of monitor 300,6`,
  );
  const second = touch('state', 'a.3600,24');
  expect(missing('a')).toBe(`series 'a' has several files: ${first}, ${second}`);
  expect(findSeriesFile(dir, 'a', monitor)).toBe(first);
});
