import { readdirSync, readFileSync, statSync } from 'node:fs';

import { DiskError, UserError } from '../model/errors.ts';
import { formatMonitor, type Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { encodeName, parseSeriesFileName, stateName } from './name.ts';
import { readSeries } from './reader.ts';

/** Failures of the disk that are the user's: a wrong path or file, and what to say about it. */
const WRONG_FILE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'a folder in this path is a file'],
  ['EISDIR', 'this is a folder'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ERR_FS_FILE_TOO_LARGE', 'the file is larger than 2 GiB'],
]);

/** Where the series of a report lie, below the folder that a user names. */
const PLACES = ['', 'state/', 'series/state/'] as const;

/** Runs one access to the disk and sorts its failures: `UserError` or `DiskError`. */
function access<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    const wrong = WRONG_FILE.get(code);
    if (wrong !== undefined) throw new UserError(`cannot read series file ${path}: ${wrong}`);
    throw new DiskError(`cannot read series file ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads the series file at `path`, as a whole or not at all.
 *
 * @throws UserError when there is no such file or it must be refused, DiskError when the disk fails
 */
export function readSeriesFile(path: string): SeriesSnapshot {
  const bytes = access(path, () => readFileSync(path));
  return readSeries(bytes, path);
}

function isFile(path: string): boolean {
  return access(path, () => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** States of the series in one folder that have a monitor in their names, sorted by name. */
function statesWithMonitor(folder: string, name: string): string[] {
  const here = folder === '' ? '.' : folder;
  const found = access(here, () => statSync(here, { throwIfNoEntry: false })?.isDirectory());
  if (found !== true) return [];
  const states = access(here, () => readdirSync(here)).filter((fileName) => {
    const parsed = parseSeriesFileName(fileName);
    if (parsed?.name !== name || parsed.windowEndMs !== undefined) return false;
    return parsed.monitor !== undefined && isFile(`${folder}${fileName}`);
  });
  return states.sort();
}

/**
 * Finds the state of a series by its name: in `dir` itself, in `dir/state`, in `dir/series/state`.
 * The first folder that has one decides. A file whose name carries the monitor is found when
 * `monitor` is given, or when it is the only one of that series there.
 *
 * @throws UserError when there is none, naming where it looked, or when several could be meant
 */
export function findSeriesFile(dir: string, name: string, monitor?: Monitor): string {
  const root = dir === '' || dir.endsWith('/') ? dir : `${dir}/`;
  const looked: string[] = [];
  for (const place of PLACES) {
    const folder = `${root}${place}`;
    const plain = `${folder}${encodeName(name)}`;
    looked.push(plain);
    if (isFile(plain)) return plain;
    const states = statesWithMonitor(folder, name);
    if (monitor !== undefined) {
      const wanted = stateName(name, monitor, true);
      if (states.includes(wanted)) return `${folder}${wanted}`;
      continue;
    }
    if (states.length > 1) {
      const names = states.map((state) => `${folder}${state}`).join(', ');
      throw new UserError(`series '${name}' has several files: ${names}`, 'name one of them');
    }
    if (states.length === 1) return `${folder}${states[0]}`;
  }
  const which = monitor === undefined ? '' : ` of monitor ${formatMonitor(monitor)}`;
  throw new UserError(
    `no file of series '${name}'${which}; looked for ${looked.join(', ')}`,
    'name the file, or the folder of a report',
  );
}
