import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import {
  endedWell,
  ENVIRONMENT,
  newFolder,
  ROOT,
  type Run,
  type RunSetting,
} from './run-hindcast.ts';

// The built command for the many runs that end with a message, a number or a file: one process,
// started by the first of them, runs all that a test file asks for, one after another, each in its
// folder and in the environment of runHindcast. It has no standard input, and what a process is to
// others (streams, signals, zone, its end) is not to be seen here: runHindcast is for that.

const PROGRAM = fileURLToPath(new URL('kept-process.mjs', import.meta.url));
const MAIN = pathToFileURL(path.join(ROOT, 'dist', 'cli', 'main.js')).href;

/** What differs from run to run is the folder; all else wants a process of its own. */
type KeptSetting = Pick<RunSetting, 'cwd'> & {
  readonly [Name in Exclude<keyof RunSetting, 'cwd'>]?: never;
};

let kept: ChildProcess | undefined;
let noise = '';
let last: Promise<unknown> = Promise.resolve();

afterAll(async () => {
  if (kept !== undefined) {
    const { stdout, stderr } = kept;
    const closed = [stdout, stderr].map(async (stream) => stream && once(stream, 'close'));
    kept.disconnect();
    await Promise.all(closed);
  }
  if (noise !== '') throw new Error(`the kept process wrote past its command:\n${noise}`);
});

function start(): ChildProcess {
  const child = fork(PROGRAM, [MAIN], {
    env: ENVIRONMENT,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (noise += chunk.toString()));
  }
  // Of a run that ends it, the next one need not know.
  child.once('exit', () => (kept = undefined));
  return child;
}

async function ask(args: readonly string[], cwd: string): Promise<Run> {
  kept ??= start();
  const child = kept;
  return new Promise<Run>((resolve, reject) => {
    const ended = (): void => reject(new Error(`hindcast ${args.join(' ')}: it ended\n${noise}`));
    child.once('exit', ended);
    child.once('message', (run) => {
      child.off('exit', ended);
      resolve(run as Run);
    });
    child.send({ args, cwd });
  });
}

/** As runHindcast, in the kept process. */
export function runKept(
  args: readonly string[],
  { cwd = newFolder() }: KeptSetting = {},
): Promise<Run> {
  const run = last.then(() => ask(args, cwd));
  last = run.catch(() => undefined);
  return run;
}

/** As outputOf, in the kept process. */
export async function outputKept(args: readonly string[], setting?: KeptSetting): Promise<string> {
  return endedWell(args, await runKept(args, setting));
}
