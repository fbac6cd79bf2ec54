import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';

import { DiskError, UserError } from '../model/errors.ts';
import { formatMonitor, type Monitor } from '../model/monitor.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { MAX_FILE_BYTES, unpackGzip } from './gzip.ts';
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
    if (!(error instanceof Error) || error instanceof UserError) throw error;
    const code = 'code' in error ? String(error.code) : '';
    const wrong = WRONG_FILE.get(code);
    if (wrong !== undefined) throw new UserError(`cannot read series file ${path}: ${wrong}`);
    throw new DiskError(`cannot read series file ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads the series file at `path`, plain or gzip, as a whole or not at all.
 *
 * @throws UserError when there is no such file or it must be refused, DiskError when the disk fails
 */
export function readSeriesFile(path: string): SeriesSnapshot {
  const bytes = access(path, () => {
    // A pipe ends, a device such as /dev/zero need not.
    if (statSync(path).isCharacterDevice()) {
      throw new UserError(`cannot read series file ${path}: this is a device`);
    }
    return readFileSync(path);
  });
  return readSeries(unpackGzip(bytes, path), path);
}

/** Reads files one after another into one buffer, which grows to the largest of them. */
export class FileBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(256 * 1024);

  /**
   * The bytes of a file, unpacked when it is gzip. They are valid until the next read.
   *
   * @param most bytes from the start of a plain file that are enough
   * @throws UserError or DiskError, as `readSeriesFile` does
   */
  read(path: string, most = Infinity): Buffer {
    return unpackGzip(
      access(path, () => this.#fill(path, most)),
      path,
    );
  }

  #fill(path: string, most: number): Buffer {
    const file = openSync(path, 'r');
    try {
      let length = 0;
      for (;;) {
        if (length === this.#bytes.length) this.#grow(path);
        const read = readSync(file, this.#bytes, length, this.#bytes.length - length, null);
        length += read;
        const gzip = this.#bytes[0] === 0x1f;
        if (read === 0 || (length >= most && !gzip)) return this.#bytes.subarray(0, length);
      }
    } finally {
      closeSync(file);
    }
  }

  #grow(path: string): void {
    const size = this.#bytes.length * 2;
    if (size > MAX_FILE_BYTES) {
      throw new UserError(`cannot read series file ${path}: the file is larger than 2 GiB`);
    }
    const larger = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}

/** Names of the files in a folder, unsorted, without folders; undefined when it is no folder. */
export function listFiles(folder: string): string[] | undefined {
  const here = folder === '' ? '.' : folder;
  const found = access(here, () => statSync(here, { throwIfNoEntry: false })?.isDirectory());
  if (found !== true) return undefined;
  const entries = access(here, () => readdirSync(here, { withFileTypes: true }));
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name);
}

/** Whether a path leads to a file, also over links. */
export function isFile(path: string): boolean {
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
