import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import { compareText } from '../model/order.ts';
import type { ConfigurationPort } from '../policy/ecelerity/includes.ts';
import { auditMissing, readConfiguration, type Configuration } from '../policy/ecelerity/read.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';

export interface LoadedConfiguration extends Configuration {
  /** The files that the user names, in order. */
  readonly files: readonly string[];
  /**
   * The texts of those files, of what they include in the order of reading, then of their scripts.
   */
  readonly texts: readonly string[];
  /** Warnings as shown to the user. */
  readonly warnings: readonly string[];
}

/** A configuration as the options name it. */
export interface ConfigurationOptions {
  /** An `ecelerity.conf`; several count as if included one behind the other. */
  readonly config?: string | readonly string[] | undefined;
  /** With `config`: the folder below which its absolute paths are looked for. */
  readonly root?: string | undefined;
}

/** The files of the configuration that the user names, in order. */
export function configFilesOf({ config = [] }: ConfigurationOptions): readonly string[] {
  return typeof config === 'string' ? [config] : config;
}

/** `ecelerity.conf and eccluster.conf` */
export function shownConfig(files: readonly string[]): string {
  return files.join(' and ');
}

/**
 * Reads an `ecelerity.conf`, the files that it includes and the scripts that it names; of several
 * the stanzas of all.
 *
 * @returns undefined when the options name none
 * @throws {UserError} with all mistakes, each where it stands; also for a `root` without `config`
 * @throws {DiskError} when a file cannot be read
 */
export function loadConfiguration(options: ConfigurationOptions): LoadedConfiguration | undefined {
  refuseLoneRoot(options);
  const { root } = options;
  if (root !== undefined && statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(`--root ${root}: no such folder`);
  }
  const files = configFilesOf(options);
  const names = files.map((file) => path.normalize(file));
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new UserError(`--config names ${twice} twice`);
  const [main, ...others] = files.map((file, at) => {
    return { name: names[at], text: readNamedFile(file, 'configuration') };
  });
  if (main === undefined) return undefined;
  const reading = readConfiguration([main, ...others], portOf(root));
  const { configuration, diagnostics, texts } = reading;
  const shown = shownDiagnostics(diagnostics, texts);
  if (configuration === undefined) throw mistakesIn(diagnostics, shown);
  const scripts = configuration.scripts.map((script) => script.text);
  return { ...configuration, files, texts: [...texts.values(), ...scripts], warnings: shown };
}

/** @throws {UserError} at the configuration when it lacks what counts for a policy */
export function requireAudit({ audit, files, texts }: LoadedConfiguration): void {
  if (audit !== undefined) return;
  const name = path.normalize(files[0]);
  const missing = auditMissing(name);
  throw mistakesIn([missing], shownDiagnostics([missing], new Map([[name, texts[0]]])));
}

/** @throws {UserError} when there is a folder for the paths of no configuration */
export function refuseLoneRoot(options: ConfigurationOptions): void {
  if (options.root === undefined || configFilesOf(options).length > 0) return;
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
