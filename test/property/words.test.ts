import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  allocateBlock,
  Piece,
  seekBehindWord,
  seekByte,
  seekEither,
  wordAt,
  WordView,
} from '../../src/model/words.ts';

/** Bytes that make borrows and look-alikes: the wanted ones, their neighbours, and the extremes. */
const byte = fc.oneof(
  fc.constantFrom(32, 33, 31, 91, 92, 90, 93, 0, 1, 127, 128, 129, 255),
  fc.nat(255),
);
const someBytes = fc.array(byte, { maxLength: 60 });

/** The bytes in a block of ours, or somewhere in a buffer of another origin. */
function buffersOf(bytes: readonly number[]): Buffer[] {
  const block = allocateBlock(bytes.length);
  block.set(bytes);
  const odd = Buffer.from(new Uint8Array([9, ...bytes]).buffer, 1);
  return [block, odd];
}

// Goal: eight bytes a turn find what one byte a turn finds, wherever the search begins and ends.
// Method: random bytes around the wanted ones, against the obvious loop.
test('a byte is found where it first stands', () => {
  fc.assert(
    fc.property(someBytes, fc.nat(60), fc.nat(60), byte, byte, (bytes, from, to, a, b) => {
      const [at, end] = [from, to]
        .map((each) => Math.min(each, bytes.length))
        .sort((x, y) => x - y);
      const obvious = (wanted: readonly number[]): number => {
        for (let i = at; i < end; i++) if (wanted.includes(bytes[i])) return i;
        return end;
      };
      for (const buffer of buffersOf(bytes)) {
        const words = new WordView().of(buffer);
        expect(seekByte(words, at, end, a)).toBe(obvious([a]));
        expect(seekEither(words, at, end, a, b)).toBe(obvious([a, b]));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a word of letters and digits ends where another byte stands', () => {
  const wordByte = fc.constantFrom(...Buffer.from('09AZaz5Mm'));
  const edge = fc.constantFrom(...Buffer.from('/:@[`{'), 0, 127, 128, 176, 193, 225, 255);
  const weighted = fc.oneof({ weight: 6, arbitrary: wordByte }, { weight: 1, arbitrary: edge });
  fc.assert(
    fc.property(
      fc.array(weighted, { maxLength: 30 }),
      fc.nat(30),
      fc.nat(30),
      (bytes, from, to) => {
        const [at, end] = [from, to]
          .map((each) => Math.min(each, bytes.length))
          .sort((x, y) => x - y);
        let stop = at;
        while (stop < end && /[0-9A-Za-z]/.test(String.fromCharCode(bytes[stop]))) stop++;
        for (const buffer of buffersOf(bytes)) {
          expect(seekBehindWord(new WordView().of(buffer), at, end)).toBe(stop);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

// Goal: a piece stands where its bytes stand, but for those that were left open.
// Method: keep a random stretch, change one byte or none, compare.
test('a piece is told from what differs in one byte', () => {
  const change = fc.option(fc.tuple(fc.nat(59), byte));
  fc.assert(
    fc.property(
      someBytes,
      fc.nat(59),
      fc.nat(60),
      fc.nat(60),
      fc.nat(60),
      change,
      (bytes, start, length, open, close, changed) => {
        const at = Math.min(start, bytes.length);
        const size = Math.min(length, bytes.length - at);
        const [from, to] = [Math.min(open, size), Math.min(close, size)];
        const piece = new Piece(60);
        const [block] = buffersOf(bytes);
        piece.keep(new WordView().of(block), at, size);
        if (size > 0) piece.open(from, to);
        const other = [...bytes];
        if (changed !== null && changed[0] < other.length) other[changed[0]] = changed[1];
        const same = Array.from({ length: size }, (_, i) => i).every(
          (i) => (i >= from && i < to) || bytes[at + i] === other[at + i],
        );
        for (const buffer of buffersOf(other)) {
          const words = new WordView().of(buffer);
          expect(piece.standsAt(words, at)).toBe(size > 0 && same);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('a word is the four bytes at any place, also at the end of a block', () => {
  const block = allocateBlock(11);
  block.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const words = new WordView().of(block);
  for (let at = 0; at + 4 <= block.length; at++)
    expect(wordAt(words, at)).toBe(block.readInt32LE(at));
  expect(wordAt(words, 9) & 0xffff).toBe(block.readUInt16LE(9));
});

test('the words of a buffer follow what is written into it', () => {
  const view = new WordView();
  for (const buffer of buffersOf([1, 2, 3, 4])) {
    expect(wordAt(view.of(buffer), 0)).toBe(0x0403_0201);
    buffer[0] = 9;
    expect(wordAt(view.of(buffer), 0)).toBe(0x0403_0209);
  }
});
