import { readAddress, readDotted, type Family } from '../../model/address.ts';
import { seekByte, seekEither } from '../../model/words.ts';
import { isDigit, phrase, startsWith } from '../byte-text.ts';

const OPEN = 91;
const CLOSE = 93;
const COLON = 58;
const BLANK = 32;
const UNKNOWN = phrase('unknown');
/** A reverse DNS name has 255 characters at most; Postfix writes no `[` or blank into it. */
const LONGEST_NAME = 300;

/**
 * Reads a client as Postfix writes it: `name[address]`, `name[address]:port`, or `[address]:port`
 * from postscreen. Used where the peer must stand, never searched for: the text of a line holds
 * what clients sent.
 */
export class PeerReader {
  /** False when what stands between the brackets is neither an address nor `unknown`. */
  readable = false;
  /** 0 when Postfix did not know the address (`unknown[unknown]`). */
  family: Family = 0;
  readonly words = new Int32Array(4);
  /** The `[`. */
  open = 0;
  /** Behind the peer, its port included. */
  next = 0;

  /** Reads the peer that starts at `at`; false when nothing there has the form of one. */
  read(bytes: Buffer, words: Int32Array, at: number, end: number): boolean {
    const limit = Math.min(end, at + LONGEST_NAME);
    const open = seekEither(words, at, limit, OPEN, BLANK);
    if (open >= limit || bytes[open] === BLANK) return false;
    this.open = open;
    const quick = readDotted(bytes, open + 1, this.words, 0);
    if (quick >= 0 && quick < end && bytes[quick] === CLOSE) {
      this.family = 4;
      this.readable = true;
      this.next = portEnd(bytes, words, quick + 1, end);
      return true;
    }
    const close = seekByte(words, open + 1, end, CLOSE);
    if (close >= end) return false;
    this.family = readAddress(bytes, open + 1, close, this.words, 0);
    this.readable =
      this.family !== 0 || (close - open === 8 && startsWith(words, open + 1, close, UNKNOWN));
    this.next = portEnd(bytes, words, close + 1, end);
    return true;
  }
}

/** Behind the `:port` or `:unknown` that may stand at `at`. */
function portEnd(bytes: Buffer, words: Int32Array, at: number, end: number): number {
  if (at + 1 >= end || bytes[at] !== COLON) return at;
  if (startsWith(words, at + 1, end, UNKNOWN)) return at + 8;
  let next = at + 1;
  while (next < end && isDigit(bytes[next])) next++;
  return next === at + 1 ? at : next;
}
