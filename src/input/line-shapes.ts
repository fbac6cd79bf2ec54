import { readAddress } from '../model/address.ts';
import { decodeText } from '../model/event-batch.ts';
import { compareText } from '../model/order.ts';
import { isDigit } from './byte-text.ts';

/** Unparsed lines that look alike: digits are folded to `0`, addresses to `ADDRESS`. */
export interface LineShape {
  readonly reason: string;
  readonly shape: string;
  readonly lines: number;
  /** Number and front of the first such line; bytes that are not UTF-8 as `\xHH`. */
  readonly line: number;
  readonly text: string;
}

/** More shapes than this are not told apart: a file of random bytes has one for each line. */
const MOST_SHAPES = 1000;
const LISTED_SHAPES = 10;
const FRONT_CHARS = 200;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const LONGEST_ADDRESS = 45;
const ADDRESS_BYTES = Buffer.from('ADDRESS');
const ZERO = 48;

/** What the unparsed lines of a file look like, the most frequent shapes first. */
export class LineShapes {
  /** Lines beyond the shapes that are told apart. */
  others = 0;
  readonly #shapes = new Map<string, { -readonly [Field in keyof LineShape]: LineShape[Field] }>();
  readonly #folded = Buffer.alloc(FRONT_CHARS * 4);

  add(reason: string, bytes: Buffer, start: number, end: number, line: number): void {
    const shape = this.#fold(bytes, start, Math.min(end, start + FRONT_CHARS));
    const key = `${reason}\n${shape}`;
    const known = this.#shapes.get(key);
    if (known !== undefined) known.lines++;
    else if (this.#shapes.size === MOST_SHAPES) this.others++;
    else {
      const text = frontOf(bytes, start, end);
      this.#shapes.set(key, { reason, shape, lines: 1, line, text });
    }
  }

  /** The ten most frequent as they are now; of shapes as frequent, the earlier first. */
  get top(): readonly LineShape[] {
    const top: LineShape[] = [];
    for (const shape of this.#shapes.values()) {
      if (top.length === LISTED_SHAPES && compareShapes(shape, top[top.length - 1]) > 0) continue;
      top.push({ ...shape });
      top.sort(compareShapes);
      if (top.length > LISTED_SHAPES) top.pop();
    }
    return top;
  }

  #fold(bytes: Buffer, start: number, end: number): string {
    const folded = this.#folded;
    let length = 0;
    let at = start;
    while (at < end) {
      const address = isWordByte(bytes[at - 1]) && at > start ? at : addressEnd(bytes, at, end);
      if (address > at) {
        length += ADDRESS_BYTES.copy(folded, length);
        at = address;
      } else if (isDigit(bytes[at])) {
        folded[length++] = ZERO;
        while (at < end && isDigit(bytes[at])) at++;
      } else folded[length++] = bytes[at++];
    }
    return decodeText(folded, 0, length);
  }
}

function compareShapes(a: LineShape, b: LineShape): number {
  return b.lines - a.lines || a.line - b.line || compareText(a.shape, b.shape);
}

const scratch = new Int32Array(4);

/** Where the address that starts at `at` ends; `at` when none does. */
function addressEnd(bytes: Buffer, at: number, end: number): number {
  const limit = Math.min(end, at + LONGEST_ADDRESS);
  let stop = at;
  let marks = 0;
  while (stop < limit && isAddressByte(bytes[stop])) {
    if (!isWordByte(bytes[stop])) marks++;
    stop++;
  }
  if (marks < 2 || (stop < end && isWordByte(bytes[stop]))) return at;
  // A full stop or colon behind an address belongs to the text.
  while (stop > at && !isWordByte(bytes[stop - 1]) && bytes[stop - 2] !== bytes[stop - 1]) stop--;
  return readAddress(bytes, at, stop, scratch, 0) === 0 ? at : stop;
}

/** A digit, `.`, `:` or `a` … `f`. */
function isAddressByte(byte: number): boolean {
  const letter = byte | 32;
  return (byte >= 46 && byte <= 58 && byte !== 47) || (letter >= 97 && letter <= 102);
}

function isWordByte(byte: number): boolean {
  const letter = byte | 32;
  return isDigit(byte) || (letter >= 97 && letter <= 122) || byte === 95;
}

function frontOf(bytes: Buffer, start: number, end: number): string {
  // Four bytes a character at most; not cut inside one, which would spoil the whole text.
  let stop = Math.min(end, start + FRONT_CHARS * 4);
  if (stop < end) while (stop > start && (bytes[stop] & 0xc0) === 0x80) stop--;
  // By code points, so that no character is cut in two here either.
  return Array.from(decodeText(bytes, start, stop))
    .slice(0, FRONT_CHARS)
    .join('');
}
