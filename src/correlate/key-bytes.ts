import { allocateBlock, WordView } from '../model/words.ts';

/** A short byte string that stands in no block, readable as a `ByteIndex` reads keys. */
export class KeyBytes {
  /** Number of bytes; the first is byte 0 of `words`. */
  length = 0;
  #bytes = allocateBlock(256);
  readonly #view = new WordView();

  get words(): Int32Array {
    return this.#view.of(this.#bytes);
  }

  /** Takes a text in UTF-8, or one character for each byte. */
  set(text: string, encoding: 'utf8' | 'latin1'): void {
    this.length = Buffer.byteLength(text, encoding);
    if (this.length > this.#bytes.length) this.#bytes = allocateBlock(this.length * 2);
    this.#bytes.write(text, encoding);
  }
}
