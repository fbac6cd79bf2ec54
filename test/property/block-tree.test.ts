// Goal: the tree of addresses has every address, every block where two branches part and no other,
// in order, with exact sums.
// Method: random addresses of both families, through the tree and through a twin that asks of each
// beginning of each address whether both of its halves hold one.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockTree } from '../../src/console/block-tree.ts';
import { formatAddress, formatNetwork } from '../../src/model/address.ts';

/** An address as 32 or 128 characters, few of them `1`: many addresses share a beginning. */
const bitsOf = (width: 32 | 128): fc.Arbitrary<string> => {
  const place = fc.oneof(fc.constantFrom(0, 1, 31, width - 2, width - 1), fc.nat(width - 1));
  return fc.array(place, { maxLength: 4 }).map((places) => {
    return Array.from({ length: width }, (_, at) => (places.includes(at) ? '1' : '0')).join('');
  });
};

function textOf(bits: string): string {
  const words = [0, 32, 64, 96].map((at) => Number.parseInt(`0${bits.slice(at, at + 32)}`, 2));
  const [w0, w1, w2, w3] = words;
  return formatAddress(bits.length === 32 ? 4 : 6, w0, w1, w2, w3);
}

/** Rows of the tree as `block count`. */
function obviousTree(addresses: readonly string[]): string[] {
  return [32, 128].flatMap((width) => {
    const own = addresses.filter(({ length }) => length === width);
    const within = (block: string): number => own.filter((bits) => bits.startsWith(block)).length;
    const beginnings = own.flatMap((bits) => {
      return Array.from({ length: width + 1 }, (_, length) => bits.slice(0, length));
    });
    const blocks = [...new Set(beginnings)].filter((block) => {
      return block.length === width || (within(`${block}0`) > 0 && within(`${block}1`) > 0);
    });
    // A block begins with its own zeros, and before what lies in it: the order of texts.
    const first = (block: string): string => block.padEnd(width, '0');
    blocks.sort((a, b) => first(a).localeCompare(first(b)) || a.length - b.length);
    return blocks.map((block) => `${textOf(first(block))}/${block.length} ${within(block)}`);
  });
}

test('the tree is that of its rule', () => {
  const anyAddress = fc.oneof(bitsOf(32), bitsOf(128));
  fc.assert(
    fc.property(fc.array(anyAddress, { maxLength: 30 }), (addresses) => {
      const rows = blockTree(addresses.map(textOf)).map(({ block, count }) => {
        return `${formatNetwork(block)} ${count}`;
      });
      expect(rows).toEqual(obviousTree(addresses));
    }),
  );
});

test('a tree may be as deep as an address is long', () => {
  const deep = Array.from({ length: 129 }, (_, ones) => textOf('1'.repeat(ones).padEnd(128, '0')));
  expect(blockTree(deep)).toHaveLength(2 * 129 - 1);
  expect(blockTree(deep)[0].count).toBe(129);
});
