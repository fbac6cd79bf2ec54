import type { NetworkSet, Prefix } from '../model/address.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { BlockQuestion, Scope, Subject } from './port.ts';
import { addressGauge, SessionGauge, type SessionFacts } from './session-gauge.ts';
import type { KeyRegistry } from './tables.ts';
import { ToldSessions } from './nodes/told-sessions.ts';

export interface SessionGaugesOptions {
  readonly subject: Subject;
  readonly vocabulary: Vocabulary;
  /** Peers that are never counted. */
  readonly ignore: NetworkSet;
  /** Calls back for every session that is open, ignored peers' included; in any order. */
  readonly eachOpenSession: ((take: (facts: SessionFacts) => void) => void) | undefined;
  /** How long nodes take to tell each other of their sessions; undefined: they do not. */
  readonly delayMs: number | undefined;
}

/** Which open sessions are asked, by blocks of which length. */
export interface AskedSessions {
  readonly prefix: Prefix;
  /** Undefined: all of them. */
  readonly service: string | undefined;
  readonly listener: string | undefined;
  readonly scope: Scope;
}

/** The gauges of open sessions that an engine keeps, whoever asks them. */
export class SessionGauges {
  /** Every session, per address. */
  readonly every: SessionGauge;
  readonly #options: SessionGaugesOptions;
  readonly #registry: KeyRegistry;
  /** Those that were asked for before the first event. */
  readonly #gauges: SessionGauge[] = [];
  /** Those that came later. */
  readonly #late: SessionGauge[] = [];
  /** Undefined: sessions are told at once, or not at all. */
  readonly #told: ToldSessions | undefined;
  #saw = false;

  constructor(options: SessionGaugesOptions, registry: KeyRegistry) {
    const { subject, delayMs } = options;
    this.#options = options;
    this.#registry = registry;
    this.every = addressGauge(subject, registry);
    this.#told = delayMs === undefined || delayMs === 0 ? undefined : new ToldSessions(delayMs);
  }

  /** Whether there was a session. */
  get saw(): boolean {
    return this.#saw;
  }

  /** Keys in memory that no registry has. */
  get size(): number {
    let size = 0;
    for (const gauge of [...this.#gauges, ...this.#late]) size += gauge.size;
    return size;
  }

  /** A gauge that is asked from the first event on. */
  ask(asked: AskedSessions): SessionGauge {
    const gauge = this.#newGauge(asked, this.#registry);
    this.#gauges.push(gauge);
    return gauge;
  }

  /** A gauge that is asked from now on: it holds the sessions that are open. */
  askLate(asked: AskedSessions, keys: KeyRegistry): SessionGauge {
    const gauge = this.#filled(asked, keys);
    this.#late.push(gauge);
    return gauge;
  }

  /**
   * The sessions of all nodes as the one at hand has been told of them, where that takes a while.
   *
   * @param own those of the node at hand
   */
  askTold(own: SessionGauge, asked: AskedSessions, newKeys: () => KeyRegistry): BlockQuestion {
    const lagging = (scope: Scope): SessionGauge => this.#filled({ ...asked, scope }, newKeys());
    return this.#told!.question(own, lagging('cluster'), lagging('node'));
  }

  /** A session opened (+1) or ended (-1). */
  change(facts: SessionFacts, change: 1 | -1, nowMs: number): void {
    this.#saw = true;
    this.every.change(facts, change);
    for (const gauge of this.#gauges) gauge.change(facts, change);
    for (const gauge of this.#late) gauge.change(facts, change);
    this.#told?.change(facts, change, nowMs);
  }

  /** Nodes are told what they are told by `timeMs`. */
  deliver(timeMs: number): void {
    this.#told?.deliver(timeMs);
  }

  /** Begins a window for all but `every`, whose window is closed by whoever shows it. */
  step(): void {
    for (const gauge of [...this.#gauges, ...this.#late]) gauge.step();
    this.#told?.step();
  }

  /** The gauge of every session, then those that were asked for before the first event. */
  get kept(): readonly SessionGauge[] {
    return [this.every, ...this.#gauges];
  }

  /** @param saw whether there was a session in an earlier run */
  restore(saw: boolean): void {
    this.#saw = saw;
  }

  #filled(asked: AskedSessions, keys: KeyRegistry): SessionGauge {
    const { eachOpenSession, ignore } = this.#options;
    const gauge = this.#newGauge(asked, keys);
    // Before the first session nobody can be asked who is there.
    if (!this.#saw) return gauge;
    eachOpenSession?.((facts) => {
      if (!ignore.has(facts.family as 4 | 6, facts.words, facts.at)) gauge.change(facts, 1);
    });
    return gauge;
  }

  #newGauge({ prefix, service, listener, scope }: AskedSessions, keys: KeyRegistry): SessionGauge {
    const { vocabulary, subject } = this.#options;
    const { services, listeners } = vocabulary;
    const serviceId = service === undefined ? undefined : services.id(service);
    const listenerId = listener === undefined ? undefined : listeners.id(listener);
    return new SessionGauge(prefix, serviceId, listenerId, scope, subject, keys);
  }
}
