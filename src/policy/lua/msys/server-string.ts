import { partOf, recipientOf, senderOf } from '../../momentum/envelope.ts';
import { bytesOf } from '../bytes.ts';
import type { Arguments, LibraryFunction } from '../library/arguments.ts';
import { LuaUserdata, NativeFunction, type LuaHost } from '../value.ts';
import { ENVELOPE } from './constants.ts';
import { isUserdata, type MsysWorld } from './world.ts';

/** A string of the server's, which its functions fill: bytes. */
interface Held {
  text: string;
}

const TYPE = 'ec_string';

/** `msys.core.string_new()` */
export function stringNew(host: LuaHost): LibraryFunction {
  const metatable = host.newTable();
  const text = new NativeFunction('tostring', (_, [string]) => [
    isUserdata(string, TYPE) ? (string.held as Held).text : undefined,
  ]);
  metatable.set('__tostring', text);
  metatable.set('__metatable', TYPE);
  return () => [new LuaUserdata(TYPE, { text: '' } satisfies Held, metatable)];
}

/** `msg:get_envelope2(flag, localpart, domain)` fills two strings of `string_new`. */
export function getEnvelope(msys: MsysWorld, given: Arguments): void {
  const flag = given.at(1);
  if (flag !== ENVELOPE.EC_MSG_ENV_FROM && flag !== ENVELOPE.EC_MSG_ENV_TO) {
    given.reject(1, 'msys.core.EC_MSG_ENV_FROM or msys.core.EC_MSG_ENV_TO expected');
  }
  const address = flag === ENVELOPE.EC_MSG_ENV_FROM ? senderOf(msys) : recipientOf(msys);
  for (const [position, part] of [
    [2, 'localpart'],
    [3, 'domain'],
  ] as const) {
    const string = given.at(position);
    if (!isUserdata(string, TYPE)) return given.mistype(position, TYPE);
    (string.held as Held).text = bytesOf(partOf(address, part) ?? '');
  }
}
