// Goal: the folders under src know of each other only what the wall table allows.
// Method: read the imports of every source and hold them against the table; then show on made-up
// sources that the check can fail, because a check that sees nothing passes as well.
import { readFileSync, readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { folderCycle, importsOf, wallTroubles } from './import-check.ts';
import { wallRows } from './wall-table.ts';

/** Fewer sources than this, and the test looked in the wrong place. */
const MIN_FILES = 20;

const root = fileURLToPath(new URL('../../', import.meta.url));

function readSources(): Map<string, string> {
  const paths = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => path.split(sep).join('/'))
    .toSorted();
  return new Map(paths.map((path) => [path, readFileSync(`${root}src/${path}`, 'utf8')]));
}

describe('src', () => {
  const files = readSources();

  test('was seen, and its imports were', () => {
    expect(files.size).toBeGreaterThanOrEqual(MIN_FILES);
    const imports = [...files.values()].flatMap((source) => importsOf(source));
    expect(imports.length).toBeGreaterThanOrEqual(MIN_FILES);
  });

  test('respects the walls', () => {
    expect(wallTroubles(files)).toEqual([]);
  });

  test('is described in docs/architecture.md by the same table', () => {
    const page = readFileSync(`${root}docs/architecture.md`, 'utf8');
    const rows = page
      .slice(page.search(/^\| *Folder *\| *May import/m))
      .split(/\n\s*\n/, 1)[0]
      .trim()
      .split('\n')
      .filter((row) => !/^[|\s:-]+$/.test(row))
      .map((row) => row.split('|').slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim()));
    expect(rows).toEqual(wallRows());
  });
});

describe('the check itself', () => {
  // What the made-up sources below import, so that only the arrow can be wrong.
  const tree: Record<string, string> = {
    'model/event.ts': '',
    'engine/window.ts': '',
    'input/port.ts': '',
    'input/lines.ts': '',
    'simulate/tally.ts': '',
  };
  const troublesOf = (more: Record<string, string>): string[] =>
    wallTroubles(new Map(Object.entries({ ...tree, ...more })));

  test('is content with a tree that keeps the rules', () => {
    expect(
      troublesOf({
        'engine/ring.ts':
          "import { a } from '../model/event.ts';\nimport { b } from './window.ts';",
        'policy/port.ts': "import type { View } from '../engine/window.ts';",
        'simulate/replay.ts': "import type { Parser } from '../input/port.ts';",
        'series/disk.ts': "import { open } from 'node:fs/promises';",
        'cli/main.ts': "import { x } from '../input/lines.ts';\nawait import('node:os');",
        'index.ts':
          "/** All. */\nexport { a } from './model/event.ts';\nexport * from './cli/main.ts';",
      }),
    ).toEqual([]);
  });

  test.each([
    ['an arrow', 'engine/a.ts', "import { x } from '../simulate/tally.ts';"],
    [
      'an arrow over several lines',
      'engine/a.ts',
      "import {\n  x,\n} from '../simulate/tally.ts';",
    ],
    ['an arrow of types', 'engine/a.ts', "import type { X } from '../simulate/tally.ts';"],
    ['a re-export', 'engine/a.ts', "export * from '../simulate/tally.ts';"],
    ['a dynamic import', 'engine/a.ts', "const x = await import('../simulate/tally.ts');"],
    ['a bare import', 'engine/a.ts', "import '../simulate/tally.ts';"],
    ['a type in place', 'engine/a.ts', "let x: import('../simulate/tally.ts').X;"],
    ['double quotes', 'engine/a.ts', 'import x from "../simulate/tally.ts"'],
    ['code where types are allowed', 'policy/a.ts', "import { x } from '../engine/window.ts';"],
    ['an inline type', 'policy/a.ts', "import { type X } from '../engine/window.ts';"],
    ['a file beside the port', 'simulate/a.ts', "import type { X } from '../input/lines.ts';"],
    ['the port as code', 'simulate/a.ts', "import { x } from '../input/port.ts';"],
    ['Node in the core', 'clock/a.ts', "import { x } from 'node:fs';"],
    ['a package', 'query/a.ts', "import { x } from 'csv-parse/sync';"],
    ['a package in the wrong file', 'model/event.ts', "import x from 'ipaddr.js';"],
    ['Node without its prefix', 'cli/a.ts', "import { x } from 'fs';"],
    ['a computed import', 'cli/a.ts', 'await import(name);'],
    ['a way out of src', 'cli/a.ts', "import { x } from '../x.ts';"],
    ['the public index', 'cli/a.ts', "import { x } from '../index.ts';"],
    ['a folder nobody planned', 'helpers/a.ts', ''],
    ['a file at the top', 'main.ts', ''],
    ['code in index.ts', 'index.ts', "export { a } from './model/event.ts';\nexport const b = 1;"],
  ])('reports %s', (_what, path, source) => {
    const troubles = troublesOf({
      ...(path === 'index.ts' ? {} : { 'index.ts': '' }),
      [path]: source,
    });
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(new RegExp(`^src/${path}[:0-9]*: `));
  });

  test('reports the second file that reads the disk', () => {
    const source = "import { x } from 'node:fs';";
    expect(troublesOf({ 'series/a.ts': source, 'series/b.ts': source })).toEqual([
      "series may import 'node:fs' in one file, not in src/series/a.ts and src/series/b.ts",
    ]);
  });

  test('names the line, and does not read comments', () => {
    const source = "/*\nimport '../cli/a.ts';\n*/\n// import '../cli/b.ts';\nimport 'yaml';";
    expect(troublesOf({ 'engine/a.ts': source })).toEqual([
      "src/engine/a.ts:5: engine may not import 'yaml'",
    ]);
  });

  test('finds a circle of folders', () => {
    const edges = { cli: ['a'], a: ['b'], b: ['c'], c: ['a'] };
    const graph = new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));
    expect(folderCycle(graph)).toBe('a -> b -> c -> a');
    graph.delete('c');
    expect(folderCycle(graph)).toBeUndefined();
  });
});
