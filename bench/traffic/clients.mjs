/** @import { Names } from './names.mjs' */
/** @import { Random } from './random.mjs' */

/** How the popularity of clients falls with their rank: rank ** -SKEW. */
const SKEW = 0.92;
/** The first ranks are flattened, as no client sends a tenth of all mail. */
const FLATTENED = 8;
const IPV6_SHARE = 0.04;

/**
 * What a client comes for: `sender` delivers mail, `spammer` is refused, `guesser` tries
 * passwords, `scanner` talks and leaves, `user` submits mail of our own.
 *
 * @typedef {'sender' | 'spammer' | 'guesser' | 'scanner' | 'user'} Role
 */

/** @type {readonly (readonly [upTo: number, role: Role])[]} */
const ROLES = [
  [0.3, 'sender'],
  [0.72, 'spammer'],
  [0.86, 'guesser'],
  [0.94, 'scanner'],
  [1, 'user'],
];

/**
 * @typedef {object} Client
 * @property {string} ip
 * @property {string} name reverse DNS, or `unknown`
 * @property {Role} role
 */

/**
 * The addresses that talk to the server. IPv4 comes from 10.0.0.0/8, 100.64.0.0/10 and
 * 198.18.0.0/15, IPv6 from 2001:db8::/32: nobody's hosts. Addresses cluster in /24 and /64 blocks
 * as those of real networks do, and their popularity follows Zipf's law.
 */
export class Clients {
  /** @type {readonly Client[]} */
  all;
  #random;
  /** Sum of the weights up to each rank. */
  #cumulated;

  /**
   * @param {number} count
   * @param {Random} random
   * @param {Names} names
   */
  constructor(count, random, names) {
    this.#random = random;
    const addresses = drawAddresses(count, random);
    shuffle(addresses, random);
    this.all = addresses.map((ip) => {
      const part = random.fraction();
      const role = ROLES.find(([upTo]) => part < upTo)?.[1] ?? 'user';
      return { ip, role, name: hostName(ip, role, random, names) };
    });
    this.#cumulated = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) {
      sum += (rank + FLATTENED) ** -SKEW;
      this.#cumulated[rank] = sum;
    }
  }

  /** The next client that connects. */
  draw() {
    const sums = this.#cumulated;
    const wanted = this.#random.fraction() * sums[sums.length - 1];
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    return this.all[low];
  }

  /** Any client, all alike. */
  any() {
    return this.#random.pick(this.all);
  }
}

/**
 * Different addresses in blocks of different fullness.
 *
 * @param {number} count
 * @param {Random} random
 */
function drawAddresses(count, random) {
  /** @type {Set<string>} */
  const found = new Set();
  let block = '';
  let left = 0;
  let site = '';
  let siteLeft = 0;
  while (found.size < count) {
    if (random.chance(IPV6_SHARE)) {
      if (siteLeft-- <= 0) {
        site = `2001:db8:${hex(random, 0xffff)}`;
        siteLeft = 1 + random.below(8);
      }
      found.add(inSite(site, random));
    } else {
      if (left-- <= 0) {
        block = drawBlock(random);
        left = fullness(random);
      }
      found.add(block + random.below(256));
    }
  }
  return [...found];
}

/**
 * How many more hosts of a /24 the traffic shows: most often one.
 *
 * @param {Random} random
 */
function fullness(random) {
  const part = random.fraction();
  if (part < 0.6) return 1;
  return part < 0.8 ? 2 + random.below(6) : 8 + random.below(100);
}

/**
 * `10.20.30.`
 *
 * @param {Random} random
 */
function drawBlock(random) {
  const part = random.fraction();
  const third = random.below(256);
  if (part < 0.8) return `10.${random.below(256)}.${third}.`;
  if (part < 0.99) return `100.${64 + random.below(64)}.${third}.`;
  return `198.${18 + random.below(2)}.${third}.`;
}

/**
 * An address in a /48 as RFC 5952 writes it.
 *
 * @param {string} site
 * @param {Random} random
 */
function inSite(site, random) {
  if (random.chance(0.5)) return `${site}::${hex(random, 4096)}`;
  const host = [1, 2, 3, 4].map(() => hex(random, 0xffff));
  return `${site}:${hex(random, 255)}:${host.join(':')}`;
}

/**
 * A hexadecimal number in 1..limit.
 *
 * @param {Random} random
 * @param {number} limit
 */
function hex(random, limit) {
  return (1 + random.below(limit)).toString(16);
}

/**
 * Mixes ranks and neighbours, but leaves some runs of one block together.
 *
 * @param {string[]} list
 * @param {Random} random
 */
function shuffle(list, random) {
  for (let i = list.length - 1; i > 0; i--) {
    if (random.chance(0.3)) continue;
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
}

/**
 * @param {string} ip
 * @param {Role} role
 * @param {Random} random
 * @param {Names} names
 */
function hostName(ip, role, random, names) {
  const part = random.fraction();
  if (role !== 'sender' && part >= 0.35) return 'unknown';
  if (part >= 0.2) return `${names.word()}${random.below(30)}.${names.domain()}`;
  const tail = ip.split(/[.:]+/).slice(-2).join('-');
  return `mail-${tail}.${names.domain()}`;
}
