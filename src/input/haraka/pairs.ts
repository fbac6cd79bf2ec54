import { decodeText } from '../../model/event-batch.ts';
import type { Cells } from '../event-fields.ts';
import { KeyTable } from '../json/key-table.ts';
import { PATHS } from './fields.ts';

const BLANK = 32;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * The `key=value` pairs of a line. A value ends at a blank; one that begins with a quote ends at the
 * next quote that has no backslash and stands before a blank or the end. Of a key that comes twice
 * the first counts: what a client chooses stands behind what the server writes.
 */
export class Pairs implements Cells {
  readonly starts = new Uint32Array(PATHS.length);
  readonly ends = new Uint32Array(PATHS.length);
  /** 1 when backslashes stand in the value. */
  readonly escaped = new Uint8Array(PATHS.length);
  readonly #keys = new KeyTable(PATHS, [...PATHS.keys()]);

  clear(): void {
    const { starts, ends, escaped } = this;
    for (let field = 0; field < starts.length; field++)
      starts[field] = ends[field] = escaped[field] = 0;
  }

  set(field: number, start: number, end: number): void {
    this.starts[field] = start;
    this.ends[field] = end;
  }

  /** Reads the pairs of `bytes[from, end)`; words that are none are passed over. */
  read(bytes: Uint8Array, from: number, end: number): void {
    let at = from;
    while (at < end) {
      if (bytes[at] === BLANK) {
        at++;
        continue;
      }
      const key = at;
      while (at < end && bytes[at] !== EQUALS && bytes[at] !== BLANK) at++;
      if (at >= end || bytes[at] === BLANK) continue;
      const field = this.#keys.find(bytes, key, at);
      at = this.#readValue(bytes, at + 1, end, field);
    }
  }

  /** The value of a field. */
  text(bytes: Buffer, field: number): string {
    return this.decode(bytes, this.starts[field], this.ends[field]);
  }

  /** What a part of a value stands for. */
  decode(bytes: Buffer, start: number, end: number): string {
    return decodeText(bytes, start, end).replace(/\\(["\\])/g, '$1');
  }

  /** The index behind the value at `start`. */
  #readValue(bytes: Uint8Array, start: number, end: number, field: number): number {
    let at = start;
    let escaped = 0;
    const quoted = at < end && bytes[at] === QUOTE;
    if (quoted) at++;
    const first = at;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) {
        escaped = 1;
        at++;
      } else if (quoted) {
        if (byte === QUOTE && (at + 1 >= end || bytes[at + 1] === BLANK)) break;
      } else if (byte === BLANK) break;
    }
    at = Math.min(at, end);
    if (field >= 0 && this.starts[field] === 0) {
      this.set(field, first, at);
      this.escaped[field] = escaped;
    }
    return quoted ? at + 1 : at;
  }
}
