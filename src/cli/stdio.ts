/** Results go to stdout, everything else to stderr; a closed pipe is success. */
export interface Stdio {
  /** Writes results. Returns false once nobody reads them any more. */
  out(text: string): boolean;
  /**
   * Resolves when what was written has been taken, so that a slow reader is not written to at the
   * price of memory; also when nobody reads any more, or the signal is aborted. Undefined: nothing
   * waits.
   */
  drained(signal: AbortSignal | undefined): Promise<void> | undefined;
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
    drained: (signal) => {
      return closed || !process.stdout.writableNeedDrain ? undefined : drain(signal);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    errIsTerminal: process.stderr.isTTY,
  };
}

/** Waits for whatever comes first. */
function drain(signal: AbortSignal | undefined): Promise<void> {
  const events = ['drain', 'error', 'close'];
  return new Promise((resolve) => {
    const end = (): void => {
      for (const event of events) process.stdout.off(event, end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    for (const event of events) process.stdout.on(event, end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}
