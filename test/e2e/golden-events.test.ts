// Goal: what a dialect's recorded log tells stays what it was, to the last field of the last event.
// Method: `hindcast convert` of every log in fixtures/logs/golden.json against its golden events,
// which `node scripts/golden-events.mjs` writes.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { outputKept } from './kept-hindcast.ts';
import { FIXTURES } from './run-hindcast.ts';

interface Golden {
  readonly log: string;
  readonly options: readonly string[];
}

const LOGS = path.join(FIXTURES, 'logs');
const golden = JSON.parse(readFileSync(path.join(LOGS, 'golden.json'), 'utf8')) as Golden[];

test.each(golden)('$log', async ({ log, options }) => {
  const file = path.join(LOGS, `${log.replace(/\.gz$/, '')}.events.csv.gz`);
  const events = gunzipSync(readFileSync(file)).toString();
  const converted = await outputKept(['convert', path.join(LOGS, log), '--to', 'csv', ...options]);
  expect(converted.split('\n')).toEqual(events.split('\n'));
  expect(events.split('\n').length).toBeGreaterThan(2);
});
