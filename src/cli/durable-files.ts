import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { DiskError, UserError } from '../model/errors.ts';

const FLUSH_CHARS = 64 * 1024;

/** A file written in pieces, through a buffer of its own. */
export class GrowingFile {
  readonly #path: string;
  #descriptor: number | undefined;
  #pending = '';

  /** @param flag `wx`: the file must be new; `w`: what it held is gone */
  constructor(file: string, flag: 'wx' | 'w' = 'wx') {
    this.#path = file;
    this.#descriptor = attempt(file, () => openSync(file, flag));
  }

  write(data: string | Buffer): void {
    if (typeof data !== 'string') {
      this.#flush();
      this.#writeAll(data);
      return;
    }
    this.#pending += data;
    if (this.#pending.length > FLUSH_CHARS) this.#flush();
  }

  permit(mode: number): void {
    attempt(this.#path, () => fchmodSync(this.#descriptor!, mode));
  }

  /** Flushes to the disk and closes. */
  finish(): void {
    this.#flush();
    const descriptor = this.#descriptor;
    if (descriptor !== undefined) attempt(this.#path, () => fsyncSync(descriptor));
    this.close();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #flush(): void {
    if (this.#pending === '') return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    this.#writeAll(bytes);
  }

  #writeAll(bytes: Buffer): void {
    attempt(this.#path, () => {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor!, bytes, written);
    });
  }
}

/**
 * Writes a file that is whole or as it was: it grows beside its place.
 *
 * @param mode permissions; undefined: those of a new file
 * @param partial where it grows, in the same folder
 */
export function replaceFile(
  file: string,
  data: string | Buffer,
  mode?: number,
  partial = `${file}.partial`,
): void {
  const growing = new GrowingFile(partial, 'w');
  try {
    growing.write(data);
    if (mode !== undefined) growing.permit(mode);
    growing.finish();
    attempt(file, () => renameSync(partial, file));
    attempt(file, () => syncFolder(path.dirname(file)));
  } finally {
    growing.close();
    rmSync(partial, { force: true });
  }
}

/**
 * Makes a folder and those above it that are missing; the ones made, outermost first. Step by step,
 * because Node's own `recursive` never returns where a file system such as /proc takes no folder.
 */
export function makeFolders(folder: string): string[] {
  const missing: string[] = [];
  let at = folder;
  while (!existsSync(at)) {
    missing.unshift(at);
    at = path.dirname(at);
  }
  refuseFile(at, at);
  for (const each of missing) mkdirSync(each);
  return missing;
}

export function refuseFile(shown: string, file: string): void {
  if (statSync(file).isDirectory()) return;
  throw new UserError(`${shown} is a file, not a folder`, 'name a folder that does not exist yet');
}

/** A rename is on the disk once its folder is. Some file systems refuse to sync folders. */
export function syncFolder(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // The files themselves are safe; the order of renames is then the file system's.
  } finally {
    closeSync(descriptor);
  }
}

/** Runs one access to the disk; what fails is a `DiskError` that says what could not be done. */
export function attempt<T>(what: string, action: () => T, verb = 'write'): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof UserError || error instanceof DiskError) throw error;
    throw new DiskError(`cannot ${verb} ${what}: ${(error as Error).message}`, { cause: error });
  }
}
