import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { phaseOption, refuseLoneLogOptions } from '../../../src/cli/phase-option.ts';
import { UserError } from '../../../src/model/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-phase-'));
const LOG = path.join(folder, 'mail.log');
writeFileSync(LOG, '');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOGS_HINT = 'with one YAML policy it names logs: hindcast check policy.yaml --phase mail.log';
const SLOT_HINT = 'with scripts it names their slot: hindcast check limits.siv --phase connect';

describe('--phase names', () => {
  test('nothing where it is not given', () => {
    expect(phaseOption([], ['a.siv'])).toEqual({});
    expect(phaseOption([], ['a.yaml', 'b.yaml'])).toEqual({});
  });

  test.each([
    ['connect', 'connect_phase1'],
    ['each_rcpt_phase2', 'each_rcpt_phase2'],
  ])('the slot of scripts: %s', (value, slot) => {
    expect(phaseOption([value], ['a.siv'])).toEqual({ slot });
    expect(phaseOption([value], ['p.yaml', 'a.lua', 'B.SIEVE'])).toEqual({ slot });
  });

  test('logs for one YAML policy', () => {
    const logs = [LOG, '-', folder, 'mail*.log', '[ab].log', 'mail.{1,2}', '@(a|b).log'];
    expect(phaseOption(logs, ['p.yaml'])).toEqual({ logs });
  });
});

describe('--phase is refused', () => {
  test.each<[readonly string[], readonly string[], string, string]>([
    [
      ['connect'],
      ['p.yaml'],
      '--phase connect is a slot of Sieve scripts, and none is named',
      LOGS_HINT,
    ],
    [
      [LOG, 'ehlo_phase2'],
      ['p.yaml'],
      '--phase ehlo_phase2 is a slot of Sieve scripts, and none is named',
      LOGS_HINT,
    ],
    [['data'], [], '--phase data is a slot of Sieve scripts, and none is named', LOGS_HINT],
    [['data'], ['a.lua'], '--phase data is a slot of Sieve scripts, and none is named', LOGS_HINT],
    [[LOG], [], '--phase takes logs for one YAML policy, and none is named', LOGS_HINT],
    [
      [LOG],
      ['p.yaml', 'q.yaml'],
      '--phase takes logs for one YAML policy, and 2 files are named',
      LOGS_HINT,
    ],
    [
      [LOG],
      ['p.yaml', 'a.lua'],
      '--phase takes logs for one YAML policy, and 2 files are named',
      LOGS_HINT,
    ],
    [[LOG], ['a.lua'], '--phase takes logs for a YAML policy, and a.lua is Lua', LOGS_HINT],
    [['mail.lgo'], ['p.yaml'], '--phase mail.lgo: neither a log nor a slot', LOGS_HINT],
    [['a\u001b31m'], ['p.yaml'], String.raw`--phase a\x1b31m: neither a log nor a slot`, LOGS_HINT],
    [[LOG], ['a.siv'], `--phase ${LOG} names a log, and a.siv is a Sieve script`, SLOT_HINT],
    [['-'], ['p.yaml', 'a.siv'], '--phase - names a log, and a.siv is a Sieve script', SLOT_HINT],
    [
      ['connect', '*.log'],
      ['a.siv'],
      '--phase *.log names a log, and a.siv is a Sieve script',
      SLOT_HINT,
    ],
    [['connect', 'ehlo'], ['a.siv'], '--phase names 2 slots, and scripts run in one', SLOT_HINT],
    [['conect'], ['a.siv'], "unknown phase 'conect'", "did you mean 'connect'?"],
  ])('%j with %j', (values, files, message, hint) => {
    let seen: unknown;
    try {
      phaseOption(values, files);
    } catch (error) {
      seen = error;
    }
    expect(seen).toBeInstanceOf(UserError);
    const { message: words, hint: told } = seen as UserError;
    expect({ words, told }).toEqual({ words: message, told: hint });
  });
});

describe('options of logs without logs are refused', () => {
  test.each([
    ['--tz', { tz: ['UTC'] }],
    ['--year', { year: ['2026'] }],
    ['--reorder', { reorder: '1s' }],
    ['--node', { node: ['mx1=*'] }],
    ['--input-format', { inputFormat: 'csv' }],
    ['--map', { map: ['time=ts'] }],
    ['--kind', { kind: 'connect' }],
    ['--session-timeout', { sessionTimeout: '5m' }],
    ['--steps', { steps: '8' }],
    ['--format', { format: 'table' as const }],
  ])('%s', (option, flags) => {
    const words = `${option} goes with logs, and --phase names none`;
    const hint = 'hindcast check policy.yaml --phase mail.log';
    expect(() => refuseLoneLogOptions(flags)).toThrow(new UserError(words, hint));
  });

  test('and nothing else is', () => {
    expect(() => refuseLoneLogOptions({})).not.toThrow();
  });
});
