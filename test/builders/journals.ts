import * as fc from 'fast-check';

import { formatAddress } from '../../src/model/address.ts';
import type { SeriesRow, SeriesSnapshot, SeriesType } from '../../src/model/series-snapshot.ts';

/** An address as a number of 128 bits, and its family, by which rows are sorted. */
export interface NumberedAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly key: string;
}

const WORD = 0xffff_ffffn;

/** The address with a value of 32 or 128 bits; an IPv4-mapped one is an IPv4 address. */
export function numbered(family: 4 | 6, value: bigint): NumberedAddress {
  if (family === 6 && value >> 32n === 0xffffn) return numbered(4, value & WORD);
  const shifts = family === 4 ? [0n] : [96n, 64n, 32n, 0n];
  const [a, b, c, d] = shifts.map((shift) => Number((value >> shift) & WORD));
  return { family, value, key: formatAddress(family, a, b, c, d) };
}

/** Words that lie close together, so that journals share keys and blocks. */
const word = fc.oneof(
  fc.nat(3),
  fc.constantFrom(0xffff, 0xc000_0200, 0xffff_ffff),
  fc.nat(2 ** 32 - 1),
);

const ipv4 = word.map((value) => numbered(4, BigInt(value >>> 0)));
const ipv6 = fc.tuple(word, word, word, word).map((words) => {
  const value = words.reduce((sum, next) => (sum << 32n) | BigInt(next >>> 0), 0n);
  return numbered(6, value);
});

/** Counts of every size; never 0. */
export const counts = fc
  .oneof(fc.integer({ min: -3, max: 9 }), fc.maxSafeInteger(), fc.constantFrom(2 ** 53, -(2 ** 53)))
  .filter((value) => value !== 0);

const KEYS: Readonly<Record<SeriesType, fc.Arbitrary<NumberedAddress>>> = {
  ip: fc.oneof(ipv4, ipv6),
  cidr: ipv4,
  cidr_ipv6: ipv6.filter(({ family }) => family === 6),
  string: fc.constant(numbered(4, 0n)),
};

/** Rows of window 0 for a series of addresses, in the order of a file. */
export function journalRows(
  type: SeriesType,
  count: fc.Arbitrary<number> = counts,
): fc.Arbitrary<SeriesRow[]> {
  const row = fc.record({ address: KEYS[type], count });
  const rows = fc.uniqueArray(row, { selector: ({ address }) => address.key, maxLength: 12 });
  return rows.map((all) =>
    all
      .toSorted(({ address: a }, { address: b }) => {
        if (a.family !== b.family) return a.family - b.family;
        return a.value < b.value ? -1 : 1;
      })
      .map(({ address, count: value }) => ({ window: 0, key: address.key, count: value })),
  );
}

/** Journals of address series. */
export function journals(): fc.Arbitrary<SeriesSnapshot> {
  return fc
    .tuple(fc.constantFrom('ip', 'cidr', 'cidr_ipv6'), fc.constantFrom(1000, 300_000, 86_400_000))
    .chain(([type, intervalMs]) =>
      fc.record({
        name: fc.constantFrom('spam', 'Betreff/é', 'a"b,c'),
        type: fc.constant(type),
        monitor: fc.record({
          intervalMs: fc.constant(intervalMs),
          windows: fc.constantFrom(1, 12),
        }),
        windowZeroMs: fc.nat(20_000).map((index) => index * 86_400_000),
        rows: journalRows(type),
      }),
    );
}
