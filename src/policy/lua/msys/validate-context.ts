import { recipientOf } from '../../momentum/envelope.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { Arguments, LibraryFunction } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { VALIDATE } from './constants.ts';
import { contextMethods } from './contexts.ts';
import type { HostParts } from './host-object.ts';
import { placeOf, tell, type MsysWorld } from './world.ts';

/** `vctx`: the reply of the hook and the contexts of connection and message. */
export function validateContext(msys: () => MsysWorld): HostParts {
  const { get, set, exists } = contextMethods(msys);
  const replies =
    (disconnects: boolean, values: readonly LuaValue[]): LibraryFunction =>
    (_, given) => {
      setReply(msys(), given, disconnects);
      return values;
    };
  const unsimulated =
    (name: string): LibraryFunction =>
    () => {
      tell(msys(), 'not-simulated', `vctx:${name}`);
      return [];
    };
  return {
    methods: {
      set_code: replies(false, []),
      disconnect: replies(true, []),
      pbp_action: replies(false, [VALIDATE.VALIDATE_DONE]),
      pbp_disconnect: replies(true, [VALIDATE.VALIDATE_DONE]),
      tarpit: (_, given) => {
        const seconds = given.number(1);
        if (seconds > 0) msys().act('tarpit', placeOf(msys()), { seconds });
        return [];
      },
      get,
      set,
      exists,
      recipient_list: () => [recipientList(msys())],
      add_recipient: unsimulated('add_recipient'),
      remove_recipient: unsimulated('remove_recipient'),
    },
    assign: (key, value) => {
      if (key !== 'disconnect') return false;
      const { reply } = msys();
      // Of C, where 0 is no.
      reply.disconnect = isTrue(value) && value !== 0;
      reply.place = placeOf(msys());
      return true;
    },
  };
}

function setReply(msys: MsysWorld, given: Arguments, disconnects: boolean): void {
  const { reply } = msys;
  const code = given.number(1);
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    given.reject(1, `${String(code)} is no code of a reply`);
  }
  reply.code = code;
  const words = given.at(2);
  reply.text = typeof words === 'string' ? textOf(words) : '';
  if (disconnects) reply.disconnect = true;
  reply.place = placeOf(msys);
}

/** Of several recipients of one event only the first has an address. */
export function recipientList(msys: MsysWorld): LuaTable {
  const table = msys.host.newTable();
  const known = recipientOf({ world: msys.world, event: msys.event, recipient: 0 });
  if (known !== '') table.set(1, bytesOf(known));
  return table;
}
