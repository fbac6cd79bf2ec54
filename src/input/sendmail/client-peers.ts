import type { Family } from '../../model/address.ts';
import { LineMemory } from '../syslog/line-memory.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

/**
 * Clients by queue id. An id lives as long as one message and is never used again, so what a line of
 * it says about the client holds for the lines behind it.
 */
export class ClientPeers {
  readonly #ids = new LineMemory();
  readonly #families: Family[] = Array.from({ length: this.#ids.capacity }, () => 0);
  readonly #words = new Int32Array(this.#ids.capacity * 4);

  /** Keeps `line.peer` as the client of the queue id read last. */
  remember(line: ProgramLine): void {
    if (line.peer.family === 0) return;
    const slot = this.#ids.claim(line.node, line.bytes, line.queueStart, line.queueEnd);
    if (slot < 0) return;
    this.#families[slot] = line.peer.family;
    this.#words.set(line.peer.words, slot * 4);
  }

  /** Makes the client of the queue id read last `line.peer`; nobody when it is not known. */
  recall(line: ProgramLine): void {
    const { peer } = line;
    const slot = this.#ids.find(line.node, line.bytes, line.queueStart, line.queueEnd);
    peer.family = slot < 0 ? 0 : this.#families[slot];
    if (slot < 0) return;
    for (let word = 0; word < 4; word++) peer.words[word] = this.#words[slot * 4 + word];
  }
}
