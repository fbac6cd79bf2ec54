/** Where the parts of a syslog line stand in its bytes; all spans are half open. */
export interface LineHead {
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly tagStart: number;
  readonly tagEnd: number;
  readonly pidStart: number;
  readonly pidEnd: number;
  readonly textStart: number;
  readonly end: number;
}

/** One field of a record of a CSV, its quotes taken off. */
export interface CsvField {
  readonly column: string;
  readonly text: string;
}

/** Lines of inputs, by the names of these: what a cut keeps. */
export class LineSet {
  readonly #lines = new Map<string, Set<number>>();
  size = 0;

  /** @param file what a converted file calls the input of the line; empty: the input itself */
  add(source: number, file: string, line: number): void {
    const key = keyOf(source, file);
    let lines = this.#lines.get(key);
    if (lines === undefined) this.#lines.set(key, (lines = new Set()));
    if (lines.has(line)) return;
    lines.add(line);
    this.size++;
  }

  has(source: number, file: string, line: number): boolean {
    return this.#lines.get(keyOf(source, file))?.has(line) === true;
  }
}

function keyOf(source: number, file: string): string {
  return file === '' ? String(source) : `${source}\0${file}`;
}

/** Line numbers of one input, a bit each: those of all its events. */
export class LineBits {
  #bits = new Uint8Array(1024);

  add(line: number): void {
    const at = line >>> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[at] |= 1 << (line & 7);
  }

  has(line: number): boolean {
    const at = line >>> 3;
    return at < this.#bits.length && (this.#bits[at] & (1 << (line & 7))) !== 0;
  }
}
