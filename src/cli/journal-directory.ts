import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { unpackGzip } from '../series/gzip.ts';
import { PACKED } from '../series/journals.ts';
import { encodeSeriesChunks } from '../series/writer.ts';
import { attempt, GrowingFile, makeFolders, refuseFile, syncFolder } from './durable-files.ts';
import { JournalNames } from './journal-names.ts';

const PARTIAL = '.partial';

/**
 * The folder of `--journal`, where the journals of many runs come together. Those of one run grow
 * below `.partial` and are moved in when the run has succeeded.
 */
export class JournalDirectory {
  readonly #path: string;
  readonly #partial: string;
  /** Of this run, below `.partial`. */
  readonly #names = new Set<string>();
  readonly #journals = new JournalNames();

  /** @throws {UserError} when the path is a file */
  constructor(directory: string) {
    if (directory === '') throw new UserError('--journal names no folder');
    this.#path = path.resolve(directory);
    this.#partial = path.join(this.#path, PARTIAL);
    attempt(directory, () => {
      if (existsSync(this.#path)) refuseFile(directory, this.#path);
      makeFolders(this.#path);
      rmSync(this.#partial, { recursive: true, force: true });
      mkdirSync(this.#partial);
    });
  }

  journal(snapshot: SeriesSnapshot): void {
    const name = this.#journals.next(snapshot, {
      names: () => [...this.#names],
      rename: (from, to) => {
        attempt(from, () => {
          renameSync(path.join(this.#partial, from), path.join(this.#partial, to));
        });
        this.#names.delete(from);
        this.#names.add(to);
      },
    });
    const file = new GrowingFile(path.join(this.#partial, name));
    for (const chunk of encodeSeriesChunks(snapshot)) file.write(chunk);
    file.finish();
    this.#names.add(name);
  }

  /**
   * Moves the journals in. A run that is repeated finds its own there, which are the same.
   *
   * @throws {UserError} when there is another one of a name, unless `replaces`
   */
  commit(replaces: boolean): void {
    attempt(this.#path, () => {
      // Not what lies in the folder: a run at the same time may have put and taken away files there.
      if (!replaces) for (const name of this.#names) this.#refuseOther(name);
      for (const name of this.#names) {
        const there = path.join(this.#path, name);
        const packed = `${there}${PACKED}`;
        // It holds the same, or else it would have been refused.
        if (!replaces && existsSync(packed)) continue;
        renameSync(path.join(this.#partial, name), there);
        rmSync(packed, { force: true });
      }
      this.discard();
      syncFolder(this.#path);
    });
  }

  /** Takes everything back that this run has written and not moved in. */
  discard(): void {
    rmSync(this.#partial, { recursive: true, force: true });
  }

  #refuseOther(name: string): void {
    const files = ['', PACKED].map((end) => path.join(this.#path, `${name}${end}`));
    const there = files.find((file) => existsSync(file));
    if (there === undefined) return;
    const found = unpackGzip(readFileSync(there), there);
    if (found.equals(readFileSync(path.join(this.#partial, name)))) return;
    throw new UserError(
      `${there} exists and holds other counts`,
      'name another --journal folder, or replace it with --force',
    );
  }
}
