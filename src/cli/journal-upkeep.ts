import { existsSync, lstatSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DiskError, UserError } from '../model/errors.ts';
import type { MaintenanceRules } from '../model/maintenance.ts';
import type { Upkeep } from '../report/upkeep-table.ts';
import { packGzip } from '../series/gzip.ts';
import { PACKED, type JournalFile, type JournalFolder } from '../series/journals.ts';
import { fateOf, type StoredJournal } from '../series/maintenance.ts';
import { attempt, replaceFile, syncFolder } from './durable-files.ts';

/**
 * Removes and packs journals. Each is whole on the disk at every moment: a packed file grows under
 * a name of this process, and the plain one goes when what is on the disk has been read back. So
 * nothing is lost when the run is cut off, or when two runs do the same.
 */
export class JournalUpkeep {
  readonly #folder: JournalFolder;
  readonly #rules: MaintenanceRules;
  readonly #isDry: boolean;

  /** @param isDry only say what would be done */
  constructor(folder: JournalFolder, rules: MaintenanceRules, isDry: boolean) {
    this.#folder = folder;
    this.#rules = rules;
    this.#isDry = isDry;
  }

  /**
   * What is done with a journal; undefined when it is no file, or gone in the meantime.
   *
   * @throws DiskError when something cannot be written or removed
   */
  keep(journal: StoredJournal): Upkeep | undefined {
    const { name: series, windowEndMs } = journal;
    const files = [journal.plain, journal.packed].filter((file) => file !== undefined);
    const stats = files.map((file) => lstatSync(file.path, { throwIfNoEntry: false }));
    // A link leads to files that are not of this folder.
    if (!stats.every((stat) => stat?.isFile() === true)) return undefined;
    const bytesBefore = stats.reduce((sum, stat) => sum + stat!.size, 0);
    const done = { series, file: path.basename(files[0].path), windowEndMs, bytesBefore };
    const fate = fateOf(journal, this.#rules);
    if (fate === 'kept') return { ...done, fate, bytesAfter: bytesBefore };
    if (fate === 'removed') {
      for (const file of files) this.#remove(file);
      return { ...done, fate, bytesAfter: 0 };
    }
    const [plain, packed] = files;
    try {
      if (files.length === 1)
        return { ...done, fate, bytesAfter: this.#pack(plain, stats[0]!.mode) };
      this.#settle(plain, packed);
      return { ...done, fate, bytesAfter: stats[1]!.size };
    } catch (error) {
      if (!(error instanceof LeftAlone)) throw error;
      // Another run has packed it in the meantime.
      if (!existsSync(plain.path)) return undefined;
      return { ...done, fate: 'left', reason: error.message, bytesAfter: bytesBefore };
    }
  }

  /** Waits until what was removed is gone from the disk. */
  finish(directory: string): void {
    if (!this.#isDry) attempt(directory, () => syncFolder(directory));
  }

  /** @returns the size of the packed file */
  #pack(plain: JournalFile, mode: number): number {
    const bytes = packGzip(this.#read(plain));
    if (this.#isDry) return bytes.length;
    const packed = { ...plain, path: `${plain.path}${PACKED}` };
    replaceFile(packed.path, bytes, mode & 0o777, `${packed.path}.${process.pid}.partial`);
    this.#settle(plain, packed);
    return bytes.length;
  }

  /** Takes the plain file away when the packed one holds the same. */
  #settle(plain: JournalFile, packed: JournalFile): void {
    const bytes = Buffer.from(this.#read(plain));
    if (!this.#read(packed).equals(bytes)) {
      throw new LeftAlone(`${plain.path} and ${packed.path} hold other counts, and both are whole`);
    }
    this.#remove(plain);
  }

  #read(journal: JournalFile): Buffer {
    try {
      return this.#folder.readBytes(journal);
    } catch (error) {
      if (!(error instanceof UserError || error instanceof DiskError)) throw error;
      throw new LeftAlone(error.message, { cause: error });
    }
  }

  #remove(file: JournalFile): void {
    if (this.#isDry) return;
    attempt(file.path, () => rmSync(file.path, { force: true }), 'remove');
  }
}

/** A journal that cannot be packed without losing something, and why. */
class LeftAlone extends Error {
  override readonly name = 'LeftAlone';
}
