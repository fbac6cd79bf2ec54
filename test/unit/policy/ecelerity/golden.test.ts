// Goal: each code has words that a user can act on, and they change only on purpose.
// Method: one bad configuration for each code, with the whole output beside it. To accept new
// words, run with HINDCAST_GOLDEN=write and read the difference.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { WARNINGS, WORDS } from '../../../../src/policy/ecelerity/codes.ts';
import type { ConfigurationCode } from '../../../../src/policy/ecelerity/codes.ts';
import { readMaintenance } from '../../../../src/policy/ecelerity/maintenance.ts';
import { auditMissing } from '../../../../src/policy/ecelerity/read.ts';
import { readFixture, ROOT, shown } from './reading.ts';

const codes = Object.keys(WORDS) as ConfigurationCode[];
const folder = `${ROOT}fixtures/ecelerity/bad/`;

const READERS = {
  configuration: (code: string) => {
    const reading = readFixture(`bad/${code}.conf`);
    const { configuration, diagnostics, texts } = reading;
    // It is wrong for those alone who count under the configuration.
    if (configuration?.audit === undefined && diagnostics.length === 0) {
      const [file] = texts.keys();
      return { diagnostics: [auditMissing(file)], texts, usable: false };
    }
    return { ...reading, usable: configuration !== undefined };
  },
  // Codes of cidr_maintain.conf alone.
  maintenance: (code: string) => {
    const name = `fixtures/ecelerity/bad/${code}.conf`;
    const text = readFileSync(`${ROOT}${name}`, 'utf8');
    const { settings, diagnostics } = readMaintenance(text, name);
    return { diagnostics, texts: new Map([[name, text]]), usable: settings !== undefined };
  },
};

describe('every code', () => {
  test('has its bad configuration, and every bad configuration its code', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
    expect(names.toSorted()).toEqual(codes.map((code) => `${code}.conf`).toSorted());
  });

  test.each(codes)('%s', (code) => {
    const reading = READERS[code.startsWith('maintain-') ? 'maintenance' : 'configuration'](code);
    const output = shown(reading);
    const golden = `${folder}${code}.txt`;
    if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(golden, output);
    expect(output).toBe(readFileSync(golden, 'utf8'));
    expect(new Set(reading.diagnostics.map((one) => one.code))).toEqual(new Set([code]));
    expect(reading.usable).toBe(WARNINGS.has(code));
  });
});

test('the good configuration, with every construct, has no mistakes', () => {
  const reading = readFixture('good/ecelerity.conf');
  expect(shown(reading)).toBe('');
  expect(reading.configuration?.audit).toEqual({
    monitors: {
      value: [
        { intervalMs: 60_000, windows: 3 },
        { intervalMs: 1_800_000, windows: 4 },
      ],
      at: 'fixtures/ecelerity/good/conf.d/10-audit.conf:3:14',
    },
    maintenanceIntervalMs: {
      value: 600_000,
      at: 'fixtures/ecelerity/good/conf.d/10-audit.conf:5:26',
    },
    logDir: '/var/log/example/journals',
    serializeDir: '/var/log/example/state',
  });
  expect([...reading.texts.keys()].map((name) => name.replace(/.*good\//, ''))).toEqual([
    'ecelerity.conf',
    'conf.d/10-audit.conf',
    'conf.d/20-more.conf',
    'audit-folders.conf',
  ]);
});

test('the stanzas of scripts, in every form, give data and the warnings that must be', () => {
  const reading = readFixture('good/scripted.conf');
  const golden = `${ROOT}fixtures/ecelerity/good/scripted`;
  const { audit: _, ...others } = reading.configuration!;
  const skipped = Object.fromEntries(others.skipped);
  const data = `${JSON.stringify({ ...others, skipped }, undefined, 2)}\n`;
  if (process.env['HINDCAST_GOLDEN'] === 'write') {
    writeFileSync(`${golden}.txt`, shown(reading));
    writeFileSync(`${golden}.json`, data);
  }
  expect(shown(reading)).toBe(readFileSync(`${golden}.txt`, 'utf8'));
  expect(data).toBe(readFileSync(`${golden}.json`, 'utf8'));
});
