import { readAddress } from '../../model/address.ts';
import { seekByte, seekEither } from '../../model/words.ts';
import { phrase, startsWith } from '../byte-text.ts';
import type { ProgramLine } from '../syslog/program-line.ts';

const OPEN = 91;
const CLOSE = 93;
const BLANK = 32;
const COMMA = 44;
const IPV6 = phrase('IPv6:');
const FORGED = phrase(' (may be forged)');
const LONGEST_NAME = 300;
const LONGEST_ADDRESS = 64;

/**
 * Reads a client as sendmail writes it into `line.peer`: `name [ip]`, `[ip]`, `name [ip] (may be
 * forged)`, `[IPv6:2001:db8:0:0:0:0:0:1]`, and `[ip] [ip]` where the name is the address. Used where
 * the client must stand. A name without an address, as of local mail, has the family 0.
 *
 * Returns the index behind it, or -1 when nothing there has the form of one.
 */
export function readHost(line: ProgramLine, at: number, end: number): number {
  const { bytes, words, peer } = line;
  peer.family = 0;
  peer.readable = true;
  let open = at;
  if (at >= end || bytes[at] === BLANK || bytes[at] === COMMA) return -1;
  if (bytes[at] !== OPEN) {
    const limit = Math.min(end, at + LONGEST_NAME);
    const nameEnd = seekEither(words, at, limit, BLANK, COMMA);
    if (nameEnd >= end || bytes[nameEnd] !== BLANK || bytes[nameEnd + 1] !== OPEN) return nameEnd;
    open = nameEnd + 1;
  }
  const close = endOfBracketed(words, open, end);
  if (close < 0) return -1;
  readBracketed(line, open + 1, close);
  let next = close + 1;
  if (open === at && next + 1 < end && bytes[next] === BLANK && bytes[next + 1] === OPEN) {
    const second = endOfBracketed(words, next, end);
    if (second < 0) return -1;
    readBracketed(line, next + 2, second);
    next = second + 1;
  }
  return startsWith(words, next, end, FORGED) ? next + FORGED.length : next;
}

function endOfBracketed(words: Int32Array, open: number, end: number): number {
  const limit = Math.min(end, open + LONGEST_ADDRESS);
  const close = seekByte(words, open, limit, CLOSE);
  return close >= limit ? -1 : close;
}

function readBracketed({ bytes, words, peer }: ProgramLine, at: number, close: number): void {
  const address = startsWith(words, at, close, IPV6) ? at + IPV6.length : at;
  peer.family = readAddress(bytes, address, close, peer.words, 0);
  peer.readable = peer.family !== 0;
}
