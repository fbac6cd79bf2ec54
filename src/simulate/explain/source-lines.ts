import type { SessionFacts } from '../../engine/session-gauge.ts';
import type { WindowRange } from '../../model/monitor.ts';
import type { SourceLine, SourceLines } from './explanation.ts';

/** What one window counted under one key: how many events, and the newest of their lines. */
interface WindowLines {
  total: number;
  /** The oldest first. */
  readonly lines: SourceLine[];
}

/**
 * Log lines of the events that a rule counted, by its keys: the newest of each, as long as their
 * windows can be asked. Memory follows the keys that are alive, not the log.
 */
export class CountedLines {
  readonly #limit: number;
  readonly #range: WindowRange;
  readonly #keys = new Map<string, Map<number, WindowLines>>();
  #current = -1;

  /** @param limit how many lines a key is to show */
  constructor(limit: number, range: WindowRange) {
    this.#limit = limit;
    this.#range = range;
  }

  /** Notes an event of a window; `current` is the present one. */
  add(key: string, window: number, current: number, line: SourceLine): void {
    if (current !== this.#current) this.#enter(current);
    if (window < current - this.#range.end) return;
    let windows = this.#keys.get(key);
    if (windows === undefined) this.#keys.set(key, (windows = new Map<number, WindowLines>()));
    let own = windows.get(window);
    if (own === undefined) {
      windows.set(window, (own = { total: 0, lines: [] }));
      if (this.#range.start === 0) this.#forgetOlder(windows);
    }
    own.total++;
    own.lines.push(line);
    if (own.lines.length > this.#limit) own.lines.shift();
  }

  /** What the windows of the range counted under a key. */
  of(key: string, current: number): SourceLines {
    const newest: SourceLine[] = [];
    let total = 0;
    for (const [window, own] of newestFirst(this.#keys.get(key) ?? new Map())) {
      const age = current - window;
      if (age < this.#range.start || age > this.#range.end) continue;
      total += own.total;
      newest.push(...own.lines.toReversed());
    }
    return { total, newest: newest.slice(0, this.#limit) };
  }

  #enter(current: number): void {
    this.#current = current;
    for (const [key, windows] of this.#keys) {
      for (const window of windows.keys()) {
        if (window < current - this.#range.end) windows.delete(window);
      }
      if (windows.size === 0) this.#keys.delete(key);
    }
  }

  /** Lines for which newer windows leave no room: a range that begins at window 0 asks them first. */
  #forgetOlder(windows: ReadonlyMap<number, WindowLines>): void {
    let newer = 0;
    for (const [, { lines }] of newestFirst(windows)) {
      if (newer >= this.#limit) lines.length = 0;
      newer += lines.length;
    }
  }
}

function newestFirst(windows: ReadonlyMap<number, WindowLines>): [number, WindowLines][] {
  return [...windows].sort(([a], [b]) => b - a);
}

interface OpenSession extends SessionFacts {
  readonly line: SourceLine;
}

/** The connect lines of sessions that are open, in the order in which they opened. */
export class SessionLines {
  readonly #open = new Map<number, OpenSession>();

  /** A session opened; its facts are copied. */
  open(slot: number, facts: SessionFacts, line: SourceLine): void {
    const { family, words, at, node, service, listener } = facts;
    const own = words.slice(at, at + 4);
    this.#open.set(slot, { family, words: own, at: 0, node, service, listener, line });
  }

  end(slot: number): void {
    this.#open.delete(slot);
  }

  /** The sessions that are asked for; the newest `limit` lines, the newest first. */
  of(limit: number, asked: (session: SessionFacts) => boolean): SourceLines {
    const own = [...this.#open.values()].filter(asked);
    return {
      total: own.length,
      newest: own
        .map(({ line }) => line)
        .reverse()
        .slice(0, limit),
    };
  }
}
