// Goal: the text that a sweep suggests says what its cell has counted.
// Method: every rule of a policy under many settings, written, pasted and read again.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import type { RulePolicy } from '../../../../src/policy/rule-policy.ts';
import { cellText } from '../../../../src/policy/yaml/cell-text.ts';
import { readYamlPolicy } from '../../../../src/policy/yaml/read.ts';
import {
  cellChange,
  cellPolicy,
  ownSetting,
  type CellSetting,
} from '../../../../src/simulate/sweep/cell-policy.ts';
import { pastedInto } from '../../../builders/pasted-rule.ts';

const GOOD = fileURLToPath(new URL('../../../../fixtures/policy/good/', import.meta.url));

function read(text: string): RulePolicy {
  const readList = (name: string): string => readFileSync(path.join(GOOD, name), 'utf8');
  const { policy, diagnostics } = readYamlPolicy(text, 'p.yaml', { readList });
  expect(diagnostics).toEqual([]);
  return policy!;
}

/** The rule with this name under another setting, as YAML. */
function written(text: string, name: string, change: Partial<CellSetting>): string {
  const policy = read(text);
  const index = policy.rules.findIndex((rule) => rule.name === name);
  const setting = { ...ownSetting(policy, policy.rules[index])!, ...change };
  const changed = cellChange(policy, policy.rules[index], setting);
  return cellText(text, policy, index, changed);
}

const ALIASES = `hindcast: 1
series:
  tries: &tries { type: ip, monitor: '300,5', on: rejection, where: { code: 550 }, persist: true }
  tries-300: { <<: *tries, monitor: '300,2' }
rules:
  - &first
    name: first
    ratio: &parts { of: tries, to: tries-300, above: 0.5 }
    windows: 0..1
    per: address
    then: { reject: '550 5.7.1 no: never' }
  - { <<: *first, name: second, ratio: { <<: *parts, of: tries-300 } }
  - name: '7'
    all: [{ count: tries, above: 5, windows: 2 }, { ratio: *parts }]
    per: { ipv4: 24, ipv6: 64 }
    then: tag
`;
const PER = { type: 'prefix', prefix: { ipv4: 22, ipv6: 50 } } as const;

describe.each([
  ['first.yaml', readFileSync(path.join(GOOD, 'first.yaml'), 'utf8')],
  ['full.yaml', readFileSync(path.join(GOOD, 'full.yaml'), 'utf8')],
])('%s', (_, text) => {
  const policy = read(text);
  const swept = policy.rules.flatMap((rule, index) => {
    const own = ownSetting(policy, rule);
    return own === undefined ? [] : [{ rule, index, own }];
  });

  test.each(swept)('$rule.name', ({ rule, index, own }) => {
    const above = rule.conditions[0].type === 'ratio' ? [0.123456] : [77];
    const ranges = own.windows && [own.windows, { start: 1, end: 30 }];
    const pers = own.per.type === 'field' ? [own.per] : [own.per, PER];
    for (const limit of above) {
      for (const per of pers) {
        for (const windows of ranges ?? [undefined]) {
          for (const intervalMs of windows === undefined ? [undefined] : [own.intervalMs, 60_000]) {
            const setting: CellSetting = { above: limit, per, windows, intervalMs };
            const change = cellChange(policy, rule, setting);
            const pasted = pastedInto(text, cellText(text, policy, index, change));
            const { file: __, ...expected } = cellPolicy(policy, rule, setting);
            expect(read(pasted)).toMatchObject(expected);
          }
        }
      }
    }
  });
});

test('only what changes is written anew', () => {
  const text = readFileSync(path.join(GOOD, 'first.yaml'), 'utf8');
  expect(written(text, 'dictionary-attack', { above: 20 })).toBe(`rules:
  - name: dictionary-attack
    count: bad_rcpt
    windows: 0..11
    above: 20
    per: { ipv4: 24, ipv6: 48 }
    at: rcptto
    then: { reject: 550 5.7.1 too many unknown recipients, for: 1h }
`);
  const windows = { start: 0, end: 9 };
  expect(written(text, 'many-refusals', { above: 9, windows }))
    .toBe(`monitors: [ '300,6', '300,10' ]
rules:
  - name: many-refusals
    count: rejections
    monitor: '300,10'
    windows: 0..9
    above: 9
    per: { ipv4: 32, ipv6: 64 }
    then: tag
`);
});

test('aliases, merge keys and names that are taken', () => {
  const setting = { above: 0.25, intervalMs: 300_000, windows: { start: 0, end: 7 } };
  expect(written(ALIASES, 'first', setting)).toBe(`series:
  tries-300-2: { type: ip, monitor: '300,8', on: rejection, where: { code: 550 } }
  tries-300-300: { type: ip, monitor: '300,8', on: rejection, where: { code: 550 } }
rules:
  - name: first
    ratio: { of: tries-300-2, to: tries-300-300, above: 0.25 }
    windows: 0..7
    per: address
    then: { reject: "550 5.7.1 no: never" }
`);
  expect(written(ALIASES, '7', { above: 6 })).toContain(`  - name: "7"
    all:
      - { count: tries, windows: 2, above: 6 }
      - { ratio: { of: tries, to: tries-300, above: 0.5 } }
`);
});
