import type { Correlator } from '../correlate/correlator.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { KIND, PHASE } from '../model/event.ts';

/** Says of an event that no rule has taken it. */
export const NOBODY = -1;

/**
 * Which rule has taken which session and message: what a refusal takes with it (semantics,
 * section 6). Slots are the correlator's; a rule is a number from 0.
 */
export class TakenTraffic {
  /** By slot of an open session: the rule that took it, plus 1; 0: none. */
  readonly #sessions: number[] = [];
  /** The same by slot of a message. */
  readonly #messages: number[] = [];
  /** By slot of an open session: its message that is not accepted yet; 0: none. */
  readonly #begun: number[] = [];
  /** By slot of a message: the session that it began in. */
  readonly #makers: number[] = [];

  /** A session opened: nobody has taken it. */
  opened(session: number): void {
    this.#sessions[session] = 0;
    this.#begun[session] = 0;
  }

  /**
   * The rule that took the event's session or message before; `NOBODY`: none. To be asked once at
   * every event that the correlator has taken, in order.
   */
  ownerOf(batch: EventBatch, row: number, correlator: Correlator): number {
    const { session, queued, closed } = correlator;
    const kind = batch.kind[row];
    let owner = 0;
    if (kind === KIND.transaction || (kind === KIND.reinjection && isFirstLine(batch, row))) {
      owner = this.#ofSession(session);
      if (queued !== 0) this.#begin(queued, session, owner);
      if (session !== 0) this.#begun[session] = queued;
    } else if (kind === KIND.reception) {
      if (correlator.begins) this.#begin(queued, session, 0);
      owner = this.#ofMessage(queued) || this.#ofSession(session);
      if (queued !== 0) this.#messages[queued] = owner;
      if (session !== 0) this.#begun[session] = 0;
    } else {
      owner = this.#ofMessage(queued) || this.#ofSession(session) || this.#ofSession(closed);
    }
    return owner - 1;
  }

  /**
   * `rule` takes an event that nobody had taken, and what goes with it.
   *
   * @param closes whether the verdict closes the connection
   */
  take(
    rule: number,
    closes: boolean,
    batch: EventBatch,
    row: number,
    correlator: Correlator,
  ): void {
    const { session, queued } = correlator;
    const kind = batch.kind[row];
    const owner = rule + 1;
    if (queued !== 0 && (kind === KIND.transaction || kind === KIND.reception)) {
      this.#messages[queued] = owner;
    }
    if (session === 0 || (kind !== KIND.connect && !closes)) return;
    this.#sessions[session] = owner;
    const begun = this.#begun[session];
    if (begun !== 0) this.#messages[begun] ||= owner;
  }

  /** `rule` takes the message of an event that nobody had taken, and nothing else. */
  discard(rule: number, batch: EventBatch, row: number, { session, queued }: Correlator): void {
    const kind = batch.kind[row];
    if (queued === 0 || (kind !== KIND.transaction && kind !== KIND.reception)) return;
    this.#messages[queued] = rule + 1;
    // Its client believes it to be on its way, whatever becomes of the session.
    if (this.#begun[session] === queued) this.#begun[session] = 0;
  }

  /** The message of an open session that is not accepted yet; 0: none. */
  begunOf(session: number): number {
    return session === 0 ? 0 : (this.#begun[session] ?? 0);
  }

  /** A message has a queue id, and with it perhaps the slot of one that was never accepted. */
  #begin(message: number, session: number, owner: number): void {
    const before = this.#makers[message] ?? 0;
    if (this.#begun[before] === message) this.#begun[before] = 0;
    this.#makers[message] = session;
    this.#messages[message] = owner;
  }

  #ofSession(slot: number): number {
    return slot === 0 ? 0 : (this.#sessions[slot] ?? 0);
  }

  #ofMessage(slot: number): number {
    return slot === 0 ? 0 : (this.#messages[slot] ?? 0);
  }
}

/** Of the two lines of a message that a filter handed back, the `client=` line. */
export function isFirstLine(batch: EventBatch, row: number): boolean {
  return batch.phase[row] === PHASE.rcptto;
}
