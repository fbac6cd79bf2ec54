const AT = 64;
const BACKSLASH = 92;
const MOST_FIELDS = 64;

/** Splits a record of fields between `@`; a `\` takes its meaning from the byte behind it. */
export class AtFields {
  /** Fields of the record split last; those beyond `MOST_FIELDS` are counted and not kept. */
  count = 0;
  /** `[starts[n], ends[n])` is field n. */
  readonly starts = new Int32Array(MOST_FIELDS);
  readonly ends = new Int32Array(MOST_FIELDS);

  split(bytes: Uint8Array, start: number, end: number): void {
    const { starts, ends } = this;
    let count = 0;
    let from = start;
    for (let at = start; at < end; at++) {
      const c = bytes[at];
      if (c === BACKSLASH) at++;
      else if (c === AT) {
        if (count < MOST_FIELDS) {
          starts[count] = from;
          ends[count] = at;
        }
        count++;
        from = at + 1;
      }
    }
    if (count < MOST_FIELDS) {
      starts[count] = Math.min(from, end);
      ends[count] = end;
    }
    this.count = count + 1;
  }

  /** The byte that is the whole of field `index`; 0 when it has another length. */
  letter(bytes: Uint8Array, index: number): number {
    const at = this.starts[index];
    return index < this.count && this.ends[index] - at === 1 ? bytes[at] : 0;
  }

  isEmpty(index: number): boolean {
    return this.ends[index] <= this.starts[index];
  }
}
