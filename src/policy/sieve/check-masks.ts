import { parseNetwork } from '../../model/address.ts';
import type { Place } from '../mistakes.ts';
import type { Mistakes } from './mistakes.ts';
import { literalOf, seenOf, type Argument } from './tree.ts';

/** A value without variables. */
export interface Literal {
  readonly value: Argument;
  readonly text: string;
  readonly mistakes: Mistakes;
  readonly wrong: (expected: string) => void;
}

const MAX_MASK = 128;
/** Masks up to here are those of IPv4 blocks. */
const MAX_IPV4_MASK = 32;

/** Masks of series are written `"24"`, those of open connections `"/24"`; both are understood. */
export function checkMask({ value, text, mistakes }: Literal): void {
  const digits = text.replace(/^\//, '');
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > MAX_MASK) {
    mistakes.add(value, 'mask-wrong', [seenOf(value), '32, or 128 for IPv6']);
  } else if (digits !== text) {
    mistakes.add(value, 'mask-odd', [seenOf(value)], `write "${digits}"`);
  }
}

export function checkBlock(literal: Literal): void {
  const { value, text, mistakes } = literal;
  if (/^\d+$/.test(text)) {
    checkMask(literal);
    if (Number(text) > MAX_MASK) return;
    mistakes.add(value, 'mask-odd', [seenOf(value)], `write "/${text}"`);
    return;
  }
  const slash = text.lastIndexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const network = parseNetwork(address);
  // A name would have to be looked up; this one needs no looking up.
  if (address !== '' && address !== 'localhost' && network === undefined) {
    const hint = 'write an address and a mask, "192.0.2.0/24", or a mask of the peer, "/24"';
    mistakes.add(value, 'address-wrong', [seenOf(value)], hint);
    return;
  }
  // An address alone is what a variable or macro gives; it is one when it is written, too.
  if (slash === -1 && address !== '') return;
  const most = network?.family === 4 ? 32 : MAX_MASK;
  const digits = slash === -1 ? '' : text.slice(slash + 1);
  if (/^\d{1,3}$/.test(digits) && Number(digits) <= most) {
    if (network?.family === 6) checkWidth(value, address, digits, mistakes);
    return;
  }
  const shown = network?.family === 4 ? '32' : '32, or 128 for IPv6';
  mistakes.add(value, 'mask-wrong', [digits === '' ? seenOf(value) : `/${digits}`, shown]);
}

export function checkAddress({ value, text, mistakes }: Literal): void {
  if (!text.includes('/') && parseNetwork(text) !== undefined) return;
  mistakes.add(value, 'address-wrong', [seenOf(value)]);
}

/** Holds the mask of a command against the address that is given beside it. */
export function checkFamily(
  address: Argument | undefined,
  mask: Argument | undefined,
  mistakes: Mistakes,
): void {
  const written = literalOf(address) ?? '';
  const family = parseNetwork(written)?.family;
  const text = mask?.type === 'number' ? String(mask.value) : literalOf(mask);
  const digits = /^\/?(\d{1,3})$/.exec(text ?? '')?.[1];
  if (family === undefined || mask === undefined || digits === undefined) return;
  const bits = Number(digits);
  if (family === 6) checkWidth(mask, written, digits, mistakes);
  else if (bits > MAX_IPV4_MASK && bits <= MAX_MASK)
    mistakes.add(mask, 'mask-wrong', [seenOf(mask), '32']);
}

/** Who writes the first address of a block, as in `2001:db8::/32`, means that block. */
function checkWidth(place: Place, address: string, digits: string, mistakes: Mistakes): void {
  if (Number(digits) > MAX_IPV4_MASK) return;
  const bare = address.replaceAll(/[[\]]/g, '');
  const first = parseNetwork(`${bare}/${digits}`)?.words.join();
  if (first === parseNetwork(bare)?.words.join()) return;
  const hint = '/64 is one network of IPv6, /128 one address';
  mistakes.add(place, 'mask-family', [digits], hint);
}
