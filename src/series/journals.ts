import { UserError } from '../model/errors.ts';
import { formatMonitor, type Monitor } from '../model/monitor.ts';
import { compareText } from '../model/order.ts';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import { SIGNATURE } from './format.ts';
import { JournalReader, type JournalColumns } from './journal-reader.ts';
import { parseSeriesFileName } from './name.ts';
import { readHeader, type SeriesHeader } from './reader.ts';
import { RecordReader } from './records.ts';
import { FileBuffer, isFile, listFiles } from './store.ts';

/** A journal as its name tells it. */
export interface JournalFile {
  readonly path: string;
  readonly name: string;
  /** Undefined where the name has none. */
  readonly monitor: Monitor | undefined;
  /** Milliseconds since the epoch. */
  readonly windowEndMs: number;
}

/** What has been read of a folder so far. */
export interface Readings {
  readonly files: number;
  readonly rows: number;
  /** Bytes of the files, unpacked. */
  readonly bytes: number;
}

/** Where the journals and the states of a report lie, below the folder that a user names. */
const JOURNAL_PLACES = ['', 'log/', 'series/log/', 'manager/', 'series/manager/'] as const;
const STATE_PLACES = ['', 'state/', 'series/state/'] as const;

/** Bytes that hold every header: a name of 255 bytes in a file name has at most as many here. */
const HEADER_BYTES = 4096;

/** How the names of packed files end. */
export const PACKED = '.gz';

/** The name of a file or its path as it is without `.gz`. */
export const unpackedName = (name: string): string => name.replace(/\.gz$/, '');

/** The journals of one folder. Files are read one at a time, each as a whole or not at all. */
export class JournalFolder {
  /** In the order of time; of one time by their paths. */
  readonly journals: readonly JournalFile[];
  readonly #buffer = new FileBuffer();
  readonly #reader = new JournalReader();
  #files = 0;
  #rows = 0;
  #bytes = 0;

  constructor(journals: readonly JournalFile[]) {
    this.journals = journals.toSorted(
      (a, b) => a.windowEndMs - b.windowEndMs || compareText(a.path, b.path),
    );
  }

  get readings(): Readings {
    return { files: this.#files, rows: this.#rows, bytes: this.#bytes };
  }

  /**
   * Reads a journal. The columns are valid until the next one is read.
   *
   * @throws UserError when the file is not whole or not what its name says
   * @throws DiskError when the disk fails or an archive is damaged
   */
  read(journal: JournalFile): JournalColumns {
    return this.#readWhole(journal).columns;
  }

  /**
   * The bytes of a journal, unpacked, when it is whole and what its name says. They are valid until
   * the next one is read.
   *
   * @throws as `read` does
   */
  readBytes(journal: JournalFile): Buffer {
    return this.#readWhole(journal).bytes;
  }

  #readWhole(journal: JournalFile): { readonly bytes: Buffer; readonly columns: JournalColumns } {
    const { path } = journal;
    const bytes = this.#buffer.read(path);
    const columns = this.#reader.read(bytes, path);
    if (columns === undefined) {
      throw new UserError(
        `${path} has rows of several windows: it is a state under the name of a journal`,
      );
    }
    assertNamed(journal, columns.header);
    this.#files++;
    this.#rows += columns.ipv4Rows + columns.ipv6Rows;
    this.#bytes += bytes.length;
    return { bytes, columns };
  }

  /**
   * Reads what stands above the rows of a journal, and does not look at the rest.
   *
   * @throws as `read` does
   */
  readHeader(journal: JournalFile): SeriesHeader {
    const { path } = journal;
    const bytes = this.#buffer.read(path, HEADER_BYTES);
    const header = readHeader(new RecordReader({ bytes, file: path }));
    assertNamed(journal, header);
    return header;
  }
}

/** A journal that was renamed would be counted in another series or at another time. */
function assertNamed({ path, ...says }: JournalFile, header: SeriesHeader): void {
  const { name, monitor, windowZeroMs } = header;
  const refuse = (line: number, what: string, named: string, held: string): never => {
    throw new UserError(
      `journal ${path} is not what it is called: line ${line}: expected ${what} ${named}, ` +
        `as in its name, found ${held}`,
      'give the file the name that it was written under',
    );
  };
  if (name !== says.name) refuse(2, 'the series', `'${visible(says.name)}'`, `'${visible(name)}'`);
  const [named, held] = [says.monitor ?? monitor, monitor].map(formatMonitor);
  if (named !== held) refuse(4, 'the monitor', named, held);
  const startMs = says.windowEndMs - monitor.intervalMs;
  if (startMs !== windowZeroMs) {
    refuse(5, 'the window that begins at', formatIso(startMs), formatIso(windowZeroMs));
  }
}

function journalsIn(folder: string): JournalFile[] {
  return (listFiles(folder) ?? []).flatMap((fileName) => {
    const parsed = parseSeriesFileName(unpackedName(fileName));
    if (parsed?.windowEndMs === undefined) return [];
    const { name, monitor, windowEndMs } = parsed;
    return [{ path: `${folder}${fileName}`, name, monitor, windowEndMs }];
  });
}

const rootOf = (dir: string): string => (dir.endsWith('/') ? dir : `${dir}/`);

/** A file below `root` that is a state of a series, if there is one. */
function someState(root: string): string | undefined {
  const buffer = new FileBuffer();
  for (const place of STATE_PLACES) {
    const names = (listFiles(`${root}${place}`) ?? []).sort(compareText);
    const state = names.find((fileName) => {
      const parsed = parseSeriesFileName(unpackedName(fileName));
      if (parsed === undefined || parsed.windowEndMs !== undefined) return false;
      if (!isFile(`${root}${place}${fileName}`)) return false;
      const head = buffer.read(`${root}${place}${fileName}`, SIGNATURE.length);
      return head.toString('latin1', 0, SIGNATURE.length) === SIGNATURE;
    });
    if (state !== undefined) return `${root}${place}${state}`;
  }
  return undefined;
}

/**
 * The journals of a folder: those in `dir` itself, in `log` or `series/log` below it, or else those
 * of a cluster's manager in `manager` or `series/manager`, so that a report can be named as a whole.
 * The first folder that has one decides. Files that are not called like a journal are left alone.
 *
 * @throws UserError when there is no such folder
 */
export function findJournals(dir: string): JournalFolder {
  if (dir === '' || listFiles(dir) === undefined) {
    throw new UserError(
      `there is no folder ${dir === '' ? "''" : dir}`,
      'name a folder of journals',
    );
  }
  for (const place of JOURNAL_PLACES) {
    const journals = journalsIn(`${rootOf(dir)}${place}`);
    if (journals.length > 0) return new JournalFolder(journals);
  }
  return new JournalFolder([]);
}

/**
 * The journals of a folder that must have some, found as `findJournals` does.
 *
 * @throws UserError when there is none, saying where it looked
 */
export function openJournals(dir: string): JournalFolder {
  const found = findJournals(dir);
  if (found.journals.length > 0) return found;
  const root = rootOf(dir);
  const looked = JOURNAL_PLACES.map((place) => `${root}${place}`).join(', ');
  const state = someState(root);
  if (state === undefined) {
    throw new UserError(
      `no journals in ${looked}`,
      "a replay with --out writes them for series with 'serialize: true'",
    );
  }
  throw new UserError(
    `no journals in ${looked}; ${state} is a state, which has no time in its name`,
    `'hindcast show ${state}' prints it; for journals, replay the series with 'serialize: true'`,
  );
}
