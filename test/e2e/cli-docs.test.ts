// Goal: the page about the command line is what the command says, and every command says something.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { outputOf, ROOT, runHindcast } from './run-hindcast.ts';

const run = promisify(execFile);
const COMMANDS = [
  'replay',
  'compare',
  'convert',
  'inspect',
  'top',
  'timeline',
  'explain',
  'sweep',
  'check',
  'test',
  'cut',
  'schema',
  'import',
  'load',
  'show',
  'console',
  'query',
  'maintain',
];

describe('docs/cli.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'cli.md'), 'utf8');

  test('is fresh; if not: npm run docs', async () => {
    const script = path.join(ROOT, 'scripts', 'cli-docs.mjs');
    const { stdout } = await run(process.execPath, [script]);
    expect(page).toBe(stdout);
  });

  test('has all commands', () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['hindcast', ...COMMANDS.map((command) => `hindcast ${command}`)]);
  });
});

test('--version is that of the package', async () => {
  const text = readFileSync(path.join(ROOT, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  for (const flag of ['--version', '-V']) expect(await outputOf([flag])).toBe(`${version}\n`);
});

test('help is the same, however it is asked for', async () => {
  const help = await outputOf(['replay', '--help']);
  expect(help).toMatch(/^Usage: hindcast replay \[options\] \[logs\.\.\.\]\n/);
  expect(await outputOf(['help', 'replay'])).toBe(help);
  expect(await outputOf(['replay', '-h'], { locale: 'de_DE.UTF-8' })).toBe(help);
});

test('a mistake points to the help', async () => {
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await runHindcast([command, '--xyzzy']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      "error: unknown option '--xyzzy'\n(hindcast --help lists commands and options)\n",
    );
  }
});
