import { createInterface, type Interface } from 'node:readline';

import { DiskError, InterruptedError, UserError } from '../model/errors.ts';
import { formatIso } from '../model/time.ts';
import type { AuditConsole } from './audit-console.ts';
import { complete } from './completion.ts';
import { explainFailure } from './mistake.ts';

/** Whether a command failed for a reason outside of our code. */
function isFailure(error: unknown): error is UserError | DiskError {
  return error instanceof UserError || error instanceof DiskError;
}

/**
 * Runs commands one after another and stops at the first that fails.
 *
 * @param source what the commands are called in messages: `-c` or `stdin`
 * @returns the failure, which has been shown; undefined when all went well
 */
export async function runScript(
  console: AuditConsole,
  lines: Iterable<string> | AsyncIterable<string>,
  source: string,
): Promise<UserError | DiskError | undefined> {
  let number = 0;
  for await (const line of lines) {
    number++;
    try {
      await console.run(line);
    } catch (error) {
      if (!isFailure(error)) throw error;
      console.err(explainFailure(error, line, { source, line: number }));
      return error;
    }
    if (console.left) return undefined;
  }
  return undefined;
}

/** The lines of a pipe, as they come; ends when `signal` is aborted. */
export function linesOf(input: NodeJS.ReadableStream, signal: AbortSignal): AsyncIterable<string> {
  return createInterface({ input, crlfDelay: Infinity, signal });
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  /** Where the prompt and what is typed appear. */
  readonly output: NodeJS.WritableStream;
  /** Told of Ctrl-C while a command runs. */
  readonly interrupt: () => void;
  readonly signal: AbortSignal;
}

/**
 * Reads commands from a terminal until the user leaves: with history, completion and the simulated
 * time in the prompt. A command that fails is explained, and the next one read.
 *
 * @throws {InterruptedError} when a command was interrupted, or the signal aborted
 */
export async function runShell(console: AuditConsole, terminal: Terminal): Promise<void> {
  const { input, output, interrupt, signal } = terminal;
  const lines = createInterface({
    input,
    output,
    terminal: true,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(line, console),
  });
  let busy = false;
  lines.on('SIGINT', () => {
    if (busy) interrupt();
    else clearLine(lines);
  });
  const abort = (): void => lines.close();
  signal.addEventListener('abort', abort);
  let number = 0;
  try {
    prompt(lines, console);
    for await (const line of lines) {
      busy = true;
      number++;
      await runShown(console, line, number);
      busy = false;
      if (console.left) return;
      prompt(lines, console);
    }
    if (signal.aborted) throw new InterruptedError('interrupted');
    // Ctrl-D has left the cursor behind the prompt.
    output.write('\n');
  } finally {
    signal.removeEventListener('abort', abort);
    lines.close();
  }
}

async function runShown(console: AuditConsole, line: string, number: number): Promise<void> {
  try {
    await console.run(line);
  } catch (error) {
    if (!isFailure(error)) throw error;
    console.err(explainFailure(error, line, { source: 'console', line: number }));
  }
}

/** `10:45:03 hindcast> ` */
function prompt(lines: Interface, { target }: AuditConsole): void {
  const { clockMs } = target;
  const time = clockMs === undefined ? '--:--:--' : formatIso(clockMs).slice(11, 19);
  lines.setPrompt(`${time} hindcast> `);
  lines.prompt();
}

function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
}
