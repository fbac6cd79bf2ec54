import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openBlocks, type BlockOptions } from '../../../src/input/blocks.ts';
import { gzipHeaderOf, gzipHeaderTime } from '../../../src/input/compression.ts';
import type { Input } from '../../../src/input/discover.ts';
import { DiskError, InterruptedError, UserError } from '../../../src/model/errors.ts';
import { scratchFolder, scratchInput } from './scratch-folder.ts';

const STDIN: Input = { path: '-', name: '-', sizeBytes: 0, mtimeMs: 0, stream: true };

async function readAll(input: Input, options: BlockOptions = {}, step = 1000): Promise<Buffer> {
  const blocks = await openBlocks(input, options);
  const parts: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(step + 2, '#');
    const got = await blocks.read(buffer, 1, step);
    expect(buffer[0]).toBe(35);
    expect(buffer[step + 1]).toBe(35);
    if (got === 0) break;
    parts.push(buffer.subarray(1, got + 1));
  }
  blocks.close();
  return Buffer.concat(parts);
}

const text = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `line ${n * 7919}\n`).join(''));

describe('reading blocks', () => {
  it('reads plain files and gzip, told by content and not by name', async () => {
    expect((await readAll(scratchInput(text, 'mail.log.gz'))).equals(text)).toBe(true);
    expect((await readAll(scratchInput(gzipSync(text), 'mail.log'))).equals(text)).toBe(true);
  });

  it('reads several gzip members, also when one ends with a chunk of the file', async () => {
    const first = gzipSync(text);
    for (const padding of [0, 1, 128 * 1024 - (first.length % (128 * 1024))]) {
      const member = gzipSync(Buffer.alloc(0), { level: 0 });
      const filler = Buffer.concat([gzipSync(Buffer.alloc(padding, 'x'), { level: 0 }), member]);
      const input = scratchInput(Buffer.concat([first, filler, first]));
      const whole = Buffer.concat([text, Buffer.alloc(padding, 'x'), text]);
      expect((await readAll(input)).equals(whole)).toBe(true);
    }
  });

  it('survives a member that ends exactly at the end of a raw chunk', async () => {
    const chunk = 128 * 1024;
    // Stored blocks: 5 bytes each, 18 bytes around them, and an even length is found by search.
    let size = chunk - 64;
    let first = gzipSync(Buffer.alloc(size, 'y'), { level: 0 });
    while (first.length < chunk) first = gzipSync(Buffer.alloc(++size, 'y'), { level: 0 });
    expect(first).toHaveLength(chunk);
    const whole = Buffer.concat([Buffer.alloc(size, 'y'), text]);
    const input = scratchInput(Buffer.concat([first, gzipSync(text)]));
    expect((await readAll(input)).equals(whole)).toBe(true);
  });

  it('reads standard input, plain and gzip, in chunks of any size', async () => {
    for (const bytes of [text, gzipSync(text)]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, n) =>
        bytes.subarray(n * 777, (n + 1) * 777),
      );
      const all = await readAll(STDIN, { stdin: Readable.from(chunks, { objectMode: false }) });
      expect(all.equals(text)).toBe(true);
    }
    expect(await readAll(STDIN, { stdin: Readable.from([]) })).toHaveLength(0);
  });

  it('peeks without reading', async () => {
    for (const content of [text, gzipSync(text)]) {
      const blocks = await openBlocks(scratchInput(content));
      expect((await blocks.peek(10)).equals(text.subarray(0, 10))).toBe(true);
      expect((await blocks.peek(5000)).equals(text.subarray(0, 5000))).toBe(true);
      const buffer = Buffer.alloc(20);
      expect(await blocks.read(buffer, 0, 20)).toBe(20);
      expect(buffer.equals(text.subarray(0, 20))).toBe(true);
      blocks.close();
    }
    const short = await openBlocks(scratchInput('ab'));
    expect((await short.peek(10)).toString()).toBe('ab');
    short.close();
  });

  it('says where gzip data ends early or is damaged', async () => {
    const packed = gzipSync(text);
    const cut = scratchInput(packed.subarray(0, packed.length - 9), 'cut.gz');
    const failure = readAll(cut);
    await expect(failure).rejects.toThrow(DiskError);
    await expect(failure).rejects.toThrow(
      `'cut.gz': gzip data ends early after ${packed.length - 9} bytes`,
    );
    const broken = Buffer.from(packed);
    broken.fill(0xff, 300, 400);
    await expect(readAll(scratchInput(broken))).rejects.toThrow(/gzip data is damaged/);
  });

  it.each([
    ['lz4', Buffer.from('04224d18', 'hex')],
    ['lzma', Buffer.from('5d00008000ffffffffffffffff00', 'hex')],
    ['compress', Buffer.from('1f9d90', 'hex')],
    ['lzip', Buffer.from('LZIP\u0001')],
    ['7z', Buffer.from('377abcaf271c0004', 'hex')],
    ['zip', Buffer.from('504b0304', 'hex')],
    ['tar', Buffer.concat([Buffer.alloc(257, 'n'), Buffer.from('ustar\0')])],
  ])('sends the user of %s to its own unpacker', async (what, head) => {
    for (const content of [head, ...(what === 'tar' ? [gzipSync(head)] : [])]) {
      const failure = openBlocks(scratchInput(content, 'mail.log.1'));
      await expect(failure).rejects.toThrow(UserError);
      await expect(failure).rejects.toThrow(`'mail.log.1' is packed with ${what}`);
    }
  });

  it.each(['BZhello\n', 'BZh9 is a long name\n', ']\0\0 x\n'])(
    'reads %j as a log',
    async (line) => {
      expect((await readAll(scratchInput(line))).toString()).toBe(line);
    },
  );

  it('refuses what is packed twice', async () => {
    const failure = openBlocks(scratchInput(gzipSync(gzipSync(text)), 'a.gz'));
    await expect(failure).rejects.toThrow("'a.gz' is packed twice, with gzip inside");
  });

  it('stops at the signal', async () => {
    const stop = new AbortController();
    const silent = new Readable({ read: () => undefined });
    const waiting = readAll(STDIN, { stdin: silent, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toThrow(InterruptedError);
    const plain = await openBlocks(scratchInput(text), { signal: stop.signal });
    expect(() => plain.read(Buffer.alloc(9), 0, 9)).toThrow(InterruptedError);
    plain.close();
  });

  it('breathes every 16 MB of a plain file', async () => {
    const blocks = await openBlocks(scratchInput(Buffer.alloc(33 * 1024 * 1024)));
    const buffer = Buffer.alloc(1024 * 1024);
    let breaths = 0;
    for (;;) {
      const reading = blocks.read(buffer, 0, buffer.length);
      if (typeof reading !== 'number') breaths++;
      if ((await reading) === 0) break;
    }
    expect(breaths).toBe(2);
    blocks.close();
  });

  it('reports a file that cannot be opened', async () => {
    const input = { ...scratchInput(''), path: path.join(scratchFolder(), 'gone') };
    await expect(openBlocks(input)).rejects.toThrow(DiskError);
  });
});

describe('gzip header', () => {
  it('tells time and name of the packed file', () => {
    const packed = gzipSync('x');
    packed.writeUInt32LE(1_793_491_200, 4);
    packed[3] |= 8;
    const named = Buffer.concat([
      packed.subarray(0, 10),
      Buffer.from('maillog\0'),
      packed.subarray(10),
    ]);
    expect(gzipHeaderOf(named)).toEqual({ mtimeMs: 1_793_491_200_000, originalName: 'maillog' });
    expect(gzipHeaderTime(scratchInput(gzipSync('x')).path)).toEqual({
      mtimeMs: undefined,
      originalName: undefined,
    });
    expect(gzipHeaderTime(scratchInput('plain').path)).toBeUndefined();
  });
});
