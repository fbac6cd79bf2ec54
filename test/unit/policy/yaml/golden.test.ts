// Goal: each code has words that a user can act on, and they change only on purpose.
// Method: one bad policy for each code, with the whole output beside it. To accept new words, run
// with HINDCAST_GOLDEN=write and read the difference.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { WARNINGS, WORDS } from '../../../../src/policy/yaml/codes.ts';
import type { DiagnosticCode } from '../../../../src/policy/yaml/codes.ts';
import { readFixture, ROOT, shown } from './reading.ts';

const codes = Object.keys(WORDS) as DiagnosticCode[];
const folder = `${ROOT}fixtures/policy/bad/`;

describe('every code', () => {
  test('has its bad policy, and every bad policy its code', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(names.toSorted()).toEqual(codes.map((code) => `${code}.yaml`).toSorted());
  });

  test.each(codes)('%s', (code) => {
    const reading = readFixture(`bad/${code}.yaml`);
    const output = shown(reading);
    const golden = `${folder}${code}.txt`;
    if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(golden, output);
    expect(output).toBe(readFileSync(golden, 'utf8'));
    expect(new Set(reading.diagnostics.map((one) => one.code))).toEqual(new Set([code]));
    expect(reading.policy !== undefined).toBe(WARNINGS.has(code));
  });
});

describe('every good policy', () => {
  test.each(readdirSync(`${ROOT}fixtures/policy/good`).filter((name) => name.endsWith('.yaml')))(
    '%s has no mistakes',
    (name) => {
      const reading = readFixture(`good/${name}`);
      expect(shown(reading)).toBe('');
      expect(reading.policy).toBeDefined();
    },
  );
});
