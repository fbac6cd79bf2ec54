import { grown } from '../model/event-batch.ts';

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
  #longText = '';
  #length = 0;

  /** @param words room for a key in the index, in units of four bytes; longer keys are kept apart */
  constructor(words: number) {
    this.#words = words;
    this.#scratch = new Int32Array(words);
    this.#keys = new Int32Array(INITIAL_SLOTS * words);
  }

  /** The slot of a key, 0 when there is none. */
  find(node: number, bytes: Uint8Array, start: number, end: number, tag: number): number {
    const hashed = this.#load(node, bytes, start, end);
    const index = this.#index;
    const mask = index.length - 1;
    let other = 0;
    let others = 0;
    for (let at = hashed & mask; ; at = (at + 1) & mask) {
      const slot = index[at];
      if (slot === 0) return others === 1 ? other : 0;
      if (this.#hashes[slot] !== hashed || !this.#equals(slot, node)) continue;
      if (this.#tags[slot] === tag) return slot;
      other = slot;
      others++;
    }
  }

  /** Gives a key a slot, also when it has one under another tag. */
  insert(node: number, bytes: Uint8Array, start: number, end: number, tag: number): number {
    const hashed = this.#load(node, bytes, start, end);
    if ((this.size + 1) * 4 > this.#index.length * 3) this.#growIndex();
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = ++this.#slots;
      if (slot === this.capacity) this.#growSlots();
    }
    this.#hashes[slot] = hashed;
    this.#nodes[slot] = node;
    this.#tags[slot] = tag;
    this.#lengths[slot] = this.#length;
    this.#keys.set(this.#scratch, slot * this.#words);
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
    this.#long.delete(slot);
    this.#free.push(slot);
    this.size--;
  }

  node(slot: number): number {
    return this.#nodes[slot];
  }

  tag(slot: number): number {
    return this.#tags[slot];
  }

  /** Packs the key into `#scratch` and returns its hash. */
  #load(node: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    this.#length = Math.min(length, 0xffff);
    const scratch = this.#scratch;
    const words = this.#words;
    const inline = Math.min(length, words * 4);
    let h = Math.imul(node + 1, 0x9e3779b1) ^ length;
    let word = 0;
    let at = start;
    const whole = start + (inline & ~3);
    for (; at < whole; at += 4) {
      const value =
        bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      scratch[word++] = value;
      h = Math.imul(h ^ value, 0x85ebca6b);
      h ^= h >>> 15;
    }
    if (word < words) {
      let value = 0;
      for (let shift = 0; at < start + inline; at++, shift += 8) value |= bytes[at] << shift;
      scratch[word++] = value;
      h = Math.imul(h ^ value, 0xc2b2ae35);
      while (word < words) scratch[word++] = 0;
    }
    this.#longText = '';
    if (length > words * 4) {
      for (let i = start; i < end; i++) this.#longText += String.fromCharCode(bytes[i]);
    }
    return h ^ (h >>> 16);
  }

  #equals(slot: number, node: number): boolean {
    if (this.#nodes[slot] !== node || this.#lengths[slot] !== this.#length) return false;
    const from = slot * this.#words;
    for (let word = 0; word < this.#words; word++) {
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
