import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../model/errors.ts';
import { isGzip } from './unpack/gzip.ts';
import { packingOf } from './unpack/unpack.ts';

/** Bytes at the front of a file that tell every form we know; tar's mark is the last. */
export const MAGIC_BYTES = 512;

interface Refused {
  readonly what: string;
  readonly at: number;
  readonly magic: Buffer;
  /** The command that a user needs, `F` standing for the file. */
  readonly unpack: string;
}

/** Archives of several files, and packings that nobody packs logs with; told by their content. */
const REFUSED: readonly Refused[] = [
  refused('zip', 0, '504b0304', 'unzip -p F'),
  refused('zip', 0, '504b0506', 'unzip -p F'),
  refused('tar', 257, '7573746172', 'tar -xOf F'),
  refused('7z', 0, '377abcaf271c', '7z x -so F'),
  refused('lz4', 0, '04224d18', 'lz4 -dc F'),
  refused('lz4', 0, '02214c18', 'lz4 -dc F'),
  refused('lzip', 0, '4c5a495001', 'lzip -dc F'),
  refused('compress', 0, '1f9d', 'gzip -dc F'),
];

function refused(what: string, at: number, magic: string, unpack: string): Refused {
  return { what, at, magic: Buffer.from(magic, 'hex'), unpack };
}

/**
 * @param head the first bytes of a file, `MAGIC_BYTES` of them when there are as many
 * @throws UserError when they are those of an archive that must be unpacked first
 */
export function refusePacked(head: Buffer, name: string): void {
  for (const { what, at, magic, unpack } of REFUSED) {
    if (head.length < at + magic.length) continue;
    if (magic.compare(head, at, at + magic.length) === 0) throw refusal(what, unpack, name);
  }
  if (isLzma(head)) throw refusal('lzma', 'xz -dc F', name);
}

/** @param head the first bytes of what a file unpacked to */
export function refusePackedInside(head: Buffer, name: string): void {
  refusePacked(head, name);
  const inner = packingOf(head);
  if (inner === undefined) return;
  throw new UserError(
    `'${name}' is packed twice, with ${inner} inside`,
    `unpack it once, for example: … -dc '${name}' | hindcast replay - --year YYYY …`,
  );
}

function refusal(what: string, unpack: string, name: string): UserError {
  const command = unpack.replace('F', `'${name}'`);
  return new UserError(
    `'${name}' is packed with ${what}, which is not read directly`,
    `unpack it first, for example: ${command} | hindcast replay - --year YYYY …`,
  );
}

const LZMA_HEADER_BYTES = 13;

/** LZMA alone has no magic: properties 0x5d, a dictionary of 2^n, and a length or none. */
function isLzma(head: Buffer): boolean {
  if (head.length < LZMA_HEADER_BYTES || head[0] !== 0x5d) return false;
  const dictionary = head.readUInt32LE(1);
  const powerOfTwo = dictionary >= 4096 && (dictionary & (dictionary - 1)) === 0;
  const high = head.readUInt32LE(9);
  return powerOfTwo && (high === 0xffffffff || high < 0x1000);
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
