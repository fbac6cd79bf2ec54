import { grown } from '../model/event-batch.ts';
import { HOUR_MS } from '../model/time.ts';
import { ByteIndex } from './byte-index.ts';

/** Room for the connection ids of Momentum and KumoMTA; longer ones are kept apart. */
const ID_WORDS = 9;
const INITIAL_SLOTS = 64;
/** A connection that was silent for longer is over, and its id may name another one. */
const SILENCE_MS = HOUR_MS;

/**
 * Connections of which the log shows neither beginning nor end, by the id that their lines share.
 * Memory follows those that had a line within the last hour.
 */
export class ConnectionTable {
  readonly #ids = new ByteIndex(ID_WORDS);
  #last = new Float64Array(INITIAL_SLOTS);
  #live = new Uint8Array(INITIAL_SLOTS);
  #capacity = INITIAL_SLOTS;

  /** Notes a line of the connection; true when it is the first. */
  see(node: number, words: Int32Array, start: number, end: number, nowMs: number): boolean {
    let slot = this.#ids.find(node, words, start, end, 0);
    if (slot !== 0) {
      const isOver = nowMs - this.#last[slot] > SILENCE_MS;
      if (nowMs > this.#last[slot]) this.#last[slot] = nowMs;
      return isOver;
    }
    if (this.#ids.size + 1 >= this.#capacity) this.#forget(nowMs);
    slot = this.#ids.insert(0);
    if (slot >= this.#capacity) this.#grow();
    this.#live[slot] = 1;
    this.#last[slot] = nowMs;
    return true;
  }

  /** Runs when the table would grow, so its cost is shared by the connections since the last time. */
  #forget(nowMs: number): void {
    for (let slot = 1; slot < this.#capacity; slot++) {
      if (this.#live[slot] === 0 || nowMs - this.#last[slot] <= SILENCE_MS) continue;
      this.#live[slot] = 0;
      this.#ids.remove(slot);
    }
  }

  #grow(): void {
    const room = (this.#capacity = this.#ids.capacity);
    this.#last = grown(new Float64Array(room), this.#last);
    this.#live = grown(new Uint8Array(room), this.#live);
  }
}
