/** Another folder, or one file of it, that a folder may import. */
interface Arrow {
  /** A folder under src, or one file of it such as `input/port.ts`. */
  readonly to: string;
  /** Only `import type` and `export type`: nothing of it is loaded at run time. */
  readonly typesOnly?: true;
}

/** A package or Node module that a folder may import, subpaths included. */
interface Supply {
  readonly name: string;
  /** The one file under src that may import it. */
  readonly only?: string;
  /** Any file of the folder may, but no second one. */
  readonly oneFile?: true;
}

export interface Wall {
  readonly folder: string;
  readonly arrows: readonly Arrow[] | 'everything';
  readonly supplies: readonly Supply[];
}

const named = (...names: string[]): Supply[] => names.map((name) => ({ name }));
const folders = (...names: string[]): Arrow[] => names.map((to) => ({ to }));

/**
 * Who may know whom. A folder that is not listed may not exist; a folder may always import its own
 * files. `docs/architecture.md` shows this table and a test compares the two.
 */
export const WALLS: readonly Wall[] = [
  {
    folder: 'model',
    arrows: [],
    supplies: [{ name: 'ipaddr.js', only: 'model/address.ts' }],
  },
  { folder: 'clock', arrows: folders('model'), supplies: [] },
  { folder: 'engine', arrows: folders('model'), supplies: [] },
  { folder: 'correlate', arrows: folders('model'), supplies: [] },
  {
    folder: 'input',
    arrows: folders('model'),
    supplies: [
      ...named(
        'csv-parse',
        'fast-glob',
        'fzstd',
        'xxhash-wasm',
        'node:fs',
        'node:path',
        'node:zlib',
        'node:crypto',
        'node:timers',
      ),
      { name: 'node:child_process', only: 'input/unpack/program.ts' },
    ],
  },
  {
    folder: 'policy',
    arrows: [{ to: 'model' }, { to: 'engine', typesOnly: true }],
    supplies: named('yaml'),
  },
  {
    folder: 'simulate',
    arrows: [
      ...folders('model', 'clock', 'engine', 'correlate', 'policy'),
      { to: 'input/port.ts', typesOnly: true },
    ],
    supplies: [],
  },
  {
    folder: 'series',
    arrows: [{ to: 'model' }, { to: 'engine', typesOnly: true }],
    supplies: [
      { name: 'node:fs', oneFile: true },
      { name: 'node:crypto', oneFile: true },
      { name: 'node:zlib', oneFile: true },
    ],
  },
  { folder: 'query', arrows: folders('model', 'series'), supplies: [] },
  {
    folder: 'report',
    arrows: [{ to: 'model' }, { to: 'simulate', typesOnly: true }],
    supplies: named('cli-table3'),
  },
  {
    folder: 'console',
    arrows: folders('model', 'engine', 'simulate', 'series', 'query', 'report'),
    supplies: named('node:readline'),
  },
  {
    folder: 'testing',
    arrows: folders('model', 'simulate', 'policy', 'report'),
    supplies: named('yaml'),
  },
  {
    folder: 'cli',
    arrows: 'everything',
    supplies: named('commander', 'cli-progress', 'node:*'),
  },
];

const code = (text: string): string => `\`${text}\``;

function arrowsCell(arrows: Wall['arrows']): string {
  if (arrows === 'everything') return 'everything';
  if (arrows.length === 0) return 'nothing of ours';
  return arrows.map((arrow) => (arrow.typesOnly ? 'types of ' : '') + code(arrow.to)).join(', ');
}

function suppliesCell(supplies: readonly Supply[]): string {
  if (supplies.length === 0) return 'none, and no `node:*`';
  const cells = supplies.map((supply) => {
    if (supply.only !== undefined) return `${code(supply.name)} (in ${code(supply.only)})`;
    return code(supply.name) + (supply.oneFile ? ' (in one file)' : '');
  });
  return cells.join(', ');
}

/** The rows of the markdown table, one array of cells each, as the documentation must show them. */
export function wallRows(): string[][] {
  return [
    ['Folder', 'May import', 'Packages'],
    ...WALLS.map((wall) => [
      code(wall.folder),
      arrowsCell(wall.arrows),
      suppliesCell(wall.supplies),
    ]),
    [code('index.ts'), 're-exports from any folder, nothing else', 'none, and no `node:*`'],
  ];
}
