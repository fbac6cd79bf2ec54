import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { openBlocks, type BlockOptions, type BlockReader } from '../../../src/input/blocks.ts';
import type { Input } from '../../../src/input/discover.ts';
import { DiskError, InterruptedError, UserError } from '../../../src/model/errors.ts';
import { has, packWith, skippableFrame, zstdFrame } from './packers.ts';
import { scratchInput } from './scratch-folder.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../fixtures/logs');
const recorded = gunzipSync(readFileSync(path.join(FIXTURES, 'postfix/recorded.log.gz')));
const STDIN: Input = { path: '-', name: '-', sizeBytes: 0, mtimeMs: 0, stream: true };

interface Read {
  readonly bytes: Buffer;
  readonly blocks: BlockReader;
}

async function readAll(input: Input, options: BlockOptions = {}): Promise<Read> {
  const blocks = await openBlocks(input, options);
  const parts: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(10_000);
    const got = await blocks.read(buffer, 0, buffer.length);
    if (got === 0) break;
    parts.push(buffer.subarray(0, got));
  }
  blocks.close();
  return { bytes: Buffer.concat(parts), blocks };
}

function packed(extension: string): Buffer {
  return readFileSync(path.join(FIXTURES, 'archives', `recorded.log.${extension}`));
}

const short = Buffer.from(Array.from({ length: 900 }, (_, n) => `line ${n * 7919}\n`).join(''));

const installed = { xz: has('xz'), bzip2: has('bzip2') };
const KINDS = [
  { kind: 'zstd', extension: 'zst', there: true },
  { kind: 'xz', extension: 'xz', there: installed.xz },
  { kind: 'bzip2', extension: 'bz2', there: installed.bzip2 },
];

describe.each(KINDS)('$kind', ({ kind, extension, there }) => {
  it.runIf(there)('is read from files and standard input, in chunks of any size', async () => {
    const all = packed(extension);
    const file = await readAll(scratchInput(all, 'mail.log.1'));
    expect(file.bytes.equals(recorded)).toBe(true);
    expect(file.blocks.archive).toMatchObject({ kind, endsEarly: false, trailingGarbage: false });
    expect(file.blocks.bytesRead).toBe(all.length);
    const chunks = Array.from({ length: Math.ceil(all.length / 777) }, (_, n) =>
      all.subarray(n * 777, (n + 1) * 777),
    );
    const stdin = Readable.from(chunks, { objectMode: false });
    expect((await readAll(STDIN, { stdin })).bytes.equals(recorded)).toBe(true);
  });

  it.runIf(there)('is read when several archives stand one behind the other', async () => {
    const all = packed(extension);
    const { bytes } = await readAll(scratchInput(Buffer.concat([all, all])));
    expect(bytes.equals(Buffer.concat([recorded, recorded]))).toBe(true);
  });

  it.runIf(there)('is an error of the disk where bytes are wrong', async () => {
    const all = Buffer.from(packed(extension));
    all[all.length >> 1] ^= 0x55;
    const failure = readAll(scratchInput(all, 'bad'));
    await expect(failure).rejects.toThrow(DiskError);
    await expect(failure).rejects.toThrow(new RegExp(`'bad': ${kind} data is damaged`));
  });

  it.runIf(there)('stops at the signal', async () => {
    const stop = new AbortController();
    const waiting = readAll(scratchInput(packed(extension)), { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toThrow(InterruptedError);
    const stdin = new Readable({ read: () => undefined });
    stdin.push(packed(extension).subarray(0, 600));
    const later = new AbortController();
    const silent = readAll(STDIN, { stdin, signal: later.signal });
    setTimeout(() => later.abort(), 50);
    await expect(silent).rejects.toThrow(InterruptedError);
  });

  it.runIf(there)('lets go of a file that is not read to its end', async () => {
    const blocks = await openBlocks(scratchInput(packed(extension)));
    expect(await blocks.peek(100)).toEqual(recorded.subarray(0, 100));
    blocks.close();
    blocks.close();
  });
});

describe.each(KINDS.slice(1))('$kind cut short', ({ kind, extension, there }) => {
  it.runIf(there)('is an error of the disk at every kind of place', async () => {
    const all = packed(extension);
    for (const length of [12, 100, all.length >> 1, all.length - 20, all.length - 1]) {
      const failure = readAll(scratchInput(all.subarray(0, length), 'cut'));
      await expect(failure).rejects.toThrow(DiskError);
      await expect(failure).rejects.toThrow(`'cut': ${kind} data ends early after ${length} bytes`);
    }
  });
});

describe('zstd frames', () => {
  it('end early at any place: what is whole is read, and the archive says so', async () => {
    const frames = [
      skippableFrame('who wrote this'),
      zstdFrame(short.subarray(0, 4000), { blockBytes: 700 }),
      zstdFrame(short.subarray(4000), { blockBytes: 900, sized: true, checksum: false }),
    ];
    const whole = Buffer.concat(frames);
    const between = [frames[0].length, frames[0].length + frames[1].length];
    for (let length = 4; length < whole.length; length += 61) {
      const { bytes, blocks } = await readAll(scratchInput(whole.subarray(0, length)));
      expect(bytes.equals(short.subarray(0, bytes.length))).toBe(true);
      expect(length - bytes.length).toBeLessThan(1000 + 100);
      expect(blocks.archive?.endsEarly).toBe(!between.includes(length));
    }
    for (const length of between) {
      const { blocks } = await readAll(scratchInput(whole.subarray(0, length)));
      expect(blocks.archive?.endsEarly).toBe(false);
    }
    expect((await readAll(scratchInput(whole))).bytes.equals(short)).toBe(true);
  });

  it('of the recording end early at any block', async () => {
    const all = packed('zst');
    for (const length of [20_000, 50_000, all.length - 5, all.length - 1]) {
      const { bytes, blocks } = await readAll(scratchInput(all.subarray(0, length)));
      expect(bytes.equals(recorded.subarray(0, bytes.length))).toBe(true);
      expect(blocks.archive?.endsEarly).toBe(true);
    }
    const { bytes } = await readAll(scratchInput(all.subarray(0, all.length - 1)));
    expect(bytes.equals(recorded)).toBe(true);
  });

  const frame = zstdFrame(short);
  const wrongSum = Buffer.from(frame);
  wrongSum[frame.length - 1] ^= 1;
  const wrongByte = Buffer.from(frame);
  wrongByte[100] ^= 1;
  const wrongSize = zstdFrame(short, { sized: true, checksum: false });
  wrongSize[5] ^= 1;
  it.each([
    ['checksum', wrongSum, /zstd data is damaged after \d+ bytes: .*checksum/],
    ['byte', wrongByte, /zstd data is damaged after \d+ bytes: .*checksum/],
    ['length', wrongSize, /zstd data is damaged/],
    ['frame behind it', Buffer.concat([frame, short]), /no frame where one must begin/],
    ['window', Buffer.from('28b52ffd0090010000', 'hex'), /more than 128 MB/],
    ['dictionary', Buffer.from('28b52ffd015807010000', 'hex'), /needs a dictionary/],
    ['block', Buffer.from('28b52ffd0058070000', 'hex'), /unknown block/],
  ])('with a wrong %s are an error of the disk', async (_, bytes, message) => {
    const failure = readAll(scratchInput(bytes));
    await expect(failure).rejects.toThrow(DiskError);
    await expect(failure).rejects.toThrow(message);
  });
});

describe('gzip', () => {
  it('leaves out zeros behind it in silence, and garbage with a word', async () => {
    const one = gzipSync(short);
    for (const [behind, garbage] of [
      [Buffer.alloc(70_000), false],
      [Buffer.from([0]), false],
      [Buffer.from('garbage'), true],
      [Buffer.concat([Buffer.alloc(512), Buffer.from('x')]), true],
    ] as const) {
      const { bytes, blocks } = await readAll(scratchInput(Buffer.concat([one, one, behind])));
      expect(bytes.equals(Buffer.concat([short, short]))).toBe(true);
      expect(blocks.archive?.trailingGarbage).toBe(garbage);
    }
  });

  it('has headers with every field', async () => {
    const one = gzipSync(short);
    one[3] = 2 + 4 + 8 + 16;
    const fields = Buffer.concat([Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0remark\0##')]);
    const bytes = Buffer.concat([one.subarray(0, 10), fields, one.subarray(10)]);
    expect((await readAll(scratchInput(bytes))).bytes.equals(short)).toBe(true);
  });

  it('cut short is an error of the disk at every place', async () => {
    const two = Buffer.concat([gzipSync(short), gzipSync(short)]);
    const border = two.length / 2;
    for (let length = 2; length < two.length; length += 97) {
      const failure = readAll(scratchInput(two.subarray(0, length), 'cut'));
      if (length === border) continue;
      await expect(failure).rejects.toThrow(`'cut': gzip data ends early after ${length} bytes`);
    }
  });

  it.each([-1, -5, -8])('with a wrong byte at %i is an error of the disk', async (at) => {
    const bytes = gzipSync(short);
    bytes[bytes.length + at] ^= 1;
    await expect(readAll(scratchInput(bytes))).rejects.toThrow(/gzip data is damaged after \d+/);
  });
});

describe.each([
  { program: 'xz', there: installed.xz },
  { program: 'bzip2', there: installed.bzip2 },
])('$program', ({ program, there }) => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env['PATH'] = PATH;
  });

  it('that is not installed is asked for', async () => {
    process.env['PATH'] = '/nowhere';
    const archive = packed(program === 'xz' ? 'xz' : 'bz2');
    const failure = openBlocks(scratchInput(archive, 'old'));
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(`'old': ${program} data is unpacked by the program`);
  });

  it.runIf(there)('is not told by the environment what to do', async () => {
    process.env['XZ_OPT'] = process.env['BZIP2'] = '--no-such-option';
    try {
      const { bytes } = await readAll(scratchInput(packWith('gzip', short)));
      expect(bytes.equals(short)).toBe(true);
      const archive = packed(program === 'xz' ? 'xz' : 'bz2');
      expect((await readAll(scratchInput(archive))).bytes.equals(recorded)).toBe(true);
    } finally {
      delete process.env['XZ_OPT'];
      delete process.env['BZIP2'];
    }
  });
});

it.runIf(installed.xz)('reads xz streams with padding between and behind them', async () => {
  const one = packWith('xz', short);
  const bytes = Buffer.concat([one, Buffer.alloc(8), one, Buffer.alloc(4)]);
  const read = await readAll(scratchInput(bytes));
  expect(read.bytes.equals(Buffer.concat([short, short]))).toBe(true);
});
