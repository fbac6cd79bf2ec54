import { peerText } from '../../../model/field-value.ts';
import { libraryTable } from '../library/arguments.ts';
import type { LuaTable } from '../value.ts';
import { CONTEXT_TYPES, FAMILIES, VALIDATE } from './constants.ts';
import type { MsysWorld } from './world.ts';

const MS_PER_S = 1000;

/** `msys.core`: constants, the simulated clock and what the samples reach through it. */
export function coreTable(msys: MsysWorld): LuaTable {
  const { host, world } = msys;
  const core = libraryTable(host, 'msys.core', {
    get_now_ts: () => [Math.floor(world.event.nowMs / MS_PER_S)],
    ec_sockaddr_family: () => {
      const { batch, row } = world.event;
      return [peerText(batch, row).includes(':') ? FAMILIES.AF_INET6 : FAMILIES.AF_INET];
    },
    accept_construct_get_message_construct: () => {
      const construct = host.newTable();
      construct.set('message', msys.message);
      return [construct];
    },
  });
  const constants = [...Object.entries({ ...VALIDATE, ...FAMILIES }), ...CONTEXT_TYPES];
  for (const [name, value] of constants) core.set(name, value);
  return core;
}
