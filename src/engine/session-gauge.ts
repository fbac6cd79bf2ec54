import { ADDRESS, formatAddress, maskWord, type Prefix } from '../model/address.ts';
import { KIND } from '../model/event.ts';
import type { Counter, Scope, Subject } from './port.ts';
import { firstOf } from './ranking.ts';

/** An open or ended session as the gauges see it. */
export interface SessionFacts {
  readonly family: number;
  /** The address at connect stands in `words[at .. at+3]`. */
  readonly words: Int32Array;
  readonly at: number;
  readonly node: number;
  readonly service: number;
  readonly listener: number;
}

interface Level {
  open: number;
  /** Highest value of `open` in the present window of the first monitor. */
  peak: number;
  readonly family: number;
  readonly words: readonly [number, number, number, number];
}

/**
 * Sessions open now, summed over blocks of one prefix length per family. IPv4 blocks are keyed by
 * number, IPv6 blocks by text.
 */
export class SessionGauge implements Counter {
  readonly #prefix: Prefix;
  readonly #service: number | undefined;
  readonly #listener: number | undefined;
  readonly #scope: Scope;
  readonly #subject: Subject;
  readonly #levels = new Map<number | string, Level>();
  #changed: Level[] = [];
  #open = 0;
  #peak = 0;

  constructor(
    prefix: Prefix,
    service: number | undefined,
    listener: number | undefined,
    scope: Scope,
    subject: Subject,
  ) {
    this.#prefix = prefix;
    this.#service = service;
    this.#listener = listener;
    this.#scope = scope;
    this.#subject = subject;
  }

  get empty(): boolean {
    return this.#levels.size === 0;
  }

  value(): number {
    const { family, at, node, batch } = this.#subject;
    if (family === 0) return 0;
    const { ip } = batch;
    return (
      this.#levels.get(this.#key(family, ip[at], ip[at + 1], ip[at + 2], ip[at + 3], node))?.open ??
      0
    );
  }

  identity(): number {
    return -1;
  }

  /** Sessions are judged at connects. */
  counted(): boolean {
    return this.#subject.batch.kind[this.#subject.row] === KIND.connect;
  }

  /** @param change +1 at connect, -1 at the end */
  change(session: SessionFacts, change: number): void {
    if (session.family === 0) return;
    if (this.#service !== undefined && session.service !== this.#service) return;
    if (this.#listener !== undefined && session.listener !== this.#listener) return;
    const { family, node, words, at } = session;
    const w0 = words[at];
    const w1 = words[at + 1];
    const w2 = words[at + 2];
    const w3 = words[at + 3];
    const key = this.#key(family, w0, w1, w2, w3, node);
    let level = this.#levels.get(key);
    if (level === undefined) {
      level = { open: 0, peak: 0, family, words: [w0, w1, w2, w3] };
      this.#levels.set(key, level);
    }
    level.open += change;
    this.#open += change;
    if (level.open > level.peak) level.peak = level.open;
    if (this.#open > this.#peak) this.#peak = this.#open;
    if (level.open === 0) this.#changed.push(level);
  }

  /**
   * Ends a window of the first monitor: the peak of all sessions, the addresses that had one open,
   * and the `top` highest peaks. Addresses without an open session are forgotten.
   */
  closeWindow(top: number): { total: number; keys: number; top: { key: string; count: number }[] } {
    const levels = [...this.#levels.values()];
    const best = firstOf(
      levels.length,
      top,
      (a, b) => levels[b].peak - levels[a].peak || compareLevels(levels[a], levels[b]),
    );
    const result = {
      total: this.#peak,
      keys: levels.length,
      top: best.map((index) => {
        const { family, words, peak } = levels[index];
        return { key: formatAddress(family === 4 ? 4 : 6, ...words), count: peak };
      }),
    };
    this.forgetEnded();
    for (const level of this.#levels.values()) level.peak = level.open;
    this.#peak = this.#open;
    return result;
  }

  /** Forgets blocks without an open session. */
  forgetEnded(): void {
    if (this.#changed.length === 0) return;
    this.#changed = [];
    for (const [key, level] of this.#levels) if (level.open === 0) this.#levels.delete(key);
  }

  #key(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    node: number,
  ): number | string {
    const own = this.#scope === 'node' ? `${node} ` : '';
    if (family === 4) {
      const block = w0 & maskWord(this.#prefix.ipv4, 0);
      return own === '' ? block : own + block;
    }
    const { ipv6 } = this.#prefix;
    return `${own}${w0 & maskWord(ipv6, 0)} ${w1 & maskWord(ipv6, 1)} ${w2 & maskWord(ipv6, 2)} ${w3 & maskWord(ipv6, 3)}`;
  }
}

/** Every session, per address: what reports show. */
export function addressGauge(subject: Subject): SessionGauge {
  return new SessionGauge(ADDRESS, undefined, undefined, 'cluster', subject);
}

function compareLevels(a: Level, b: Level): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let word = 0; word < 4; word++) {
    const difference = (a.words[word] >>> 0) - (b.words[word] >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
