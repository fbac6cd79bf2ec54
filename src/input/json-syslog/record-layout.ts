import { Piece } from '../../model/words.ts';
import { JSON_TYPE, type JsonLine } from '../json/json-line.ts';
import { escapeLength, seekSpecial } from '../json/json-string.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const LONGEST_PIECE = 128;
const MOST_VALUES = 64;
/** Records that did not fit, beyond those that did, after which layouts are no longer tried. */
const PATIENCE = 100;
const UNASKED = -1;
/** What may stand between two values, the key in its quotes cut out. */
const BEFORE_FIRST = /^\s*\{\s*:\s*$/;
const BETWEEN = /^\s*,\s*:\s*$/;
const BEHIND_LAST = /^\s*\}\s*$/;

/**
 * Reads records that a template wrote: the same keys in the same order, all values strings. Then
 * what stands between the values is the same in every record, and is compared instead of read. Any
 * other record is left to the `JsonLine`, and the next one is expected to look like it.
 */
export class RecordLayout {
  readonly #json: JsonLine;
  readonly #names: readonly string[];
  /** What stands before each value, its quotes included, and behind the last. */
  #pieces: Piece[] = [];
  /** The number in `#json` of each value. */
  #values: number[] = [];
  /** The facts in `#json` are those of a record that this layout read. */
  #applied = false;
  #balance = 0;

  /** @param names the keys of the values of `json`, each a key of the record itself */
  constructor(json: JsonLine, names: readonly string[]) {
    this.#json = json;
    this.#names = names;
  }

  /** Does what `JsonLine.read` does. */
  read(bytes: Buffer, words: Int32Array, start: number, end: number): boolean {
    if (this.#fits(bytes, words, start, end)) {
      this.#balance = Math.max(0, this.#balance - 1);
      return true;
    }
    this.#applied = false;
    if (!this.#json.read(bytes, start, end)) return false;
    if (this.#balance < PATIENCE && ++this.#balance < PATIENCE) {
      this.#learn(bytes, words, start, end);
    } else this.#pieces = [];
    return true;
  }

  #fits(bytes: Buffer, words: Int32Array, start: number, end: number): boolean {
    const pieces = this.#pieces;
    const values = this.#values;
    const { types, starts, ends, escaped } = this.#json;
    if (pieces.length === 0) return false;
    if (!this.#applied) {
      types.fill(JSON_TYPE.missing);
      starts.fill(0);
      ends.fill(0);
      escaped.fill(0);
      this.#applied = true;
    }
    let at = start;
    for (let i = 0; i < values.length; i++) {
      const piece = pieces[i];
      if (at + piece.length >= end || !piece.standsAt(words, at)) return false;
      const from = at + piece.length;
      at = seekSpecial(words, from, end);
      let escapes = 0;
      while (at < end && bytes[at] === BACKSLASH) {
        const length = escapeLength(bytes, at, end);
        if (length === 0) return false;
        escapes = 1;
        at = seekSpecial(words, at + length, end);
      }
      if (at >= end || bytes[at] !== QUOTE) return false;
      const value = values[i];
      if (value === UNASKED) continue;
      types[value] = JSON_TYPE.string;
      starts[value] = from;
      ends[value] = at;
      escaped[value] = escapes;
    }
    const last = pieces[values.length];
    return at + last.length === end && last.standsAt(words, at);
  }

  /** Takes the layout of a sound record; none when a value is no string. */
  #learn(bytes: Buffer, words: Int32Array, start: number, end: number): void {
    this.#pieces = [];
    this.#values = [];
    const pieces: Piece[] = [];
    let pieceStart = start;
    let at = start;
    for (;;) {
      const key = nextQuote(bytes, at, end);
      const keyEnd = nextQuote(bytes, key + 1, end);
      const value = nextQuote(bytes, keyEnd + 1, end);
      if (value === end) break;
      const name = bytes.toString('latin1', key + 1, keyEnd);
      const open =
        bytes.toString('latin1', pieceStart, key) + bytes.toString('latin1', keyEnd + 1, value);
      const between = pieces.length === 0 ? BEFORE_FIRST : BETWEEN;
      const punctuation = pieces.length === 0 ? open : open.slice(1);
      if (!between.test(punctuation) || pieces.length === MOST_VALUES) return;
      if (name.includes('\\') || value + 1 - pieceStart > LONGEST_PIECE) return;
      pieces.push(pieceOf(words, pieceStart, value + 1));
      this.#values.push(this.#names.indexOf(name));
      pieceStart = nextQuote(bytes, value + 1, end);
      at = pieceStart + 1;
    }
    const closing = bytes.toString('latin1', pieceStart + 1, end);
    if (!BEHIND_LAST.test(closing) || end - pieceStart > LONGEST_PIECE || pieces.length === 0)
      return;
    pieces.push(pieceOf(words, pieceStart, end));
    this.#pieces = pieces;
  }
}

function pieceOf(words: Int32Array, from: number, to: number): Piece {
  const piece = new Piece(LONGEST_PIECE);
  piece.keep(words, from, to - from);
  return piece;
}

/** Where the next quote without a backslash stands, or `end`. */
function nextQuote(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}
