import { ADDRESS, parseNetwork, type Prefix } from '../../model/address.ts';
import type { Run } from './run.ts';
import { fail, type Site } from './site.ts';

/** An address that a script names; undefined where it means the peer. */
export interface NamedAddress {
  readonly family: 4 | 6;
  readonly words: Int32Array;
}

/** A block as `audit_service` takes it: `192.0.2.0/24`, `/24` of the peer, an address. */
export interface AskedBlock {
  readonly address: NamedAddress | undefined;
  readonly prefix: Prefix;
  /** The mask as given; undefined where the script gives none. */
  readonly bits: number | undefined;
}

const LOCALHOST = '127.0.0.1';

/** @throws {ScriptFailure} when the text is no block */
export function blockOf(site: Site, text: string): AskedBlock {
  const slash = text.lastIndexOf('/');
  const isMask = slash === -1 && /^\s*\d+\s*$/.test(text);
  const address = isMask ? '' : slash === -1 ? text : text.slice(0, slash);
  const mask = isMask ? text : slash === -1 ? '' : text.slice(slash + 1);
  const named = address.trim() === '' ? undefined : addressOf(site, address);
  return { address: named, ...prefixOf(site, mask, named) };
}

/** @throws {ScriptFailure} when the text is no address; of names only `localhost` is one */
export function addressOf(site: Site, text: string): NamedAddress {
  const named = text.trim().toLowerCase() === 'localhost' ? LOCALHOST : text;
  const network = named.includes('/') ? undefined : parseNetwork(named);
  if (network === undefined) fail(site, `${site.name}: '${text.slice(0, 64)}' is no address`);
  return { family: network.family, words: Int32Array.from(network.words) };
}

/**
 * A mask, with or without its slash; the whole address where it is empty.
 *
 * @throws {ScriptFailure} when it is no mask, or too long for the address
 */
export function prefixOf(
  site: Site,
  text: string,
  address?: NamedAddress,
): Pick<AskedBlock, 'prefix' | 'bits'> {
  const digits = text.trim().replace(/^\//, '');
  if (digits === '') return { prefix: ADDRESS, bits: undefined };
  const bits = /^\d{1,3}$/.test(digits) ? Number(digits) : Infinity;
  const most = address?.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  if (bits > most) fail(site, `${site.name}: '${text.slice(0, 64)}' is no mask from 0 to ${most}`);
  return { prefix: { ipv4: Math.min(bits, ADDRESS.ipv4), ipv6: bits }, bits };
}

/** Holds a mask against the peer's family, which only the event tells. */
export function checkFamily(run: Run, site: Site, family: number, bits: number | undefined): void {
  if (bits === undefined) return;
  if (family === 4 && bits > ADDRESS.ipv4) {
    fail(site, `${site.name}: /${bits} is longer than an IPv4 address`);
  }
  if (family === 6 && bits <= ADDRESS.ipv4 && bits > 0) {
    run.world.note(site, 'doubt', `/${bits} of an IPv6 address is a very large block`);
  }
}
