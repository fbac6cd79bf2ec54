import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import xxhash from 'xxhash-wasm';

const hashes = await xxhash();
const LARGEST_BLOCK_BYTES = 128 * 1024;

export interface ZstdSetting {
  readonly checksum?: boolean;
  /** Bytes of a block. */
  readonly blockBytes?: number;
  /** Write the length into the header, which then needs no window. */
  readonly sized?: boolean;
}

/** A zstd frame (RFC 8878) of raw blocks: what anyone can write. */
export function zstdFrame(content: Buffer, setting: ZstdSetting = {}): Buffer {
  const { checksum = true, blockBytes = LARGEST_BLOCK_BYTES, sized = false } = setting;
  const flags = (checksum ? 4 : 0) + (sized ? 0xa0 : 0);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length);
  // 2^21 bytes of window.
  const header = sized ? Buffer.from([flags, ...size]) : Buffer.from([flags, 0x58]);
  const parts: Buffer[] = [Buffer.from('28b52ffd', 'hex'), header];
  const blocks = Math.max(1, Math.ceil(content.length / blockBytes));
  for (let block = 0; block < blocks; block++) {
    const bytes = content.subarray(block * blockBytes, (block + 1) * blockBytes);
    const head = Buffer.alloc(3);
    head.writeUIntLE(bytes.length * 8 + (block === blocks - 1 ? 1 : 0), 0, 3);
    parts.push(head, bytes);
  }
  if (checksum) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(Number(hashes.create64().update(content).digest() & 0xffffffffn));
    parts.push(sum);
  }
  return Buffer.concat(parts);
}

export function skippableFrame(content: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

export const gzipPacker = (content: Buffer): Buffer => gzipSync(content);

/** Whether a program is there; tests that need it to write an archive are passed over without. */
export function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore', input: '' }).error === undefined;
}

export function packWith(program: string, content: Buffer, ...args: string[]): Buffer {
  const { stdout, status } = spawnSync(program, [...args, '-c'], { input: content });
  if (status !== 0) throw new Error(`${program} failed`);
  return stdout;
}
