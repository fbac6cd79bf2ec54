import { assert } from '../../model/errors.ts';
import { Piece } from '../../model/words.ts';

const SLOTS = 64;
/** Members of an object whose keys are remembered. */
const MEMBERS = 64;
const LONGEST_MEMBER = 62;
/** So often in a row another key stood there, before that one is remembered. */
const PATIENCE = 8;

/** The keys of one object that lead to values which were asked for. */
export class KeyTable {
  /** By key: the number of the value that it leads to itself, or -1. */
  readonly values: readonly number[];
  /** By key: the keys of the object below it. */
  readonly below: readonly (KeyTable | undefined)[];
  /** Numbers of all values at these keys and below them. */
  readonly all: readonly number[];
  readonly #names: readonly string[];
  readonly #bytes: readonly Uint8Array[];
  /** What stood in front of each member's value in objects read before: `"key":`. */
  readonly #members: Piece[] = [];
  readonly #memberKeys = new Int16Array(MEMBERS);
  readonly #misses = new Uint8Array(MEMBERS);
  /** By hash: one more than the first key with it; by key: one more than the next. */
  readonly #first = new Uint16Array(SLOTS);
  readonly #next: Uint16Array;

  /**
   * @param paths the keys that lead to each value
   * @param asked which of the values stand here or below
   * @param depth how many keys lead here
   */
  constructor(paths: readonly (readonly string[])[], asked: readonly number[], depth = 0) {
    const names = [...new Set(asked.map((value) => paths[value][depth]))];
    this.all = asked;
    this.#names = names;
    this.#bytes = names.map((name) => Buffer.from(name));
    this.#next = new Uint16Array(names.length);
    const values: number[] = [];
    const below: (KeyTable | undefined)[] = [];
    for (const [key, name] of names.entries()) {
      const here = asked.filter((value) => paths[value][depth] === name);
      const own = here.filter((value) => paths[value].length === depth + 1);
      assert(own.length <= 1, `the path ${name} is asked for ${own.length} times`);
      const deeper = here.filter((value) => paths[value].length > depth + 1);
      values.push(own[0] ?? -1);
      below.push(deeper.length === 0 ? undefined : new KeyTable(paths, deeper, depth + 1));
      const bytes = this.#bytes[key];
      const slot = hash(bytes, 0, bytes.length);
      this.#next[key] = this.#first[slot];
      this.#first[slot] = key + 1;
    }
    this.values = values;
    this.below = below;
  }

  /** The number of the key `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    let key = this.#first[hash(bytes, start, end)];
    for (; key !== 0; key = this.#next[key - 1]) {
      const name = this.#bytes[key - 1];
      if (name.length !== length) continue;
      let i = 0;
      while (i < length && name[i] === bytes[start + i]) i++;
      if (i === length) return key - 1;
    }
    return -1;
  }

  /**
   * Length of the `"key":` that stands at `at` when it is the one that stood in front of this member
   * before, as it mostly is: the writers of logs do not change the order. Else 0.
   */
  seenBefore(words: Int32Array, at: number, end: number, member: number): number {
    if (member >= this.#members.length) return 0;
    const piece = this.#members[member];
    return at + piece.length <= end && piece.standsAt(words, at) ? piece.length : 0;
  }

  /** The key that `seenBefore` found in front of a member. */
  seenKey(member: number): number {
    return this.#memberKeys[member];
  }

  /** Remembers what stands in front of a member, `length` bytes with quotes and colon. */
  remember(words: Int32Array, at: number, length: number, member: number, key: number): void {
    if (member > this.#members.length || member >= MEMBERS || length > LONGEST_MEMBER) return;
    if (member === this.#members.length) this.#members.push(new Piece(LONGEST_MEMBER));
    else if (++this.#misses[member] < PATIENCE) return;
    this.#misses[member] = 0;
    this.#members[member].keep(words, at, length);
    this.#memberKeys[member] = key;
  }

  findText(name: string): number {
    return this.#names.indexOf(name);
  }
}

/** Ends differ more than beginnings. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const middle = bytes[start + (length >> 1)];
  return (length * 7 + bytes[start] * 3 + bytes[end - 1] * 5 + middle) & (SLOTS - 1);
}
