import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';
import { ArchiveError, damaged, type Archive } from './archive.ts';
import type { RawBytes } from './raw-bytes.ts';
import { framePieces, type FramePiece } from './zstd-frames.ts';
import { ZlibFeed, type ZlibStream } from './zlib-feed.ts';

/** Fewer bytes are no frame that `fzstd` would begin to read. */
const SHORTEST_PUSH_BYTES = 18;
const UNPACK_BYTES = 512 * 1024;

/** What came of the piece, checked as far as the piece reaches. */
interface Decoder {
  decode(piece: FramePiece): Promise<readonly Uint8Array[]>;
  close(): void;
}

/** Node 22.15 and later. */
const createOwn = (zlib as { createZstdDecompress?: (options: object) => ZlibStream })
  .createZstdDecompress;

/** Who unpacks zstd here. */
export const ZSTD_BY = createOwn === undefined ? 'fzstd' : 'Node';

/**
 * Unpacks zstd frames one behind the other; skippable ones are passed over. A last frame that is
 * not finished is read to its last whole block, because whoever writes a log in zstd is in the
 * middle of one at most times.
 *
 * @throws ArchiveError
 */
export async function* unzstd(
  raw: RawBytes,
  archive: Archive,
  by: string = ZSTD_BY,
): AsyncGenerator<Buffer> {
  const decoder = by === 'Node' ? new OwnDecoder(createOwn!) : await FzstdDecoder.create();
  try {
    for await (const piece of framePieces(raw, archive)) {
      let parts: readonly Uint8Array[];
      try {
        parts = await decoder.decode(piece);
      } catch (error) {
        throw damaged('zstd', raw.bytesRead, (error as Error).message);
      }
      for (const part of parts) {
        yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      }
    }
  } finally {
    decoder.close();
  }
}

/** Node's own, which checks everything itself. */
class OwnDecoder implements Decoder {
  readonly #feed: ZlibFeed;

  constructor(create: (options: object) => ZlibStream) {
    this.#feed = new ZlibFeed(create({ chunkSize: UNPACK_BYTES }));
  }

  async decode(piece: FramePiece): Promise<readonly Buffer[]> {
    return (await this.#feed.feed(piece.bytes)).parts;
  }

  close(): void {
    this.#feed.close();
  }
}

let loading: ReturnType<typeof xxhash> | undefined;

type Hash = ReturnType<Awaited<ReturnType<typeof xxhash>>['create64']>;

/** `fzstd` looks neither at checksums nor at the length that a frame says; both are done here. */
class FzstdDecoder implements Decoder {
  readonly #createHash: () => Hash;
  #parts: Uint8Array[] = [];
  #frame: FramePiece['frame'];
  #stream = this.#createStream();
  #hash: Hash | undefined;
  #unpacked = 0;
  #waiting: Buffer[] = [];

  static async create(): Promise<FzstdDecoder> {
    const hashes = await (loading ??= xxhash());
    return new FzstdDecoder(() => hashes.create64());
  }

  constructor(createHash: () => Hash) {
    this.#createHash = createHash;
  }

  decode(piece: FramePiece): Promise<readonly Uint8Array[]> {
    if (piece.frame !== undefined) {
      this.#frame = piece.frame;
      this.#stream = this.#createStream();
      this.#hash = piece.frame.checksum ? this.#createHash() : undefined;
      this.#unpacked = 0;
      this.#waiting = [];
    }
    // It keeps what it is given, so nothing else may write there; pieces are fresh.
    this.#waiting.push(piece.bytes);
    const bytes = this.#waiting.length === 1 ? piece.bytes : Buffer.concat(this.#waiting);
    if (!piece.last && bytes.length < SHORTEST_PUSH_BYTES) return Promise.resolve([]);
    this.#waiting = [];
    this.#stream.push(bytes, piece.last);
    const parts = this.#parts.filter(({ length }) => length > 0);
    this.#parts = [];
    for (const part of parts) {
      this.#hash?.update(part);
      this.#unpacked += part.length;
    }
    if (piece.last) this.#check(piece.bytes);
    return Promise.resolve(parts);
  }

  #createStream(): Decompress {
    return new Decompress((part) => this.#parts.push(part));
  }

  #check(end: Buffer): void {
    const expected = this.#frame?.contentBytes ?? this.#unpacked;
    if (expected !== this.#unpacked) throw new ArchiveError('wrong length');
    if (this.#hash === undefined) return;
    const low = Number(this.#hash.digest() & 0xffffffffn);
    if (low !== end.readUInt32LE(end.length - 4)) throw new ArchiveError('wrong checksum');
  }

  close(): void {
    this.#parts = [];
  }
}
