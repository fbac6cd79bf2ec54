export interface Fed {
  readonly parts: readonly Buffer[];
  /** Bytes of the piece that were used: fewer than given when the packed data ends in it. */
  readonly used: number;
  readonly ended: boolean;
}

/** What `node:zlib` creates; its kinds differ between releases of Node. */
export interface ZlibStream extends NodeJS.ReadWriteStream {
  /** Packed bytes used so far. */
  readonly bytesWritten: number;
  destroy(): unknown;
}

/**
 * One of Node's unpackers, fed piece by piece: it works in a thread of its own while the caller
 * looks at what came of the piece before.
 */
export class ZlibFeed {
  readonly #stream: ZlibStream;
  #parts: Buffer[] = [];

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    stream.on('data', (part: Buffer) => this.#parts.push(part));
    // Each piece listens itself; between two of them an error has no one else to go to.
    stream.on('error', () => undefined);
  }

  /** @throws the error of the unpacker, for data that it does not understand */
  feed(piece: Buffer): Promise<Fed> {
    const stream = this.#stream;
    const before = stream.bytesWritten;
    return new Promise((resolve, reject) => {
      const settle = (ended: boolean): void => {
        stream.off('end', onEnd);
        stream.off('error', onError);
        const parts = this.#parts;
        this.#parts = [];
        resolve({ parts, used: stream.bytesWritten - before, ended });
      };
      const onEnd = (): void => settle(true);
      const onError = (error: Error): void => {
        stream.off('end', onEnd);
        reject(error);
      };
      stream.once('end', onEnd);
      stream.once('error', onError);
      stream.write(piece, () => settle(false));
    });
  }

  close(): void {
    this.#stream.destroy();
  }
}
