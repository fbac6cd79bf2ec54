const LARGEST_BLOCK = 128 * 1024;
/** Magic number, no content size or checksum, a window of 1 MiB (RFC 8878, 3.1.1). */
const FRAME_HEADER = Buffer.from('28b52ffd0050', 'hex');

/** A Zstandard frame that holds its bytes as they are: enough for a test that wants to read one. */
export function zstdFrame(bytes: Buffer): Buffer {
  const parts: Buffer[] = [FRAME_HEADER];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + LARGEST_BLOCK);
    at += block.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at === bytes.length ? 1 : 0), 0, 3);
    parts.push(header, block);
  } while (at < bytes.length);
  return Buffer.concat(parts);
}
