import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import { compareText } from '../model/order.ts';
import type { ConfigurationPort } from '../policy/ecelerity/includes.ts';
import { readConfiguration, type Configuration } from '../policy/ecelerity/read.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

export interface LoadedConfiguration extends Configuration {
  /** The configuration's own text, those of the files it includes, then those of its scripts. */
  readonly texts: readonly string[];
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
}

/** A configuration as the options name it. */
export interface ConfigurationOptions {
  /** An `ecelerity.conf`. */
  readonly config?: string | undefined;
  /** With `config`: the folder below which its absolute paths are looked for. */
  readonly root?: string | undefined;
}

/**
 * Reads an `ecelerity.conf`, the files that it includes and the scripts that it names.
 *
 * @param root the folder below which absolute paths are looked for; undefined: as they stand
 * @throws {UserError} with all mistakes, each where it stands
 * @throws {DiskError} when the file cannot be read
 */
export function loadConfiguration(config: string, root?: string): LoadedConfiguration {
  if (root !== undefined && statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(`--root ${root}: no such folder`);
  }
  const text = readNamedFile(config, 'configuration');
  const name = path.normalize(config);
  const { configuration, diagnostics, texts } = readConfiguration(text, name, portOf(root));
  const shown = shownDiagnostics(diagnostics, texts);
  if (configuration === undefined) throw mistakesIn(diagnostics, shown);
  const scripts = configuration.scripts.map((script) => script.text);
  return { ...configuration, texts: [...texts.values(), ...scripts], warnings: shown };
}

/** @throws {UserError} when there is a folder for the paths of no configuration */
export function refuseLoneRoot({ config, root }: ConfigurationOptions): void {
  if (root === undefined || config !== undefined) return;
  throw new UserError('--root needs a --config', 'it is where the absolute paths of one lie');
}

function portOf(root: string | undefined): ConfigurationPort {
  return {
    readInclude: (name, fromFile) =>
      readFound(pathOf(name, fromFile, root), name, (found) => filesOf(found).map(readText)),
    readScript: (name, fromFile) => readFound(pathOf(name, fromFile, root), name, readText),
    absoluteHint:
      root === undefined ? '--root DIR looks for absolute paths below a folder' : undefined,
  };
}

/** A relative path is beside the file that names it. */
function pathOf(name: string, fromFile: string, root: string | undefined): string {
  if (!path.isAbsolute(name)) return path.join(path.dirname(fromFile), name);
  return mappedPath(name, root);
}

/** Where an absolute path of the server is on this machine. */
export function mappedPath(name: string, root: string | undefined): string {
  // From the root of a disk no `..` leads out.
  return root === undefined ? path.normalize(name) : path.join(root, path.join(path.sep, name));
}

function readFound<Result>(found: string, name: string, read: (found: string) => Result): Result {
  try {
    return read(found);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    const where = path.isAbsolute(name) && found !== path.normalize(name) ? `: ${found}` : '';
    const reason = missing ? `no such file or folder${where}` : message;
    throw new Error(reason, { cause: error });
  }
}

function readText(file: string): { name: string; text: string } {
  // A pipe or a device may never end.
  if (!statSync(file).isFile()) throw new Error(`${file} is not a file`);
  return { name: file, text: readFileSync(file, 'utf8') };
}

function filesOf(found: string): string[] {
  if (!statSync(found).isDirectory()) return [found];
  return readdirSync(found)
    .filter((name) => !name.startsWith('.'))
    .sort(compareText)
    .map((name) => path.join(found, name))
    .filter((file) => statSync(file).isFile());
}
