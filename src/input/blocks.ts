import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { BugError, DiskError, InterruptedError, UserError } from '../model/errors.ts';
import { MAGIC_BYTES, refusePacked, refusePackedInside } from './compression.ts';
import { causeOf, STDIN, type Input } from './discover.ts';
import { ArchiveError, type Archive, type PackingKind } from './unpack/archive.ts';
import { RawBytes } from './unpack/raw-bytes.ts';
import { packingOf, unpack } from './unpack/unpack.ts';

/** A loop of synchronous reads never sees Ctrl-C; it lets the event loop run this often. */
const BREATH_BYTES = 16 * 1024 * 1024;
const RAW_CHUNK_BYTES = 128 * 1024;

export interface BlockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Stands for standard input in tests. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
}

/** The unpacked bytes of one input, read forward once. */
export interface BlockReader {
  /** How the bytes came packed; undefined when they came as they are. */
  readonly archive: Archive | undefined;
  /** Bytes taken from the file itself, before they were unpacked: what progress is measured in. */
  readonly bytesRead: number;
  /** The first bytes, `length` of them unless the input is shorter. Only before the first read. */
  peek(length: number): Promise<Buffer>;
  /**
   * Reads up to `length` bytes into `buffer` at `offset`; 0 at the end of the input. A number when
   * they were at hand, a promise when they had to be waited for.
   *
   * @throws DiskError when the file cannot be read or what it is packed with is damaged, InterruptedError
   *     after the signal
   */
  read(buffer: Buffer, offset: number, length: number): number | Promise<number>;
  close(): void;
}

/**
 * Opens an input; how it is packed is told by its content, whatever the name.
 *
 * @throws UserError for an archive of another kind, DiskError when it cannot be opened
 */
export async function openBlocks(input: Input, options: BlockOptions = {}): Promise<BlockReader> {
  if (input.stream) return openStream(input, options);
  if (input.bytes !== undefined) return blocksOf(input.bytes);
  const plain = new PlainBlocks(input, options.signal);
  let kind: PackingKind | undefined;
  try {
    const head = await plain.peek(MAGIC_BYTES);
    kind = packingOf(head);
    if (kind === undefined) {
      refusePacked(head, input.name);
      return plain;
    }
  } catch (error) {
    plain.close();
    throw error;
  }
  plain.close();
  const raw = createReadStream(input.path, { highWaterMark: RAW_CHUNK_BYTES });
  return openArchive(kind, raw, raw[Symbol.asyncIterator](), Buffer.alloc(0), input, options);
}

async function openStream(input: Input, options: BlockOptions): Promise<BlockReader> {
  const raw =
    input.path === STDIN
      ? (options.stdin ?? process.stdin)
      : createReadStream(input.path, { highWaterMark: RAW_CHUNK_BYTES });
  const chunks = raw[Symbol.asyncIterator]();
  const plain = new StreamBlocks(chunks, raw, input, options.signal);
  const head = await plain.peek(MAGIC_BYTES);
  const kind = packingOf(head);
  if (kind !== undefined) {
    return openArchive(kind, raw, chunks, plain.giveBack(), input, options);
  }
  refusePacked(head, input.name);
  return plain;
}

/** @param head what was already taken from `chunks` */
async function openArchive(
  kind: PackingKind,
  stream: Destroyable,
  chunks: AsyncIterator<string | Buffer>,
  head: Buffer,
  input: Input,
  { signal }: BlockOptions,
): Promise<BlockReader> {
  const raw = new RawBytes(chunks, head);
  const { archive, chunks: unpacked } = unpack(kind, raw);
  const blocks = new StreamBlocks(unpacked, stream, input, signal, { archive, raw });
  const front = await blocks.peek(MAGIC_BYTES);
  try {
    refusePackedInside(front, input.name);
  } catch (error) {
    blocks.close();
    throw error;
  }
  return blocks;
}

/** Bytes that are at hand. */
export function blocksOf(bytes: Buffer): BlockReader {
  let bytesRead = 0;
  return {
    archive: undefined,
    get bytesRead() {
      return bytesRead;
    },
    peek: (length) => Promise.resolve(bytes.subarray(0, length)),
    read: (buffer, offset, length) => {
      const got = bytes.copy(buffer, offset, bytesRead, bytesRead + length);
      bytesRead += got;
      return got;
    },
    close: () => undefined,
  };
}

/** A regular file, read synchronously into the caller's buffer: no copy, no stream. */
class PlainBlocks implements BlockReader {
  readonly archive = undefined;
  bytesRead = 0;
  readonly #input: Input;
  readonly #signal: AbortSignal | undefined;
  #fd: number;
  #breathAt = BREATH_BYTES;

  constructor(input: Input, signal: AbortSignal | undefined) {
    this.#input = input;
    this.#signal = signal;
    this.#fd = openForReading(input);
  }

  peek(length: number): Promise<Buffer> {
    if (this.bytesRead > 0) throw new BugError('peek after the first read');
    const head = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const got = this.#readAt(head, filled, length - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return Promise.resolve(head.subarray(0, filled));
  }

  read(buffer: Buffer, offset: number, length: number): number | Promise<number> {
    if (this.bytesRead >= this.#breathAt) {
      this.#breathAt = this.bytesRead + BREATH_BYTES;
      return breath(this.#signal).then(() => this.#readNow(buffer, offset, length));
    }
    return this.#readNow(buffer, offset, length);
  }

  #readNow(buffer: Buffer, offset: number, length: number): number {
    if (this.#signal?.aborted === true) throw interrupted();
    const got = this.#readAt(buffer, offset, length, null);
    this.bytesRead += got;
    return got;
  }

  #readAt(buffer: Buffer, offset: number, length: number, position: number | null): number {
    try {
      return readSync(this.#fd, buffer, offset, length, position);
    } catch (error) {
      throw cannotRead(this.#input, error);
    }
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

interface Destroyable extends Partial<NodeJS.ReadableStream> {
  destroy?(error?: Error): unknown;
}

/** Chunks of a stream, or what they unpack to, handed out piece by piece. */
class StreamBlocks implements BlockReader {
  readonly archive: Archive | undefined;
  readonly #stream: Destroyable;
  readonly #chunks: AsyncIterator<string | Buffer>;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  readonly #raw: RawBytes | undefined;
  readonly #onAbort = (): void => void this.#stream.destroy?.(interrupted());
  #received = 0;
  /** Taken from the stream and not yet handed out, from `#at` on. */
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;

  /** @param stream where `chunks` come from in the end */
  constructor(
    chunks: AsyncIterator<string | Buffer>,
    stream: Destroyable,
    input: Input,
    signal: AbortSignal | undefined,
    packed?: { readonly archive: Archive; readonly raw: RawBytes },
  ) {
    this.#stream = stream;
    this.#chunks = chunks;
    this.#name = input.name;
    this.#signal = signal;
    this.archive = packed?.archive;
    this.#raw = packed?.raw;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get bytesRead(): number {
    return this.#raw?.bytesRead ?? this.#received;
  }

  async peek(length: number): Promise<Buffer> {
    while (this.#chunk.length < length && !this.#ended) {
      const seen = this.#chunk;
      if (await this.#next()) this.#chunk = Buffer.concat([seen, this.#chunk]);
      else this.#chunk = seen;
    }
    return this.#chunk.subarray(0, length);
  }

  /** Lets go of the stream, whose chunks go on, and returns what was not yet read. */
  giveBack(): Buffer {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return this.#chunk.subarray(this.#at);
  }

  read(buffer: Buffer, offset: number, length: number): number | Promise<number> {
    if (this.#at < this.#chunk.length) return this.#take(buffer, offset, length);
    return this.#next().then((more) => (more ? this.#take(buffer, offset, length) : 0));
  }

  #take(buffer: Buffer, offset: number, length: number): number {
    if (this.#signal?.aborted === true) throw interrupted();
    const got = Math.min(length, this.#chunk.length - this.#at);
    this.#chunk.copy(buffer, offset, this.#at, this.#at + got);
    this.#at += got;
    return got;
  }

  /** Replaces the chunk by the next one that is not empty; false at the end. */
  async #next(): Promise<boolean> {
    this.#chunk = Buffer.alloc(0);
    this.#at = 0;
    while (!this.#ended) {
      const { done, value } = await this.#pull();
      if (done === true) {
        this.#ended = true;
        this.close();
      } else if (value.length > 0) {
        this.#chunk = typeof value === 'string' ? Buffer.from(value) : value;
        this.#received += this.#chunk.length;
        return true;
      }
    }
    return false;
  }

  async #pull(): Promise<IteratorResult<string | Buffer, unknown>> {
    if (this.#signal?.aborted === true) throw interrupted();
    try {
      return await this.#chunks.next();
    } catch (error) {
      this.close();
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): Error {
    if (error instanceof InterruptedError || this.#signal?.aborted === true) return interrupted();
    const name = `'${this.#name}'`;
    if (error instanceof ArchiveError) {
      return new DiskError(`${name}: ${error.message}`, { cause: error });
    }
    if (error instanceof UserError) {
      return new UserError(`${name}: ${error.message}`, error.hint);
    }
    const code = String((error as NodeJS.ErrnoException).code);
    if (code === 'EISDIR') return new UserError(`${name} is a folder`, 'name it as an argument');
    return new DiskError(`cannot read ${name}: ${causeOf(error)}`, { cause: error });
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#stream.destroy?.();
    // What unpacks ends itself where it stands; it may be waiting for the stream just destroyed.
    if (this.#raw !== undefined) this.#chunks.return?.().catch(() => undefined);
  }
}

function interrupted(): InterruptedError {
  return new InterruptedError('interrupted');
}

/** Lets the event loop run once, so that a signal can arrive. */
export async function breath(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  if (signal?.aborted === true) throw interrupted();
}

export function openForReading(input: Input): number {
  try {
    return openSync(input.path, 'r');
  } catch (error) {
    throw new DiskError(`cannot open '${input.name}': ${causeOf(error)}`, { cause: error });
  }
}

export function cannotRead(input: Input, error: unknown): DiskError {
  return new DiskError(`cannot read '${input.name}': ${causeOf(error)}`, { cause: error });
}
