import { formatAddress, readAddress, type Family } from '../model/address.ts';
import { compareText } from '../model/order.ts';
import type { SeriesRow, SeriesType } from '../model/series-snapshot.ts';

/** Longer than any text form of an address: `ffff:…:255.255.255.255` has 45 characters. */
const ADDRESS_ROOM = 64;
const scratch = Buffer.alloc(ADDRESS_ROOM);

/**
 * Reads the address `key` into `out[at .. at+3]`. Returns its family, or 0 when `key` is no address
 * or not in the one form that a series file has for it.
 */
export function readAddressKey(key: string, out: Int32Array, at: number): Family {
  if (key.length > ADDRESS_ROOM) return 0;
  const end = scratch.write(key, 'latin1');
  const family = readAddress(scratch, 0, end, out, at);
  if (family === 0) return 0;
  const text = formatAddress(family, out[at], out[at + 1], out[at + 2], out[at + 3]);
  return text === key ? family : 0;
}

/** Order of addresses, as numbers: negative, 0 or positive. */
function compareWords(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < 4; i++) {
    const difference = (a[i] >>> 0) - (b[i] >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const left = new Int32Array(4);
const right = new Int32Array(4);

/** Order of two keys of one series: IPv4 before IPv6 and by address, or by the UTF-8 bytes. */
export function compareKeys(type: SeriesType, a: string, b: string): number {
  if (type === 'string') return compareText(a, b);
  const families = readAddressKey(a, left, 0) - readAddressKey(b, right, 0);
  return families === 0 ? compareWords(left, right) : families;
}

/** Order of the rows of one series: by window, then by key. */
export function compareRows(type: SeriesType, a: SeriesRow, b: SeriesRow): number {
  return a.window === b.window ? compareKeys(type, a.key, b.key) : a.window - b.window;
}

/** What is wrong with a row, and in which of its fields. */
export interface RowTrouble {
  readonly field: 'window' | 'key';
  readonly expected: string;
}

const KEY_KINDS: Readonly<Record<SeriesType, string>> = {
  ip: 'an IPv4 address such as 192.0.2.1, or an IPv6 address as RFC 5952 writes it',
  cidr: 'an IPv4 address such as 192.0.2.1',
  cidr_ipv6: 'an IPv6 address as RFC 5952 writes it, such as 2001:db8::1',
  string: 'text',
};

/** Walks rows in the order of a file and says what is wrong with the next one. */
export class RowOrder {
  readonly #type: SeriesType;
  #window = -1;
  #key = '';
  #family: Family = 0;
  #words = new Int32Array(4);
  #nextWords = new Int32Array(4);

  constructor(type: SeriesType) {
    this.#type = type;
  }

  /** Undefined when the row may follow the rows before it. */
  check(window: number, key: string): RowTrouble | undefined {
    const family = this.#type === 'string' ? 0 : readAddressKey(key, this.#nextWords, 0);
    if (!this.#takes(family)) return { field: 'key', expected: KEY_KINDS[this.#type] };
    if (window < this.#window) {
      return { field: 'window', expected: `window ${this.#window} or above, as rows are sorted` };
    }
    if (window === this.#window) {
      const order = this.#compare(family, key);
      if (order === 0) return { field: 'key', expected: 'a key that this window has no row for' };
      if (order < 0) return { field: 'key', expected: 'a key that sorts after the one before' };
    }
    this.#window = window;
    this.#key = key;
    this.#family = family;
    [this.#words, this.#nextWords] = [this.#nextWords, this.#words];
    return undefined;
  }

  #takes(family: Family): boolean {
    if (this.#type === 'string') return true;
    if (this.#type === 'ip') return family !== 0;
    return family === (this.#type === 'cidr' ? 4 : 6);
  }

  #compare(family: Family, key: string): number {
    if (this.#type === 'string') return compareText(key, this.#key);
    if (family !== this.#family) return family - this.#family;
    return compareWords(this.#nextWords, this.#words);
  }
}
