import { readdirSync, statSync, type Dirent, type Stats } from 'node:fs';
import path from 'node:path';
import { DiskError, UserError } from '../model/errors.ts';
import { compareText } from '../model/order.ts';

/** One log to read: a file, or standard input. */
export interface Input {
  /** Absolute path, or `-` for standard input. */
  readonly path: string;
  /** The path below the deepest folder that all inputs share, with `/`; `-` for standard input. */
  readonly name: string;
  /** 0 for a stream, whose size nobody knows. */
  readonly sizeBytes: number;
  /** Time of the last modification, milliseconds since the epoch; 0 for a stream. */
  readonly mtimeMs: number;
  /** Standard input and named pipes can be read once only: no first pass, no second open. */
  readonly stream: boolean;
  /** What it holds, where no file does. */
  readonly bytes?: Buffer;
}

/** A log that is at hand and not on the disk. */
export interface TextInput {
  readonly name: string;
  readonly text: string;
}

export function inputOf({ name, text }: TextInput): Input {
  const bytes = Buffer.from(text);
  return { path: '', name, sizeBytes: bytes.length, mtimeMs: 0, stream: false, bytes };
}

export const STDIN = '-';

/** What lies beside logs in a folder and is none; only folders are filtered, never a named file. */
const NO_LOG = /\.(?:cidr|yaml|yml|json|md|siv|lua)$/i;

/**
 * The inputs that the arguments stand for: files, globs, folders and `-`, each once, sorted by the
 * bytes of their names.
 *
 * A name that exists wins over its reading as a glob, so `mail[1].log` finds itself.
 *
 * @throws UserError for a name that stands for nothing, DiskError for one that cannot be read
 */
export async function discoverInputs(args: readonly string[]): Promise<Input[]> {
  const files = new Map<string, Stats>();
  let stdin = false;
  for (const arg of args) {
    if (arg !== STDIN) {
      for (const found of await expand(arg)) {
        if (!files.has(found)) files.set(found, statOf(found));
      }
    } else if (stdin) {
      throw new UserError("standard input ('-') is named twice", "name '-' once; it is read once");
    } else {
      stdin = true;
    }
  }
  const root = sharedFolder([...files.keys()]);
  const inputs: Input[] = [...files].map(([file, stats]) => ({
    path: file,
    name: path.relative(root, file).split(path.sep).join('/'),
    sizeBytes: stats.isFile() ? stats.size : 0,
    mtimeMs: stats.isFile() ? stats.mtimeMs : 0,
    stream: !stats.isFile(),
  }));
  if (stdin) inputs.push({ path: STDIN, name: STDIN, sizeBytes: 0, mtimeMs: 0, stream: true });
  return inputs.sort((a, b) => compareText(a.name, b.name));
}

/** Absolute paths of the files that one argument stands for; never empty. */
async function expand(arg: string): Promise<string[]> {
  const absolute = path.resolve(arg);
  const stats = arg === '' ? undefined : statIfThere(absolute);
  if (stats?.isDirectory() === true) {
    const found = logsBelow(absolute);
    if (found.length > 0) return found;
    throw new UserError(
      `no log files in '${arg}'`,
      'dot files and *.cidr *.yaml *.yml *.json *.md *.siv *.lua are passed over in a folder',
    );
  }
  if (stats !== undefined) return [absolute];
  // Loaded when it is needed: most arguments are files, and it is the slowest module to load.
  const { default: fastGlob } = await import('fast-glob');
  if (fastGlob.isDynamicPattern(arg)) {
    // Sorted later; suppressErrors passes over folders on the way that may not be opened.
    const found = fastGlob.sync(arg, { absolute: true, onlyFiles: true, suppressErrors: true });
    if (found.length > 0) return found.map((file) => path.resolve(file));
    throw new UserError(`no file matches '${arg}'`, 'quote a glob, so that the shell passes it on');
  }
  throw new UserError(
    `no such file or folder: '${arg}'`,
    `name log files, folders, globs in quotes, or '-' for standard input`,
  );
}

/** Files below a folder that look like logs. Links to folders are not followed: they may loop. */
function logsBelow(folder: string): string[] {
  const found: string[] = [];
  for (const entry of entriesOf(folder)) {
    if (entry.name.startsWith('.')) continue;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      found.push(...logsBelow(file));
    } else if (!NO_LOG.test(entry.name)) {
      const isLog = entry.isSymbolicLink() ? statIfThere(file)?.isFile() === true : entry.isFile();
      if (isLog) found.push(file);
    }
  }
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new DiskError(`cannot read folder '${folder}': ${causeOf(error)}`, { cause: error });
  }
}

function statIfThere(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    // A part of the path is a file, or the name is too long or holds a NUL: nothing is there.
    if (isDenied(error)) {
      throw new DiskError(`cannot read '${file}': ${causeOf(error)}`, { cause: error });
    }
    return undefined;
  }
}

function statOf(file: string): Stats {
  const stats = statIfThere(file);
  if (stats === undefined) throw new DiskError(`'${file}' vanished while the inputs were listed`);
  return stats;
}

/** The deepest folder that holds all the files; of one file, its own folder. */
function sharedFolder(files: readonly string[]): string {
  let shared: string[] | undefined;
  for (const file of files) {
    const parts = path.dirname(file).split(path.sep);
    if (shared === undefined) {
      shared = parts;
      continue;
    }
    let same = 0;
    while (same < shared.length && same < parts.length && shared[same] === parts[same]) same++;
    shared = shared.slice(0, same);
  }
  const folder = (shared ?? []).join(path.sep);
  return folder === '' ? path.sep : folder;
}

function isDenied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EACCES' || code === 'EPERM' || code === 'EIO';
}

/** The system's word for what failed (`EACCES: permission denied`), without path and call. */
export function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(', ')[0];
}
