// Goal: the growers are those of the rule (semantics, section 10), whatever the addresses.
// Method: random counts of addresses that lie near each other and far apart, through the search
// and through one that counts every block of every mask anew.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AddressCounts } from '../../src/simulate/bucket-counts.ts';
import { findGrowers, type Grower } from '../../src/simulate/growers.ts';
import { obviousGrowers, type ObviousAddress } from '../builders/obvious-growers.ts';

/** Bits of an address: zeros but for a few bytes, so that many addresses share a prefix. */
const bitsOf = (width: number): fc.Arbitrary<string> => {
  const byte = fc.oneof(fc.constantFrom(1, 128), fc.constantFrom(1, 128), fc.nat(7), fc.nat(255));
  const at = width === 32 ? fc.nat(3) : fc.constantFrom(3, 4, 5, 6, 7, 7, 8, 15, 15, 15);
  const bytes = fc.tuple(at, byte);
  return fc.array(bytes, { maxLength: 3 }).map((changes) => {
    const own = Array.from({ length: width / 8 }, () => 0);
    for (const [index, value] of changes) own[index] = value;
    return own.map((value) => value.toString(2).padStart(8, '0')).join('');
  });
};

const count = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(3), fc.nat(300));

const scattered = (width: number, maxLength: number): fc.Arbitrary<ObviousAddress[]> =>
  fc.uniqueArray(fc.record({ bits: bitsOf(width), before: count, now: count }), {
    maxLength,
    selector: ({ bits }) => bits,
    size: 'max',
  });

/**
 * All addresses that differ in some bits, one of them in each block and the one around it: growth
 * is spread so evenly that a share is reached late or never.
 */
function spread(width: number): fc.Arbitrary<ObviousAddress[]> {
  const near = (bit: number): fc.Arbitrary<number> => fc.integer({ min: bit - 1, max: bit + 1 });
  const bits = width === 32 ? [9, 16, 23] : [33, 48, 65];
  const places = fc.tuple(...bits.map(near), near(width === 32 ? 10 : 34));
  const gains = fc.array(fc.constantFrom(0, 1, 4, 4, 5, 5), { minLength: 16, maxLength: 16 });
  return fc.tuple(places, gains, fc.nat(3)).map(([chosen, now, before]) => {
    const all = new Map<string, ObviousAddress>();
    for (let combination = 0; combination < 16; combination++) {
      const own = Array.from({ length: width }, () => '0');
      chosen.forEach((place, index) => {
        if ((combination & (1 << index)) !== 0) own[place] = '1';
      });
      const text = own.join('');
      all.set(text, { bits: text, before, now: now[combination] });
    }
    return [...all.values()];
  });
}

const addressesOf = (width: number, maxLength: number): fc.Arbitrary<ObviousAddress[]> =>
  fc.oneof(scattered(width, maxLength), spread(width));

function columnsOf(all: readonly ObviousAddress[], family: 4 | 6): AddressCounts {
  const sorted = all.toSorted((a, b) => (a.bits < b.bits ? -1 : 1));
  const words = new Int32Array(sorted.length * 4);
  sorted.forEach(({ bits }, index) => {
    for (let word = 0; word * 32 < bits.length; word++) {
      words[index * 4 + word] = Number.parseInt(bits.slice(word * 32, word * 32 + 32), 2);
    }
  });
  return {
    family,
    size: sorted.length,
    words,
    before: Float64Array.from(sorted, ({ before }) => before),
    now: Float64Array.from(sorted, ({ now }) => now),
  };
}

function blockOf({ network }: Grower): string {
  const words = network.words.map((word) => word.toString(2).padStart(32, '0'));
  return words.join('').slice(0, network.bits);
}

test.each([
  [4, 32, 60],
  [6, 128, 40],
] as const)('IPv%i: the search and the obvious one agree', (family, width, most) => {
  let apart = 0;
  const property = fc.property(
    addressesOf(width, most),
    fc.constantFrom(80, 80, 100, 50, 20),
    fc.constantFrom([1, 1], [1, 1], [3, 2], [1, 60]),
    (all, share, [numerator, denominator]) => {
      const weights = { before: numerator, now: denominator };
      const found = findGrowers(columnsOf(all, family), weights, share);
      const wanted = obviousGrowers(all, { numerator, denominator }, share);
      const got = found.map((grower) => {
        const { before, now, addresses } = grower;
        expect(grower.growth).toBe(now * denominator - before * numerator);
        return { block: blockOf(grower), before, now, addresses, apart: grower.apart };
      });
      const inOrder = <T extends { block: string }>(list: T[]): T[] =>
        list.toSorted((a, b) => (a.block < b.block ? -1 : 1));
      expect(inOrder(got)).toEqual(inOrder(wanted));
      apart += got.filter((grower) => grower.apart > 0).length;
    },
  );
  fc.assert(property, { numRuns: width === 32 ? 2000 : 800 });
  // The generator makes blocks within blocks.
  expect(apart).toBeGreaterThan(0);
});
