import { readAddress, type Family } from '../../model/address.ts';
import { findByte } from '../byte-text.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const BLANK = 32;
const OPEN = 91;
/** Sessions that never end in the log are forgotten in the order in which they began. */
const MOST_SESSIONS = 65_536;

interface Client {
  readonly family: Family;
  readonly words: Int32Array;
}

/** Clients behind a proxy, by session: none but proxied sessions cost anything. */
export class ProxiedSessions {
  readonly #clients = new Map<string, Client>();

  /** `address=A` of `event=proxy` */
  remember(line: ProgramLine, at: number): void {
    const { bytes, end } = line;
    const bracketed = bytes[at] === OPEN;
    const stop = findByte(bytes, at, end, BLANK);
    const words = new Int32Array(4);
    const family = readAddress(
      bytes,
      bracketed ? at + 1 : at,
      bracketed ? stop - 1 : stop,
      words,
      0,
    );
    this.#clients.delete(keyOf(line));
    if (this.#clients.size >= MOST_SESSIONS) {
      for (const oldest of this.#clients.keys()) {
        this.#clients.delete(oldest);
        break;
      }
    }
    this.#clients.set(keyOf(line), { family, words });
  }

  /** Makes the session's client `line.peer`; nobody when no proxy named one. */
  recall(line: ProgramLine): void {
    line.peer.family = 0;
    if (this.#clients.size === 0) return;
    const client = this.#clients.get(keyOf(line));
    if (client === undefined) return;
    line.peer.family = client.family;
    line.peer.words.set(client.words);
  }

  forget(line: ProgramLine): void {
    if (this.#clients.size > 0) this.#clients.delete(keyOf(line));
  }
}

function keyOf({ bytes, at, node }: ProgramLine): string {
  return `${node} ${bytes.toString('latin1', at, at + 16)}`;
}
