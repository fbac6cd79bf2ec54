import { formatAddress, maskWord } from '../model/address.ts';
import { KeyTable } from './key-table.ts';
import type { Subject } from './port.ts';

/** The blocks of one family and prefix length that are alive. */
export class BlockKeys {
  readonly family: 4 | 6;
  readonly bits: number;
  readonly table: KeyTable;
  readonly #m0: number;
  readonly #m1: number;
  readonly #m2: number;
  readonly #m3: number;
  /** The event looked up last, and its entry. */
  #serial = -1;
  #entry = 0;

  constructor(family: 4 | 6, bits: number) {
    this.family = family;
    this.bits = bits;
    this.table = new KeyTable(family === 4 ? 1 : bits <= 64 ? 2 : 4);
    this.#m0 = maskWord(bits, 0);
    this.#m1 = maskWord(bits, 1);
    this.#m2 = maskWord(bits, 2);
    this.#m3 = maskWord(bits, 3);
  }

  /** The entry of the block of the event at hand, 0 when it has none. */
  find(subject: Subject): number {
    if (subject.serial === this.#serial) return this.#entry;
    this.#serial = subject.serial;
    return (this.#entry = this.findAt(subject.batch.ip, subject.at));
  }

  /** The same; a block without an entry gets one. */
  locate(subject: Subject): number {
    const entry = this.find(subject);
    return entry === 0 ? (this.#entry = this.locateAt(subject.batch.ip, subject.at)) : entry;
  }

  /** The entry of the block of the address at `ip[at .. at+3]`, 0 when it has none. */
  findAt(ip: Int32Array, at: number): number {
    if (this.family === 4) return this.table.find(ip[at] & this.#m0, 0, 0, 0);
    return this.table.find(
      ip[at] & this.#m0,
      ip[at + 1] & this.#m1,
      ip[at + 2] & this.#m2,
      ip[at + 3] & this.#m3,
    );
  }

  locateAt(ip: Int32Array, at: number): number {
    if (this.family === 4) return this.table.locate(ip[at] & this.#m0, 0, 0, 0);
    return this.table.locate(
      ip[at] & this.#m0,
      ip[at + 1] & this.#m1,
      ip[at + 2] & this.#m2,
      ip[at + 3] & this.#m3,
    );
  }

  /** Writes the address that begins an entry's block to `words[0 .. 3]`. */
  address(entry: number, words: Int32Array): void {
    const { table } = this;
    for (let word = 0; word < 4; word++) {
      words[word] = word < table.keyWords ? table.key(entry, word) : 0;
    }
  }

  /** The address that begins an entry's block. */
  text(entry: number): string {
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

  /** How many leading bits of an entry's block are those of the address of the event at hand. */
  sharedBits(entry: number, { batch, at }: Subject): number {
    for (let word = 0; word < this.table.keyWords; word++) {
      const own = batch.ip[at + word] & maskWord(this.bits, word);
      const differing = own ^ this.table.key(entry, word);
      if (differing !== 0) return word * 32 + Math.clz32(differing);
    }
    return this.bits;
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
