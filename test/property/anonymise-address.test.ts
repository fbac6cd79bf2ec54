// Goal: pseudonyms of addresses keep prefixes exactly, and are those of the published algorithm.
// Method: two random addresses that share a random number of leading bits share as many afterwards,
// with and without networks that stay; a twin that works on texts of bits gives the same pseudonym.
import { createCipheriv } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Network } from '../../src/model/address.ts';
import { AddressCipher, AddressPseudonyms } from '../../src/testing/anonymise-address.ts';

interface Pair {
  readonly family: 4 | 6;
  readonly a: string;
  readonly b: string;
}

const bits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('0', '1'), minLength: length, maxLength: length });

/** Two addresses, as bits, that share as many of them as chance says. */
const pair = fc.constantFrom<4 | 6>(4, 6).chain((family): fc.Arbitrary<Pair> => {
  const width = family === 4 ? 32 : 128;
  return fc
    .tuple(bits(width), bits(width), fc.nat(width))
    .map(([a, rest, same]) => ({ family, a, b: a.slice(0, same) + rest.slice(same) }));
});
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

function cipherUnder(secret: Uint8Array): AddressCipher {
  const aes = createCipheriv('aes-128-ecb', secret.subarray(0, 16), null).setAutoPadding(false);
  return new AddressCipher((block) => aes.update(block), secret.subarray(16));
}

function wordsOf(text: string): number[] {
  const words = [];
  for (let at = 0; at < text.length; at += 32)
    words.push(Number.parseInt(text.slice(at, at + 32), 2));
  return words;
}

const bitsOf = (words: readonly number[], length: number): string =>
  words
    .map((word) => word.toString(2).padStart(32, '0'))
    .join('')
    .slice(0, length);

function shared(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

test('two addresses share as many leading bits after as before', () => {
  fc.assert(
    fc.property(key, pair, (secret, { family, a, b }) => {
      const cipher = cipherUnder(secret);
      const [x, y] = [a, b].map((text) =>
        bitsOf(cipher.encrypt(family, wordsOf(text)), text.length),
      );
      expect(shared(x, y)).toBe(shared(a, b));
    }),
    { numRuns: 150 },
  );
});

test('also with networks that stay as they are', () => {
  fc.assert(
    fc.property(key, pair, fc.nat(128), (secret, { family, a, b }, length) => {
      const size = Math.min(length, a.length);
      const [w0, w1 = 0, w2 = 0, w3 = 0] = wordsOf(a.slice(0, size).padEnd(a.length, '0'));
      const fixed: Network = { family, words: [w0, w1, w2, w3], bits: size };
      const names = new AddressPseudonyms(cipherUnder(secret), [fixed]);
      const [x, y] = [a, b].map((text) => bitsOf(names.of(family, wordsOf(text)), text.length));
      expect(x).toBe(a);
      expect(shared(x, y)).toBe(shared(a, b));
      expect(y === b || !b.startsWith(a.slice(0, size))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('a twin that works on texts of bits', () => {
  fc.assert(
    fc.property(key, pair, (secret, { family, a }) => {
      const encrypted = (block: string): string => {
        const bytes = Buffer.from(block.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
        const aes = createCipheriv('aes-128-ecb', secret.subarray(0, 16), null);
        const out = aes.update(bytes);
        return [...out].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      };
      const padding = encrypted(
        [...secret.subarray(16)].map((byte) => byte.toString(2).padStart(8, '0')).join(''),
      );
      let expected = '';
      for (let at = 0; at < a.length; at++) {
        const turn = encrypted(a.slice(0, at) + padding.slice(at))[0];
        expected += a[at] === turn ? '0' : '1';
      }
      expect(bitsOf(cipherUnder(secret).encrypt(family, wordsOf(a)), a.length)).toBe(expected);
    }),
    { numRuns: 30 },
  );
});
