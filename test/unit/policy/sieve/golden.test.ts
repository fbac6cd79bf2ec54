// Goal: each code has words that a user can act on, and they change only on purpose.
// Method: one bad script for each code, with the whole output beside it. To accept new words, run
// with HINDCAST_GOLDEN=write and read the difference.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { WARNINGS, WORDS, type ScriptCode } from '../../../../src/policy/sieve/codes.ts';
import type { ScriptContext } from '../../../../src/policy/sieve/script-context.ts';
import { monitorsOf, readFixture, ROOT, shown } from './reading.ts';

const codes = Object.keys(WORDS) as ScriptCode[];
const folder = `${ROOT}fixtures/policy/sieve/`;

/** Codes that only stand above mistakes of another one. */
const WITH: Partial<Record<ScriptCode, ScriptCode>> = {
  'errors-many': 'command-unknown',
  'warnings-many': 'not-simulated',
};

const monitors = monitorsOf('300,6', '1800,4');

/** What must be known beside the script. */
const CONTEXTS: Partial<Record<ScriptCode, ScriptContext>> = {
  'monitor-outside': { monitors },
  'monitor-unconfigured': { monitors },
  'windows-shown': { monitors },
  'phase-wrong': { slot: 'mailfrom_phase1' },
  'phase-unlisted': { slot: 'connect_phase1' },
  'message-missing': { slot: 'ehlo_phase2' },
};

describe('every code', () => {
  test('has its bad script, and every bad script its code', () => {
    const names = readdirSync(`${folder}bad`).filter((name) => name.endsWith('.siv'));
    expect(names.toSorted()).toEqual(codes.map((code) => `${code}.siv`).toSorted());
  });

  test.each(codes)('%s', (code) => {
    const reading = readFixture(`bad/${code}.siv`, CONTEXTS[code]);
    const output = shown(reading);
    const golden = `${folder}bad/${code}.txt`;
    if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(golden, output);
    expect(output).toBe(readFileSync(golden, 'utf8'));
    const found = new Set(reading.diagnostics.map((one) => one.code));
    expect(found).toEqual(new Set([code, ...(WITH[code] === undefined ? [] : [WITH[code]])]));
    expect(reading.commands !== undefined).toBe(WARNINGS.has(code));
  });
});

describe('the good scripts', () => {
  const names = readdirSync(`${folder}good`);

  test('are there', () => {
    expect(names.length).toBeGreaterThanOrEqual(6);
  });

  test.each(names)('%s has no mistakes', (name) => {
    const reading = readFixture(`good/${name}`);
    expect(shown(reading)).toBe('');
    expect(reading.commands!.length).toBeGreaterThan(2);
  });
});
