import { formatWords, readAddressText } from '../model/address.ts';
import { grown } from '../model/event-batch.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import { ByteIndex } from './byte-index.ts';
import type { SessionState } from './correlator-state.ts';
import { KeyBytes } from './key-bytes.ts';

/** Room for `postfix/submission/smtpd[12345]` and most other session names. */
const NAME_WORDS = 10;
const INITIAL_SLOTS = 64;
/** An address (16 bytes), service and listener: the key of sessions without a name. */
const ANONYMOUS_BYTES = 20;

/** The MAIL transaction of a session: none, begun by a refused recipient, or with a queue id. */
export const MAIL = { none: 0, refused: 1, queued: 2 } as const;

/** How a session ended. */
export type SessionEnd = 'logged' | 'replaced' | 'restart' | 'timeout';

/**
 * The sessions open now. A named session (a process, a connection id) is unique on its node;
 * sessions without a name are told apart by peer, service and listener, the oldest ends first.
 *
 * Columns are by slot and public to the correlator, which owns them; a slot's `serial` changes with
 * each session, so that a stale (slot, serial) pair is recognised.
 */
export class SessionTable {
  family = new Uint8Array(INITIAL_SLOTS);
  words = new Int32Array(INITIAL_SLOTS * 4);
  node = new Uint16Array(INITIAL_SLOTS);
  service = new Uint16Array(INITIAL_SLOTS);
  listener = new Uint16Array(INITIAL_SLOTS);
  serial = new Uint32Array(INITIAL_SLOTS);
  /** Whether `ehlo` ran in this session, and its MAIL transaction (`MAIL`). */
  ehlo = new Uint8Array(INITIAL_SLOTS);
  mail = new Uint8Array(INITIAL_SLOTS);
  open = 0;

  #capacity = INITIAL_SLOTS;
  #slots = 0;
  readonly #free: number[] = [];
  #last = new Float64Array(INITIAL_SLOTS);
  /** Doubly linked list by last activity; slot 0 is both ends. */
  #older = new Int32Array(INITIAL_SLOTS);
  #newer = new Int32Array(INITIAL_SLOTS);
  readonly #names = new ByteIndex(NAME_WORDS);
  /** Name slot of a session, 0 when it has none, and back. */
  #nameOf = new Int32Array(INITIAL_SLOTS);
  #named = new Int32Array(INITIAL_SLOTS);
  readonly #groups = new ByteIndex(ANONYMOUS_BYTES / 4);
  #groupOf = new Int32Array(INITIAL_SLOTS);
  #groupFirst = new Int32Array(INITIAL_SLOTS);
  #groupLast = new Int32Array(INITIAL_SLOTS);
  #nextInGroup = new Int32Array(INITIAL_SLOTS);
  #previousInGroup = new Int32Array(INITIAL_SLOTS);
  /** One word more than the key has, because keys are read word over word. */
  readonly #groupKey = new Int32Array(ANONYMOUS_BYTES / 4 + 1);

  /** Time of the last event of the session that has been silent longest; Infinity when none is open. */
  get oldestActivityMs(): number {
    return this.open === 0 ? Infinity : this.#last[this.#newer[0]];
  }

  /** The session that has been silent longest. */
  get oldest(): number {
    return this.#newer[0];
  }

  /** The slot of a named session, 0 when it is not open. */
  find(node: number, words: Int32Array, start: number, end: number): number {
    const name = this.#names.find(node, words, start, end, 0);
    return name === 0 ? 0 : this.#named[name];
  }

  /** The oldest open session without a name of this peer; 0 when there is none. */
  findAnonymous(
    node: number,
    service: number,
    listener: number,
    ip: Int32Array,
    at: number,
  ): number {
    this.#loadGroup(service, listener, ip, at);
    const group = this.#groups.find(node, this.#groupKey, 0, ANONYMOUS_BYTES, 0);
    return group === 0 ? 0 : this.#groupFirst[group];
  }

  /** Opens the session that `find` looked for last and did not find, or that was closed since. */
  openNamed(node: number, timeMs: number): number {
    const slot = this.#allocate(node, timeMs);
    const name = this.#names.insert(0);
    if (name >= this.#named.length) {
      this.#named = grown(new Int32Array(this.#names.capacity), this.#named);
    }
    this.#nameOf[slot] = name;
    this.#named[name] = slot;
    return slot;
  }

  openAnonymous(
    node: number,
    service: number,
    listener: number,
    ip: Int32Array,
    at: number,
    timeMs: number,
  ): number {
    const slot = this.#allocate(node, timeMs);
    this.#loadGroup(service, listener, ip, at);
    let group = this.#groups.find(node, this.#groupKey, 0, ANONYMOUS_BYTES, 0);
    if (group === 0) {
      group = this.#groups.insert(0);
      if (group >= this.#groupFirst.length) {
        this.#groupFirst = grown(new Int32Array(this.#groups.capacity), this.#groupFirst);
        this.#groupLast = grown(new Int32Array(this.#groups.capacity), this.#groupLast);
      }
      this.#groupFirst[group] = slot;
      this.#previousInGroup[slot] = 0;
    } else {
      const last = this.#groupLast[group];
      this.#nextInGroup[last] = slot;
      this.#previousInGroup[slot] = last;
    }
    this.#groupLast[group] = slot;
    this.#nextInGroup[slot] = 0;
    this.#groupOf[slot] = group;
    return slot;
  }

  /** Notes that the session was active. */
  touch(slot: number, timeMs: number): void {
    this.#last[slot] = Math.max(timeMs, this.#last[slot]);
    if (this.#older[0] === slot) return;
    this.#unlink(slot);
    this.#link(slot);
  }

  close(slot: number): void {
    this.#unlink(slot);
    const name = this.#nameOf[slot];
    if (name !== 0) this.#names.remove(name);
    else this.#leaveGroup(slot);
    this.#nameOf[slot] = 0;
    this.#groupOf[slot] = 0;
    this.serial[slot]++;
    this.#free.push(slot);
    this.open--;
  }

  /** Slots of all open sessions, the one silent longest first. */
  slots(): number[] {
    const slots: number[] = [];
    for (let slot = this.#newer[0]; slot !== 0; slot = this.#newer[slot]) slots.push(slot);
    return slots;
  }

  /** The open sessions, the one silent longest first: in the order of `slots`. */
  save({ nodes, services, listeners }: Vocabulary): SessionState[] {
    return this.slots().map((slot) => ({
      node: nodes.name(this.node[slot]),
      name: this.#nameOf[slot] === 0 ? null : this.#names.key(this.#nameOf[slot]),
      ip: formatWords(this.family[slot], this.words, slot * 4),
      service: services.name(this.service[slot]),
      listener: listeners.name(this.listener[slot]),
      ehlo: this.ehlo[slot],
      mail: this.mail[slot],
      lastMs: this.#last[slot],
    }));
  }

  /** Opens saved sessions in an empty table; their slots, in the order given. */
  restore(states: readonly SessionState[], { nodes, services, listeners }: Vocabulary): number[] {
    const name = new KeyBytes();
    const ip = new Int32Array(4);
    return states.map((state) => {
      const node = nodes.id(state.node)!;
      const service = services.id(state.service)!;
      const listener = listeners.id(state.listener)!;
      const family = readAddressText(state.ip, ip);
      let slot: number;
      if (state.name === null) {
        slot = this.openAnonymous(node, service, listener, ip, 0, state.lastMs);
      } else {
        name.set(state.name, 'latin1');
        this.find(node, name.words, 0, name.length);
        slot = this.openNamed(node, state.lastMs);
      }
      this.family[slot] = family;
      this.words.set(ip, slot * 4);
      this.service[slot] = service;
      this.listener[slot] = listener;
      this.ehlo[slot] = state.ehlo;
      this.mail[slot] = state.mail;
      return slot;
    });
  }

  #allocate(node: number, timeMs: number): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = ++this.#slots;
      if (slot === this.#capacity) this.#grow();
    }
    this.node[slot] = node;
    this.ehlo[slot] = 0;
    this.mail[slot] = 0;
    this.#nameOf[slot] = 0;
    this.#groupOf[slot] = 0;
    this.#last[slot] = Math.max(timeMs, this.open === 0 ? timeMs : this.#last[this.#older[0]]);
    this.#link(slot);
    this.open++;
    return slot;
  }

  #link(slot: number): void {
    const newest = this.#older[0];
    this.#older[slot] = newest;
    this.#newer[newest] = slot;
    this.#newer[slot] = 0;
    this.#older[0] = slot;
  }

  #unlink(slot: number): void {
    this.#newer[this.#older[slot]] = this.#newer[slot];
    this.#older[this.#newer[slot]] = this.#older[slot];
  }

  #leaveGroup(slot: number): void {
    const group = this.#groupOf[slot];
    const previous = this.#previousInGroup[slot];
    const next = this.#nextInGroup[slot];
    if (previous === 0) this.#groupFirst[group] = next;
    else this.#nextInGroup[previous] = next;
    if (next === 0) this.#groupLast[group] = previous;
    else this.#previousInGroup[next] = previous;
    if (this.#groupFirst[group] === 0) this.#groups.remove(group);
  }

  #loadGroup(service: number, listener: number, ip: Int32Array, at: number): void {
    const key = this.#groupKey;
    for (let word = 0; word < 4; word++) key[word] = ip[at + word];
    key[4] = (service << 16) | listener;
  }

  #grow(): void {
    const room = (this.#capacity *= 2);
    this.family = grown(new Uint8Array(room), this.family);
    this.words = grown(new Int32Array(room * 4), this.words);
    this.node = grown(new Uint16Array(room), this.node);
    this.service = grown(new Uint16Array(room), this.service);
    this.listener = grown(new Uint16Array(room), this.listener);
    this.serial = grown(new Uint32Array(room), this.serial);
    this.ehlo = grown(new Uint8Array(room), this.ehlo);
    this.mail = grown(new Uint8Array(room), this.mail);
    this.#last = grown(new Float64Array(room), this.#last);
    this.#older = grown(new Int32Array(room), this.#older);
    this.#newer = grown(new Int32Array(room), this.#newer);
    this.#nameOf = grown(new Int32Array(room), this.#nameOf);
    this.#groupOf = grown(new Int32Array(room), this.#groupOf);
    this.#nextInGroup = grown(new Int32Array(room), this.#nextInGroup);
    this.#previousInGroup = grown(new Int32Array(room), this.#previousInGroup);
  }
}
