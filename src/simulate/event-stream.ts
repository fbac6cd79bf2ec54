import type { EventSource } from '../clock/event-source.ts';
import { Merge, type MergeBounds } from '../clock/merge.ts';
import { Correlator, DEFAULT_SESSION_TIMEOUT_MS } from '../correlate/correlator.ts';
import type { SessionEnd } from '../correlate/session-table.ts';
import type { SessionFacts } from '../engine/session-gauge.ts';
import type { EventBatch } from '../model/event-batch.ts';
import type { Needs } from '../model/event.ts';

/** Where a stream stands, for those who take its events. */
export interface StreamClock {
  readonly correlator: Correlator;
  /** The moment at hand, milliseconds UTC; -Infinity before the first event. */
  readonly nowMs: number;
  /** Something of a taker's own has become due earlier than it said. */
  hasten(timeMs: number): void;
  /** The event at hand is the last one; nothing behind it happens. */
  stop(): void;
  /** Slots of the open sessions that a taker was told of, in any order. */
  slotsOf(taker: StreamTaker): Iterable<number>;
  /** The session behind a slot of the correlator; one object, changed per call. */
  factsOf(slot: number): SessionFacts;
}

/** Events that no input holds, in the order of time. */
export interface ReturningEvents {
  /** When the next one happens, milliseconds UTC; Infinity: there is none. */
  readonly nextMs: number;
  /** Takes the next one; its row is valid until the one after is taken. */
  next(): { readonly batch: EventBatch; readonly row: number };
}

/** Takes the events of a stream, in order, as the clock passes. */
export interface StreamTaker {
  /** Events that happen for this taker alone; only one taker of a stream may have them. */
  readonly returning?: ReturningEvents | undefined;
  /** Told once, before anything else, whose events it takes. */
  attach(clock: StreamClock): void;
  /** When something of its own is due next, such as the beginning of a window; milliseconds UTC. */
  readonly nextDueMs: number;
  /** The first event of all is about to happen. */
  start(nowMs: number): void;
  /** Lets everything of its own happen that is due at `untilMs` or before. */
  advance(untilMs: number): void;
  /** A session opened (`end` undefined) or ended at `nowMs`; its facts are still there. */
  session(slot: number, end: SessionEnd | undefined, nowMs: number): void;
  /** An event happens at `nowMs`; the correlator knows its session and message. */
  take(batch: EventBatch, row: number, nowMs: number): void;
  /** A row turned out to be no event. */
  drop(batch: EventBatch, row: number): void;
}

export interface EventStreamOptions {
  readonly sources: readonly EventSource[];
  readonly needs: Needs;
  readonly takers: readonly StreamTaker[];
  readonly sessionTimeoutMs?: number | undefined;
  /** Events from here on are not read. */
  readonly toMs?: number | undefined;
  readonly bounds?: MergeBounds | undefined;
}

/**
 * One stream of dated inputs under the simulated clock, with what ties its lines together: whoever
 * takes its events gets them in the one order that semantics, section 2, gives them, and may be one
 * of several.
 */
export class EventStream implements StreamClock {
  readonly correlator: Correlator;
  nowMs = -Infinity;
  readonly #takers: readonly StreamTaker[];
  /** Who has returning events, and by slot whether a session is one of them. */
  readonly #host: (StreamTaker & { readonly returning: ReturningEvents }) | undefined;
  readonly #returned: boolean[] = [];
  #isReturning = false;
  readonly #merge: Merge;
  readonly #toMs: number;
  readonly #sessionTimeoutMs: number;
  readonly #facts = {
    family: 0,
    words: new Int32Array(4),
    at: 0,
    node: 0,
    service: 0,
    listener: 0,
  };
  /** Nothing is due before this: no window begins, no session times out. */
  #dueMs = -Infinity;
  #started = false;
  #ended = false;

  constructor(options: EventStreamOptions) {
    const { sources, needs, takers, bounds } = options;
    this.#takers = takers;
    this.#host = takers.find(isHost);
    this.#toMs = options.toMs ?? Infinity;
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
    this.#merge = new Merge(sources, bounds);
    this.correlator = new Correlator({
      needs,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      onSession: (slot, end) => this.#session(slot, end),
    });
    for (const taker of takers) taker.attach(this);
  }

  /** Goes on where an earlier stream stood: the clock has been at `nowMs`. */
  resume(nowMs: number): void {
    this.#started = true;
    this.nowMs = nowMs;
    this.#dueMs = nowMs;
  }

  /**
   * Lets all events before `untilMs` happen and moves the clock there, if it stands earlier.
   * Infinity: to the end of the inputs, where the clock stays at the last event.
   */
  async advance(untilMs: number): Promise<void> {
    if (!this.#ended) await this.#merge.run(this.#handle, untilMs);
    this.#moveTo(untilMs);
  }

  /** As `advance`, but the clock begins with the first event and not before. False: none yet. */
  async reach(untilMs: number): Promise<boolean> {
    if (!this.#ended) await this.#merge.run(this.#handle, untilMs);
    if (this.#started) this.#moveTo(untilMs);
    return this.#started;
  }

  #moveTo(untilMs: number): void {
    if (untilMs === Infinity || untilMs <= this.nowMs) return;
    this.#advance(untilMs);
    this.nowMs = untilMs;
  }

  /** Calls `each` for the rows that a later run is to have. */
  takeHeld(each: (batch: EventBatch, row: number) => void): void {
    this.#merge.takeHeld(each);
  }

  hasten(timeMs: number): void {
    if (timeMs < this.#dueMs) this.#dueMs = timeMs;
  }

  stop(): void {
    this.#ended = true;
    this.#dueMs = -Infinity;
  }

  slotsOf(taker: StreamTaker): Iterable<number> {
    const slots = this.correlator.sessions.slots();
    if (this.#host === undefined || taker === this.#host) return slots;
    return [...slots].filter((slot) => !this.#returned[slot]);
  }

  factsOf(slot: number): SessionFacts {
    const { sessions } = this.correlator;
    const facts = this.#facts;
    facts.family = sessions.family[slot];
    facts.words = sessions.words;
    facts.at = slot * 4;
    facts.node = sessions.node[slot];
    facts.service = sessions.service[slot];
    facts.listener = sessions.listener[slot];
    return facts;
  }

  readonly #handle = (batch: EventBatch, from: number, to: number): boolean => {
    const { release } = batch;
    const { correlator } = this;
    const takers = this.#takers;
    const toMs = this.#toMs;
    for (let row = from; row < to; row++) {
      const nowMs = release[row];
      if (nowMs >= toMs) {
        this.#ended = true;
        return false;
      }
      if (!correlator.admits(batch, row)) {
        for (let i = 0; i < takers.length; i++) takers[i].drop(batch, row);
        continue;
      }
      if (nowMs >= this.#dueMs) {
        // Asked here and not at every event: who stops the stream makes it due.
        if (this.#ended) return false;
        this.#advance(nowMs);
      }
      this.nowMs = nowMs;
      correlator.take(batch, row);
      for (let i = 0; i < takers.length; i++) takers[i].take(batch, row, nowMs);
    }
    return true;
  };

  #session(slot: number, end: SessionEnd | undefined): void {
    if (this.#host === undefined) {
      for (const taker of this.#takers) taker.session(slot, end, this.nowMs);
      return;
    }
    if (end === undefined) this.#returned[slot] = this.#isReturning;
    const takers = this.#returned[slot] ? [this.#host] : this.#takers;
    for (const taker of takers) taker.session(slot, end, this.nowMs);
  }

  /** Lets the next returning event happen. */
  #return(host: StreamTaker & { readonly returning: ReturningEvents }): void {
    const { correlator } = this;
    const { batch, row } = host.returning.next();
    this.nowMs = batch.release[row];
    this.#isReturning = true;
    if (correlator.admits(batch, row)) {
      correlator.take(batch, row);
      host.take(batch, row, this.nowMs);
    }
    this.#isReturning = false;
  }

  /**
   * Lets everything happen that is due before the events of `nowMs`: windows first, then sessions,
   * then events that return.
   */
  #advance(nowMs: number): void {
    const { correlator } = this;
    const takers = this.#takers;
    const host = this.#host;
    if (!this.#started) {
      this.#started = true;
      for (const taker of takers) taker.start(nowMs);
    }
    for (;;) {
      const nextDueMs = this.#nextDueMs();
      const timeoutMs = correlator.nextTimeoutMs;
      const returnMs = host?.returning.nextMs ?? Infinity;
      const otherMs = Math.min(timeoutMs, returnMs);
      if (nextDueMs <= otherMs && nextDueMs <= nowMs) {
        const untilMs = Math.min(nowMs, otherMs);
        for (const taker of takers) if (taker.nextDueMs <= untilMs) taker.advance(untilMs);
      } else if (otherMs > nowMs) break;
      else if (timeoutMs <= returnMs) {
        this.nowMs = timeoutMs;
        correlator.expire();
      } else this.#return(host!);
    }
    // A session that opens from now on times out later than one that was active just now.
    const timeoutMs = Math.min(correlator.nextTimeoutMs, nowMs + this.#sessionTimeoutMs);
    this.#dueMs = Math.min(this.#nextDueMs(), timeoutMs, host?.returning.nextMs ?? Infinity);
  }

  #nextDueMs(): number {
    let dueMs = Infinity;
    for (const taker of this.#takers) dueMs = Math.min(dueMs, taker.nextDueMs);
    return dueMs;
  }
}

function isHost(
  taker: StreamTaker,
): taker is StreamTaker & { readonly returning: ReturningEvents } {
  return taker.returning !== undefined;
}
