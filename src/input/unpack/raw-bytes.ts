/** The bytes of an archive as they lie on the disk or come through a pipe, read forward once. */
export class RawBytes {
  /** Taken by whoever unpacks; what was pushed back is not among them. */
  bytesRead = 0;
  readonly #chunks: AsyncIterator<string | Buffer>;
  #kept: Buffer;
  #ended = false;

  /** @param head what was already taken from the chunks */
  constructor(chunks: AsyncIterator<string | Buffer>, head: Buffer = Buffer.alloc(0)) {
    this.#chunks = chunks;
    this.#kept = head;
  }

  /** Between 1 and `most` bytes; none at the end. They are never written to again. */
  async some(most: number): Promise<Buffer> {
    while (this.#kept.length === 0 && !this.#ended) await this.#pull();
    return this.#take(Math.min(most, this.#kept.length));
  }

  /** The next `length` bytes without taking them; fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#kept.length < length && !this.#ended) await this.#pull();
    return this.#kept.subarray(0, length);
  }

  /** The next `length` bytes; fewer at the end. */
  async exactly(length: number): Promise<Buffer> {
    await this.peek(length);
    return this.#take(Math.min(length, this.#kept.length));
  }

  /** Puts back what was taken last. */
  unread(bytes: Buffer): void {
    this.bytesRead -= bytes.length;
    this.#kept = this.#kept.length === 0 ? bytes : Buffer.concat([bytes, this.#kept]);
  }

  #take(length: number): Buffer {
    const taken = this.#kept.subarray(0, length);
    this.#kept = this.#kept.subarray(length);
    this.bytesRead += length;
    return taken;
  }

  async #pull(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#ended = true;
      return;
    }
    const chunk = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    this.#kept = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
  }
}
