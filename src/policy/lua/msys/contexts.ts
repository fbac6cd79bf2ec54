import { connectionValue, messageValue } from '../../momentum/session-facts.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { Arguments, LibraryFunction } from '../library/arguments.ts';
import type { LuaValue } from '../value.ts';
import { CONTEXTS } from './constants.ts';
import type { MsysWorld } from './world.ts';

/** A context as its methods see it. */
interface Context {
  readonly set: Map<string, string>;
  /** What a script has set, else what the server sets by itself. */
  value(key: string): string | undefined;
}

/** The context that the first argument of a method names. */
function contextOf(msys: MsysWorld, given: Arguments): Context {
  const type = given.at(1);
  const { session } = msys.event;
  if (type === CONTEXTS.VCTX_MESS || type === CONTEXTS.ECMESS_CTX_MESS) {
    return { set: session.message.context, value: (key) => messageValue(msys, key) };
  }
  if (type === CONTEXTS.VCTX_CONN || type === CONTEXTS.ECMESS_CTX_CONN) {
    return { set: session.context, value: (key) => connectionValue(msys, key) };
  }
  return given.reject(1, 'msys.core.VCTX_CONN or msys.core.VCTX_MESS expected');
}

const keyOf = (given: Arguments): string => textOf(given.text(2));

/** The methods of `vctx`, which those of messages have with `context_` before their names. */
export function contextMethods(
  msys: () => MsysWorld,
): Readonly<Record<'get' | 'set' | 'exists' | 'delete' | 'exists_and_get', LibraryFunction>> {
  const valueOf = (given: Arguments): string | undefined =>
    contextOf(msys(), given).value(keyOf(given));
  return {
    get: (_, given) => [bytesOf(valueOf(given) ?? '')],
    set: (_, given) => {
      contextOf(msys(), given).set.set(keyOf(given), textOf(given.text(3)));
      return [];
    },
    exists: (_, given) => [valueOf(given) === undefined ? 0 : 1],
    delete: (_, given) => {
      contextOf(msys(), given).set.delete(keyOf(given));
      return [];
    },
    exists_and_get: (_, given): readonly LuaValue[] => {
      const value = valueOf(given);
      return value === undefined ? [0] : [1, bytesOf(value)];
    },
  };
}
