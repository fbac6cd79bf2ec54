import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import { attempt, GrowingFile, makeFolders, refuseFile, syncFolder } from './durable-files.ts';
import type { WrittenFiles } from './journal-names.ts';

/** Where a report grows until it is whole; below the report's own folder. */
const PARTIAL = '.partial';

/** A folder whose files are written below `.partial` and appear together at `commit`. */
export class ReportFolder {
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
  }

  /**
   * Begins a file that grows until `commit`; its name may have folders of the report.
   *
   * @param text the first of it, never empty
   */
  begin(name: string, text: string): void {
    const place = path.join(this.#partial, name);
    attempt(name, () => mkdirSync(path.dirname(place), { recursive: true }));
    const file = new GrowingFile(place, 'wx', 'later');
    this.#files.set(name, file);
    file.write(text);
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Adds to a file that was begun. */
  write(name: string, text: string): void {
    this.#files.get(name)!.write(text);
  }

  /** Writes a file at once, in a folder of the report. */
  writeWhole(folders: readonly string[], name: string, content: string | Buffer): void {
    attempt(name, () => {
      const directory = path.join(this.#partial, ...folders);
      mkdirSync(directory, { recursive: true });
      const file = new GrowingFile(path.join(directory, name));
      file.write(content);
      file.finish();
    });
  }

  /** The files that were written at once in a folder of the report. */
  written(folders: readonly string[]): WrittenFiles {
    const directory = path.join(this.#partial, ...folders);
    return {
      names: () => attempt(directory, () => readdirSync(directory)),
      rename: (from, to) => {
        attempt(from, () => renameSync(path.join(directory, from), path.join(directory, to)));
      },
    };
  }

  /**
   * Makes the report appear.
   *
   * @param names what a report may hold, in the order in which it appears; what an older report has
   *   left of it is gone
   */
  commit(names: readonly string[]): void {
    attempt(this.#path, () => {
      for (const file of this.#files.values()) file.finish();
      for (const name of names.toReversed()) {
        rmSync(path.join(this.#path, name), { recursive: true, force: true });
      }
      for (const name of names) {
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
}

function refuseContents(shown: string, directory: string): void {
  const names = readdirSync(directory).filter((name) => name !== PARTIAL);
  if (names.length === 0) return;
  throw new UserError(
    `${shown} is not empty`,
    'name a folder that does not exist yet, or replace the report with --force',
  );
}
