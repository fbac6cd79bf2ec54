import { peerText } from '../../model/field-value.ts';
import { partOf, senderOf } from './envelope.ts';
import type { Moment } from '../script-policy.ts';
import { heloOf } from './session-facts.ts';

type Fact = (run: Moment) => string;

/** The sender, or the postmaster of the HELO name where it is empty (RFC 7208, section 4.3). */
function mailbox(run: Moment): string {
  const sender = senderOf(run);
  if (sender !== '') return sender;
  const helo = heloOf(run);
  return helo === '' ? '' : `postmaster@${helo}`;
}

/** By family. */
const ZONES: Readonly<Record<number, string>> = { 4: 'in-addr', 6: 'ip6' };

/** Letters of RFC 7208, section 7.2. */
const LETTERS: Readonly<Record<string, Fact | undefined>> = {
  s: mailbox,
  l: (run) => partOf(mailbox(run), 'localpart') ?? '',
  o: (run) => partOf(mailbox(run), 'domain') ?? '',
  d: (run) => partOf(mailbox(run), 'domain') ?? '',
  h: heloOf,
  i: dottedPeer,
  c: ({ event: { batch, row } }) => peerText(batch, row),
  v: ({ event: { batch, row } }) => ZONES[batch.family[row]] ?? '',
  t: ({ event: { nowMs } }) => String(Math.floor(nowMs / 1000)),
  // The answer of a server that finds no name for the peer.
  p: () => 'unknown',
};

/** IPv4 as it is written, IPv6 as 32 hexadecimal digits with dots between them. */
function dottedPeer({ event: { batch, row } }: Moment): string {
  if (batch.family[row] !== 6) return peerText(batch, row);
  const words = batch.ip.subarray(row * 4, row * 4 + 4);
  const digits = Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  return digits.split('').join('.');
}

interface SpfMacro {
  /** In small letters. */
  readonly letter: string;
  readonly get: Fact;
}

const SHAPE = /^([a-z])(\d*)(r?)([.\-+,/_=]*)$/i;

/**
 * `s`, `d2`, `ir`, `l1r-`: a letter, how many parts to keep from the right, `r` to reverse them
 * first, and what they are cut at. A capital letter escapes the result for a URL.
 *
 * @returns undefined when it is no such macro
 */
export function spfMacroOf(text: string): SpfMacro | undefined {
  const [, written, digits, reversed, delimiters] = SHAPE.exec(text) ?? [];
  if (written === undefined) return undefined;
  const letter = written.toLowerCase();
  const fact = LETTERS[letter];
  const kept = digits === '' ? Infinity : Number(digits);
  if (fact === undefined || kept === 0) return undefined;
  const isPlain = kept === Infinity && reversed === '' && delimiters === '';
  const cut = isPlain ? fact : transformed(fact, kept, reversed !== '', delimiters);
  return { letter, get: written === letter ? cut : (run) => escaped(cut(run)) };
}

function transformed(fact: Fact, kept: number, isReversed: boolean, delimiters: string): Fact {
  const between = new RegExp(`[${(delimiters || '.').replaceAll('-', '\\-')}]`);
  return (run) => {
    const parts = fact(run).split(between);
    const ordered = isReversed ? parts.reverse() : parts;
    return ordered.slice(Math.max(0, ordered.length - kept)).join('.');
  };
}

/** All but the unreserved characters of RFC 3986. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
