import { posix } from 'node:path';

import { WALLS, type Wall } from './wall-table.ts';

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
  readonly line: number;
}

/** Comments that fill their lines, blanked; line numbers stay. Trailing comments cannot match below. */
function withoutComments(source: string): string {
  const blank = (comment: string): string => comment.replaceAll(/[^\n]/g, ' ');
  return source.replaceAll(/^[ \t]*\/\*[^]*?\*\//gm, blank).replaceAll(/^[ \t]*\/\/.*$/gm, blank);
}

const STATIC =
  /^[ \t]*(?:import|export)\b(?:\s+(type)\b)?(?:\s*[\w$*{][^'"`;()=]*?\bfrom)?\s*(['"])([^'"\n]+)\2/gm;
const DYNAMIC = /\bimport\s*\(\s*(?:(['"])([^'"\n]+)\1\s*[,)])?/g;

/** Every module that a source names. A dynamic import of a computed name has the specifier ''. */
export function importsOf(source: string): Import[] {
  const text = withoutComments(source);
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found: Import[] = [];
  for (const match of text.matchAll(STATIC)) {
    // `import { type A }` is code: tsc keeps the statement and Node loads the module.
    found.push({ specifier: match[3], typesOnly: match[1] === 'type', line: lineAt(match.index) });
  }
  for (const match of text.matchAll(DYNAMIC)) {
    found.push({ specifier: match[2] ?? '', typesOnly: false, line: lineAt(match.index) });
  }
  return found.toSorted((a, b) => a.line - b.line);
}

/** `node:fs/promises` is supplied by `node:fs`, `csv-parse/sync` by `csv-parse`. */
function supplierOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

function folderOf(path: string): string {
  return path.split('/')[0];
}

function packageTrouble(wall: Wall, path: string, specifier: string): string | undefined {
  const name = supplierOf(specifier);
  const supply = wall.supplies.find(
    (candidate) =>
      candidate.name === name || (candidate.name === 'node:*' && name.startsWith('node:')),
  );
  if (supply === undefined) return `${wall.folder} may not import '${specifier}'`;
  if (supply.only !== undefined && supply.only !== path) {
    return `'${specifier}' belongs to ${supply.only} alone`;
  }
  return undefined;
}

function arrowTrouble(wall: Wall, target: string, typesOnly: boolean): string | undefined {
  const folder = folderOf(target);
  if (target === 'index.ts') return 'index.ts is for users of the package, not for src';
  if (folder === wall.folder || wall.arrows === 'everything') return undefined;
  const arrow = wall.arrows.find((candidate) => candidate.to === folder || candidate.to === target);
  if (arrow === undefined) return `${wall.folder} may not import ${target}`;
  if (arrow.typesOnly && !typesOnly) {
    return `${wall.folder} may import only types of ${arrow.to}: use 'import type'`;
  }
  return undefined;
}

/** What `index.ts` holds besides `export … from`. */
function indexTrouble(source: string): string | undefined {
  const rest = withoutComments(source)
    .replaceAll(/^export\s[^'"`;()=]*?\bfrom\s*(['"])[^'"\n]+\1;?/gm, '')
    .trim();
  return rest === '' ? undefined : `index.ts only re-exports, but holds: ${rest.split('\n')[0]}`;
}

/** A circle of folders as `a -> b -> a`, or undefined. */
export function folderCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const finished = new Set<string>();
  const visit = (folder: string, trail: readonly string[]): string | undefined => {
    const start = trail.indexOf(folder);
    if (start >= 0) return [...trail.slice(start), folder].join(' -> ');
    if (finished.has(folder)) return undefined;
    for (const next of edges.get(folder) ?? []) {
      const cycle = visit(next, [...trail, folder]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(folder);
    return undefined;
  };
  for (const folder of edges.keys()) {
    const cycle = visit(folder, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function secondFileTroubles(wall: Wall, users: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return wall.supplies
    .filter((supply) => supply.oneFile)
    .map((supply) => ({ supply, files: [...(users.get(`${wall.folder} ${supply.name}`) ?? [])] }))
    .filter(({ files }) => files.length > 1)
    .map(
      ({ supply, files }) =>
        `${wall.folder} may import '${supply.name}' in one file, not in ${files.join(' and ')}`,
    );
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key) ?? new Set<string>();
  map.set(key, set.add(value));
}

/**
 * Everything that breaks the walls in a tree of sources, one line each.
 *
 * @param files path under src, with `/` -> source text
 */
export function wallTroubles(files: ReadonlyMap<string, string>): string[] {
  const troubles: string[] = [];
  const edges = new Map<string, Set<string>>();
  const users = new Map<string, Set<string>>();

  for (const [path, source] of files) {
    const isIndex = path === 'index.ts';
    const wall = isIndex
      ? { folder: 'index.ts', arrows: 'everything' as const, supplies: [] }
      : WALLS.find((candidate) => path.startsWith(`${candidate.folder}/`));
    if (wall === undefined) {
      troubles.push(`src/${path}: not in a folder of the wall table`);
      continue;
    }
    if (isIndex) {
      const trouble = indexTrouble(source);
      if (trouble !== undefined) troubles.push(`src/${path}: ${trouble}`);
    }
    for (const { specifier, typesOnly, line } of importsOf(source)) {
      const say = (trouble: string | undefined): void => {
        if (trouble !== undefined) troubles.push(`src/${path}:${line}: ${trouble}`);
      };
      if (specifier === '') {
        say('a computed import() hides what it imports');
      } else if (specifier.startsWith('.')) {
        const target = posix.join(posix.dirname(path), specifier);
        if (files.has(target)) {
          say(arrowTrouble(wall, target, typesOnly));
          if (folderOf(target) !== wall.folder) addTo(edges, wall.folder, folderOf(target));
        } else {
          say(`'${specifier}' is no file of src`);
        }
      } else {
        say(packageTrouble(wall, path, specifier));
        addTo(users, `${wall.folder} ${supplierOf(specifier)}`, `src/${path}`);
      }
    }
  }

  for (const wall of WALLS) troubles.push(...secondFileTroubles(wall, users));
  const cycle = folderCycle(edges);
  if (cycle !== undefined) troubles.push(`folders in a circle: ${cycle}`);
  return troubles;
}
