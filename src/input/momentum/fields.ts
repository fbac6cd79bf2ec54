const AT = 64;
const BACKSLASH = 92;
const MOST_FIELDS = 64;
/** Of a record with more fields, so many of the last are kept beside the first. */
const LAST_FIELDS = 8;

/** Splits a record of fields between `@`; a `\` takes its meaning from the byte behind it. */
export class AtFields {
  /** Fields of the record split last. */
  count = 0;
  /** How many of them are kept: the first, and of too many the last. */
  kept = 0;
  /** `[starts[n], ends[n])` is the nth kept field. */
  readonly starts = new Int32Array(MOST_FIELDS);
  readonly ends = new Int32Array(MOST_FIELDS);

  split(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    this.count = 0;
    this.kept = 0;
    for (let at = start; at < end; at++) {
      const c = bytes[at];
      if (c === BACKSLASH) at++;
      else if (c === AT) {
        this.#add(from, at);
        from = at + 1;
      }
    }
    this.#add(from, end);
  }

  /** The byte that is the whole of field `index`; 0 when it has another length. */
  letter(bytes: Uint8Array, index: number): number {
    const at = this.starts[index];
    return index < this.kept && this.ends[index] - at === 1 ? bytes[at] : 0;
  }

  isEmpty(index: number): boolean {
    return this.ends[index] <= this.starts[index];
  }

  #add(start: number, end: number): void {
    const { starts, ends } = this;
    if (this.kept === MOST_FIELDS) {
      starts.copyWithin(MOST_FIELDS - LAST_FIELDS, MOST_FIELDS - LAST_FIELDS + 1);
      ends.copyWithin(MOST_FIELDS - LAST_FIELDS, MOST_FIELDS - LAST_FIELDS + 1);
      this.kept--;
    }
    starts[this.kept] = start;
    ends[this.kept++] = end;
    this.count++;
  }
}
