import { formatAddress, maskWord } from '../model/address.ts';
import { CounterTable } from './counter-table.ts';

/** Counts per block of one family and prefix length. */
export class BlockTable {
  readonly family: 4 | 6;
  readonly bits: number;
  readonly table: CounterTable;
  readonly #m0: number;
  readonly #m1: number;
  readonly #m2: number;
  readonly #m3: number;

  constructor(family: 4 | 6, bits: number, kept: number) {
    this.family = family;
    this.bits = bits;
    this.table = new CounterTable(family === 4 ? 1 : bits <= 64 ? 2 : 4, kept);
    this.#m0 = maskWord(bits, 0);
    this.#m1 = maskWord(bits, 1);
    this.#m2 = maskWord(bits, 2);
    this.#m3 = maskWord(bits, 3);
  }

  /** Adds to the block of the address at `ip[at .. at+3]`. */
  add(ip: Int32Array, at: number, amount: number): void {
    if (this.family === 4) {
      this.table.add(ip[at] & this.#m0, 0, 0, 0, amount);
      return;
    }
    this.table.add(
      ip[at] & this.#m0,
      ip[at + 1] & this.#m1,
      ip[at + 2] & this.#m2,
      ip[at + 3] & this.#m3,
      amount,
    );
  }

  addLate(window: number, ip: Int32Array, at: number, amount: number): void {
    const six = this.family === 6;
    this.table.addLate(
      window,
      ip[at] & this.#m0,
      six ? ip[at + 1] & this.#m1 : 0,
      six ? ip[at + 2] & this.#m2 : 0,
      six ? ip[at + 3] & this.#m3 : 0,
      amount,
    );
  }

  find(ip: Int32Array, at: number): number {
    if (this.family === 4) return this.table.find(ip[at] & this.#m0, 0, 0, 0);
    return this.table.find(
      ip[at] & this.#m0,
      ip[at + 1] & this.#m1,
      ip[at + 2] & this.#m2,
      ip[at + 3] & this.#m3,
    );
  }

  /** The address that begins an entry's block. */
  address(entry: number): string {
    const { table } = this;
    if (this.family === 4) return formatAddress(4, table.key(entry, 0));
    const long = table.keyWords === 4;
    return formatAddress(
      6,
      table.key(entry, 0),
      table.key(entry, 1),
      long ? table.key(entry, 2) : 0,
      long ? table.key(entry, 3) : 0,
    );
  }

  /** Order of two entries' addresses. */
  compare(a: number, b: number): number {
    for (let word = 0; word < this.table.keyWords; word++) {
      const difference = (this.table.key(a, word) >>> 0) - (this.table.key(b, word) >>> 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
