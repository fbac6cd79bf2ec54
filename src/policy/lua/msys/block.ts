import {
  ADDRESS,
  maskWord,
  parseNetwork,
  type Network,
  type Prefix,
} from '../../../model/address.ts';
import { textOf } from '../bytes.ts';
import { typeName } from '../type-name.ts';
import type { LuaValue } from '../value.ts';
import { isUserdata, tell, type MsysWorld } from './world.ts';

/** A block that a script names: of an address, or of the peer. */
export interface AskedBlock {
  /** 4 or 6; 0: the log does not name the peer. */
  readonly family: number;
  /** The address, in `words[at .. at+3]`. */
  readonly words: Int32Array;
  readonly at: number;
  readonly prefix: Prefix;
  /** Prefix length in the address's own family. */
  readonly bits: number;
}

/**
 * Reads `/24`, `192.0.2.0/24`, `[2001:db8::1]/64`, an address, an accept_construct, the address of
 * one, or nothing, which is the peer (momentum, 2.4).
 */
export function askedBlock(msys: MsysWorld, value: LuaValue): AskedBlock {
  const isPeer =
    value === undefined || isUserdata(value, 'accept_construct') || isUserdata(value, 'sockaddr');
  if (isPeer) return blockOf(msys, undefined, undefined);
  const { host } = msys;
  if (typeof value !== 'string') {
    return host.fail(`a cidr must be a string such as "/24", not a ${typeName(value)}`);
  }
  const text = textOf(value).trim();
  const slash = text.lastIndexOf('/');
  const named = slash === -1 ? text : text.slice(0, slash);
  const mask = slash === -1 ? undefined : text.slice(slash + 1);
  const address = named === '' ? undefined : addressOf(named);
  if (named !== '' || mask === undefined) {
    if (address === undefined) host.fail(`'${text}' is no address or block`);
  }
  if (mask === undefined) return blockOf(msys, address, undefined);
  const most = address?.family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  const bits = /^\d{1,3}$/.test(mask) ? Number(mask) : Infinity;
  return bits <= most
    ? blockOf(msys, address, bits)
    : host.fail(`'${text}': a mask is a number from 0 to ${most}`);
}

/** Of names only `localhost` is an address: a replay does not ask DNS (momentum, 3.6, row 19). */
function addressOf(text: string): Network | undefined {
  if (text.includes('/')) return undefined;
  return parseNetwork(text === 'localhost' ? '127.0.0.1' : text);
}

function blockOf(
  msys: MsysWorld,
  address: Network | undefined,
  bits: number | undefined,
): AskedBlock {
  const { batch, row } = msys.event;
  const family = address?.family ?? batch.family[row];
  if (address === undefined && family === 6 && bits !== undefined && bits > 0 && bits <= 32) {
    tell(msys, 'doubt', `/${bits} of an IPv6 address is a very large block`);
  }
  const whole = family === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
  const prefix = bits === undefined ? ADDRESS : { ipv4: Math.min(bits, ADDRESS.ipv4), ipv6: bits };
  return {
    family,
    words: address === undefined ? batch.ip : Int32Array.from(address.words),
    at: address === undefined ? row * 4 : 0,
    prefix,
    bits: Math.min(bits ?? whole, whole),
  };
}

/** The block as a network; its family is known. */
export function networkOf({ family, words, at, bits }: AskedBlock): Network {
  const word = (index: number): number => (words[at + index] & maskWord(bits, index)) >>> 0;
  return { family: family === 4 ? 4 : 6, words: [word(0), word(1), word(2), word(3)], bits };
}
