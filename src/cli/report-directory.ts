import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import {
  FIRINGS_HEADER,
  firingLine,
  KEYS_HEADER,
  keyLines,
  LOG_HEADER,
  loggedLine,
  STOPPED_HEADER,
  stoppedLine,
  windowLine,
  WINDOWS_HEADER,
} from '../report/csv.ts';
import { journalName, stateName } from '../series/name.ts';
import { encodeSeries } from '../series/writer.ts';
import type {
  FiringRow,
  LoggedRow,
  ReplaySink,
  StoppedRow,
  TopKey,
  WindowRow,
} from '../simulate/tally.ts';
import { attempt, GrowingFile, makeFolders, refuseFile, syncFolder } from './durable-files.ts';

/** Where a report grows until it is whole; below the report's own folder. */
const PARTIAL = '.partial';
const CSV_FILES = {
  'windows.csv': WINDOWS_HEADER,
  'keys.csv': KEYS_HEADER,
  'firings.csv': FIRINGS_HEADER,
  'stopped.csv': STOPPED_HEADER,
} as const;
/** Only of scripts that log something. */
const LOG_FILE = 'log.csv';
/** In the order in which they appear; the manifest last, so that it vouches for the others. */
const REPORT_FILES = [
  ...Object.keys(CSV_FILES),
  LOG_FILE,
  'series',
  'summary.json',
  'manifest.json',
];

/**
 * The folder of one report. Files are written below `.partial` and appear together at `commit`:
 * a run that fails or is interrupted leaves no half report.
 */
export class ReportDirectory implements ReplaySink {
  readonly #path: string;
  readonly #partial: string;
  /** Folders that this run has made, the report's own last. */
  readonly #made: readonly string[];
  readonly #files = new Map<string, GrowingFile>();

  /**
   * @param replaces whether an older report may be replaced
   * @throws {UserError} when the folder holds something and may not be replaced
   */
  constructor(directory: string, replaces: boolean) {
    if (directory === '') throw new UserError('--out names no folder');
    this.#path = path.resolve(directory);
    this.#partial = path.join(this.#path, PARTIAL);
    this.#made = attempt(directory, () => {
      if (existsSync(this.#path)) {
        refuseFile(directory, this.#path);
        if (!replaces) refuseContents(directory, this.#path);
      }
      return makeFolders(this.#path);
    });
    attempt(directory, () => {
      rmSync(this.#partial, { recursive: true, force: true });
      mkdirSync(this.#partial);
    });
    for (const [name, header] of Object.entries(CSV_FILES)) this.#begin(name, header);
  }

  window(row: WindowRow, top: readonly TopKey[]): void {
    this.#files.get('windows.csv')!.write(windowLine(row));
    this.#files.get('keys.csv')!.write(keyLines(row, top));
  }

  firing(row: FiringRow): void {
    this.#files.get('firings.csv')!.write(firingLine(row));
  }

  stopped(row: StoppedRow): void {
    this.#files.get('stopped.csv')!.write(stoppedLine(row));
  }

  logged(row: LoggedRow): void {
    const file = this.#files.get(LOG_FILE) ?? this.#begin(LOG_FILE, LOG_HEADER);
    file.write(loggedLine(row));
  }

  journal(snapshot: SeriesSnapshot): void {
    const endMs = snapshot.windowZeroMs + snapshot.monitor.intervalMs;
    this.#series('log', journalName(snapshot.name, snapshot.monitor, endMs, false), snapshot);
  }

  /** Writes the whole state of a series. */
  state(snapshot: SeriesSnapshot): void {
    this.#series('state', stateName(snapshot.name, snapshot.monitor, false), snapshot);
  }

  /** Makes the report appear. */
  commit(summary: string, manifest: string): void {
    attempt(this.#path, () => {
      for (const [name, text] of [
        ['summary.json', summary],
        ['manifest.json', manifest],
      ] as const) {
        this.#begin(name, text);
      }
      for (const file of this.#files.values()) file.finish();
      for (const name of [...REPORT_FILES].reverse()) {
        rmSync(path.join(this.#path, name), { recursive: true, force: true });
      }
      for (const name of REPORT_FILES) {
        const from = path.join(this.#partial, name);
        if (existsSync(from)) renameSync(from, path.join(this.#path, name));
      }
      rmdirSync(this.#partial);
      syncFolder(this.#path);
    });
  }

  /** Takes everything back that this run has written. */
  discard(): void {
    for (const file of this.#files.values()) file.close();
    rmSync(this.#partial, { recursive: true, force: true });
    for (const folder of this.#made.toReversed()) {
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    }
  }

  #begin(name: string, text: string): GrowingFile {
    const file = new GrowingFile(path.join(this.#partial, name));
    file.write(text);
    this.#files.set(name, file);
    return file;
  }

  #series(folder: 'log' | 'state', name: string, snapshot: SeriesSnapshot): void {
    attempt(name, () => {
      const directory = path.join(this.#partial, 'series', folder);
      mkdirSync(directory, { recursive: true });
      const file = new GrowingFile(path.join(directory, name));
      file.write(encodeSeries(snapshot));
      file.finish();
    });
  }
}

function refuseContents(shown: string, directory: string): void {
  const names = readdirSync(directory).filter((name) => name !== PARTIAL);
  if (names.length === 0) return;
  throw new UserError(
    `${shown} is not empty`,
    'name a folder that does not exist yet, or replace the report with --force',
  );
}
