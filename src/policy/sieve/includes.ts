import { placeOf } from '../../model/diagnostic.ts';
import type { ScriptSource, Step } from './compile.ts';
import { readScript } from './read.ts';
import { ScriptFailure, type Run } from './run.ts';
import { fail, type ScriptFiles, type Site } from './site.ts';
import type { Command } from './tree.ts';

/** Scripts that may include each other, one in the other. */
const MAX_DEPTH = 32;

type Compile = (commands: readonly Command[], source: ScriptSource) => Step;

/** The scripts that `ec_include` runs, each read and compiled when it is first reached. */
export class Includes {
  readonly #files: ScriptFiles;
  readonly #compile: Compile;
  /** By the including file and the name; undefined: it cannot be used, and why. */
  readonly #known = new Map<string, Step | string>();
  /** The files of names that reports show. */
  readonly #named = new Map<string, string>();

  /** @param named the scripts that include others */
  constructor(
    files: ScriptFiles,
    compile: Compile,
    named: readonly Pick<ScriptSource, 'file' | 'name'>[],
  ) {
    this.#files = files;
    this.#compile = compile;
    for (const { file, name } of named) this.#named.set(name, file);
  }

  /** @throws {ScriptFailure} when the script cannot be read or has mistakes */
  run(run: Run, site: Site, name: string): void {
    if (run.depth === MAX_DEPTH) {
      throw new ScriptFailure(site, `scripts include each other deeper than ${MAX_DEPTH}`, true);
    }
    const key = `${site.file}\0${name}`;
    let step = this.#known.get(key);
    if (step === undefined) this.#known.set(key, (step = this.#load(site.file, name)));
    if (typeof step === 'string') fail(site, `ec_include '${name.slice(0, 64)}': ${step}`);
    run.depth++;
    try {
      step(run);
    } finally {
      run.depth--;
    }
  }

  #load(fromScript: string, name: string): Step | string {
    let found: ReturnType<ScriptFiles['read']>;
    try {
      found = this.#files.read(name, fromScript);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const { commands, diagnostics, text } = readScript(found.text, found.file);
    if (commands === undefined) {
      const first = diagnostics.find(({ severity }) => severity === 'error')!;
      const { line, column } = placeOf(text, first.start);
      return `${first.file}:${line}:${column}: ${first.message}`;
    }
    return this.#compile(commands, {
      file: found.file,
      name: this.#nameOf(found.file),
      text,
    });
  }

  /** Its own name, with as many folders above as no other script of the run has. */
  #nameOf(file: string): string {
    const parts = file.split(/[\\/]/);
    for (let from = parts.length - 1; ; from--) {
      const name = parts.slice(Math.max(0, from)).join('/');
      const owner = this.#named.get(name) ?? file;
      if (owner !== file && from > 0) continue;
      this.#named.set(name, owner);
      return name;
    }
  }
}
