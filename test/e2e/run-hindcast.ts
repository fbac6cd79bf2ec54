import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { afterAll } from 'vitest';

// The built command, run as a user would run it: in a folder of its own, with an environment that
// says nothing but what the test says.

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const FIXTURES = path.join(ROOT, 'fixtures');
const BIN = path.join(ROOT, 'bin', 'hindcast.js');

export interface RunSetting {
  /** Folder of the run; default a new, empty one. */
  readonly cwd?: string;
  readonly tz?: string;
  readonly locale?: string;
  /** What standard input brings; default nothing. Null: it stays open and silent. */
  readonly stdin?: string | Buffer | null;
  /** Words of Node's own before the command. */
  readonly nodeOptions?: readonly string[];
}

export interface Run {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedRun {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly done: Promise<Run>;
}

const scratch = mkdtempSync(path.join(tmpdir(), 'hindcast-e2e-'));
/** The home of every run, which stays empty. */
export const HOME = path.join(scratch, 'home');
mkdirSync(HOME);
/** All that the environment of a run says, unless the test says more. */
export const ENVIRONMENT = { PATH: process.env['PATH'], HOME };
afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
let folders = 0;

/** A new folder holding these files, gone after the last test of the file. */
export function newFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = path.join(scratch, String(++folders));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export function startHindcast(args: readonly string[], setting: RunSetting = {}): StartedRun {
  const { cwd = newFolder(), tz, locale, stdin = '', nodeOptions = [] } = setting;
  const child = spawn(process.execPath, [...nodeOptions, BIN, ...args], {
    cwd,
    env: {
      ...ENVIRONMENT,
      ...(tz === undefined ? {} : { TZ: tz }),
      ...(locale === undefined ? {} : { LC_ALL: locale }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that reads no input may be gone before it was written.
  child.stdin.on('error', () => undefined);
  if (stdin !== null) child.stdin.end(stdin);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const done = new Promise<Run>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const [stdout, stderr] = [out, err].map((chunks) => Buffer.concat(chunks).toString());
      resolve({ code, stdout, stderr });
    });
  });
  return { child, done };
}

export function runHindcast(args: readonly string[], setting?: RunSetting): Promise<Run> {
  return startHindcast(args, setting).done;
}

/** What a run wrote to stdout, which must have ended well and quietly. */
export function endedWell(args: readonly string[], { code, stdout, stderr }: Run): string {
  if (code === 0 && stderr === '') return stdout;
  throw new Error(`hindcast ${args.join(' ')}: exit ${code}\n${stderr}`);
}

/** Runs a command that must end well and quietly; what it wrote to stdout. */
export async function outputOf(args: readonly string[], setting?: RunSetting): Promise<string> {
  return endedWell(args, await runHindcast(args, setting));
}

/** Every file below a folder by its path there, byte for byte (as latin1). */
export function filesBelow(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [path.relative(folder, file), readFileSync(file, 'latin1')] as const);
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The rows of a CSV with a header, as text. */
export function readCsv(text: string): Record<string, string>[] {
  return parse(text, { columns: true });
}

/** How often each value stands in a list. */
export function tally(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
