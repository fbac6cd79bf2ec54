// Goal: the files of a report say what happened, byte for byte; when rules fire, the test files in
// fixtures/replay say.
// Method: logs of a few lines and their reports, computed by hand (fixtures/replay/reports/NAME:
// policy.yaml, mail.log and the files in expected/), compared as they are.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, FIXTURES, newFolder, outputOf } from './run-hindcast.ts';

const CASES = path.join(FIXTURES, 'replay', 'reports');
/** Options of the cases that need some. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  sessions: ['--session-timeout', '2m'],
  span: ['--from', '2026-11-20T10:01:00Z', '--to', '2026-11-20T10:02:00Z'],
};

const names = readdirSync(CASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

interface Summary {
  readonly lines: Record<string, number>;
  readonly sessions: Record<string, unknown>;
}

async function replayed(
  name: string,
): Promise<{ summary: Summary; report: Record<string, string> }> {
  const cwd = newFolder();
  const [log, policy] = ['mail.log', 'policy.yaml'].map((file) => path.join(CASES, name, file));
  const args = ['replay', log, '--policy', policy, '--out', 'out', '--format', 'json'];
  const json = await outputOf([...args, ...(OPTIONS[name] ?? [])], { cwd });
  return { summary: JSON.parse(json) as Summary, report: filesBelow(path.join(cwd, 'out')) };
}

test('the cases are there, and every option has its case', () => {
  expect(names.length).toBeGreaterThan(5);
  expect(names).toEqual(expect.arrayContaining(Object.keys(OPTIONS)));
});

test.each(names)('%s', async (name) => {
  const { summary, report } = await replayed(name);
  expect(summary.lines['unparsed']).toBe(0);
  const expected = path.join(CASES, name, 'expected');
  const files = readdirSync(expected);
  expect(files).toContain('firings.csv');
  for (const file of files) {
    const wanted = readFileSync(path.join(expected, file), 'latin1');
    expect([file, report[file]]).toEqual([file, wanted]);
  }
});

test('sessions are counted by how they ended', async () => {
  expect((await replayed('sessions')).summary.sessions).toEqual({
    opened: 6,
    ended: { logged: 1, replaced: 1, restart: 0, timeout: 2 },
    unopened: 0,
    open_at_end: 2,
    peak: 2,
    peak_at: '2026-11-20T10:00:10Z',
  });
});
