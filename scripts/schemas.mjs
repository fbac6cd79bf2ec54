// Writes the JSON Schemas that the built command prints: `npm run schema`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/hindcast.js', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder to write to');

mkdirSync(folder, { recursive: true });
for (const kind of ['policy', 'test']) {
  const args = [bin, 'schema', kind];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`schema ${kind}: exit ${status}\n${stderr}`);
  writeFileSync(path.join(folder, `${kind}.schema.json`), stdout);
}
