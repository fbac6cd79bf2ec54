import { libraryTable } from '../library/arguments.ts';
import type { LuaTable } from '../value.ts';
import { sockaddrFamily } from './accept-construct.ts';
import { CONTEXTS, ENVELOPE, FAMILIES, VALIDATE } from './constants.ts';
import { stringNew } from './server-string.ts';
import type { MsysWorld } from './world.ts';

const MS_PER_S = 1000;

/** A key of a context that samples name by its constant. */
const KEYS = { STANDARD_KEY_MAILFROM_DOMAIN: 'mailfrom_domain' } as const;

/** `msys.core`: constants, the simulated clock and what the samples reach through it. */
export function coreTable(msys: MsysWorld): LuaTable {
  const { host } = msys;
  const core = libraryTable(host, 'msys.core', {
    get_now_ts: () => [Math.floor(msys.event.nowMs / MS_PER_S)],
    ec_sockaddr_family: sockaddrFamily,
    string_new: stringNew(host),
    accept_construct_get_message_construct: () => {
      const construct = host.newTable();
      construct.set('message', msys.message);
      return [construct];
    },
  });
  const constants = { ...VALIDATE, ...FAMILIES, ...CONTEXTS, ...ENVELOPE, ...KEYS };
  for (const [name, value] of Object.entries(constants)) core.set(name, value);
  return core;
}
