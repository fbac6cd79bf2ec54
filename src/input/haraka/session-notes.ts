/** What the lines of one open session said that a later one needs. */
export interface SessionNote {
  /** Of the message whose `message` line came last; -1 when unknown. */
  size: number;
  recipients: number;
  /** Sender of the transaction that began last, where a policy asks for it. */
  sender: string;
  /** Sum of the reply that the last refusal had; `ANY_REPLY` when its text is the server's own. */
  refusal: number;
  /** Recipients whose refusal has a line. */
  refused: number;
  authFailures: number;
}

/** A refusal without a text of its own is answered with one that only `lr=` shows. */
export const ANY_REPLY = -1;
const NO_REPLY = 0;

/** Hex digits of a UUID that are looked at: 48 bits, as many as a number can tell apart. */
const DIGITS = 12;

/** Notes of the sessions that are open, by UUID; one is dropped when its session ends. */
export class SessionNotes {
  readonly #notes = new Map<number, SessionNote>();

  /** The notes of the session whose UUID is `bytes[start, end)`, new when there were none. */
  of(bytes: Uint8Array, start: number, end: number): SessionNote {
    const key = keyOf(bytes, start, end);
    let note = this.#notes.get(key);
    if (note === undefined) {
      note = {
        size: -1,
        recipients: -1,
        sender: '',
        refusal: NO_REPLY,
        refused: 0,
        authFailures: 0,
      };
      this.#notes.set(key, note);
    }
    return note;
  }

  /** Takes the notes of a session that ends. */
  take(bytes: Uint8Array, start: number, end: number): SessionNote | undefined {
    const key = keyOf(bytes, start, end);
    const note = this.#notes.get(key);
    if (note !== undefined) this.#notes.delete(key);
    return note;
  }
}

function keyOf(bytes: Uint8Array, start: number, end: number): number {
  let key = 0;
  let digits = 0;
  for (let at = start; at < end && digits < DIGITS; at++) {
    const byte = bytes[at];
    if (byte === 45) continue;
    key = key * 16 + ((byte <= 57 ? byte : byte + 9) & 15);
    digits++;
  }
  return key;
}

/** A sum of a reply's text, the same however it is quoted. */
export function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 7;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 34 && byte !== 92) sum = (Math.imul(sum, 31) + byte) & 0x7fff_ffff;
  }
  return sum === NO_REPLY ? 1 : sum;
}
