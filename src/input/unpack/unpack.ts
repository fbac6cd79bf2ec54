import { archiveOf, type Archive, type PackingKind } from './archive.ts';
import { gunzip, isGzip } from './gzip.ts';
import { unpackWith } from './program.ts';
import type { RawBytes } from './raw-bytes.ts';
import { isZstd } from './zstd-frames.ts';
import { unzstd, ZSTD_BY } from './zstd.ts';

export interface Unpacking {
  readonly archive: Archive;
  /** The unpacked bytes in pieces of any length; it ends by `ArchiveError` or `UserError`. */
  readonly chunks: AsyncGenerator<Buffer>;
}

/** How bytes are packed, told by their beginning; undefined when they are not, or as no other. */
export function packingOf(head: Buffer): PackingKind | undefined {
  if (isGzip(head)) return 'gzip';
  if (isZstd(head)) return 'zstd';
  if (head.subarray(0, 6).equals(XZ_MAGIC)) return 'xz';
  return isBzip2(head) ? 'bzip2' : undefined;
}

const XZ_MAGIC = Buffer.from('fd377a585a00', 'hex');
/** Of a first block, and of the end of an archive without one. */
const BZIP2_BLOCKS = [Buffer.from('314159265359', 'hex'), Buffer.from('177245385090', 'hex')];

/** "BZh", the block size and what follows it: a log may begin with any four characters. */
function isBzip2(head: Buffer): boolean {
  if (head.toString('latin1', 0, 3) !== 'BZh' || head[3] < 0x31 || head[3] > 0x39) return false;
  const next = head.subarray(4, 10);
  return BZIP2_BLOCKS.some((mark) => mark.subarray(0, next.length).equals(next));
}

export function unpack(kind: PackingKind, raw: RawBytes): Unpacking {
  switch (kind) {
    case 'gzip': {
      const archive = archiveOf(kind, 'Node');
      return { archive, chunks: gunzip(raw, archive) };
    }
    case 'zstd': {
      const archive = archiveOf(kind, ZSTD_BY);
      return { archive, chunks: unzstd(raw, archive) };
    }
    case 'xz':
    case 'bzip2':
      return { archive: archiveOf(kind, kind), chunks: unpackWith(kind, raw) };
  }
}
