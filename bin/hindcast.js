#!/usr/bin/env node
import { existsSync } from 'node:fs';

const builtCli = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(builtCli)) {
  const { main } = await import(builtCli.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('hindcast: not built yet; run `npm ci && npm run build` first\n');
  process.exitCode = 70;
}
