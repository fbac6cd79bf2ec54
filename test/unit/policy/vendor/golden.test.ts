// Goal: what an import writes and says changes only on purpose.
// Method: whole data files with the policy and the words beside them, and one file for each code
// with its words. To accept new ones, run with HINDCAST_GOLDEN=write and read the difference.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WARNINGS, WORDS, type ImportCode } from '../../../../src/policy/vendor/codes.ts';
import { policyOf, read } from '../yaml/reading.ts';
import { FOLDER, importFixture } from './reading.ts';

function expectGolden(file: string, seen: string): void {
  if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(`${FOLDER}${file}`, seen);
  expect(seen).toBe(readFileSync(`${FOLDER}${file}`, 'utf8'));
}

describe('the good files', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.lua'));

  test('are there', () => {
    expect(names.length).toBeGreaterThanOrEqual(2);
  });

  test.each(names)('%s', (name) => {
    const { reading, shown } = importFixture(name);
    const { imported } = reading;
    expect(imported).toBeDefined();
    expectGolden(name.replace(/lua$/, 'yaml'), imported!.policy);
    expectGolden(name.replace(/lua$/, 'txt'), shown);
    const policy = policyOf(read(imported!.policy));
    expect(policy.series).toHaveLength(imported!.series);
    expect(policy.rules).toHaveLength(imported!.rules);
  });
});

describe('every code', () => {
  const codes = Object.keys(WORDS) as ImportCode[];

  test('has its file, and every file its code', () => {
    const names = readdirSync(`${FOLDER}bad`).filter((name) => name.endsWith('.lua'));
    expect(names.toSorted()).toEqual(codes.map((code) => `${code}.lua`).toSorted());
  });

  test.each(codes)('%s', (code) => {
    const { reading, shown } = importFixture(`bad/${code}.lua`);
    expectGolden(`bad/${code}.txt`, shown);
    expect(new Set(reading.diagnostics.map((one) => one.code))).toEqual(new Set([code]));
    expect(reading.imported !== undefined).toBe(WARNINGS.has(code));
  });
});
