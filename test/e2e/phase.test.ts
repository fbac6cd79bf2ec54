// Goal: `check --phase` shows of a recorded log what its page shows, whatever form the log has.
// Method: the built command. test/unit/cli/check-phases.test.ts has what it says and refuses,
// test/property/phase-shifts.test.ts the counts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connects, csvOf, LIMIT_OF_9 } from '../builders/edge-connects.ts';
import { FIXTURES, newFolder, outputOf, ROOT, runHindcast } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const DATED = ['--tz', 'Europe/Berlin'];

interface ShownRule {
  readonly rule: string;
  readonly steady_keys: number;
  readonly edge_keys: number;
}

async function rulesOf(
  args: readonly string[],
  setting?: Parameters<typeof outputOf>[1],
): Promise<ShownRule[]> {
  const json = await outputOf(['check', ...args, '--format', 'json'], setting);
  return (JSON.parse(json) as { rules: ShownRule[] }).rules;
}

describe('a recorded log', () => {
  test('the page shows what the command shows', async () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'phase.md'), 'utf8');
    const [, words, output] = /```text\n\$ hindcast (check .*)\n([^]*?)```/.exec(page)!;
    expect(await outputOf(words.split(' '), { cwd: ROOT })).toBe(output);
  });

  test('is read in one pass, whatever its form and parts', async () => {
    const wanted = await rulesOf([FIRST, '--phase', LOG, ...DATED]);
    expect(wanted[1]).toMatchObject({ rule: 'many-refusals', steady_keys: 39, edge_keys: 3 });
    const plain = gunzipSync(readFileSync(LOG));
    const stdin = [FIRST, '--phase', '-', '--year', '2026', ...DATED];
    expect(await rulesOf(stdin, { stdin: plain })).toEqual(wanted);
    const lines = plain.toString().split(/(?<=\n)/);
    const cwd = newFolder({
      'logs/b.log': lines.slice(2500).join(''),
      'logs/a.log': lines.slice(0, 2500).join(''),
    });
    const parts = ['--phase', 'logs/b.log', '--phase', 'logs/a*'];
    expect(await rulesOf([FIRST, ...parts, '--year', '2026', ...DATED], { cwd })).toEqual(wanted);
  });
});

test('a log that is named like a slot is a log', async () => {
  const cwd = newFolder({
    'policy.yaml': LIMIT_OF_9,
    connect: csvOf(connects('192.0.2.1', 10, 5)),
  });
  const [many] = await rulesOf(['policy.yaml', '--phase', 'connect'], { cwd });
  expect(many.edge_keys).toBe(1);
});

test('a mistake ends with 2', async () => {
  const cwd = newFolder({ 'policy.yaml': LIMIT_OF_9, 'events.csv': csvOf([]) });
  const args = ['check', 'policy.yaml', '--phase', 'events.csv', '--steps', '1'];
  const { code, stdout, stderr } = await runHindcast(args, { cwd });
  expect([code, stdout]).toEqual([2, 'policy.yaml: ok, 0 series, 3 rules\n']);
  expect(stderr).toContain('hindcast: --steps 1: expected a whole number from 2 to 64');
});
