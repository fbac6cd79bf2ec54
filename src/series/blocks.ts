import {
  compareNetworks,
  formatNetwork,
  maskWord,
  type Network,
  type Prefix,
} from '../model/address.ts';
import { assert, UserError } from '../model/errors.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { readAddressKey } from './key-order.ts';

/** What one block counted in one window. */
export interface BlockWindow {
  readonly window: number;
  readonly count: number;
}

/** What the keys within one block counted. */
export interface BlockRow {
  /** `192.0.2.0/24` */
  readonly block: string;
  /** Windows in which a key of the block has a row, ascending; a sum may be 0 or below. */
  readonly windows: readonly BlockWindow[];
  readonly total: number;
}

interface BlockSum {
  readonly network: Network;
  readonly counts: Map<number, number>;
}

const words = new Int32Array(4);

/** The block that the address `key` lies in. */
function blockOf(key: string, prefix: Prefix): Network {
  const family = readAddressKey(key, words, 0);
  assert(family !== 0, `key ${JSON.stringify(key)} of an address series is an address`);
  const bits = family === 4 ? prefix.ipv4 : prefix.ipv6;
  const word = (index: number): number => (words[index] & maskWord(bits, index)) >>> 0;
  return { family, words: [word(0), word(1), word(2), word(3)], bits };
}

/**
 * Rows of an address series summed by block and window, in the order of addresses. Sums are exact
 * while they stay within ±2^53.
 *
 * @param prefix the lengths of the blocks; an IPv4 length is 0 to 32, an IPv6 length 0 to 128
 * @throws UserError for a string series, whose keys lie in no block
 */
export function sumBlocks(snapshot: SeriesSnapshot, prefix: Prefix): BlockRow[] {
  if (snapshot.type === 'string') {
    throw new UserError(`series '${snapshot.name}' has texts for keys, so it has no blocks`);
  }
  const sums = new Map<string, BlockSum>();
  for (const { window, key, count } of snapshot.rows) {
    const network = blockOf(key, prefix);
    const block = formatNetwork(network);
    let sum = sums.get(block);
    if (sum === undefined) {
      sum = { network, counts: new Map() };
      sums.set(block, sum);
    }
    sum.counts.set(window, (sum.counts.get(window) ?? 0) + count);
  }
  const sorted = [...sums].sort(([, a], [, b]) => compareNetworks(a.network, b.network));
  return sorted.map(([block, { counts }]) => {
    // Rows come by window, so each block has met its windows in ascending order.
    const windows = [...counts].map(([window, count]) => ({ window, count }));
    const total = windows.reduce((sum, { count }) => sum + count, 0);
    return { block, windows, total };
  });
}
