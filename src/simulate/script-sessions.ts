import type { EventBatch } from '../model/event-batch.ts';
import { KIND, PHASE, TEXT } from '../model/event.ts';
import type { ScriptMessage, ScriptSession } from '../policy/script-policy.ts';

function newMessage(): ScriptMessage {
  return { context: new Map(), sender: '', recipient: '' };
}

export function newSession(): ScriptSession {
  return { context: new Map(), memory: { own: undefined }, helo: '', message: newMessage() };
}

/**
 * What scripts keep of open sessions and of messages on their way to acceptance: the contexts, and
 * the facts that the log has told so far. Slots are the correlator's.
 */
export class ScriptSessions {
  readonly #sessions = new Map<number, ScriptSession>();
  /** The session and message of a queue id, until its reception: the session may end before. */
  readonly #messages = new Map<number, { session: ScriptSession; message: ScriptMessage }>();

  /**
   * The session of an event, with the message that it is about.
   *
   * @param slot of the open session, 0 when unknown
   * @param message slot of the message, 0 when unknown
   */
  at(batch: EventBatch, row: number, slot: number, message: number): ScriptSession {
    const kind = batch.kind[row];
    const ofMessage = kind === KIND.reception || kind === KIND.rejection;
    const kept = ofMessage ? this.#messages.get(message) : undefined;
    let session = kept?.session ?? this.#sessionOf(slot);
    session.helo = batch.text(row, TEXT.helo) || session.helo;
    // The session may have begun its next message; what it has set stands in its own context.
    if (kept !== undefined) session = { ...session, message: kept.message };
    if ((batch.phases[row] & (1 << PHASE.mailfrom)) !== 0) session.message = newMessage();
    note(session.message, batch, row);
    if (kind === KIND.transaction && message !== 0) {
      this.#messages.set(message, { session, message: session.message });
    }
    // One that a filter handed back is no client's message, whose slot it may have.
    if (kind === KIND.reception || kind === KIND.reinjection) this.#messages.delete(message);
    return session;
  }

  /** Forgets a session; undefined: it had no event. */
  end(slot: number): ScriptSession | undefined {
    const session = this.#sessions.get(slot);
    this.#sessions.delete(slot);
    return session;
  }

  #sessionOf(slot: number): ScriptSession {
    if (slot === 0) return newSession();
    let session = this.#sessions.get(slot);
    if (session === undefined) this.#sessions.set(slot, (session = newSession()));
    return session;
  }
}

/** Takes over what the event tells of a message. */
function note(message: ScriptMessage, batch: EventBatch, row: number): void {
  message.sender = batch.text(row, TEXT.sender) || message.sender;
  message.recipient = batch.text(row, TEXT.recipient) || message.recipient;
}
