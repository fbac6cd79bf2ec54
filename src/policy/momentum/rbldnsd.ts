import { maskWord, parseNetwork, type Network } from '../../model/address.ts';
import { NetworkTable } from './network-table.ts';

/** What a list says of a network: texts of an A and a TXT record; undefined A: it is excluded. */
export interface ListEntry {
  readonly a: string | undefined;
  /** A template, empty where there is none. */
  readonly txt: string;
}

export interface NetworkList {
  readonly entries: NetworkTable<ListEntry>;
  /** 1-based lines that could not be read. */
  readonly badLines: readonly number[];
}

const EXCLUDED: ListEntry = { a: undefined, txt: '' };
const UNSAID: ListEntry = { a: '127.0.0.2', txt: '' };

/**
 * Reads networks in the format of rbldnsd's data sets `ip4set`, `ip4trie` and `ip6trie`, which may
 * be mixed. Lines that begin with `$` say how a DNS zone is served and are passed over.
 */
export function parseNetworkList(text: string): NetworkList {
  const entries = new NetworkTable<ListEntry>();
  const badLines: number[] = [];
  let standard = UNSAID;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line === '' || /^[#;$]|^:\$/.test(line)) continue;
    if (/^:[^:]/.test(line)) {
      const value = valueOf(line, UNSAID);
      if (value === undefined) badLines.push(index + 1);
      else standard = value;
    } else if (!takeEntry(entries, line, standard)) badLines.push(index + 1);
  }
  return { entries, badLines };
}

/** False when the line is no entry. */
function takeEntry(entries: NetworkTable<ListEntry>, line: string, standard: ListEntry): boolean {
  const match = /^(!?)\s*([^\s#;]+)\s*(.*)$/s.exec(line);
  if (match === null) return false;
  const [, excluded, range, rest] = match;
  const value = rest === '' || /^[#;]/.test(rest) ? standard : valueOf(rest, standard);
  const networks = networksOf(range);
  if (value === undefined || networks === undefined) return false;
  for (const network of networks) {
    if (excluded === '!') entries.set(network, EXCLUDED);
    else if (entries.at(network) === undefined) entries.set(network, value);
  }
  return true;
}

/** `:A:TXT`, or a TXT alone; what is left out is as in `standard`. */
function valueOf(text: string, standard: ListEntry): ListEntry | undefined {
  if (!text.startsWith(':')) return { a: standard.a, txt: text };
  const colon = text.indexOf(':', 1);
  const a = (colon === -1 ? text.slice(1) : text.slice(1, colon)).trim();
  const txt = colon === -1 ? '' : text.slice(colon + 1).trim();
  if (a === '') return { a: standard.a, txt: txt || standard.txt };
  const octets = a.split('.');
  const whole = [...['127', '0', '0', '0'].slice(0, 4 - octets.length), ...octets];
  if (whole.length !== 4 || !whole.every(isOctet)) return undefined;
  return { a: whole.join('.'), txt: txt || standard.txt };
}

function isOctet(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= 255;
}

/** An address, its first octets, a CIDR block of either, or two of them with a dash between. */
function networksOf(text: string): readonly Network[] | undefined {
  if (text.includes(':')) {
    const network = parseNetwork(text);
    return network && [network];
  }
  const match = /^([\d.]+)(?:\/(\d{1,2})|-([\d.]+))?$/.exec(text);
  if (match === null) return undefined;
  const first = octetsOf(match[1]);
  if (first === undefined) return undefined;
  if (match[3] !== undefined) return rangeOf(first, match[3]);
  const bits = match[2] === undefined ? first.length * 8 : Number(match[2]);
  if (bits > 32) return undefined;
  const word = (numberOf(filled(first, 0)) & maskWord(bits, 0)) >>> 0;
  return [{ family: 4, words: [word, 0, 0, 0], bits }];
}

function octetsOf(text: string): readonly number[] | undefined {
  const octets = text.split('.');
  return octets.length <= 4 && octets.every(isOctet) ? octets.map(Number) : undefined;
}

function filled(octets: readonly number[], octet: number): readonly number[] {
  return [...octets, ...Array.from({ length: 4 - octets.length }, () => octet)];
}

function numberOf(octets: readonly number[]): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** One octet behind the dash stands for the last one before it; the end is filled up with 255. */
function rangeOf(first: readonly number[], lastText: string): readonly Network[] | undefined {
  const octets = octetsOf(lastText);
  if (octets === undefined) return undefined;
  const last = octets.length === 1 ? [...first.slice(0, -1), ...octets] : octets;
  const end = numberOf(filled(last, 255));
  let start = numberOf(filled(first, 0));
  if (start > end) return undefined;
  const networks: Network[] = [];
  while (start <= end) {
    let bits = 32;
    while (bits > 0) {
      const size = 2 ** (33 - bits);
      if (start % size !== 0 || start + size - 1 > end) break;
      bits--;
    }
    networks.push({ family: 4, words: [start, 0, 0, 0], bits });
    start += 2 ** (32 - bits);
  }
  return networks;
}
