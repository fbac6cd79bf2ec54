import { ADDRESS, parseNetwork, type Network, type Prefix } from '../../../model/address.ts';
import type { LuaValue } from '../value.ts';
import { isUserdata, type MsysWorld } from './world.ts';

/** A block that a script names: of an address, or of the peer. */
export interface AskedBlock {
  /** Undefined: the peer's. */
  readonly address: { readonly family: 4 | 6; readonly words: Int32Array } | undefined;
  readonly prefix: Prefix;
}

/**
 * Reads `/24`, `192.0.2.0/24`, `[2001:db8::1]/64`, an address, an accept_construct, or nothing,
 * which is the peer (momentum, 2.4).
 */
export function askedBlock({ host }: MsysWorld, value: LuaValue): AskedBlock {
  if (value === undefined || isUserdata(value, 'accept_construct')) {
    return { address: undefined, prefix: ADDRESS };
  }
  if (typeof value !== 'string') {
    return host.fail(`a cidr must be a string such as "/24", not ${host.toText(value)}`);
  }
  const slash = value.lastIndexOf('/');
  const mask = slash === -1 ? '' : value.slice(slash + 1);
  const named = slash === -1 ? value : value.slice(0, slash);
  const address = named === '' ? undefined : networkOf(named);
  if (named !== '' && address === undefined) host.fail(`'${value}' is no address or block`);
  const most = address?.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  const bits =
    mask === '' && slash === -1 ? most : /^\d{1,3}$/.test(mask) ? Number(mask) : Infinity;
  if (bits > most) host.fail(`'${value}': a mask is 0 to ${most}`);
  return {
    address: address && { family: address.family, words: Int32Array.from(address.words) },
    prefix: { ipv4: Math.min(bits, ADDRESS.ipv4), ipv6: bits },
  };
}

function networkOf(text: string): Network | undefined {
  return text.includes('/') ? undefined : parseNetwork(text === 'localhost' ? '127.0.0.1' : text);
}
