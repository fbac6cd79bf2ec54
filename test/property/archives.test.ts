import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RawBytes } from '../../src/input/unpack/raw-bytes.ts';
import { packingOf, unpack } from '../../src/input/unpack/unpack.ts';
import { gzipPacker, has, packWith, zstdFrame } from '../unit/input/packers.ts';

async function* inChunks(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function unpacked(bytes: Buffer, chunkBytes: number): Promise<Buffer> {
  const raw = new RawBytes(inChunks(bytes, chunkBytes));
  const parts: Buffer[] = [];
  for await (const part of unpack(packingOf(bytes)!, raw).chunks) parts.push(part);
  expect(raw.bytesRead).toBe(bytes.length);
  return Buffer.concat(parts);
}

const content = fc.array(fc.constantFrom('a line\n', 'another\n', '\0', 'xyz'), {
  maxLength: 400,
  size: 'max',
});
const packers = {
  gzip: gzipPacker,
  'zstd with checksums': (part: Buffer): Buffer => zstdFrame(part, { blockBytes: 90 }),
  'zstd with lengths': (part: Buffer): Buffer => zstdFrame(part, { checksum: false, sized: true }),
  ...(has('zstd') && { zstd: (part: Buffer): Buffer => packWith('zstd', part, '-q') }),
  ...(has('xz') && { xz: (part: Buffer): Buffer => packWith('xz', part) }),
  ...(has('bzip2') && { bzip2: (part: Buffer): Buffer => packWith('bzip2', part) }),
};

// Goal: how a log was split into members, frames or streams is invisible, and how they are read.
// Method: split random text at random places, pack each part, unpack all in chunks of any length.
it.each(Object.entries(packers))('%s: every split gives the same bytes', async (name, pack) => {
  const byProgram = ['zstd', 'xz', 'bzip2'].includes(name);
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.array(fc.nat(2000), { maxLength: 4 }),
      fc.integer({ min: 1, max: 300 }),
      async (texts, cuts, chunkBytes) => {
        const bytes = Buffer.from(texts.join(''));
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = ends.map((end, index) => pack(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect((await unpacked(Buffer.concat(parts), chunkBytes)).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: byProgram ? 6 : 60 },
  );
});
