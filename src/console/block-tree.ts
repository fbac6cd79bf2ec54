import {
  compareNetworks,
  maskWord,
  parseNetwork,
  sharedBits,
  type Network,
} from '../model/address.ts';

export interface BlockCount {
  readonly block: Network;
  readonly count: number;
}

/**
 * Counts addresses in a tree without blocks that say nothing new: every address by itself, and
 * every block in both halves of which one lies. Blocks stand before what lies in them, else the
 * order is that of addresses, IPv4 first.
 *
 * @param addresses texts of addresses; each counts as often as it comes
 */
export function blockTree(addresses: Iterable<string>): BlockCount[] {
  const counts = new Map<string, number>();
  for (const address of addresses) counts.set(address, (counts.get(address) ?? 0) + 1);
  const leaves = Array.from(counts, ([ip, count]) => ({ block: parseNetwork(ip)!, count }));
  leaves.sort((a, b) => compareNetworks(a.block, b.block));
  const families = [4, 6].map((family) => leaves.filter(({ block }) => block.family === family));
  return families.flatMap(treeOf);
}

/** The tree over leaves of one family, in order. */
function treeOf(leaves: readonly BlockCount[]): readonly BlockCount[] {
  if (leaves.length < 2) return leaves;
  const first = leaves[0].block;
  const bits = sharedBits(first.words, leaves.at(-1)!.block.words);
  const left = leaves.filter(({ block }) => sharedBits(first.words, block.words) > bits);
  const right = leaves.slice(left.length);
  const count = leaves.reduce((sum, leaf) => sum + leaf.count, 0);
  return [{ block: beginningOf(first, bits), count }, ...treeOf(left), ...treeOf(right)];
}

/** The block of the first `bits` of an address. */
function beginningOf({ family, words }: Network, bits: number): Network {
  const [w0, w1, w2, w3] = words.map((word, index) => (word & maskWord(bits, index)) >>> 0);
  return { family, words: [w0, w1, w2, w3], bits };
}
