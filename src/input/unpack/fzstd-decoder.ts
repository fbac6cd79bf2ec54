import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';
import { ArchiveError } from './archive.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';
import type { FramePiece } from './zstd-frames.ts';

/** Fewer bytes are no frame that `fzstd` would begin to read. */
const SHORTEST_PUSH_BYTES = 18;

let loading: ReturnType<typeof xxhash> | undefined;

type Hash = ReturnType<Awaited<ReturnType<typeof xxhash>>['create64']>;

/** `fzstd` looks neither at checksums nor at the length that a frame says; both are done here. */
export class FzstdDecoder implements ZstdDecoder {
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
