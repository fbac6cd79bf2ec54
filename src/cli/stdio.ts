/** Results go to stdout, everything else to stderr; a closed pipe is success. */
export interface Stdio {
  /** Writes results. Returns false once nobody reads them any more. */
  out(text: string): boolean;
  err(text: string): void;
  readonly errIsTerminal: boolean;
}

export function processStdio(): Stdio {
  let closed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  return {
    out: (text) => {
      if (!closed && text !== '') process.stdout.write(text);
      return !closed;
    },
    err: (text) => {
      process.stderr.write(text);
    },
    errIsTerminal: process.stderr.isTTY,
  };
}
