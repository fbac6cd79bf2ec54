import { blockText, fieldValue } from '../model/field-value.ts';
import { compareText } from '../model/order.ts';
import type { Words } from '../model/vocabulary.ts';
import type { DistinctState } from './audit-state.ts';
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
  /** `serial` of the late event that was added last; late events are judged by nobody. */
  lastLate = -1;

  readonly #question: DistinctQuestion;
  readonly #subject: Subject;
  readonly #ring: Set<Pair>[];
  readonly #pairs = new Map<string, Map<string, Pair>>();
  readonly #different = new Map<string, number>();
  #lastAdded = -1;
  /** The pair that the event added last was the first of its window to show; undefined: it was not. */
  #lastFirst: Pair | undefined;

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
    const isFirst = this.#see(key, value, window);
    if (lateWindow === undefined) {
      this.#lastAdded = this.#subject.serial;
      this.#lastFirst = isFirst ? this.#pair(key, value) : undefined;
    } else this.lastLate = this.#subject.serial;
    return true;
  }

  /** Takes back what the event at hand has added, if it has. */
  takeBack(): void {
    const pair = this.#lastFirst;
    if (pair === undefined || this.#lastAdded !== this.#subject.serial) return;
    this.#ring[this.current % this.#ring.length].delete(pair);
    if (this.#question.windows.start === 0) this.#leave(pair);
    this.#release(pair);
  }

  /** Every value that a kept window saw, with its key; of the event's node alone by `scope: node`. */
  eachSeen(visit: (key: string, value: string, age: number) => void): void {
    const own = this.#question.nodes === 'node' ? `${this.#subject.node} ` : '';
    for (let age = 0; age < this.#ring.length && age <= this.current; age++) {
      for (const { key, value } of this.#ring[(this.current - age) % this.#ring.length]) {
        if (key.startsWith(own)) visit(key.slice(own.length), value, age);
      }
    }
  }

  save(nodes: Words): DistinctState {
    const windows: { window: number; pairs: [string, string, string][] }[] = [];
    for (let age = Math.min(this.#ring.length - 1, this.current); age >= 0; age--) {
      const window = this.current - age;
      const seen = this.#ring[window % this.#ring.length];
      if (seen.size === 0) continue;
      const pairs = Array.from(seen, ({ key, value }): [string, string, string] => {
        if (this.#question.nodes === 'cluster') return ['', key, value];
        const blank = key.indexOf(' ');
        return [nodes.name(Number(key.slice(0, blank))), key.slice(blank + 1), value];
      });
      pairs.sort(
        (a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]) || compareText(a[2], b[2]),
      );
      windows.push({ window, pairs });
    }
    return { current: this.current, windows };
  }

  restore(state: DistinctState, nodes: Words): void {
    const { nodes: scope } = this.#question;
    this.start(state.windows.at(0)?.window ?? state.current);
    for (const { window, pairs } of state.windows) {
      while (this.current < window) this.step();
      for (const [node, key, value] of pairs) {
        this.#see(scope === 'node' ? `${nodes.id(node)} ${key}` : key, value, window);
      }
    }
    while (this.current < state.current) this.step();
  }

  step(): void {
    const next = this.current + 1;
    const { start } = this.#question.windows;
    const length = this.#ring.length;
    const leaving = this.#ring[next % length];
    for (const pair of leaving) {
      this.#leave(pair);
      this.#release(pair);
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

  /** Whether the window had not seen the pair. */
  #see(key: string, value: string, window: number): boolean {
    const pair = this.#pair(key, value);
    const seen = this.#ring[window % this.#ring.length];
    if (seen.has(pair)) return false;
    seen.add(pair);
    pair.kept++;
    if (this.current - window >= this.#question.windows.start) this.#enter(pair);
    return true;
  }

  /** One window less keeps the pair. */
  #release(pair: Pair): void {
    pair.kept--;
    if (pair.kept > 0) return;
    const values = this.#pairs.get(pair.key)!;
    values.delete(pair.value);
    this.size--;
    if (values.size === 0) this.#pairs.delete(pair.key);
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
