import { ArchiveError, damaged, type Archive } from './archive.ts';
import type { RawBytes } from './raw-bytes.ts';

/** A part of a frame that a decoder can take: its header or not, and whole blocks. */
export interface FramePiece {
  readonly bytes: Buffer;
  /** The first of a frame; begins with the frame's header. */
  readonly frame: FrameHeader | undefined;
  /** The last of a frame; ends with its checksum, where it has one. */
  readonly last: boolean;
}

export interface FrameHeader {
  readonly bytes: Buffer;
  /** The frame ends in four bytes of XXH64 of its content. */
  readonly checksum: boolean;
  /** Length of the content; undefined when the header does not tell. */
  readonly contentBytes: number | undefined;
}

/** Blocks handed on at a time; each holds up to 128 KB, however small it is packed. */
const BLOCKS_AT_ONCE = 8;
/** Frames that need more memory are refused, as the zstd program does: 2^27. */
const LARGEST_WINDOW_BYTES = 128 * 1024 * 1024;
const LARGEST_BLOCK_BYTES = 128 * 1024;
const SKIP_BYTES = 64 * 1024;

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Frames of zstd data and skippable ones, which may stand in front. */
export function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & ~0xf) >>> 0 === SKIPPABLE;
}

/**
 * Walks over the frames (RFC 8878, section 3) and reads nothing but lengths. Data that end inside
 * a frame end with the last whole block, which `archive` is told.
 *
 * @throws ArchiveError for anything that is no frame
 */
export async function* framePieces(raw: RawBytes, archive: Archive): AsyncGenerator<FramePiece> {
  for (;;) {
    const head = await raw.exactly(4);
    if (head.length === 0) return;
    if (head.length < 4) break;
    const magic = head.readUInt32LE(0);
    if (isSkippable(magic)) {
      if (!(await skipFrame(raw))) break;
    } else if (magic === MAGIC) {
      const frame = await readHeader(raw, head);
      if (frame === undefined || !(yield* blocksOf(raw, frame))) break;
    } else {
      throw damaged('zstd', raw.bytesRead, 'no frame where one must begin');
    }
  }
  archive.endsEarly = true;
}

/** False when the data end before the frame. */
async function skipFrame(raw: RawBytes): Promise<boolean> {
  const length = await raw.exactly(4);
  if (length.length < 4) return false;
  for (let left = length.readUInt32LE(0); left > 0;) {
    const skipped = await raw.some(Math.min(left, SKIP_BYTES));
    if (skipped.length === 0) return false;
    left -= skipped.length;
  }
  return true;
}

/** Undefined when the data end inside the header. */
async function readHeader(raw: RawBytes, magic: Buffer): Promise<FrameHeader | undefined> {
  const [descriptor] = await raw.peek(1);
  if (descriptor === undefined) return undefined;
  if ((descriptor & 8) !== 0) throw damaged('zstd', raw.bytesRead, 'unknown frame header');
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6];
  const length = 1 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  const header = await raw.exactly(length);
  if (header.length < length) return undefined;
  if (header.subarray(length - sizeBytes - dictionaryBytes, length - sizeBytes).some(Boolean)) {
    throw new ArchiveError('zstd data needs a dictionary, which is not at hand');
  }
  const contentBytes = contentLength(header.subarray(length - sizeBytes));
  const windowBytes = single ? contentBytes! : windowOf(header[1]);
  if (windowBytes > LARGEST_WINDOW_BYTES) {
    throw new ArchiveError('zstd data needs a window of more than 128 MB of memory');
  }
  return {
    bytes: Buffer.concat([magic, header]),
    checksum: (descriptor & 4) !== 0,
    contentBytes,
  };
}

function contentLength(field: Buffer): number | undefined {
  switch (field.length) {
    case 0:
      return undefined;
    case 1:
      return field[0];
    case 2:
      return field.readUInt16LE(0) + 256;
    case 4:
      return field.readUInt32LE(0);
    default:
      return Number(field.readBigUInt64LE(0));
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** False when the data end before the frame does. */
async function* blocksOf(
  raw: RawBytes,
  frame: FrameHeader,
): AsyncGenerator<FramePiece, boolean, undefined> {
  let first: FrameHeader | undefined = frame;
  let bytes: Buffer[] = [frame.bytes];
  for (let count = 1; ; count++) {
    const block = await readBlock(raw);
    const lastBlock = block !== undefined && (block[0] & 1) === 1;
    if (block !== undefined) bytes.push(block);
    let ended = lastBlock;
    if (lastBlock && frame.checksum) {
      const checksum = await raw.exactly(4);
      ended = checksum.length === 4;
      bytes.push(checksum);
    }
    const finished = lastBlock || block === undefined;
    if (!finished && count < BLOCKS_AT_ONCE) continue;
    if (count > 1 || block !== undefined) {
      yield { bytes: Buffer.concat(bytes), frame: first, last: ended };
    }
    if (finished) return ended;
    [first, bytes, count] = [undefined, [], 0];
  }
}

/** A block with its header; undefined when the data end before it does. */
async function readBlock(raw: RawBytes): Promise<Buffer | undefined> {
  const header = await raw.peek(3);
  if (header.length < 3) return undefined;
  const fields = header.readUIntLE(0, 3);
  const type = (fields >> 1) & 3;
  const size = fields >> 3;
  if (type === RESERVED_BLOCK || size > LARGEST_BLOCK_BYTES) {
    throw damaged('zstd', raw.bytesRead, 'unknown block');
  }
  const length = 3 + (type === RLE_BLOCK ? 1 : size);
  const block = await raw.exactly(length);
  return block.length < length ? undefined : block;
}
