import type { LuaHost, LuaValue } from '../value.ts';
import type { LuaPattern, PatternItem } from './lua-pattern.ts';

/** How many quantifiers may wait for the rest of the pattern; Lua counts its C calls alike. */
const MAX_DEPTH = 200;
/** Steps are spent in lots: a call for each would cost more than the step. */
const STEP_LOT = 64;
/** Bytes that are compared in the time of a step. */
const BYTES_PER_STEP = 16;

type Repeated = Extract<PatternItem, { kind: 'bytes' }>;

/**
 * One text against one pattern, from any number of places. Every item tried and every byte passed
 * is a step of the hook's budget.
 */
export class PatternMatch {
  readonly #host: LuaHost;
  readonly #text: string;
  readonly #pattern: LuaPattern;
  readonly #starts: number[];
  readonly #ends: number[];
  #steps = 0;
  #start = 0;
  #end = 0;

  constructor(host: LuaHost, text: string, pattern: LuaPattern) {
    this.#host = host;
    this.#text = text;
    this.#pattern = pattern;
    this.#starts = pattern.captures.map(() => 0);
    this.#ends = pattern.captures.map(() => 0);
  }

  /** Where the last match began and ended; meaningless after one that failed. */
  get start(): number {
    return this.#start;
  }
  get end(): number {
    return this.#end;
  }

  get whole(): string {
    return this.#text.slice(this.#start, this.#end);
  }

  /** @param at 0 to the length of the text */
  matchesAt(at: number): boolean {
    this.#step(1);
    this.#start = at;
    this.#end = this.#run(0, at, 0);
    return this.#end >= 0;
  }

  /** Moves on to the first match at or behind a place. */
  findFrom(at: number): boolean {
    for (let start = at; start <= this.#text.length; start++) {
      if (this.matchesAt(start)) return true;
    }
    return false;
  }

  /** Spends the steps that are not yet spent; to be called when the matching is over. */
  settle(): void {
    this.#host.spend(this.#steps);
    this.#steps = 0;
  }

  /** @param index from 0; without any capture the first one is the whole match */
  capture(index: number): string | number {
    const state = this.#pattern.captures[index];
    if (state === 'place') return this.#starts[index] + 1;
    if (state === 'closed') return this.#text.slice(this.#starts[index], this.#ends[index]);
    if (state === 'open') return this.#host.fail('unfinished capture');
    if (index > 0) return this.#host.fail('invalid capture index');
    return this.whole;
  }

  captures(): LuaValue[] {
    return this.#pattern.captures.map((_, index) => this.capture(index));
  }

  /** @returns where the match of the items from `index` on ends; -1: there is none */
  #run(index: number, from: number, depth: number): number {
    const { items } = this.#pattern;
    let at = from;
    for (let next = index; next < items.length; next++) {
      this.#step(1);
      const item = items[next];
      if (item.kind === 'bytes' && item.repeat !== 'once') {
        if (depth === MAX_DEPTH) return this.#host.fail('pattern too complex');
        if (item.repeat === '?') {
          const end = this.#holds(item, at) ? this.#run(next + 1, at + 1, depth + 1) : -1;
          if (end >= 0) return end;
          continue;
        }
        if (item.repeat === '-') return this.#shortest(item, next + 1, at, depth + 1);
        return this.#longest(item, next + 1, at, depth + 1);
      }
      at = this.#pass(item, at);
      if (at < 0) return -1;
    }
    return at;
  }

  /** @returns the place behind an item that is no repetition; -1: it does not match here */
  #pass(item: PatternItem, at: number): number {
    switch (item.kind) {
      case 'bytes':
        return this.#holds(item, at) ? at + 1 : -1;
      case 'open':
      case 'place':
        this.#starts[item.capture] = at;
        return at;
      case 'close':
        this.#ends[item.capture] = at;
        return at;
      case 'again':
        return this.#again(item.capture, at);
      case 'balance':
        return this.#balance(item.opening, item.closing, at);
      case 'frontier': {
        const before = at === 0 ? 0 : this.#text.charCodeAt(at - 1);
        const after = at === this.#text.length ? 0 : this.#text.charCodeAt(at);
        return item.set[before] === 0 && item.set[after] === 1 ? at : -1;
      }
      case 'end':
        return at === this.#text.length ? at : -1;
      case 'mistake':
        return this.#host.fail(item.message);
    }
  }

  #holds(item: Repeated, at: number): boolean {
    return at < this.#text.length && item.set[this.#text.charCodeAt(at)] === 1;
  }

  #longest(item: Repeated, rest: number, from: number, depth: number): number {
    let at = from;
    while (this.#holds(item, at)) {
      this.#step(1);
      at++;
    }
    const least = item.repeat === '+' ? from + 1 : from;
    for (; at >= least; at--) {
      const end = this.#run(rest, at, depth);
      if (end >= 0) return end;
      this.#step(1);
    }
    return -1;
  }

  #shortest(item: Repeated, rest: number, from: number, depth: number): number {
    for (let at = from; ; at++) {
      const end = this.#run(rest, at, depth);
      if (end >= 0) return end;
      if (!this.#holds(item, at)) return -1;
      this.#step(1);
    }
  }

  #again(capture: number, at: number): number {
    // A place holds no bytes that could come again.
    if (this.#pattern.captures[capture] === 'place') return -1;
    const length = this.#ends[capture] - this.#starts[capture];
    if (length > this.#text.length - at) return -1;
    this.#step(Math.ceil(length / BYTES_PER_STEP));
    const bytes = this.#text.slice(this.#starts[capture], this.#ends[capture]);
    return this.#text.startsWith(bytes, at) ? at + length : -1;
  }

  #balance(opening: number, closing: number, from: number): number {
    if (from === this.#text.length || this.#text.charCodeAt(from) !== opening) return -1;
    let depth = 1;
    for (let at = from + 1; at < this.#text.length; at++) {
      this.#step(1);
      const byte = this.#text.charCodeAt(at);
      if (byte === closing) {
        if (--depth === 0) return at + 1;
      } else if (byte === opening) {
        depth++;
      }
    }
    return -1;
  }

  #step(count: number): void {
    this.#steps += count;
    if (this.#steps < STEP_LOT) return;
    this.#host.spend(this.#steps);
    this.#steps = 0;
  }
}
