import { assert } from '../model/errors.ts';
import { grown } from '../model/event-batch.ts';

const FIRST_SLOTS = 512;
const FIRST_ROWS = 256;
/** `uses` of a row that belongs to no key. */
const FREE = -1;

/**
 * The keys that are alive, and a row for each: `[key…, uses, state…, sums…]`. Every wheel and gauge
 * that counts by the same keys keeps its state in the same row, so that one search finds the state
 * of all of them.
 *
 * A row is alive while someone uses it: a record in a window that is kept, an open session. Rows
 * that nobody uses stay until the table is swept; a key that comes back before finds its row again,
 * with the state in which it was left.
 *
 * Keys are 1, 2 or 4 words. An entry is where its row starts in `cells`; entry 0 stands for "no
 * such key", and its row is all zeros. The index is open addressing; a slot holds the number of a
 * row and, in the bits that this leaves, the high bits of the hash, so that the rows of other keys
 * are hardly ever looked at.
 */
export class KeyTable {
  readonly keyWords: 1 | 2 | 4;
  /** Words of all rows; replaced when the table grows. */
  cells = new Int32Array(0);
  /** The same bytes as `cells`; an entry is even, so its doubles start at half of it. */
  sums = new Float64Array(0);
  /** Keys that are alive. */
  size = 0;
  /** Called when an entry's key has left the table for good. */
  onForget: ((entry: number) => void) | undefined;

  /** Where the sums of a row start, in doubles behind its own start. */
  sumsAt = 0;

  /** Words of key, uses and state, and number of sums; words of a row, which is even. */
  #words: number;
  #sums = 0;
  #width = 0;
  #rows = 1;
  #capacity = 1;
  /** First of the free rows, each of which holds the next in its first word. */
  #free = 0;
  #index = new Int32Array(FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  /** Bits of a slot that are the number of a row. */
  #rowMask = FIRST_ROWS - 1;
  /** Rows in the index, those without use included. */
  #indexed = 0;

  constructor(keyWords: 1 | 2 | 4) {
    this.keyWords = keyWords;
    this.#words = keyWords + 1;
    this.#allocate();
  }

  /** Makes room in every row for `words` words of state, zero at first; their place in the row. */
  reserve(words: number): number {
    assert(this.#rows === 1, 'state is reserved before the first key');
    const at = this.#words;
    this.#words += words;
    this.#allocate();
    return at;
  }

  /** Makes room in every row for a sum, zero at first; its place behind `sumsAt`. */
  reserveSum(): number {
    assert(this.#rows === 1, 'sums are reserved before the first key');
    this.#sums++;
    this.#allocate();
    return this.#sums - 1;
  }

  /** Word `word` of an entry's key. */
  key(entry: number, word: number): number {
    return this.cells[entry + word];
  }

  /** The entry of a key, 0 when it has none. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const words = this.keyWords;
    const hashed = hash(k0, k1, k2, k3, words);
    const index = this.#index;
    const mask = this.#mask;
    let slot = hashed & mask;
    const rowMask = this.#rowMask;
    for (;;) {
      const held = index[slot];
      if (held === 0) return 0;
      if (((held ^ hashed) & ~rowMask) === 0) {
        const entry = (held & rowMask) * this.#width;
        if (this.#isKey(entry, k0, k1, k2, k3)) return entry;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The entry of a key, which gets a row when it has none; the caller uses it at once. */
  locate(k0: number, k1: number, k2: number, k3: number): number {
    const entry = this.find(k0, k1, k2, k3);
    return entry === 0 ? this.#insert(k0, k1, k2, k3) : entry;
  }

  /** Notes one more use of the entry. */
  use(entry: number): void {
    if (this.cells[entry + this.keyWords]++ === 0) this.size++;
  }

  release(entry: number): void {
    if (--this.cells[entry + this.keyWords] === 0) this.size--;
  }

  #isKey(entry: number, k0: number, k1: number, k2: number, k3: number): boolean {
    const { cells } = this;
    if (cells[entry] !== k0) return false;
    if (this.keyWords === 1) return true;
    if (cells[entry + 1] !== k1) return false;
    return this.keyWords === 2 || (cells[entry + 2] === k2 && cells[entry + 3] === k3);
  }

  #insert(k0: number, k1: number, k2: number, k3: number): number {
    if ((this.#indexed + 1) * 4 > this.#index.length * 3) this.#sweep();
    let entry = this.#free;
    if (entry !== 0) {
      this.#free = this.cells[entry];
      this.cells.fill(0, entry, entry + this.#width);
    } else {
      if (this.#rows === this.#capacity) this.#grow();
      entry = this.#rows++ * this.#width;
    }
    const { cells, keyWords } = this;
    cells[entry] = k0;
    if (keyWords > 1) cells[entry + 1] = k1;
    if (keyWords > 2) {
      cells[entry + 2] = k2;
      cells[entry + 3] = k3;
    }
    this.#place(entry, hash(k0, k1, k2, k3, keyWords));
    this.#indexed++;
    return entry;
  }

  #place(entry: number, hashed: number): void {
    const index = this.#index;
    const mask = this.#mask;
    let slot = hashed & mask;
    while (index[slot] !== 0) slot = (slot + 1) & mask;
    index[slot] = (hashed & ~this.#rowMask) | (entry / this.#width);
  }

  /** Frees the rows that nobody uses, and doubles the index when over a third of it is alive. */
  #sweep(): void {
    const { cells, keyWords } = this;
    const width = this.#width;
    const end = this.#rows * width;
    for (let entry = width; entry < end; entry += width) {
      if (cells[entry + keyWords] !== 0) continue;
      this.onForget?.(entry);
      cells[entry] = this.#free;
      cells[entry + keyWords] = FREE;
      this.#free = entry;
    }
    const slots = this.#index.length;
    this.#rebuild(this.size * 3 > slots ? slots * 2 : slots);
  }

  /** Places the rows that belong to a key anew. */
  #rebuild(slots: number): void {
    const { cells, keyWords } = this;
    const width = this.#width;
    const end = this.#rows * width;
    this.#index = slots === this.#index.length ? this.#index.fill(0) : new Int32Array(slots);
    this.#mask = slots - 1;
    this.#indexed = 0;
    for (let entry = width; entry < end; entry += width) {
      if (cells[entry + keyWords] === FREE) continue;
      const [k1, k2, k3] = [cells[entry + 1], cells[entry + 2], cells[entry + 3]];
      this.#place(entry, hash(cells[entry], k1, k2, k3, keyWords));
      this.#indexed++;
    }
  }

  #grow(): void {
    const before = this.cells;
    this.#capacity = Math.max(FIRST_ROWS, this.#capacity * 2);
    this.#allocate();
    grown(this.cells, before);
    if (this.#capacity - 1 <= this.#rowMask) return;
    this.#rowMask = this.#capacity - 1;
    this.#rebuild(this.#index.length);
  }

  #allocate(): void {
    this.sumsAt = (this.#words + 1) >> 1;
    this.#width = (this.sumsAt + this.#sums) * 2;
    this.cells = new Int32Array(this.#capacity * this.#width);
    this.sums = new Float64Array(this.cells.buffer);
  }
}

/** Mixes the words of a key; prefixes end in zeros, so the high bits must reach the low ones. */
function hash(k0: number, k1: number, k2: number, k3: number, words: number): number {
  let h = Math.imul(k0, 0x9e3779b1);
  if (words > 1) {
    h = Math.imul(h ^ (h >>> 15) ^ k1, 0x85ebca6b);
    if (words > 2) {
      h = Math.imul(h ^ (h >>> 13) ^ k2, 0xc2b2ae35);
      h = Math.imul(h ^ (h >>> 16) ^ k3, 0x9e3779b1);
    }
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}
