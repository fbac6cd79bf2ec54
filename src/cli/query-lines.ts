import { createInterface } from 'node:readline';

const PROMPT = 'query> ';

/** Whether a person at a terminal writes the queries. */
export const isInteractive = (): boolean => process.stdin.isTTY;

/**
 * Lines of standard input as they come. At a terminal a prompt asks for each on stderr, and Ctrl-D
 * ends them; so does an abort of the signal, and Ctrl-C, which calls `interrupt`.
 */
export async function* queryLines(
  signal: AbortSignal,
  interrupt: () => void,
): AsyncGenerator<string, void, undefined> {
  const terminal = isInteractive();
  const lines = createInterface({
    input: process.stdin,
    prompt: PROMPT,
    terminal,
    ...(terminal ? { output: process.stderr } : {}),
  });
  const close = (): void => lines.close();
  signal.addEventListener('abort', close);
  lines.once('SIGINT', () => {
    interrupt();
    close();
  });
  try {
    if (terminal) lines.prompt();
    for await (const line of lines) {
      yield line;
      if (terminal) lines.prompt();
    }
    if (terminal) process.stderr.write('\n');
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
