import { formatWords, readAddressText } from '../model/address.ts';
import { grown, FLAG, type EventBatch } from '../model/event-batch.ts';
import { compareText } from '../model/order.ts';
import { DAY_MS } from '../model/time.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { ByteIndex } from './byte-index.ts';
import type { MessageState } from './correlator-state.ts';
import { KeyBytes } from './key-bytes.ts';

/** Room for every queue id in use; longer words are kept apart. */
const ID_WORDS = 5;
const INITIAL_SLOTS = 64;
/** A message leaves the queue after five days at most; one that was never accepted within hours. */
const FORGET_ACCEPTED_MS = 7 * DAY_MS;
const FORGET_REFUSED_MS = DAY_MS;

/**
 * Messages by queue id: who sent them. Ids are unique on a node for an instance and while the
 * message lives; a new `client=` line for an id begins a new message. An id that is never logged as
 * removed is forgotten after days without a line.
 */
export class TransactionTable {
  family = new Uint8Array(INITIAL_SLOTS);
  words = new Int32Array(INITIAL_SLOTS * 4);
  service = new Uint16Array(INITIAL_SLOTS);
  listener = new Uint16Array(INITIAL_SLOTS);
  sessionSlot = new Uint32Array(INITIAL_SLOTS);
  sessionSerial = new Uint32Array(INITIAL_SLOTS);
  accepted = new Uint8Array(INITIAL_SLOTS);
  reinjected = new Uint8Array(INITIAL_SLOTS);
  /** Recipients without a final result, where the log has one line for each; 0: nobody counts them. */
  unsettled = new Int32Array(INITIAL_SLOTS);
  /** Filled only when the run asks for these fields. */
  readonly user: (string | undefined)[] = [];
  readonly session: (string | undefined)[] = [];
  /** Of messages whose first line was their reception. */
  readonly sender: (string | undefined)[] = [];

  readonly #ids = new ByteIndex(ID_WORDS);
  #last = new Float64Array(INITIAL_SLOTS);
  #live = new Uint8Array(INITIAL_SLOTS);
  #capacity = INITIAL_SLOTS;

  get size(): number {
    return this.#ids.size;
  }

  /** Room for messages; when it is used up, old ones are forgotten first. */
  get capacity(): number {
    return this.#capacity;
  }

  find(node: number, words: Int32Array, start: number, end: number, instance: number): number {
    return this.#ids.find(node, words, start, end, instance);
  }

  /** Begins a message; one that used the id before is over. */
  begin(
    node: number,
    words: Int32Array,
    start: number,
    end: number,
    instance: number,
    nowMs: number,
  ): number {
    let slot = this.#ids.find(node, words, start, end, instance);
    if (slot === 0 || this.#ids.tag(slot) !== instance) {
      if (this.#ids.size + 1 >= this.#capacity) this.#forget(nowMs);
      slot = this.#ids.insert(instance);
      if (slot >= this.#capacity) this.#grow();
    }
    this.#live[slot] = 1;
    this.#last[slot] = nowMs;
    this.accepted[slot] = 0;
    this.unsettled[slot] = 0;
    this.sender[slot] = undefined;
    return slot;
  }

  setClient(slot: number, batch: EventBatch, row: number, session: number, serial: number): void {
    this.family[slot] = batch.family[row];
    for (let word = 0; word < 4; word++) this.words[slot * 4 + word] = batch.ip[row * 4 + word];
    this.service[slot] = batch.service[row];
    this.listener[slot] = batch.listener[row];
    this.reinjected[slot] = batch.flags[row] & FLAG.reinjected;
    this.sessionSlot[slot] = session;
    this.sessionSerial[slot] = serial;
  }

  touch(slot: number, nowMs: number): void {
    if (nowMs > this.#last[slot]) this.#last[slot] = nowMs;
  }

  remove(slot: number): void {
    this.#live[slot] = 0;
    this.user[slot] = undefined;
    this.session[slot] = undefined;
    this.sender[slot] = undefined;
    this.#ids.remove(slot);
  }

  /** @param sessionOf index of the open session behind a slot and serial, -1 when it has ended */
  save(
    { nodes, services, listeners }: Vocabulary,
    sessionOf: (slot: number, serial: number) => number,
  ): MessageState[] {
    const saved: MessageState[] = [];
    for (let slot = 1; slot < this.#capacity; slot++) {
      if (this.#live[slot] === 0) continue;
      saved.push({
        node: nodes.name(this.#ids.node(slot)),
        instance: listeners.name(this.#ids.tag(slot)),
        id: this.#ids.key(slot),
        ip: formatWords(this.family[slot], this.words, slot * 4),
        service: services.name(this.service[slot]),
        listener: listeners.name(this.listener[slot]),
        session: sessionOf(this.sessionSlot[slot], this.sessionSerial[slot]),
        accepted: this.accepted[slot],
        reinjected: this.reinjected[slot],
        lastMs: this.#last[slot],
        ...(this.unsettled[slot] > 0 && { unsettled: this.unsettled[slot] }),
        user: this.user[slot],
        sessionName: this.session[slot],
        ...(this.sender[slot] !== undefined && { sender: this.sender[slot] }),
      });
    }
    return saved.sort(
      (a, b) =>
        compareText(a.node, b.node) ||
        compareText(a.instance, b.instance) ||
        compareText(a.id, b.id),
    );
  }

  /**
   * Takes saved messages into an empty table.
   *
   * @param sessions slot of each saved session; `serials` by slot
   */
  restore(
    capacity: number,
    states: readonly MessageState[],
    { nodes, services, listeners }: Vocabulary,
    sessions: readonly number[],
    serials: Uint32Array,
  ): void {
    this.#ids.reserve(capacity);
    this.#grow();
    const id = new KeyBytes();
    const ip = new Int32Array(4);
    for (const state of states) {
      id.set(state.id, 'latin1');
      const instance = listeners.id(state.instance)!;
      const node = nodes.id(state.node)!;
      const slot = this.begin(node, id.words, 0, id.length, instance, state.lastMs);
      this.family[slot] = readAddressText(state.ip, ip);
      this.words.set(ip, slot * 4);
      this.service[slot] = services.id(state.service)!;
      this.listener[slot] = listeners.id(state.listener)!;
      this.sessionSlot[slot] = sessions[state.session] ?? 0;
      this.sessionSerial[slot] = serials[this.sessionSlot[slot]];
      this.accepted[slot] = state.accepted;
      this.reinjected[slot] = state.reinjected;
      this.unsettled[slot] = state.unsettled ?? 0;
      this.user[slot] = state.user;
      this.session[slot] = state.sessionName;
      this.sender[slot] = state.sender;
    }
  }

  /** Runs when the table would grow, so its cost is shared by the messages since the last time. */
  #forget(nowMs: number): void {
    for (let slot = 1; slot < this.#capacity; slot++) {
      if (this.#live[slot] === 0) continue;
      const limit = this.accepted[slot] === 0 ? FORGET_REFUSED_MS : FORGET_ACCEPTED_MS;
      if (nowMs - this.#last[slot] > limit) this.remove(slot);
    }
  }

  #grow(): void {
    const room = (this.#capacity = this.#ids.capacity);
    this.family = grown(new Uint8Array(room), this.family);
    this.words = grown(new Int32Array(room * 4), this.words);
    this.service = grown(new Uint16Array(room), this.service);
    this.listener = grown(new Uint16Array(room), this.listener);
    this.sessionSlot = grown(new Uint32Array(room), this.sessionSlot);
    this.sessionSerial = grown(new Uint32Array(room), this.sessionSerial);
    this.accepted = grown(new Uint8Array(room), this.accepted);
    this.reinjected = grown(new Uint8Array(room), this.reinjected);
    this.unsettled = grown(new Int32Array(room), this.unsettled);
    this.#last = grown(new Float64Array(room), this.#last);
    this.#live = grown(new Uint8Array(room), this.#live);
  }
}
