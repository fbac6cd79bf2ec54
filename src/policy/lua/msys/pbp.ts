import { textOf } from '../bytes.ts';
import { libraryTable, type Arguments } from '../library/arguments.ts';
import { isTrue } from '../runtime.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { CONTEXTS } from './constants.ts';
import { tell, type MsysWorld } from './world.ts';

const WHITELIST = 'dp_whitelist_';

/** `msys.pbp`: what the vendor's own policies are made of. */
export function pbpTable(msys: MsysWorld): LuaTable {
  return libraryTable(msys.host, 'msys.pbp', {
    set_whitelist: (_, given) => {
      setWhitelist(msys, given);
      return [];
    },
    check_whitelist: (_, given) => [isWhitelisted(msys, given.at(2))],
    fcdns_check: () => {
      tell(msys, 'not-simulated', 'msys.pbp.fcdns_check: every peer passes');
      return [true];
    },
    size_in_bytes: (_, given) => [sizeInBytes(given)],
  });
}

/** `set_whitelist(vctx, [type,] name, flag)`; without a type it is the connection's. */
function setWhitelist({ event: { session } }: MsysWorld, given: Arguments): void {
  const typed = given.count > 3;
  const type = typed ? given.at(2) : CONTEXTS.VCTX_CONN;
  const isMessage = type === CONTEXTS.VCTX_MESS || type === CONTEXTS.ECMESS_CTX_MESS;
  const context = isMessage ? session.message.context : session.context;
  const key = WHITELIST + textOf(given.text(typed ? 3 : 2));
  if (isTrue(given.at(typed ? 4 : 3))) context.set(key, 'true');
  else context.delete(key);
}

/** Of a name or a list of names, any; nothing is on no list. */
function isWhitelisted({ host, event: { session } }: MsysWorld, names: LuaValue): boolean {
  if (names === undefined) return false;
  const all: LuaValue[] = [];
  if (typeof names === 'object' && names.kind === 'table') {
    for (let at = 1; at <= names.length; at++) all.push(names.get(at));
    host.spend(names.length);
  } else all.push(names);
  return all.some((name) => {
    const key = WHITELIST + textOf(host.toText(name));
    return session.context.has(key) || session.message.context.has(key);
  });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `30m` is 31457280. */
function sizeInBytes(given: Arguments): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)b?\s*$/i.exec(given.text(1));
  if (match === null) return given.reject(1, 'a size such as "30m" expected');
  return Math.trunc(Number(match[1]) * UNITS[match[2].toLowerCase()]);
}
