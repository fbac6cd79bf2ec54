import { LOGGED_AS } from '../../model/event.ts';
import { LineMemory } from '../syslog/line-memory.ts';

/** What filters said of messages by their queue id, for the lines of the mail server that follow. */
export class FilterVerdicts {
  readonly #ids = new LineMemory();
  readonly #verdicts = new Uint8Array(this.#ids.capacity);

  /** A filter has spoken: there is something to ask. */
  get used(): boolean {
    return this.#ids.used;
  }

  set(node: number, bytes: Uint8Array, start: number, end: number, verdict: number): void {
    const slot = this.#ids.claim(node, bytes, start, end);
    if (slot >= 0) this.#verdicts[slot] = verdict;
  }

  /** `LOGGED_AS.none` when no filter has spoken. */
  of(node: number, bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#ids.find(node, bytes, start, end);
    return slot < 0 ? LOGGED_AS.none : this.#verdicts[slot];
  }
}
