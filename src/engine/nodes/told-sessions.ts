import { DueQueue } from './due-queue.ts';
import type { BlockQuestion } from '../port.ts';
import type { SessionFacts, SessionGauge } from '../session-gauge.ts';

interface Change {
  readonly dueMs: number;
  readonly facts: SessionFacts;
  readonly by: 1 | -1;
}

/**
 * Open sessions as nodes tell each other of them: `inbound_cidr` with a delay. A node knows its own
 * at once, and those of others as they were a while ago.
 */
export class ToldSessions {
  readonly #delayMs: number;
  readonly #gauges: SessionGauge[] = [];
  readonly #onTheWay = new DueQueue<Change>();

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /**
   * @param own of the node at hand
   * @param all those of all nodes that are open now; from here on it lags behind
   * @param ofNode the same by node
   */
  question(own: SessionGauge, all: SessionGauge, ofNode: SessionGauge): BlockQuestion {
    // What nobody has been told is undone, the last change first: who is gone has been there.
    const changes = this.#onTheWay.items.reverse();
    for (const gauge of [all, ofNode]) {
      for (const { facts, by } of changes) gauge.change(facts, -by);
      this.#gauges.push(gauge);
    }
    return {
      count: (family, words, at) =>
        own.count(family, words, at) +
        all.count(family, words, at) -
        ofNode.count(family, words, at),
    };
  }

  change(facts: SessionFacts, by: 1 | -1, nowMs: number): void {
    const words = facts.words.slice(facts.at, facts.at + 4);
    this.#onTheWay.add({ dueMs: nowMs + this.#delayMs, facts: { ...facts, words, at: 0 }, by });
  }

  /** Has everything arrive that is due at or before `timeMs`. */
  deliver(timeMs: number): void {
    for (;;) {
      const change = this.#onTheWay.take(timeMs);
      if (change === undefined) return;
      for (const gauge of this.#gauges) gauge.change(change.facts, change.by);
    }
  }

  /** A window ends. */
  step(): void {
    for (const gauge of this.#gauges) gauge.step();
  }
}
