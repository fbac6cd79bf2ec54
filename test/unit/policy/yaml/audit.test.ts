// Goal: the settings of the audit engine come from the policy, the configuration or the default,
// and never from two of them that disagree.
// Method: policies under configured settings, and what is wrong with them by code and place.
import { describe, expect, test } from 'vitest';

import { placeOf } from '../../../../src/model/diagnostic.ts';
import { formatMonitor, parseMonitor } from '../../../../src/model/monitor.ts';
import type { AuditSettings } from '../../../../src/policy/audit-settings.ts';
import { mistakesIn, policyOf, read } from './reading.ts';

function configured(monitors: readonly string[], seconds?: number): AuditSettings {
  const value = monitors.map((text) => parseMonitor(text)!);
  return {
    monitors: monitors.length === 0 ? undefined : { value, at: 'e.conf:2:14' },
    maintenanceIntervalMs:
      seconds === undefined ? undefined : { value: seconds * 1000, at: 'e.conf:3:5' },
  };
}

function settingsOf(text: string, settings?: AuditSettings): [string[], number | undefined] {
  const { monitors, maintenanceIntervalMs } = policyOf(read(text, {}, settings));
  return [monitors.map((monitor) => formatMonitor(monitor)), maintenanceIntervalMs];
}

/** `code line:column hint` of every mistake. */
function mistakesUnder(settings: AuditSettings, text: string): string[] {
  return read(text, {}, settings).diagnostics.map(({ code, start, hint }) => {
    const { line, column } = placeOf(text, start);
    return `${code} ${line}:${column} ${hint}`;
  });
}

const RULE = (monitor: string): string =>
  `rules: [{ name: it, count: connections, monitor: "${monitor}", above: 1, per: address, then: tag }]\n`;

describe('audit:', () => {
  test.each<[string, number | undefined]>([
    ['', undefined],
    ['audit: {}\n', undefined],
    ['audit: { maintenance_interval: 1 }\n', 1000],
    ['audit:\n  maintenance_interval: 31622400\n', 31_622_400_000],
  ])('%j', (lines, intervalMs) => {
    expect(settingsOf(`hindcast: 1\n${lines}`)).toEqual([['300,6'], intervalMs]);
  });

  test.each([
    ['audit: 300', 'type-wrong 2:8'],
    ['audit: [300]', 'type-wrong 2:8'],
    ['audit: { maintenance_interval: 0 }', 'number-range 2:32'],
    ['audit: { maintenance_interval: 31622401 }', 'number-range 2:32'],
    ['audit: { maintenance_interval: 1.5 }', 'number-range 2:32'],
    ['audit: { maintenance_interval: -300 }', 'number-range 2:32'],
    ['audit: { maintenance_interval: "300" }', 'type-wrong 2:32'],
    ['audit: { maintenance_interval: 5m }', 'type-wrong 2:32'],
    ['audit: { maintenance_interval: }', 'type-wrong 2:32'],
    ['audit: { maintenance: 300 }', 'key-unknown 2:10'],
  ])('%s', (line, mistake) => {
    expect(mistakesIn(`hindcast: 1\n${line}\n`)).toEqual([mistake]);
  });
});

describe('under a configuration', () => {
  const both = configured(['60,3', '1800,4'], 600);

  test('a silent policy takes its settings', () => {
    expect(settingsOf('hindcast: 1\n', both)).toEqual([['60,3', '1800,4'], 600_000]);
  });

  test('a policy may say the same', () => {
    const text =
      'hindcast: 1\nmonitors: ["60,3", "1800,4", "60,3"]\naudit: { maintenance_interval: 600 }\n';
    expect(settingsOf(text, both)).toEqual([['60,3', '1800,4'], 600_000]);
  });

  test('a policy speaks where the configuration is silent', () => {
    const text = 'hindcast: 1\nmonitors: "60,1"\naudit: { maintenance_interval: 7 }\n';
    expect(settingsOf(text, configured([]))).toEqual([['60,1'], 7000]);
    expect(settingsOf('hindcast: 1\n', configured([]))).toEqual([['300,6'], undefined]);
  });

  test('both may not differ, and nothing else is held against either', () => {
    const text = `hindcast: 1\nmonitors: ["1800,4", "60,3"]\naudit: { maintenance_interval: 60 }\n${RULE('9,9')}`;
    const hint = (at: string): string => `given at ${at}, which holds where the policy is silent`;
    expect(mistakesUnder(both, text)).toEqual([
      `config-differs 2:11 ${hint('e.conf:2:14')}`,
      `config-differs 3:32 ${hint('e.conf:3:5')}`,
    ]);
  });

  test('rules find the configured monitors, the first by default', () => {
    const policy = policyOf(read(`hindcast: 1\n${RULE('1800,4')}`, {}, both));
    expect(policy.rules[0].conditions[0]).toMatchObject({
      of: { monitor: { intervalMs: 1_800_000, windows: 4 } },
    });
    const silent = RULE('').replace('monitor: "", ', '');
    expect(policyOf(read(`hindcast: 1\n${silent}`, {}, both)).rules[0].conditions[0]).toMatchObject(
      { of: { monitor: { intervalMs: 60_000, windows: 3 } } },
    );
  });

  test('a rule that names another monitor is told where to add it', () => {
    expect(mistakesUnder(both, `hindcast: 1\n${RULE('300,6')}`)).toEqual([
      'monitor-unknown 2:50 add "300,6" to the monitors of e.conf:2:14',
    ]);
  });
});
