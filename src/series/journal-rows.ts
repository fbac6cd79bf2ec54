import { MAX_COUNT } from './format.ts';

/** Where the rows of one file go: see `JournalColumns`. */
export interface RowColumns {
  readonly ipv4: Int32Array;
  readonly ipv6: Int32Array;
  readonly counts: Float64Array;
}

/** How far a file has been read. */
export interface RowsRead {
  /** The first byte that is not read. */
  readonly at: number;
  readonly rows: number;
}

const ZERO = 48;
const NINE = 57;
const LF = 10;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const COLON = 58;

/** Counts of so many digits are put together in 32 bits. */
const SHORT_DIGITS = 9;
/** Numbers of so many digits are exact however they are put together. */
const EXACT_DIGITS = 15;

/** Where the line that `readCount` has read ends; -1 when it was no count. */
let countEnd = 0;

/** Reads a count of any length that ends in a line feed: whole, not 0, within ±2^53. */
function readCount(bytes: Buffer, start: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let at = first;
  let value = 0;
  countEnd = -1;
  if (bytes[at] === ZERO) return 0;
  for (;;) {
    const c = bytes[at];
    if (c === LF) break;
    if (c < ZERO || c > NINE || at - first > EXACT_DIGITS) return 0;
    value = value * 10 + (c - ZERO);
    at++;
  }
  if (at === first || value > MAX_COUNT) return 0;
  // A number that cannot be held exactly is read as its neighbour, which has another text.
  if (at - first > EXACT_DIGITS && String(value) !== bytes.toString('latin1', first, at)) return 0;
  countEnd = at + 1;
  return negative ? -value : value;
}

/**
 * Reads rows of window 0 with IPv4 keys, ascending, up to the first that is anything else. Bytes
 * from `end` on must hold something that is no row, so that nothing is read beyond the file.
 *
 * One loop without calls: it runs for every row of every journal.
 */
export function readIpv4Rows(
  bytes: Buffer,
  from: RowsRead,
  end: number,
  { ipv4, counts }: RowColumns,
): RowsRead {
  const room = counts.length;
  let { at, rows } = from;
  let before = -1;
  next: while (at < end && rows < room && bytes[at] === ZERO && bytes[at + 1] === COMMA) {
    let i = at + 2;
    let key = 0;
    for (let dots = 0; ; dots++) {
      let octet = bytes[i] - ZERO;
      let c = bytes[i + 1];
      i += 2;
      if (octet < 0 || octet > 9) break next;
      if (c >= ZERO) {
        // A zero in front is none of ours.
        if (c > NINE || octet === 0) break next;
        octet = octet * 10 + c - ZERO;
        c = bytes[i++];
        if (c >= ZERO && c <= NINE) {
          octet = octet * 10 + c - ZERO;
          c = bytes[i++];
          if (octet > 255) break next;
        }
      }
      key = (key << 8) | octet;
      if (c === COMMA && dots === 3) break;
      if (c !== DOT || dots === 3) break next;
    }
    const order = key >>> 0;
    if (order <= before) break;
    const countStart = i;
    let count = bytes[i++] - ZERO;
    let c = bytes[i++];
    while (c >= ZERO && c <= NINE && i - countStart <= SHORT_DIGITS + 1) {
      count = count * 10 + c - ZERO;
      c = bytes[i++];
    }
    // The first byte was 1 to 9, and a line feed ends the rest; anything else is looked at closer.
    if (c !== LF || bytes[countStart] <= ZERO || bytes[countStart] > NINE) {
      count = readCount(bytes, countStart);
      if (countEnd === -1) break;
      i = countEnd;
    }
    before = order;
    ipv4[rows] = key;
    counts[rows] = count;
    rows++;
    at = i;
  }
  return { at, rows };
}

const groups = new Uint16Array(8);
/** Where the key that `readIpv6Key` has read ends. */
let keyEnd = 0;

/**
 * Reads an IPv6 address as RFC 5952 writes it, ending in a comma, into `out[to .. to+3]`. False for
 * any other form, and for the IPv4-mapped addresses, which a file has as IPv4.
 */
function readIpv6Key(bytes: Uint8Array, start: number, out: Int32Array, to: number): boolean {
  let at = start;
  let count = 0;
  let gap = -1;
  if (bytes[at] === COLON) {
    if (bytes[at + 1] !== COLON) return false;
    gap = 0;
    at += 2;
  }
  // A gap may be the end of the address.
  while (gap !== count || bytes[at] !== COMMA) {
    if (count === 8) return false;
    const first = at;
    let value = 0;
    for (;;) {
      const c = bytes[at];
      if (c >= ZERO && c <= NINE) value = (value << 4) | (c - ZERO);
      else if (c >= 97 && c <= 102) value = (value << 4) | (c - 87);
      else break;
      at++;
    }
    const digits = at - first;
    if (digits === 0 || digits > 4) return false;
    if (digits > 1 && bytes[first] === ZERO) return false;
    groups[count++] = value;
    if (bytes[at] === COMMA) break;
    if (bytes[at] !== COLON) return false;
    at++;
    if (bytes[at] !== COLON) continue;
    if (gap !== -1) return false;
    gap = count;
    at++;
  }
  if (!fillGap(gap, count)) return false;
  out[to] = (groups[0] << 16) | groups[1];
  out[to + 1] = (groups[2] << 16) | groups[3];
  out[to + 2] = (groups[4] << 16) | groups[5];
  out[to + 3] = (groups[6] << 16) | groups[7];
  keyEnd = at + 1;
  return out[to] !== 0 || out[to + 1] !== 0 || out[to + 2] !== 0xffff;
}

/** Moves the groups behind the gap to the end; whether the gap is where RFC 5952 has it. */
function fillGap(gap: number, count: number): boolean {
  if (gap === -1) {
    if (count !== 8) return false;
  } else {
    const behind = count - gap;
    for (let i = 1; i <= behind; i++) groups[8 - i] = groups[count - i];
    groups.fill(0, gap, 8 - behind);
  }
  let longest = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let zeros = 0;
    while (i + zeros < 8 && groups[i + zeros] === 0) zeros++;
    if (zeros > length) {
      longest = i;
      length = zeros;
    }
    i += zeros;
  }
  return longest === gap && (gap === -1 || length === 8 - count);
}

/** Whether the address at `a` is less than the one at `b`, as unsigned numbers. */
function isLess(words: Int32Array, a: number, b: number): boolean {
  for (let i = 0; i < 4; i++) {
    if (words[a + i] !== words[b + i]) return words[a + i] >>> 0 < words[b + i] >>> 0;
  }
  return false;
}

/** As `readIpv4Rows`, for rows with IPv6 keys. */
export function readIpv6Rows(
  bytes: Buffer,
  from: RowsRead,
  end: number,
  { ipv6, counts }: RowColumns,
): RowsRead {
  let { at, rows } = from;
  let to = 0;
  while (at < end && rows < counts.length && bytes[at] === ZERO && bytes[at + 1] === COMMA) {
    if (!readIpv6Key(bytes, at + 2, ipv6, to)) break;
    if (to > 0 && !isLess(ipv6, to - 4, to)) break;
    const count = readCount(bytes, keyEnd);
    if (countEnd === -1) break;
    counts[rows] = count;
    rows++;
    to += 4;
    at = countEnd;
  }
  return { at, rows };
}
