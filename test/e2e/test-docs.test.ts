// Goal: every example of docs/testing.md is a test file that passes, what the page shows is what the
// command prints, and the page has all codes.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { TEST_WORDS } from '../../src/testing/codes.ts';
import { SHAPE_WORDS } from '../../src/policy/yaml/shape-codes.ts';
import { examplesOf, patternOf } from './doc-examples.ts';
import { newFolder, outputOf, ROOT } from './run-hindcast.ts';

const page = readFileSync(path.join(ROOT, 'docs', 'testing.md'), 'utf8');
const blocks = Array.from(page.matchAll(/^```yaml\n([^`]*)```$/gm), ([, text]) => text);

test('every example is a file whose tests pass', async () => {
  expect(blocks.length).toBeGreaterThan(3);
  const files = blocks.map((text, index) => [`${index}.test.yaml`, text] as const);
  const output = await outputOf(['test'], { cwd: newFolder(Object.fromEntries(files)) });
  expect(output).toMatch(new RegExp(`in ${blocks.length} files: all passed\n$`));
});

test('what the page shows is what the command prints', async () => {
  const examples = examplesOf('testing.md');
  expect(examples).toHaveLength(2);
  const cwd = newFolder({ 'first.test.yaml': blocks[0] });
  for (const { args, output } of examples) {
    expect(await outputOf(args, { cwd })).toMatch(patternOf(output));
  }
});

test('the page has every code of the format', () => {
  const rows = Array.from(page.matchAll(/^\| `([a-z-]+)` +\| (?!At|Ho)/gm), ([, code]) => code);
  for (const code of Object.keys(TEST_WORDS)) {
    if (code in SHAPE_WORDS) continue;
    expect(rows).toContain(code);
  }
});
