import type { SessionEnd } from '../../correlate/session-table.ts';
import type { SessionFacts } from '../../engine/session-gauge.ts';

export interface HeldSession extends SessionFacts {
  /** How it ended before it was held. */
  readonly end: SessionEnd | 'refused';
  readonly untilMs: number;
}

/**
 * Sessions that a tarpit keeps open behind their end, the one that ends next first: a binary heap.
 * Those that end at one moment end in any order, since nothing comes between them.
 */
export class HeldSessions {
  readonly #heap: HeldSession[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the next one ends, milliseconds UTC; Infinity: none is held. */
  get nextMs(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].untilMs;
  }

  hold(facts: SessionFacts, end: HeldSession['end'], untilMs: number): void {
    const heap = this.#heap;
    const words = facts.words.slice(facts.at, facts.at + 4);
    const held = { ...facts, words, at: 0, end, untilMs };
    let place = heap.length;
    heap.push(held);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent].untilMs <= untilMs) break;
      heap[place] = heap[parent];
      place = parent;
    }
    heap[place] = held;
  }

  /** Calls back for those that are held, in any order. */
  each(take: (facts: SessionFacts) => void): void {
    for (const held of this.#heap) take(held);
  }

  /** Lets the next one go; there must be one. */
  release(): HeldSession {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].untilMs < heap[child].untilMs) child++;
      if (last.untilMs <= heap[child].untilMs) break;
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = last;
    return first;
  }
}
