import { blockText, fieldValue } from '../model/field-value.ts';
import type { Counter, DistinctQuestion, Subject } from './port.ts';

/** A value seen under a block or key; `inRange` is the number of the range's windows that saw it. */
interface Pair {
  readonly key: string;
  readonly value: string;
  /** Windows kept that saw the pair. */
  kept: number;
  inRange: number;
}

/**
 * Different values of a field under a block or key, over a range of rolling windows: exact, by a
 * list of the pairs that each window saw.
 */
export class DistinctFeed implements Counter {
  readonly intervalMs: number;
  current = -1;
  /** Values in memory, each counted once under each key that it was seen with. */
  size = 0;

  readonly #question: DistinctQuestion;
  readonly #subject: Subject;
  readonly #ring: Set<Pair>[];
  readonly #pairs = new Map<string, Map<string, Pair>>();
  readonly #different = new Map<string, number>();
  #lastAdded = -1;

  constructor(question: DistinctQuestion, subject: Subject) {
    this.#question = question;
    this.#subject = subject;
    this.intervalMs = question.monitor.intervalMs;
    this.#ring = Array.from({ length: question.windows.end + 1 }, () => new Set<Pair>());
  }

  get kinds(): readonly number[] {
    return this.#question.kinds;
  }

  get empty(): boolean {
    return this.#pairs.size === 0;
  }

  value(): number {
    return this.#different.get(this.#key()) ?? 0;
  }

  identity(): number {
    return -1;
  }

  counted(): boolean {
    return this.#lastAdded === this.#subject.serial;
  }

  start(window: number): void {
    this.current = window;
  }

  /** Adds the event's value. False: too late for it. Undefined: the question is not about it. */
  take(lateWindow: number | undefined): boolean | undefined {
    const { field, filter } = this.#question;
    const { batch, row } = this.#subject;
    if (filter !== undefined && !filter(batch, row)) return undefined;
    const value = fieldValue(batch, row, field);
    const key = this.#key();
    if (value === '' || key === '') return undefined;
    const window = lateWindow ?? this.current;
    if (window <= this.current - this.#ring.length) return false;
    const pair = this.#pair(key, value);
    const seen = this.#ring[window % this.#ring.length];
    if (lateWindow === undefined) this.#lastAdded = this.#subject.serial;
    if (seen.has(pair)) return true;
    seen.add(pair);
    pair.kept++;
    if (this.current - window >= this.#question.windows.start) this.#enter(pair);
    return true;
  }

  step(): void {
    const next = this.current + 1;
    const { start } = this.#question.windows;
    const length = this.#ring.length;
    const leaving = this.#ring[next % length];
    for (const pair of leaving) {
      this.#leave(pair);
      pair.kept--;
      if (pair.kept > 0) continue;
      const values = this.#pairs.get(pair.key)!;
      values.delete(pair.value);
      this.size--;
      if (values.size === 0) this.#pairs.delete(pair.key);
    }
    leaving.clear();
    if (start > 0 && next >= start) {
      for (const pair of this.#ring[(next - start) % length]) this.#enter(pair);
    }
    this.current = next;
  }

  #key(): string {
    const { per, nodes } = this.#question;
    const { batch, row, node } = this.#subject;
    const key = typeof per === 'string' ? fieldValue(batch, row, per) : blockText(batch, row, per);
    return nodes === 'node' && key !== '' ? `${node} ${key}` : key;
  }

  #pair(key: string, value: string): Pair {
    let values = this.#pairs.get(key);
    if (values === undefined) this.#pairs.set(key, (values = new Map<string, Pair>()));
    let pair = values.get(value);
    if (pair === undefined) {
      pair = { key, value, kept: 0, inRange: 0 };
      values.set(value, pair);
      this.size++;
    }
    return pair;
  }

  #enter(pair: Pair): void {
    if (pair.inRange++ > 0) return;
    this.#different.set(pair.key, (this.#different.get(pair.key) ?? 0) + 1);
  }

  #leave(pair: Pair): void {
    if (--pair.inRange > 0) return;
    const different = this.#different.get(pair.key)! - 1;
    if (different === 0) this.#different.delete(pair.key);
    else this.#different.set(pair.key, different);
  }
}
