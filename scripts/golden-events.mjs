// Writes the golden events of the recorded logs that fixtures/logs/golden.json lists: what
// `hindcast convert` makes of each today. The difference wants a look before it is committed.
//   node scripts/golden-events.mjs [LOG ...]
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOGS = path.join(ROOT, 'fixtures', 'logs');
const wanted = process.argv.slice(2);

const golden = /** @type {{ log: string, options: string[] }[]} */ (
  JSON.parse(readFileSync(path.join(LOGS, 'golden.json'), 'utf8'))
);

for (const { log, options } of golden) {
  if (wanted.length > 0 && !wanted.includes(log)) continue;
  const command = ['bin/hindcast.js', 'convert', path.join(LOGS, log), '--to', 'csv', ...options];
  const events = execFileSync(process.execPath, command, { cwd: ROOT, maxBuffer: 2 ** 28 });
  const name = path.join(LOGS, `${log.replace(/\.gz$/, '')}.events.csv.gz`);
  writeFileSync(name, gzipSync(events, { level: 9 }));
  const rows = String(events).split('\n').length - 2;
  process.stdout.write(`${path.relative(ROOT, name)}: ${rows} events\n`);
}
