import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCompare } from '../../../src/cli/commands/compare.ts';
import { UserError } from '../../../src/model/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const YAML = file('a.yaml', 'hindcast: 1\n');
const SIEVE = file('a.siv', 'ec_action 550 "no";\n');
const LOG = file('a.csv', 'time,kind\n');

/** What a run that must fail says, file names without their folder. */
async function mistakeOf(flags: Parameters<typeof runCompare>[1]): Promise<readonly unknown[]> {
  const stdio = {
    out: () => true,
    drained: () => undefined,
    err: () => undefined,
    errIsTerminal: false,
  };
  const context = { stdio, signal: new AbortController().signal, exit: () => undefined };
  const error = await runCompare([LOG], flags, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error(`no mistake of a user: ${String(error)}`);
  return [error.message, error.hint].map((text) => text?.replaceAll(`${folder}/`, ''));
}

describe('policies and phases', () => {
  const TWO = '--policy old.yaml --policy new.yaml';
  const ORDER = 'once for all scripts, or once for each in the order of the policies';
  test.each([
    [{}, 'compare takes two policies, and none is named', TWO],
    [{ policy: [YAML] }, 'compare takes two policies, and one is named', TWO],
    [{ policy: [YAML, YAML, YAML] }, 'compare takes two policies, and 3 are named', TWO],
    [{ policy: [YAML, 'gone.yaml'] }, 'no such policy file: gone.yaml', undefined],
    [
      { policy: [YAML, SIEVE] },
      'a.siv is a Sieve script, which does not say in which phase it runs',
      'name it: --phase connect',
    ],
    [
      { policy: [YAML, YAML], phase: ['connect'] },
      '--phase needs a script as --policy',
      '--policy limits.siv --phase connect',
    ],
    [
      { policy: [YAML, YAML], phase: ['connect', 'data'] },
      '--phase is given 2 times, and none of the policies is a Sieve script',
      ORDER,
    ],
    [
      { policy: [SIEVE, YAML], phase: ['connect', 'data'] },
      '--phase is given 2 times, and one of the policies is a Sieve script',
      ORDER,
    ],
    [
      { policy: [SIEVE, SIEVE], phase: ['connect', 'data', 'ehlo'] },
      '--phase is given 3 times, and both policies are Sieve scripts',
      ORDER,
    ],
    [
      { policy: [YAML, SIEVE], phase: ['conect'] },
      '--phase conect: no such phase',
      "did you mean 'connect'?",
    ],
    [
      { policy: [YAML, YAML], strict: true },
      '--strict goes with scripts, and none are run',
      undefined,
    ],
    [
      { policy: [YAML, YAML], bad: ['b'] },
      '--bad labels what rules refuse, and none refuses',
      undefined,
    ],
    [
      { policy: [YAML, YAML], from: '2026-11-21', to: '2026-11-20' },
      '--from 2026-11-21 is not before --to 2026-11-20',
      undefined,
    ],
  ])('%o', async (flags, words, hint) => {
    expect(await mistakeOf(flags)).toEqual([words, hint]);
  });
});

describe('--by node', () => {
  const by = 'node';
  const lone = 'goes with --by node: movers have the blocks of their rules';
  test.each([
    [
      { by, policy: [YAML, YAML] },
      '--by node takes one policy or none, and 2 are named',
      'without --by, compare takes two policies',
    ],
    [
      { by, policy: [YAML], failOn: ['changed > 1'] },
      '--fail-on is about two policies, and --by node compares nodes',
      undefined,
    ],
    [
      { by, good: ['partners.list'] },
      '--good is about two policies, and --by node compares nodes',
      undefined,
    ],
    [
      { by, bad: ['spammers.list'] },
      '--bad is about two policies, and --by node compares nodes',
      undefined,
    ],
    [
      { by, policy: [SIEVE], phase: ['connect', 'data'] },
      '--phase is given 2 times, and there is one policy',
      undefined,
    ],
    [
      { by, phase: ['connect'] },
      '--phase needs a script as --policy',
      '--policy limits.siv --phase connect',
    ],
    [{ by, strict: true }, '--strict goes with scripts, and none are run', undefined],
    [
      { by, per: '24,129' },
      '--per 24,129: not a prefix length',
      '--per 24, or --per 24,64 for both families',
    ],
    [{ policy: [YAML, YAML], per: '24' }, `--per ${lone}`, undefined],
    [{ policy: [YAML, YAML], count: 'rejections' }, `--count ${lone}`, undefined],
    [
      { by, from: '2026-11-21', to: '2026-11-20' },
      '--from 2026-11-21 is not before --to 2026-11-20',
      undefined,
    ],
  ] as const)('%o', async (flags, words, hint) => {
    expect(await mistakeOf(flags)).toEqual([words, hint]);
  });
});

describe('--fail-on', () => {
  const metrics =
    'newly-stopped, newly-freed, changed, newly-stopped-accepted, newly-freed-accepted, ' +
    'newly-stopped-rejected, newly-freed-rejected, newly-stopped-connections, ' +
    'newly-freed-connections';
  const form =
    "such as 'newly-stopped > 10' or 'newly-stopped > 0.1 %'; " +
    'at most 9 digits before the point and 6 behind it';
  test.each([
    ['busy', 'expected METRIC OP NUMBER, or NUMBER % for a share', form],
    ['changed > 1.1234567', 'expected METRIC OP NUMBER, or NUMBER % for a share', form],
    ['newly-stoped > 1', "no metric 'newly-stoped'", "did you mean 'newly-stopped'?"],
    ['firings > 1', "no metric 'firings'", `metrics: ${metrics}`],
    ['changed < 1', "'<' is not allowed here", 'expected > or >='],
    ['changed = 1', "'=' is not allowed here", 'expected > or >='],
    ['changed >= 0', 'always holds', "'changed > 0' fails on the first one"],
    ['changed > 100 %', 'never holds', 'a share is at most 100 %'],
    ['changed >= 100.000001 %', 'never holds', 'a share is at most 100 %'],
  ])('%s', async (budget, words, hint) => {
    const flags = { policy: [YAML, YAML], failOn: [budget] };
    expect(await mistakeOf(flags)).toEqual([`--fail-on ${budget}: ${words}`, hint]);
  });
});
