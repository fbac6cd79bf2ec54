import * as zlib from 'node:zlib';
import { damaged, type Archive } from './archive.ts';
import type { RawBytes } from './raw-bytes.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';
import { framePieces, type FramePiece } from './zstd-frames.ts';
import { ZlibFeed, type ZlibStream } from './zlib-feed.ts';

const UNPACK_BYTES = 512 * 1024;

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
  const decoder = by === 'Node' ? new OwnDecoder(createOwn!) : await createLibraryDecoder();
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

/** Most logs are not packed so: the library is loaded when one is. */
async function createLibraryDecoder(): Promise<ZstdDecoder> {
  const { FzstdDecoder } = await import('./fzstd-decoder.ts');
  return FzstdDecoder.create();
}

/** Node's own, which checks everything itself. */
class OwnDecoder implements ZstdDecoder {
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
