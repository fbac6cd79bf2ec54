// Goal: the worked example works: who types what the page has sees what the page shows.
// Method: every command of the page, by the built bin, in the folder of the project.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { examplesOf, patternOf } from './doc-examples.ts';
import { ROOT, runHindcast } from './run-hindcast.ts';

const examples = examplesOf('worked-example.md');

test('the page goes from inspect to the rule that goes live', () => {
  const commands = examples.map(({ args }) => args[0]);
  const way = ['inspect', 'replay', 'sweep', 'check', 'compare', 'explain', 'replay', 'replay'];
  expect(commands).toEqual(way);
});

test.each(examples.map(({ command, ...example }) => [command, example] as const))(
  '%s',
  async (_command, { args, output }) => {
    const { code, stdout, stderr } = await runHindcast(args, { cwd: ROOT });
    expect(stdout + stderr).toMatch(patternOf(output));
    expect(code).toBe(0);
  },
);

test('the draft that the page prints is the file', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'worked-example.md'), 'utf8');
  const [, printed] = /^```yaml\n([^`]*)```$/m.exec(page)!;
  const draft = readFileSync(path.join(ROOT, 'fixtures', 'worked-example', 'draft.yaml'), 'utf8');
  expect(draft).toContain(printed);
});

test('the policy that goes live has the rule that the sweep suggests', () => {
  const { output } = examples[2];
  const [, suggested] = /^( {2}- name: dictionary-attack\n(?: {4}.*\n)*)/m.exec(output)!;
  const live = readFileSync(path.join(ROOT, 'fixtures', 'worked-example', 'live.yaml'), 'utf8');
  for (const setting of ['windows: 0', 'above: 2', 'per: { ipv4: 32, ipv6: 128 }', 'at: rcptto']) {
    expect(suggested).toContain(setting);
    expect(live).toContain(setting);
  }
});
