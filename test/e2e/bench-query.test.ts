// Goal: the bench of queries finds the right answers before it times anything, and has figures.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from './run-hindcast.ts';

const run = promisify(execFile);

test('a small run of the query bench', async () => {
  const script = path.join(ROOT, 'bench', 'query.mjs');
  const args = [script, '--files', '20', '--rows', '50', '--runs', '1', '--json'];
  const { stdout } = await run(process.execPath, args);
  const results = JSON.parse(stdout) as { name: string; ourMs: number; wcMs: number }[];
  expect(results.map(({ name }) => name)).toEqual(['top ten addresses', 'top ten networks']);
  for (const { ourMs, wcMs } of results) {
    expect(ourMs).toBeGreaterThan(0);
    expect(wcMs).toBeGreaterThan(0);
  }
}, 60_000);
