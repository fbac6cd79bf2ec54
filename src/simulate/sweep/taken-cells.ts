import type { Correlator } from '../../correlate/correlator.ts';
import { grown, type EventBatch } from '../../model/event-batch.ts';
import { KIND } from '../../model/event.ts';
import type { CellLayout } from './cell-counts.ts';
import { isFirstLine } from '../taken-traffic.ts';

/** A refusal of the event at hand, cell by cell. */
export interface Refusal {
  /** By chunk: the cells in which the swept rule refuses it first, and those in which another does. */
  readonly ours: Int32Array;
  readonly others: Int32Array;
  /** Whether the verdicts close the connection. */
  readonly oursCloses: boolean;
  readonly othersClose: boolean;
}

/**
 * What refusals take in every cell of a sweep: `TakenTraffic` for many policies at once that differ
 * in one rule. Of each session and message it is kept in which cells the swept rule has taken it,
 * and in which another.
 */
export class TakenCells {
  /** By chunk: the cells in which the swept rule has taken the event at hand. */
  readonly ours: Int32Array;
  readonly #others: Int32Array;
  readonly #layout: CellLayout;
  readonly #sessions: MaskRows;
  readonly #messages: MaskRows;
  /** By slot of an open session: its message that is not accepted yet; 0: none. */
  readonly #begun: number[] = [];
  /** By slot of a message: the session that it began in. */
  readonly #makers: number[] = [];
  #anyTaken = false;

  constructor(layout: CellLayout) {
    const { chunks } = (this.#layout = layout);
    this.ours = new Int32Array(chunks);
    this.#others = new Int32Array(chunks);
    this.#sessions = new MaskRows(chunks);
    this.#messages = new MaskRows(chunks);
  }

  /** Whether the swept rule or another has taken the event at hand in any cell. */
  get anyTaken(): boolean {
    return this.#anyTaken;
  }

  /** A session opened: nobody has taken it. */
  opened(session: number): void {
    this.#sessions.clear(session);
    this.#begun[session] = 0;
  }

  /**
   * Looks up in which cells the event's session or message was taken before. To be called once at
   * every event that the correlator has taken, in order.
   */
  look(batch: EventBatch, row: number, correlator: Correlator): void {
    const { session, queued } = correlator;
    const kind = batch.kind[row];
    if (this.#anyTaken) {
      this.ours.fill(0);
      this.#others.fill(0);
      this.#anyTaken = false;
    }
    if (kind === KIND.transaction || (kind === KIND.reinjection && isFirstLine(batch, row))) {
      this.#follow(this.#sessions, session);
      if (queued !== 0) this.#begin(queued, session);
      this.#keep(queued);
      if (session !== 0) this.#begun[session] = queued;
    } else if (kind === KIND.reception) {
      if (correlator.begins) this.#begin(queued, session);
      else this.#follow(this.#messages, queued);
      this.#follow(this.#sessions, session);
      this.#keep(queued);
      if (session !== 0) this.#begun[session] = 0;
    } else {
      this.#follow(this.#messages, queued);
      // The end of a session belongs to no class and is refused by nobody.
      this.#follow(this.#sessions, session);
    }
  }

  /** A refusal takes the event at hand where nobody had taken it, and what goes with it. */
  take(refusal: Refusal, batch: EventBatch, row: number, correlator: Correlator): void {
    const { session, queued } = correlator;
    const kind = batch.kind[row];
    const isConnect = kind === KIND.connect;
    const isMessage = queued !== 0 && (kind === KIND.transaction || kind === KIND.reception);
    const begun = session === 0 ? 0 : (this.#begun[session] ?? 0);
    const { chunks } = this.#layout;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const free = ~(this.ours[chunk] | this.#others[chunk]);
      const ours = refusal.ours[chunk] & free;
      const others = refusal.others[chunk] & free;
      if ((ours | others) === 0) continue;
      this.#anyTaken = true;
      this.ours[chunk] |= ours;
      this.#others[chunk] |= others;
      if (isMessage) this.#messages.change(queued, chunk, ours, others);
      if (session === 0) continue;
      const oursClosed = isConnect || refusal.oursCloses ? ours : 0;
      const othersClosed = isConnect || refusal.othersClose ? others : 0;
      if ((oursClosed | othersClosed) === 0) continue;
      this.#sessions.change(session, chunk, oursClosed, othersClosed);
      if (begun !== 0) this.#messages.add(begun, chunk, oursClosed, othersClosed);
    }
  }

  /** A message has a queue id, and with it perhaps the slot of one that was never accepted. */
  #begin(message: number, session: number): void {
    const before = this.#makers[message] ?? 0;
    if (this.#begun[before] === message) this.#begun[before] = 0;
    this.#makers[message] = session;
  }

  /** Whoever has taken a session or message has taken the event, where nobody had. */
  #follow(rows: MaskRows, slot: number): void {
    const at = rows.find(slot);
    if (at === -1) return;
    this.#anyTaken = true;
    const { chunks } = this.#layout;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const free = ~(this.ours[chunk] | this.#others[chunk]);
      this.ours[chunk] |= rows.masks[at + chunk * 2] & free;
      this.#others[chunk] |= rows.masks[at + chunk * 2 + 1] & free;
    }
  }

  /** The message is taken where the event at hand is, and nowhere else. */
  #keep(message: number): void {
    if (message === 0) return;
    this.#messages.clear(message);
    if (!this.#anyTaken) return;
    const { chunks } = this.#layout;
    for (let chunk = 0; chunk < chunks; chunk++) {
      this.#messages.change(message, chunk, this.ours[chunk], this.#others[chunk]);
    }
  }
}

/** Masks of the slots that anyone has taken, two for each chunk: the swept rule's, and others'. */
class MaskRows {
  masks = new Int32Array(0);
  readonly #width: number;
  /** By slot: where its masks stand, plus 1; 0: nobody has taken it. */
  readonly #places: number[] = [];
  readonly #free: number[] = [];
  #end = 0;

  constructor(chunks: number) {
    this.#width = chunks * 2;
  }

  /** Where the masks of a slot stand; -1: nobody has taken it. */
  find(slot: number): number {
    return slot === 0 ? -1 : (this.#places[slot] ?? 0) - 1;
  }

  clear(slot: number): void {
    const at = this.find(slot);
    this.#places[slot] = 0;
    if (at === -1) return;
    this.masks.fill(0, at, at + this.#width);
    this.#free.push(at);
  }

  /** The same for cells that nobody has. */
  add(slot: number, chunk: number, ours: number, others: number): void {
    const at = this.find(slot);
    const mine = at + chunk * 2;
    const free = at === -1 ? -1 : ~(this.masks[mine] | this.masks[mine + 1]);
    this.change(slot, chunk, ours & free, others & free);
  }

  /** Gives the cells of two masks to the swept rule and to another one, whoever had them. */
  change(slot: number, chunk: number, ours: number, others: number): void {
    let at = this.find(slot);
    if (at === -1) {
      at = this.#free.pop() ?? this.#append();
      this.#places[slot] = at + 1;
    }
    const { masks } = this;
    const mine = at + chunk * 2;
    const changed = ours | others;
    masks[mine] = (masks[mine] & ~changed) | ours;
    masks[mine + 1] = (masks[mine + 1] & ~changed) | others;
  }

  #append(): number {
    const at = this.#end;
    this.#end += this.#width;
    if (this.#end > this.masks.length) {
      this.masks = grown(new Int32Array(Math.max(64 * this.#width, this.#end * 2)), this.masks);
    }
    return at;
  }
}
