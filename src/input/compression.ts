import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../model/errors.ts';

/** Bytes at the front of a file that tell every form we know; tar's mark is the last. */
export const MAGIC_BYTES = 512;

interface Packing {
  readonly what: string;
  readonly at: number;
  readonly magic: Buffer;
  /** The command that a user needs, `F` standing for the file. */
  readonly unpack: string;
}

/** Packings that Node cannot open; each is told by its content, never by a name. */
const REFUSED: readonly Packing[] = [
  packing('bzip2', 0, '425a68', 'bzip2 -dc F'),
  packing('xz', 0, 'fd377a585a00', 'xz -dc F'),
  packing('zstd', 0, '28b52ffd', 'zstd -dc F'),
  packing('zip', 0, '504b0304', 'unzip -p F'),
  packing('tar', 257, '7573746172', 'tar -xOf F'),
];

function packing(what: string, at: number, magic: string, unpack: string): Packing {
  return { what, at, magic: Buffer.from(magic, 'hex'), unpack };
}

export function isGzip(head: Buffer): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * @param head the first bytes of a file, `MAGIC_BYTES` of them when there are as many
 * @throws UserError when they are those of an archive that must be unpacked first
 */
export function refusePacked(head: Buffer, name: string): void {
  for (const { what, at, magic, unpack } of REFUSED) {
    if (head.length < at + magic.length) continue;
    if (magic.compare(head, at, at + magic.length) !== 0) continue;
    // "BZh" is followed by the block size, '1'..'9'; a log may begin with any three letters.
    if (what === 'bzip2' && (head[3] < 0x31 || head[3] > 0x39)) continue;
    const command = unpack.replace('F', `'${name}'`);
    throw new UserError(
      `'${name}' is packed with ${what}, which is not read directly`,
      `unpack it first, for example: ${command} | hindcast replay - --year YYYY …`,
    );
  }
}

export interface GzipHeader {
  /** When the packed file was last changed, milliseconds since the epoch; undefined when absent. */
  readonly mtimeMs: number | undefined;
  /** The name of the packed file; undefined when absent. */
  readonly originalName: string | undefined;
}

const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FIXED_BYTES = 10;

/** What the header of the first gzip member says (RFC 1952, 2.3); undefined for any other file. */
export function gzipHeaderTime(path: string): GzipHeader | undefined {
  const head = Buffer.alloc(MAGIC_BYTES);
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      length = readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The caller opens the file for reading next and reports what is wrong with it.
    return undefined;
  }
  return gzipHeaderOf(head.subarray(0, length));
}

export function gzipHeaderOf(head: Buffer): GzipHeader | undefined {
  if (!isGzip(head) || head.length < FIXED_BYTES) return undefined;
  const seconds = head.readUInt32LE(4);
  const flags = head[3];
  let at = FIXED_BYTES;
  if ((flags & FLAG_EXTRA) !== 0 && at + 2 <= head.length) at += 2 + head.readUInt16LE(at);
  const end = (flags & FLAG_NAME) === 0 ? -1 : head.indexOf(0, at);
  return {
    mtimeMs: seconds === 0 ? undefined : seconds * 1000,
    originalName: end > at ? head.toString('latin1', at, end) : undefined,
  };
}
