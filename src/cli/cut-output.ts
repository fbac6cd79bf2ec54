import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../model/errors.ts';
import { attempt, GrowingFile, makeFolders, refuseFile, syncFolder } from './durable-files.ts';

/**
 * Where a cut goes: one file, or a folder with a file for each log. The files grow in a folder
 * beside their place and take it when the cut is known to be right; else nothing is left.
 */
export class CutOutput {
  readonly #out: string;
  readonly #staging: string;
  readonly #isFolder: boolean;
  readonly #files: string[] = [];

  /** @throws {UserError} when `out` cannot take the cut of these inputs */
  constructor(
    out: string,
    inputs: readonly { readonly name: string; readonly path: string }[],
    force: boolean,
  ) {
    const isThere = existsSync(out);
    const isFolder = isThere && statSync(out).isDirectory();
    this.#out = path.resolve(out);
    this.#isFolder = isFolder || inputs.length > 1 || /[/\\]$/.test(out);
    this.#staging = path.join(path.dirname(this.#out), `.${path.basename(this.#out)}.partial`);
    if (this.#isFolder && isThere) refuseFile(`--out ${out}`, out);
    for (const { name, path: log } of inputs) {
      const file = this.#isFolder ? path.join(this.#out, name) : this.#out;
      if (file === log) throw new UserError(`--out ${out} would replace the log ${name}`);
      if (force || !existsSync(file)) continue;
      const shown = this.#isFolder ? path.join(out, name) : out;
      throw new UserError(`${shown} exists`, 'take another name, or --force to replace it');
    }
    if (this.#isFolder) return;
    const folder = path.dirname(this.#out);
    if (!existsSync(folder)) throw new UserError(`no such folder: ${path.dirname(out)}`);
  }

  /** What the cut of an input is called: its own name in a folder. */
  nameOf(input: string): string {
    return this.#isFolder ? input : path.basename(this.#out);
  }

  /** The files written so far, where they grow. */
  get grown(): string[] {
    return this.#files.map((name) => path.join(this.#staging, name));
  }

  /** Writes one file whole; packed when its name says so. */
  add(name: string, text: Buffer): void {
    if (this.#files.length === 0) rmSync(this.#staging, { recursive: true, force: true });
    const place = path.join(this.#staging, name);
    attempt(place, () => mkdirSync(path.dirname(place), { recursive: true }));
    const file = new GrowingFile(place);
    try {
      file.write(name.endsWith('.gz') ? gzipSync(text) : text);
      file.finish();
    } finally {
      file.close();
    }
    this.#files.push(name);
  }

  commit(): void {
    for (const name of this.#files) {
      const place = this.#isFolder ? path.join(this.#out, name) : this.#out;
      attempt(place, () => {
        makeFolders(path.dirname(place));
        renameSync(path.join(this.#staging, name), place);
        syncFolder(path.dirname(place));
      });
    }
  }

  /** Takes away what has not taken its place. */
  clear(): void {
    rmSync(this.#staging, { recursive: true, force: true });
  }
}
