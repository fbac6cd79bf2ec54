import ipaddr from 'ipaddr.js';

/** 4 or 6; 0 where there is no address. */
export type Family = 0 | 4 | 6;

/**
 * A block of addresses. `words` has four numbers (unsigned, network order); an IPv4 address is in
 * the first, the others are 0. Bits behind `bits` are 0.
 */
export interface Network {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  readonly bits: number;
}

/** The prefix lengths that a rule counts by, one for each family. */
export interface Prefix {
  readonly ipv4: number;
  readonly ipv6: number;
}

export const ADDRESS: Prefix = { ipv4: 32, ipv6: 128 };

/** The mask of word `index` for a prefix of `bits`, as a signed 32-bit number. */
export function maskWord(bits: number, index: number): number {
  const own = Math.min(32, Math.max(0, bits - index * 32));
  return own === 0 ? 0 : -1 << (32 - own);
}

/** Leading bits that two addresses of one family share, by their words. */
export function sharedBits(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index++) {
    const differs = (a[index] ^ b[index]) >>> 0;
    if (differs !== 0) return index * 32 + Math.clz32(differs);
  }
  return a.length * 32;
}

/**
 * Reads the address in `bytes[start, end)` into `out[at .. at+3]`: `192.0.2.7` or any text form of
 * IPv6, without brackets. IPv4-mapped IPv6 becomes IPv4. Returns 0 and leaves `out` undefined when
 * the bytes are not exactly one address. A zone index (`%eth0`) is left out.
 */
export function readAddress(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Int32Array,
  at: number,
): Family {
  if (readDotted(bytes, start, out, at) === end) return 4;
  let value = 0;
  let digits = 0;
  let octets = 0;
  let packed = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c >= 48 && c <= 57) {
      // A leading zero is octal to some readers, so it is no address here.
      if (digits > 0 && value === 0) return octets === 0 ? readIpv6(bytes, start, end, out, at) : 0;
      value = value * 10 + c - 48;
      if (++digits > 3) return readIpv6(bytes, start, end, out, at);
    } else if (c === 46 && digits > 0 && octets < 3) {
      if (value > 255) return 0;
      packed = (packed << 8) | value;
      octets++;
      value = 0;
      digits = 0;
    } else {
      return octets === 0 ? readIpv6(bytes, start, end, out, at) : 0;
    }
  }
  if (octets !== 3 || digits === 0 || value > 255) {
    return octets === 0 && end > start ? readIpv6(bytes, start, end, out, at) : 0;
  }
  out[at] = (packed << 8) | value;
  out[at + 1] = 0;
  out[at + 2] = 0;
  out[at + 3] = 0;
  return 4;
}

/** `255.255.255.255` and the byte behind it. */
const LONGEST_DOTTED = 16;

/**
 * Reads an IPv4 address as everyone writes it, which begins at `start`, into `out[at .. at+3]`.
 * Returns where it ends, or -1 when `readAddress` has to look.
 */
export function readDotted(bytes: Uint8Array, start: number, out: Int32Array, at: number): number {
  if (start + LONGEST_DOTTED > bytes.length) return -1;
  let packed = 0;
  let i = start;
  for (let octet = 0; octet < 4; octet++) {
    let value = bytes[i] - 48;
    if (value < 0 || value > 9) return -1;
    const second = bytes[++i] - 48;
    if (second >= 0 && second <= 9) {
      // A leading zero may mean octal.
      if (value === 0) return -1;
      value = value * 10 + second;
      const third = bytes[++i] - 48;
      if (third >= 0 && third <= 9) {
        value = value * 10 + third;
        if (value > 255) return -1;
        i++;
      }
    }
    packed = (packed << 8) | value;
    if (octet < 3 && bytes[i++] !== 46) return -1;
  }
  out[at] = packed;
  out[at + 1] = 0;
  out[at + 2] = 0;
  out[at + 3] = 0;
  return i;
}

const groups = new Uint16Array(8);

function readIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Int32Array,
  at: number,
): Family {
  let count = 0;
  let gap = -1;
  let i = start;
  let value = 0;
  let digits = 0;
  let groupStart = start;
  if (end - start < 2) return 0;
  if (bytes[i] === 58) {
    if (bytes[i + 1] !== 58) return 0;
    gap = 0;
    i += 2;
    groupStart = i;
  }
  for (; i < end; i++) {
    const c = bytes[i] | 0x20;
    if (bytes[i] >= 48 && bytes[i] <= 57) value = (value << 4) | (bytes[i] - 48);
    else if (c >= 97 && c <= 102) value = (value << 4) | (c - 87);
    else if (bytes[i] === 58) {
      if (digits === 0) return 0;
      if (count === 8) return 0;
      groups[count++] = value;
      value = 0;
      digits = 0;
      groupStart = i + 1;
      if (bytes[i + 1] === 58 && i + 1 < end) {
        if (gap !== -1) return 0;
        gap = count;
        i++;
        groupStart = i + 1;
      } else if (i + 1 === end) return 0;
      continue;
    } else if (bytes[i] === 46) {
      // The last 32 bits may be written as IPv4.
      if (count > 6 || groupStart === start) return 0;
      const family = readAddress(bytes, groupStart, end, tail, 0);
      if (family !== 4) return 0;
      groups[count++] = tail[0] >>> 16;
      groups[count++] = tail[0] & 0xffff;
      digits = 0;
      i = end;
      break;
    } else if (bytes[i] === 37 && i > start && end - i > 1) break;
    else return 0;
    if (++digits > 4) return 0;
  }
  if (digits > 0) {
    if (count === 8) return 0;
    groups[count++] = value;
  }
  if (gap === -1) {
    if (count !== 8) return 0;
  } else {
    if (count > 7) return 0;
    const moved = count - gap;
    for (let k = 0; k < moved; k++) groups[7 - k] = groups[count - 1 - k];
    groups.fill(0, gap, 8 - moved);
  }
  const w0 = (groups[0] << 16) | groups[1];
  const w1 = (groups[2] << 16) | groups[3];
  const w2 = (groups[4] << 16) | groups[5];
  const w3 = (groups[6] << 16) | groups[7];
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) {
    out[at] = w3;
    out[at + 1] = 0;
    out[at + 2] = 0;
    out[at + 3] = 0;
    return 4;
  }
  out[at] = w0;
  out[at + 1] = w1;
  out[at + 2] = w2;
  out[at + 3] = w3;
  return 6;
}

const tail = new Int32Array(4);

/** Text of an address: dotted IPv4, or IPv6 as RFC 5952 writes it. */
export function formatAddress(family: 4 | 6, w0: number, w1 = 0, w2 = 0, w3 = 0): string {
  if (family === 4) return `${w0 >>> 24}.${(w0 >>> 16) & 255}.${(w0 >>> 8) & 255}.${w0 & 255}`;
  const parts = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ];
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && parts[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
    if (length > 0) i += length;
  }
  const hex = parts.map((part) => part.toString(16));
  if (best === -1) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** The address in `words[at .. at+3]` as text; empty where there is none. */
export function formatWords(family: number, words: Int32Array, at: number): string {
  if (family === 0) return '';
  return formatAddress(
    family === 4 ? 4 : 6,
    words[at],
    words[at + 1],
    words[at + 2],
    words[at + 3],
  );
}

const ascii = Buffer.alloc(64);

/** Reads an address that `formatAddress` wrote into `out[0..3]`; 0 and zeros where it is none. */
export function readAddressText(text: string, out: Int32Array): Family {
  const family = readAddress(ascii, 0, ascii.write(text, 'latin1'), out, 0);
  if (family === 0) out.fill(0);
  return family;
}

/** `192.0.2.0/24` */
export function formatNetwork(network: Network): string {
  return `${formatAddress(network.family, ...network.words)}/${network.bits}`;
}

/**
 * Reads an address or a network as users write it: `192.0.2.0/24`, `2001:db8::/32`,
 * `[2001:db8::1]/64`, `192.0.2.7`. Undefined when it is neither. Host bits are cleared.
 */
export function parseNetwork(text: string): Network | undefined {
  const match = /^\[?([^\]/]+)\]?(?:\/(\d{1,3}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const address = match[1];
  // ipaddr.js also reads `10.1` or `0x7f.1`; nobody means those in a mail policy.
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address))
    return undefined;
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  const family = parsed.kind() === 'ipv4' ? 4 : 6;
  const mapped = family === 4 && address.includes(':');
  const width = family === 4 ? 32 : 128;
  let bits = match[2] === undefined ? width : Number(match[2]);
  if (mapped && match[2] !== undefined) bits -= 96;
  if (bits < 0 || bits > width) return undefined;
  const bytes = parsed.toByteArray();
  const word = (index: number): number => {
    if (index * 4 >= bytes.length) return 0;
    const [a, b, c, d] = bytes.slice(index * 4, index * 4 + 4);
    return (((a << 24) | (b << 16) | (c << 8) | d) & maskWord(bits, index)) >>> 0;
  };
  return { family, words: [word(0), word(1), word(2), word(3)], bits };
}

/** Order of blocks in reports: IPv4 before IPv6, then by address, then the shorter prefix first. */
export function compareNetworks(a: Network, b: Network): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < 4; i++) {
    const difference = (a.words[i] >>> 0) - (b.words[i] >>> 0);
    if (difference !== 0) return difference;
  }
  return a.bits - b.bits;
}

/** A set of networks, asked once for each event: exact, compiled to flat arrays. */
export class NetworkSet {
  readonly #v4: Int32Array;
  readonly #v6: Int32Array;

  constructor(networks: readonly Network[]) {
    const v4 = networks.filter((network) => network.family === 4);
    const v6 = networks.filter((network) => network.family === 6);
    this.#v4 = Int32Array.from(v4.flatMap((n) => [n.words[0], maskWord(n.bits, 0)]));
    this.#v6 = Int32Array.from(
      v6.flatMap((n) => [0, 1, 2, 3].flatMap((i) => [n.words[i], maskWord(n.bits, i)])),
    );
  }

  get empty(): boolean {
    return this.#v4.length === 0 && this.#v6.length === 0;
  }

  /** Whether the address at `ip[at .. at+3]` lies in one of the networks. */
  has(family: number, ip: Int32Array, at: number): boolean {
    if (family === 4) {
      const nets = this.#v4;
      for (let i = 0; i < nets.length; i += 2) {
        if ((ip[at] & nets[i + 1]) === nets[i]) return true;
      }
      return false;
    }
    if (family !== 6) return false;
    const nets = this.#v6;
    for (let i = 0; i < nets.length; i += 8) {
      if (
        (ip[at] & nets[i + 1]) === nets[i] &&
        (ip[at + 1] & nets[i + 3]) === nets[i + 2] &&
        (ip[at + 2] & nets[i + 5]) === nets[i + 4] &&
        (ip[at + 3] & nets[i + 7]) === nets[i + 6]
      ) {
        return true;
      }
    }
    return false;
  }
}
