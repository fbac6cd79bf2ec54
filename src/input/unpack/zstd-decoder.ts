import type { FramePiece } from './zstd-frames.ts';

/** Unpacks the pieces of zstd frames. */
export interface ZstdDecoder {
  /** What came of the piece, checked as far as the piece reaches. */
  decode(piece: FramePiece): Promise<readonly Uint8Array[]>;
  close(): void;
}
