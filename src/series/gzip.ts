import { gunzipSync, gzipSync } from 'node:zlib';
import { DiskError, UserError } from '../model/errors.ts';

/** The largest series file, packed or not. */
export const MAX_FILE_BYTES = 2 ** 31;

/**
 * What is in a gzip file, told by its first two bytes; other bytes as they are.
 *
 * @param file the name that messages show
 * @throws DiskError when the file is damaged or ends too early, UserError when it is too large
 */
export function unpackGzip(bytes: Buffer, file: string): Buffer {
  if (bytes.length < 2 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new UserError(`cannot read series file ${file}: it is larger than 2 GiB when unpacked`);
    }
    throw new DiskError(`cannot unpack series file ${file}: ${error.message}`, { cause: error });
  }
}

/** Where the header of a gzip file names the system that wrote it, and the number for none. */
const SYSTEM_AT = 9;
const NO_SYSTEM = 255;

/** A gzip file of these bytes, the same wherever and whenever it is written. */
export function packGzip(bytes: Buffer): Buffer {
  // zlib leaves the time out, but not the system.
  const packed = gzipSync(bytes, { level: 9 });
  packed[SYSTEM_AT] = NO_SYSTEM;
  return packed;
}
