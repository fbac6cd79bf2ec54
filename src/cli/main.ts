import { CommanderError } from 'commander';
import { InterruptedError, UserError } from '../model/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { createProgram } from './program.ts';
import { processStdio, type Stdio } from './stdio.ts';

/** Runs the command line and returns the exit code of the process. */
export async function main(
  argv: readonly string[],
  stdio: Stdio = processStdio(),
): Promise<number> {
  const interrupt = new AbortController();
  const abort = (): void => interrupt.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    let exitCode: number = EXIT.done;
    const program = createProgram({
      stdio,
      signal: interrupt.signal,
      exit: (code) => (exitCode = code),
    });
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, stdio);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}

/** Says on stderr what went wrong; returns the exit code. */
function explain(error: unknown, stdio: Stdio): number {
  // Commander has written its own words; help and version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.userMistake;
  const code = exitCodeOf(error);
  if (error instanceof InterruptedError)
    stdio.err('hindcast: interrupted, no report was written\n');
  else if (error instanceof UserError && error.diagnostics.length > 0) {
    stdio.err(`${error.message}\n`);
  } else if (error instanceof Error && code !== EXIT.bug) {
    stdio.err(`hindcast: ${error.message}\n`);
    if (error instanceof UserError && error.hint !== undefined) stdio.err(`hint: ${error.hint}\n`);
  } else {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stdio.err(`hindcast: this is a bug of ours, please report it\n${trace}\n`);
  }
  return code;
}
