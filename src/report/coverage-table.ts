import type { Branch } from '../model/branch.ts';
import { visible } from '../model/visible.ts';
import { grouped, plainTable } from './plain-table.ts';

/** How much of a file, or of all, was reached. */
interface Reached {
  readonly reached: number;
  readonly all: number;
}

export function reachedOf(branches: readonly Branch[]): Reached {
  return { reached: branches.filter(({ reached }) => reached).length, all: branches.length };
}

/** Percent in whole hundredths, rounded down: 100 means that nothing is missing. */
function hundredths({ reached, all }: Reached): number {
  return Math.floor((reached * 10_000) / all);
}

/** `87.50` */
export function coveredPercent(reached: Reached): string {
  return (hundredths(reached) / 100).toFixed(2);
}

/**
 * A row for each file, then the branches that no test reached.
 *
 * @param branches at least one, those of a file behind one another
 */
export function coverageTable(branches: readonly Branch[]): string {
  const files = [...byFile(branches)];
  const rows = files.map(([file, own]) => rowOf(file, reachedOf(own)));
  if (files.length > 1) rows.push(rowOf('all', reachedOf(branches)));
  const table = plainTable(['covered', 'reached', 'branches', '%'], rows);
  const missed = branches.filter(({ reached }) => !reached);
  const lines = missed.map(({ file, line, column, what }) => {
    return `  ${visible(`${file}:${line}:${column}: ${what}`)}\n`;
  });
  const list = lines.length === 0 ? '' : `\nnot reached:\n${lines.join('')}`;
  return `${table}\n${list}`;
}

function rowOf(name: string, reached: Reached): string[] {
  return [visible(name), grouped(reached.reached), grouped(reached.all), coveredPercent(reached)];
}

/** The same as JSON values; key order is part of the format. */
export function coverageJson(branches: readonly Branch[]): unknown {
  const files = Array.from(byFile(branches), ([file, own]) => ({
    file,
    ...numbersOf(own),
    missed: own
      .filter(({ reached }) => !reached)
      .map(({ line, column, what }) => ({ line, column, branch: what })),
  }));
  return { ...numbersOf(branches), files };
}

function numbersOf(branches: readonly Branch[]): object {
  const reached = reachedOf(branches);
  return { reached: reached.reached, branches: reached.all, percent: hundredths(reached) / 100 };
}

function byFile(branches: readonly Branch[]): ReadonlyMap<string, readonly Branch[]> {
  const files = new Map<string, Branch[]>();
  for (const branch of branches) {
    const own = files.get(branch.file);
    if (own === undefined) files.set(branch.file, [branch]);
    else own.push(branch);
  }
  return files;
}
