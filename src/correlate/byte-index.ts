import { grown } from '../model/event-batch.ts';
import { PART, wordAt } from '../model/words.ts';

const INITIAL_SLOTS = 64;

/**
 * An index from (node, short byte string) to a slot number, without a string or object per key.
 *
 * Slots are dense, start at 1 and are given again after `remove`, so callers keep their own columns
 * by slot. Equal keys may stand more than once when their `tag` differs: `find` prefers the one
 * with the asked tag and else takes the only one there is.
 */
export class ByteIndex {
  /** Slots that callers must have room for: slot numbers are below it. */
  capacity = INITIAL_SLOTS;
  size = 0;

  readonly #words: number;
  readonly #scratch: Int32Array;
  #index = new Int32Array(INITIAL_SLOTS * 2);
  #hashes = new Int32Array(INITIAL_SLOTS);
  #keys: Int32Array;
  #lengths = new Uint16Array(INITIAL_SLOTS);
  #nodes = new Uint16Array(INITIAL_SLOTS);
  #tags = new Uint16Array(INITIAL_SLOTS);
  #slots = 0;
  readonly #free: number[] = [];
  /** Keys too long for `#words`, in whole. */
  readonly #long = new Map<number, string>();
  /** The key that `find` looked for last: node, hash and length; its words in `#scratch`. */
  #node = 0;
  #hash = 0;
  #length = 0;
  #longText = '';

  /** @param words room for a key in the index, in units of four bytes; longer keys are kept apart */
  constructor(words: number) {
    this.#words = words;
    this.#scratch = new Int32Array(words);
    this.#keys = new Int32Array(INITIAL_SLOTS * words);
  }

  /** The slot of the key of the bytes `[start, end)`, 0 when there is none. */
  find(node: number, words: Int32Array, start: number, end: number, tag: number): number {
    const hashed = this.#load(node, words, start, end);
    const index = this.#index;
    const mask = index.length - 1;
    let other = 0;
    let others = 0;
    for (let at = hashed & mask; ; at = (at + 1) & mask) {
      const slot = index[at];
      if (slot === 0) return others === 1 ? other : 0;
      if (this.#hashes[slot] !== hashed || !this.#isLoaded(slot)) continue;
      if (this.#tags[slot] === tag) return slot;
      other = slot;
      others++;
    }
  }

  /** Gives the key that `find` looked for last a slot, also when it has one under another tag. */
  insert(tag: number): number {
    if ((this.size + 1) * 4 > this.#index.length * 3) this.#growIndex();
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = ++this.#slots;
      if (slot === this.capacity) this.#growSlots();
    }
    this.#hashes[slot] = this.#hash;
    this.#nodes[slot] = this.#node;
    this.#tags[slot] = tag;
    this.#lengths[slot] = this.#length;
    const from = slot * this.#words;
    for (let word = 0; word < this.#words; word++) this.#keys[from + word] = this.#scratch[word];
    if (this.#longText !== '') this.#long.set(slot, this.#longText);
    this.#place(slot);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let at = this.#hashes[slot] & mask;
    while (index[at] !== slot) at = (at + 1) & mask;
    // Backward shift: close the hole, so that no later key of the run gets out of reach.
    let hole = at;
    for (let next = (at + 1) & mask; index[next] !== 0; next = (next + 1) & mask) {
      const home = this.#hashes[index[next]] & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      index[hole] = index[next];
      hole = next;
    }
    index[hole] = 0;
    if (this.#long.size > 0) this.#long.delete(slot);
    this.#free.push(slot);
    this.size--;
  }

  node(slot: number): number {
    return this.#nodes[slot];
  }

  tag(slot: number): number {
    return this.#tags[slot];
  }

  /** The key of a slot, one character for each byte. */
  key(slot: number): string {
    const long = this.#long.get(slot);
    if (long !== undefined) return long;
    const from = slot * this.#words;
    const words = this.#keys.subarray(from, from + this.#words);
    return Buffer.from(words.buffer, words.byteOffset, this.#lengths[slot]).toString('latin1');
  }

  /** Makes room for slot numbers below `capacity`. */
  reserve(capacity: number): void {
    while (this.capacity < capacity) this.#growSlots();
  }

  /** Packs the key into `#scratch`, what lies behind it being 0, and returns its hash. */
  #load(node: number, words: Int32Array, start: number, end: number): number {
    const length = end - start;
    const scratch = this.#scratch;
    const inline = Math.min(length, this.#words * 4);
    const whole = inline >> 2;
    const shift = (start & 3) << 3;
    const back = 31 - shift;
    let h = Math.imul(node + 1, 0x9e3779b1) ^ length;
    let from = start >> 2;
    let low = words[from];
    for (let i = 0; i < whole; i++) {
      const high = words[++from];
      const word = (low >>> shift) | ((high << 1) << back);
      scratch[i] = word;
      h = Math.imul(h ^ word, 0x85ebca6b);
      h ^= h >>> 15;
      low = high;
    }
    if ((inline & 3) !== 0) {
      const word = ((low >>> shift) | ((words[from + 1] << 1) << back)) & PART[inline & 3];
      scratch[whole] = word;
      h = Math.imul(h ^ word, 0xc2b2ae35);
    }
    h ^= h >>> 16;
    this.#node = node;
    this.#hash = h;
    this.#length = Math.min(length, 0xffff);
    if (length > this.#words * 4) this.#longText = textOf(words, start, end);
    else if (this.#longText !== '') this.#longText = '';
    return h;
  }

  /** Whether the key of the slot is the one that was loaded. */
  #isLoaded(slot: number): boolean {
    if (this.#nodes[slot] !== this.#node || this.#lengths[slot] !== this.#length) return false;
    const used = Math.min((this.#length + 3) >> 2, this.#words);
    const from = slot * this.#words;
    for (let word = 0; word < used; word++) {
      if (this.#keys[from + word] !== this.#scratch[word]) return false;
    }
    return this.#longText === '' || this.#long.get(slot) === this.#longText;
  }

  #place(slot: number): void {
    const mask = this.#index.length - 1;
    let at = this.#hashes[slot] & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = slot;
  }

  #growIndex(): void {
    const old = this.#index;
    this.#index = new Int32Array(old.length * 2);
    for (const slot of old) if (slot !== 0) this.#place(slot);
  }

  #growSlots(): void {
    this.capacity *= 2;
    this.#hashes = grown(new Int32Array(this.capacity), this.#hashes);
    this.#keys = grown(new Int32Array(this.capacity * this.#words), this.#keys);
    this.#lengths = grown(new Uint16Array(this.capacity), this.#lengths);
    this.#nodes = grown(new Uint16Array(this.capacity), this.#nodes);
    this.#tags = grown(new Uint16Array(this.capacity), this.#tags);
  }
}

function textOf(words: Int32Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(wordAt(words, at) & 0xff);
  return text;
}
