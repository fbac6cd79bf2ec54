// The obvious implementation of the rules of T1 and T2 over the CSV, to check faster ones by. Its
// rules are written out here and not read from a policy file.
//
//   node bench/brute.mjs FILE.csv T1|T2        prints rule,key,window_start,firings,peak
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { blockOf } from './blocks.mjs';

/**
 * A rolling count over `windows` windows of `seconds` each, per block, and its limit.
 *
 * @typedef {object} Rule
 * @property {string} name
 * @property {string} kind
 * @property {number} seconds
 * @property {number} windows
 * @property {number} ipv4 bits
 * @property {number} ipv6 bits
 * @property {number} above
 */

/**
 * A rule's firings for one key in one window.
 *
 * @typedef {object} Firing
 * @property {string} rule
 * @property {string} key in full, as `blockOf` writes it
 * @property {number} windowStart seconds since the epoch
 * @property {number} firings
 * @property {number} peak
 */

/**
 * @param {string} name
 * @param {string} kind
 * @param {[seconds: number, windows: number]} span
 * @param {[ipv4: number, ipv6: number]} bits
 * @param {number} above
 * @returns {Rule}
 */
function rule(name, kind, [seconds, windows], [ipv4, ipv6], above) {
  return { name, kind, seconds, windows, ipv4, ipv6, above };
}

/** What T1 lists are the blocks above this in a window. */
export const T1_LIMIT = 20;

/** @type {Readonly<Record<'T1' | 'T2', readonly Rule[]>>} */
export const TASKS = {
  T1: [
    rule('connections', 'connect', [300, 1], [24, 64], T1_LIMIT),
    rule('rejections', 'rejection', [300, 1], [24, 64], T1_LIMIT),
  ],
  T2: [
    rule('connections-5m-address', 'connect', [300, 1], [32, 128], 20),
    rule('connections-1h-24', 'connect', [300, 12], [24, 64], 100),
    rule('rejections-1h-address', 'rejection', [300, 12], [32, 128], 20),
    rule('rejections-1h-24', 'rejection', [300, 12], [24, 64], 60),
    rule('rejections-1h-16', 'rejection', [300, 12], [16, 48], 200),
    rule('auth-failures-1h-address', 'auth_failure', [600, 6], [32, 128], 5),
    rule('auth-failures-1h-24', 'auth_failure', [600, 6], [24, 64], 15),
    rule('receptions-1h-address', 'reception', [60, 60], [32, 128], 50),
  ],
};

/** Counts one rule's events. */
class RollingCounts {
  /**
   * Windows by block.
   *
   * @type {Map<string, Map<number, number>>}
   */
  #blocks = new Map();
  /** @type {Map<string, string>} */
  #blockOfAddress = new Map();
  /** @type {Map<string, Firing>} */
  #firings = new Map();
  #rule;

  /** @param {Rule} counted */
  constructor(counted) {
    this.#rule = counted;
  }

  get firings() {
    return [...this.#firings.values()];
  }

  /**
   * @param {number} time seconds
   * @param {string} ip
   */
  add(time, ip) {
    const { seconds, windows, above } = this.#rule;
    const block = this.#block(ip);
    const now = Math.floor(time / seconds);
    const counts = this.#windowsOf(block);
    counts.set(now, (counts.get(now) ?? 0) + 1);
    let sum = 0;
    for (const [window, count] of counts) {
      if (window <= now - windows) counts.delete(window);
      else sum += count;
    }
    if (sum > above) this.#fire(block, now * seconds, sum);
  }

  /** @param {string} block */
  #windowsOf(block) {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    /** @type {Map<number, number>} */
    const windows = new Map();
    this.#blocks.set(block, windows);
    return windows;
  }

  /**
   * @param {string} key
   * @param {number} windowStart
   * @param {number} count
   */
  #fire(key, windowStart, count) {
    const id = `${key} ${windowStart}`;
    const known = this.#firings.get(id);
    if (known === undefined) {
      const { name } = this.#rule;
      this.#firings.set(id, { rule: name, key, windowStart, firings: 1, peak: count });
    } else {
      known.firings++;
      known.peak = Math.max(known.peak, count);
    }
  }

  /** @param {string} ip */
  #block(ip) {
    const { ipv4, ipv6 } = this.#rule;
    const block = this.#blockOfAddress.get(ip) ?? blockOf(ip, ipv4, ipv6);
    this.#blockOfAddress.set(ip, block);
    return block;
  }
}

/**
 * The firings of some rules over the events of a CSV whose first columns are time, kind and ip.
 *
 * @param {string} file
 * @param {readonly Rule[]} rules
 */
export async function bruteFirings(file, rules) {
  const counted = rules.map((one) => ({ kind: one.kind, counts: new RollingCounts(one) }));
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) {
    const [time, kind, ip] = line.split(',', 3);
    for (const { kind: wanted, counts } of counted) {
      if (kind === wanted) counts.add(Date.parse(time) / 1000, ip);
    }
  }
  return counted.flatMap(({ counts }) => counts.firings);
}

async function main() {
  const [file, task] = process.argv.slice(2);
  if (task !== 'T1' && task !== 'T2') throw new Error('usage: node bench/brute.mjs FILE.csv T1|T2');
  for (const one of await bruteFirings(file, TASKS[task])) {
    console.log([one.rule, one.key, one.windowStart, one.firings, one.peak].join(','));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
