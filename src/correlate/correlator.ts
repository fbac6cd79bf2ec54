import { FLAG, type EventBatch } from '../model/event-batch.ts';
import { KIND, KIND_DROPPED, LOGGED_AS, PHASE, TEXT, type Needs } from '../model/event.ts';
import type { Vocabulary } from '../model/vocabulary.ts';
import type { CorrelatorState } from './correlator-state.ts';
import { ConnectionTable } from './connection-table.ts';
import { KeyBytes } from './key-bytes.ts';
import { MAIL, SessionTable, type SessionEnd } from './session-table.ts';
import { TransactionTable } from './transaction-table.ts';

/** Silence after which a session without a logged end is taken as ended. */
export const DEFAULT_SESSION_TIMEOUT_MS = 600_000;

export interface CorrelatorOptions {
  readonly needs: Needs;
  readonly sessionTimeoutMs: number;
  /** Told when a session opens (`end` undefined) or ends, after `sessions` has its facts and before they go. */
  readonly onSession: (slot: number, end: SessionEnd | undefined) => void;
}

/** Bit of a phase in the `phases` column. */
const bit = (phase: number): number => 1 << phase;

/**
 * Ties the lines of a merged stream together: queue ids to the client that sent the message,
 * processes to sessions, and events to the phases that they imply (semantics, sections 1, 4, 5).
 * Rows are changed in place; rows that turn out to be no event get the kind `KIND_DROPPED`.
 */
export class Correlator {
  readonly sessions = new SessionTable();
  /** Disconnects whose connect the log does not show. */
  unopened = 0;
  /** Slots of the open session and of the message that the row taken last belongs to; 0: unknown. */
  session = 0;
  message = 0;
  /** Slot of the message whose queue id the row taken last has, whatever its session; 0: none. */
  queued = 0;
  /** Whether the row taken last began the message of `queued`: the slot may have been another's. */
  begins = false;
  /** Slot of the session that the row taken last ended; 0: none. */
  closed = 0;

  readonly #options: CorrelatorOptions;
  readonly #transactions = new TransactionTable();
  readonly #connections = new ConnectionTable();
  readonly #keepsUser: boolean;
  readonly #keepsSession: boolean;
  readonly #keepsSender: boolean;
  /** Instance (first part of the listener) by listener, 0 when not looked up yet. */
  readonly #instances: number[] = [];
  /** The message of the row that `admits` let pass last. */
  #slot = 0;
  readonly #scratch = new KeyBytes();
  #words = this.#scratch.words;
  #start = 0;
  #end = 0;

  constructor(options: CorrelatorOptions) {
    this.#options = options;
    this.#keepsUser = (options.needs.textFields & (1 << TEXT.user)) !== 0;
    this.#keepsSession = (options.needs.textFields & (1 << TEXT.session)) !== 0;
    this.#keepsSender = (options.needs.textFields & (1 << TEXT.sender)) !== 0;
  }

  /** When the next silent session times out; Infinity when none is open. */
  get nextTimeoutMs(): number {
    return this.sessions.oldestActivityMs + this.#options.sessionTimeoutMs;
  }

  /** Ends the session that times out next. */
  expire(): void {
    this.#close(this.sessions.oldest, 'timeout');
  }

  /**
   * Whether the row is an event or a fact about one. A row that is not (a retry in the queue, a
   * message of no client, a further recipient) gets the kind `KIND_DROPPED`; it must not move the
   * clock, because a converted log does not have it.
   */
  admits(batch: EventBatch, row: number): boolean {
    const kind = batch.kind[row];
    if (kind === KIND.clock) return drop(batch, row);
    if ((batch.flags[row] & FLAG.inferred) !== 0) return this.#isFirst(batch, row);
    if ((batch.flags[row] & FLAG.perRecipient) !== 0) return this.#isNewMessage(batch, row);
    if (kind !== KIND.queued && kind !== KIND.removed) return true;
    const slot = this.#findTransaction(batch, row);
    this.#slot = slot;
    if (slot === 0) return drop(batch, row);
    if (kind === KIND.removed || this.#transactions.accepted[slot] === 0) return true;
    this.#transactions.touch(slot, batch.release[row]);
    return drop(batch, row);
  }

  /**
   * Takes the next event of the merged stream, which `admits` has let pass. The clock stands at the
   * row's release time.
   */
  take(batch: EventBatch, row: number): void {
    this.session = 0;
    this.message = 0;
    this.queued = 0;
    this.begins = false;
    this.closed = 0;
    switch (batch.kind[row]) {
      case KIND.connect:
        this.#connect(batch, row);
        return;
      case KIND.disconnect:
        this.#disconnect(batch, row);
        return;
      case KIND.transaction:
        this.#transaction(batch, row);
        if ((batch.flags[row] & FLAG.reinjected) !== 0) this.#setApart(batch, row);
        return;
      case KIND.reinjection:
        // From a converted log: again the `client=` line or the reception that it was.
        batch.flags[row] |= FLAG.reinjected;
        if (batch.phase[row] === PHASE.spool) this.#reception(batch, row);
        else this.#transaction(batch, row);
        this.#setApart(batch, row);
        return;
      case KIND.queued:
        this.#queued(batch, row);
        return;
      case KIND.reception:
        this.#reception(batch, row);
        return;
      case KIND.rejection:
        this.#rejection(batch, row);
        return;
      case KIND.delivery:
      case KIND.deferral:
      case KIND.bounce:
        this.#delivery(batch, row);
        return;
      case KIND.auth_failure:
      case KIND.auth_aborted:
      case KIND.auth_success:
        this.#auth(batch, row);
        return;
      case KIND.removed:
        this.queued = this.#slot;
        this.#transactions.remove(this.#slot);
        return;
      case KIND.restart:
        this.#restart(batch, row);
        return;
      default:
        this.#touch(batch, row);
    }
  }

  /** What the next run needs, to be restored before its first event. */
  save(vocabulary: Vocabulary): CorrelatorState {
    const { sessions } = this;
    const slots = new Map(sessions.slots().map((slot, index) => [slot, index]));
    const messages = this.#transactions.save(vocabulary, (slot, serial) =>
      sessions.serial[slot] === serial ? (slots.get(slot) ?? -1) : -1,
    );
    const { capacity } = this.#transactions;
    return { unopened: this.unopened, sessions: sessions.save(vocabulary), capacity, messages };
  }

  /** Goes on where the correlator of `state` stood; nobody is told of the sessions that it opens. */
  restore({ unopened, sessions, capacity, messages }: CorrelatorState, words: Vocabulary): void {
    this.unopened = unopened;
    const slots = this.sessions.restore(sessions, words);
    this.#transactions.restore(capacity, messages, words, slots, this.sessions.serial);
  }

  #isFirst(batch: EventBatch, row: number): boolean {
    const isNew =
      this.#loadText(batch, row, TEXT.session) &&
      this.#connections.see(
        batch.node[row],
        this.#words,
        this.#start,
        this.#end,
        batch.release[row],
      );
    return isNew || drop(batch, row);
  }

  #isNewMessage(batch: EventBatch, row: number): boolean {
    const slot = this.#findTransaction(batch, row);
    if (slot === 0 || this.#transactions.accepted[slot] === 0) return true;
    this.#transactions.touch(slot, batch.release[row]);
    return drop(batch, row);
  }

  #connect(batch: EventBatch, row: number): void {
    const { sessions } = this;
    batch.phases[row] = bit(PHASE.connect);
    batch.phase[row] = PHASE.connect;
    // Nothing tells the end of such a connection, so it opens no session: the gauge would be wrong.
    if ((batch.flags[row] & FLAG.inferred) !== 0) return;
    const node = batch.node[row];
    let slot: number;
    if (this.#loadText(batch, row, TEXT.session)) {
      const before = sessions.find(node, this.#words, this.#start, this.#end);
      if (before !== 0) this.#close(before, 'replaced');
      slot = sessions.openNamed(node, batch.release[row]);
    } else if (batch.family[row] !== 0) {
      const { service, listener, ip } = batch;
      slot = sessions.openAnonymous(
        node,
        service[row],
        listener[row],
        ip,
        row * 4,
        batch.release[row],
      );
    } else return;
    sessions.family[slot] = batch.family[row];
    for (let word = 0; word < 4; word++) sessions.words[slot * 4 + word] = batch.ip[row * 4 + word];
    sessions.service[slot] = batch.service[row];
    sessions.listener[slot] = batch.listener[row];
    this.session = slot;
    this.#options.onSession(slot, undefined);
  }

  /** The end keeps the address of the connect, also where a proxy named another one since. */
  #disconnect(batch: EventBatch, row: number): void {
    const { sessions } = this;
    let slot = this.#findSession(batch, row);
    if (slot === 0 && (batch.has[row] & (1 << TEXT.session)) === 0 && batch.family[row] !== 0) {
      const { node, service, listener, ip } = batch;
      slot = sessions.findAnonymous(node[row], service[row], listener[row], ip, row * 4);
    }
    if (slot === 0) {
      this.unopened++;
      return;
    }
    batch.family[row] = sessions.family[slot];
    for (let word = 0; word < 4; word++) batch.ip[row * 4 + word] = sessions.words[slot * 4 + word];
    this.#fillListener(batch, row, slot);
    this.closed = slot;
    this.#close(slot, 'logged');
  }

  #transaction(batch: EventBatch, row: number): void {
    const session = this.#touch(batch, row);
    let phases = bit(PHASE.rcptto);
    if (this.#needsEhlo(session)) phases |= bit(PHASE.ehlo);
    // The line gives the transaction its queue id; one that had its own before is over.
    const begun = session !== 0 && this.sessions.mail[session] === MAIL.refused;
    if (!begun) phases |= bit(PHASE.mailfrom);
    if (session !== 0) this.sessions.mail[session] = MAIL.queued;
    batch.phases[row] = phases;
    batch.phase[row] = PHASE.rcptto;
    // The line stands for a recipient that the server accepted.
    if (batch.verdict[row] === 0) batch.verdict[row] = LOGGED_AS.accepted;
    this.message = this.#begin(batch, row, session);
  }

  /** Begins the message that the row's queue id names; 0 when it names none. */
  #begin(batch: EventBatch, row: number, session: number): number {
    if (!this.#loadText(batch, row, TEXT.queue_id)) return 0;
    const slot = this.#transactions.begin(
      batch.node[row],
      this.#words,
      this.#start,
      this.#end,
      this.#instanceOf(batch, row),
      batch.release[row],
    );
    this.queued = slot;
    this.begins = true;
    this.#transactions.setClient(slot, batch, row, session, this.sessions.serial[session]);
    if (this.#keepsUser) this.#transactions.user[slot] = batch.text(row, TEXT.user);
    if (this.#keepsSession) this.#transactions.session[slot] = batch.text(row, TEXT.session);
    return slot;
  }

  /** The first `queue active` of a message that a client sent is its reception. */
  #queued(batch: EventBatch, row: number): void {
    batch.kind[row] = KIND.reception;
    this.#accept(batch, row, this.#slot);
    if (this.#transactions.reinjected[this.#slot] !== 0) this.#setApart(batch, row);
  }

  /** A message that a filter handed back was counted when it first came in. */
  #setApart(batch: EventBatch, row: number): void {
    batch.kind[row] = KIND.reinjection;
    batch.phases[row] = 0;
  }

  /** One without a line before it begins a message that is accepted, whose results may follow. */
  #reception(batch: EventBatch, row: number): void {
    const slot = this.#findTransaction(batch, row);
    if (slot !== 0 && this.#transactions.accepted[slot] === 0) this.#accept(batch, row, slot);
    else {
      const session = this.#touch(batch, row);
      this.#fillClient(batch, row, session);
      let phases = bit(PHASE.mailfrom) | bit(PHASE.rcptto) | bit(PHASE.data) | bit(PHASE.spool);
      if (this.#needsEhlo(session)) phases |= bit(PHASE.ehlo);
      if (session !== 0) this.sessions.mail[session] = MAIL.none;
      batch.phases[row] = phases;
      batch.phase[row] = PHASE.spool;
      if (batch.verdict[row] === 0) batch.verdict[row] = LOGGED_AS.accepted;
      // One that a filter handed back is known by its own `client=` line, or not at all.
      if ((batch.flags[row] & FLAG.reinjected) !== 0) return;
      // The lines that follow name no listener where this one does not, and find the id by that.
      const begun = this.#begin(batch, row, session);
      this.#fillListener(batch, row, session);
      if (begun === 0) return;
      this.#transactions.listener[begun] = batch.listener[row];
      this.#transactions.accepted[begun] = 1;
      if (this.#keepsSender) this.#transactions.sender[begun] = batch.text(row, TEXT.sender);
      if ((batch.flags[row] & FLAG.perRecipient) === 0) return;
      this.#transactions.unsettled[begun] = Math.max(0, batch.recipients[row]);
    }
  }

  #accept(batch: EventBatch, row: number, slot: number): void {
    const transactions = this.#transactions;
    transactions.accepted[slot] = 1;
    transactions.touch(slot, batch.release[row]);
    this.#copyClient(batch, row, slot);
    this.message = slot;
    this.queued = slot;
    const session = transactions.sessionSlot[slot];
    if (session !== 0 && this.sessions.serial[session] === transactions.sessionSerial[slot]) {
      this.session = session;
      this.sessions.mail[session] = MAIL.none;
    }
    const further = batch.recipients[row] > 1 ? bit(PHASE.rcptto) : 0;
    batch.phases[row] = further | bit(PHASE.data) | bit(PHASE.spool);
    batch.phase[row] = PHASE.spool;
    if (batch.verdict[row] === 0) batch.verdict[row] = LOGGED_AS.accepted;
  }

  #rejection(batch: EventBatch, row: number): void {
    let session = this.#touch(batch, row);
    let transaction = 0;
    if (session === 0) {
      transaction = this.#findTransaction(batch, row);
      if (transaction !== 0) {
        if (batch.family[row] === 0) this.#copyClient(batch, row, transaction);
        const slot = this.#transactions.sessionSlot[transaction];
        if (this.sessions.serial[slot] === this.#transactions.sessionSerial[transaction])
          session = slot;
        this.session = session;
        this.message = transaction;
        this.queued = transaction;
      }
    } else {
      this.#fillClient(batch, row, session);
      this.#fillListener(batch, row, session);
    }
    if (this.queued === 0) this.queued = this.#findTransaction(batch, row);
    const phase = batch.phase[row];
    if (phase === PHASE.none) return;
    let phases = bit(phase);
    // The `client=` line of a known message implied the phases up to its first recipient.
    const known = transaction !== 0 && session === 0;
    if (phase > PHASE.ehlo && !known && this.#needsEhlo(session)) phases |= bit(PHASE.ehlo);
    if (session !== 0 && phase >= PHASE.ehlo) this.sessions.ehlo[session] = 1;
    const mail = session === 0 ? MAIL.none : this.sessions.mail[session];
    if (phase >= PHASE.rcptto && !known && mail === MAIL.none) {
      phases |= bit(PHASE.mailfrom) | bit(PHASE.rcptto);
    }
    // A refused recipient leaves the transaction open, a refused MAIL or DATA ends it.
    if (session !== 0 && phase >= PHASE.mailfrom) {
      const open = mail === MAIL.none ? MAIL.refused : mail;
      this.sessions.mail[session] = phase === PHASE.rcptto ? open : MAIL.none;
    }
    batch.phases[row] = phases;
  }

  #delivery(batch: EventBatch, row: number): void {
    const slot = this.#findTransaction(batch, row);
    if (slot === 0) return;
    const transactions = this.#transactions;
    this.queued = slot;
    transactions.touch(slot, batch.release[row]);
    this.#copyClient(batch, row, slot);
    const sender = transactions.sender[slot];
    if (sender !== undefined && (batch.has[row] & (1 << TEXT.sender)) === 0) {
      batch.setText(row, TEXT.sender, sender);
    }
    if (transactions.unsettled[slot] === 0 || batch.kind[row] === KIND.deferral) return;
    // The last recipient's result: no line of the message follows.
    if (--transactions.unsettled[slot] === 0) transactions.remove(slot);
  }

  #auth(batch: EventBatch, row: number): void {
    const session = this.#touch(batch, row);
    this.#fillClient(batch, row, session);
    this.#fillListener(batch, row, session);
    if (batch.kind[row] !== KIND.auth_failure) return;
    batch.phase[row] = PHASE.ehlo;
    if (this.#needsEhlo(session)) batch.phases[row] = bit(PHASE.ehlo);
  }

  /** An event whose line names no client has that of its session. */
  #fillClient(batch: EventBatch, row: number, session: number): void {
    if (session === 0 || batch.family[row] !== 0) return;
    batch.family[row] = this.sessions.family[session];
    for (let word = 0; word < 4; word++) {
      batch.ip[row * 4 + word] = this.sessions.words[session * 4 + word];
    }
  }

  #fillListener(batch: EventBatch, row: number, session: number): void {
    if (session !== 0 && batch.listener[row] === 0) {
      batch.listener[row] = this.sessions.listener[session];
    }
  }

  /** All processes of the instance are gone. */
  #restart(batch: EventBatch, row: number): void {
    const { sessions } = this;
    const node = batch.node[row];
    const instance = this.#instanceOf(batch, row);
    for (const slot of sessions.slots()) {
      if (sessions.node[slot] !== node) continue;
      if (this.#instanceOfListener(batch, sessions.listener[slot]) === instance) {
        this.#close(slot, 'restart');
      }
    }
  }

  /** Whether ehlo is still to run in the session; from now on it has. No session: it is. */
  #needsEhlo(session: number): boolean {
    if (session === 0) return true;
    if (this.sessions.ehlo[session] !== 0) return false;
    this.sessions.ehlo[session] = 1;
    return true;
  }

  #close(slot: number, how: SessionEnd): void {
    this.#options.onSession(slot, how);
    this.sessions.close(slot);
  }

  /** The open session of the event, noted as active; 0 when unknown. */
  #touch(batch: EventBatch, row: number): number {
    const slot = this.#findSession(batch, row);
    if (slot !== 0) this.sessions.touch(slot, batch.release[row]);
    this.session = slot;
    return slot;
  }

  #findSession(batch: EventBatch, row: number): number {
    if (this.sessions.open === 0 || !this.#loadText(batch, row, TEXT.session)) return 0;
    return this.sessions.find(batch.node[row], this.#words, this.#start, this.#end);
  }

  #findTransaction(batch: EventBatch, row: number): number {
    if (this.#transactions.size === 0 || !this.#loadText(batch, row, TEXT.queue_id)) return 0;
    const instance = this.#instanceOf(batch, row);
    return this.#transactions.find(batch.node[row], this.#words, this.#start, this.#end, instance);
  }

  #copyClient(batch: EventBatch, row: number, slot: number): void {
    const transactions = this.#transactions;
    batch.family[row] = transactions.family[slot];
    for (let word = 0; word < 4; word++) {
      batch.ip[row * 4 + word] = transactions.words[slot * 4 + word];
    }
    batch.listener[row] = transactions.listener[slot];
    batch.service[row] = transactions.service[slot];
    if (this.#keepsUser) batch.setText(row, TEXT.user, transactions.user[slot] ?? '');
    if (this.#keepsSession) batch.setText(row, TEXT.session, transactions.session[slot] ?? '');
  }

  #instanceOf(batch: EventBatch, row: number): number {
    return this.#instanceOfListener(batch, batch.listener[row]);
  }

  /** Postfix's instance is the first part of the syslog name: `postfix-out` of `postfix-out/smtps`. */
  #instanceOfListener(batch: EventBatch, listener: number): number {
    const known = this.#instances[listener];
    if (known !== undefined) return known;
    const { listeners } = batch.vocabulary;
    const name = listeners.name(listener).replace(/\/.*$/s, '');
    return (this.#instances[listener] = listeners.id(name) ?? 0);
  }

  /** Points `#words` and `#start`, `#end` at a text field's bytes; false when it is not set. */
  #loadText(batch: EventBatch, row: number, field: number): boolean {
    if ((batch.has[row] & (1 << field)) === 0) return false;
    const start = batch.spanStart(row, field);
    if (start >= 0) {
      this.#words = batch.words;
      this.#start = start;
      this.#end = batch.spanEnd(row, field);
      return true;
    }
    this.#scratch.set(batch.text(row, field), 'utf8');
    this.#words = this.#scratch.words;
    this.#start = 0;
    this.#end = this.#scratch.length;
    return true;
  }
}

function drop(batch: EventBatch, row: number): false {
  batch.kind[row] = KIND_DROPPED;
  return false;
}
