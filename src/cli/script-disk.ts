import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readNamedFile } from './policy-file.ts';

/** A file as it was opened, and what it holds. */
export interface ReadText {
  readonly file: string;
  readonly text: string;
}

/** The disk as scripts and modules see it; every text that is read is kept for the digest. */
export class ScriptDisk {
  readonly texts: string[] = [];
  readonly dnsFixture: ReadText | undefined;
  readonly #mapped: (name: string) => string;
  /** The text of each file when it was read last. */
  readonly #read = new Map<string, string>();

  /**
   * @param mapped where an absolute path that a script names is on this machine
   * @throws {UserError} when there is no such fixture
   */
  constructor(mapped: (name: string) => string, dnsFixture: string | undefined) {
    this.#mapped = mapped;
    if (dnsFixture === undefined) return;
    this.dnsFixture = { file: dnsFixture, text: readNamedFile(dnsFixture, 'DNS fixture') };
    this.texts.push(this.dnsFixture.text);
  }

  /** @throws Error whose message says why the file cannot be read */
  read(name: string, fromScript: string): ReadText {
    const file = path.isAbsolute(name)
      ? this.#mapped(name)
      : path.join(path.dirname(fromScript), name);
    try {
      // A pipe or a device may never end.
      if (!statSync(file).isFile()) throw new Error(`${file} is not a file`);
      const text = readFileSync(file, 'utf8');
      // A policy in force is bound twice, and what it reads is read twice.
      if (this.#read.get(file) !== text) this.texts.push(text);
      this.#read.set(file, text);
      return { file, text };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'ENOENT' ? `no such file: ${file}` : message;
      throw new Error(reason, { cause: error });
    }
  }
}
