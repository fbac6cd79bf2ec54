/** @import { Random } from './random.mjs' */

/**
 * Words that names are made of; every name ends in a domain that RFC 2606 sets aside.
 *
 * @type {readonly string[]}
 */
const WORDS = (
  'amber birch cedar delta ember fjord grove harbor iris juniper kettle lagoon maple nectar ' +
  'onyx pebble quartz ridge sierra tundra umber velvet willow yarrow zephyr anchor beacon ' +
  'canyon drift echo falcon glacier hollow inlet jasper keel lantern meadow north orchard'
).split(' ');

const ENDINGS = ['.example', '.example.com', '.example.net', '.example.org', '.test'];
const DOMAINS = 30_000;
const USERS = 4000;

/** Domains of the server whose log this is. */
const OWN_DOMAINS = /** @type {const} */ ([
  'example.org',
  'example.net',
  'corp.example.com',
  'lists.example.org',
  'shop.example.com',
]);

/** Names that the traffic draws from, made once from the seed. */
export class Names {
  /** @type {readonly string[]} */
  domains;
  /** @type {readonly string[]} */
  users;
  #random;

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
    const word = () => random.pick(WORDS);
    const number = (/** @type {number} */ limit) =>
      random.chance(0.5) ? String(random.below(limit)) : '';
    this.domains = Array.from({ length: DOMAINS }, () => {
      return word() + word() + number(1000) + random.pick(ENDINGS);
    });
    this.users = Array.from({ length: USERS }, () => `${word()}.${word()}${number(100)}`);
  }

  domain() {
    return this.#random.pick(this.domains);
  }

  user() {
    return this.#random.pick(this.users);
  }

  word() {
    return this.#random.pick(WORDS);
  }

  /** An address at one of the server's own domains. */
  ownAddress() {
    return `${this.user()}@${this.#random.pick(OWN_DOMAINS)}`;
  }
}
