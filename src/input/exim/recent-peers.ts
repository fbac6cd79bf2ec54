/**
 * The peers of the last few lines of one sort: address, port, and when. A ring that is looked
 * through, newest first, by lines that are rare.
 */
export class RecentPeers {
  readonly #size: number;
  readonly #words: Int32Array;
  readonly #ports: Int32Array;
  readonly #times: Float64Array;
  #next = 0;

  constructor(size: number) {
    this.#size = size;
    this.#words = new Int32Array(size * 4);
    this.#ports = new Int32Array(size);
    this.#times = new Float64Array(size).fill(-Infinity);
  }

  add(family: number, words: Int32Array, port: number, timeMs: number): void {
    const at = this.#next;
    this.#next = (at + 1) % this.#size;
    for (let word = 0; word < 4; word++) {
      this.#words[at * 4 + word] = family === 6 || word === 0 ? words[word] : 0;
    }
    this.#ports[at] = family === 6 ? -1 - port : port;
    this.#times[at] = timeMs;
  }

  /** Takes the peer out; false when no line of it was added at `sinceMs` or later. */
  take(family: number, words: Int32Array, port: number, sinceMs: number): boolean {
    const key = family === 6 ? -1 - port : port;
    for (let back = 1; back <= this.#size; back++) {
      const at = (this.#next - back + this.#size) % this.#size;
      if (this.#times[at] < sinceMs || this.#ports[at] !== key) continue;
      const same =
        this.#words[at * 4] === words[0] &&
        (family === 4 ||
          (this.#words[at * 4 + 1] === words[1] &&
            this.#words[at * 4 + 2] === words[2] &&
            this.#words[at * 4 + 3] === words[3]));
      if (!same) continue;
      this.#times[at] = -Infinity;
      return true;
    }
    return false;
  }
}
