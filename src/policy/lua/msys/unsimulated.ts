import { libraryTable, type LibraryFunction } from '../library/arguments.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { NativeFunction, type LuaTable } from '../value.ts';
import { hostObject } from './host-object.ts';
import { tell, type MsysWorld } from './world.ts';

/** Functions of `msys` that wait, change the server or need the world outside; they give nothing. */
const FUNCTIONS = (
  'asyncOk cast config getClassMetaTable parseRFC2822Addresses readfile registerAuth ' +
  'registerControl shareGet shareSet sleep snmpTrap type'
).split(' ');

/** Tables of `msys` of which no function is simulated. */
const TABLES = (
  'adaptive apn av base64 bounce brightmail cloudmark commtouch db delivery expurgate gcm ' +
  'http httpclnt httpsrv idn mstore os qp rfc3464 symantec_beik threadpool tls_params validate'
).split(' ');

/** What of `msys` is not simulated, or only as far as one process without threads needs it. */
export function unsimulatedFunctions(msys: MsysWorld): Readonly<Record<string, LibraryFunction>> {
  const functions: Record<string, LibraryFunction> = {
    // Nobody else is there to lock out.
    lock: () => [],
    unlock: () => [],
    // There are no pools: what would run in one runs at once.
    runInPool: (host, given) => [true, ...host.call(given.function(2), [])],
    runSieveScript: () => {
      tell(msys, 'not-simulated', 'msys.runSieveScript');
      return [false, 'not simulated in a replay'];
    },
  };
  for (const name of FUNCTIONS) {
    functions[name] = () => (tell(msys, 'not-simulated', `msys.${name}`), []);
  }
  return functions;
}

/** By the name behind `msys.`: tables that have any function, none of which does anything. */
export function unsimulatedTables(msys: MsysWorld): ReadonlyMap<string, LuaTable> {
  return new Map(TABLES.map((name) => [name, unsimulatedTable(msys, `msys.${name}`)]));
}

/** Whatever is asked of it can be called and indexed; a call is told. */
function unsimulatedTable(msys: MsysWorld, name: string): LuaTable {
  const { host } = msys;
  const metatable = host.newTable();
  const index = new NativeFunction(name, (_, [, key]) => [
    typeof key === 'string' ? unsimulatedTable(msys, `${name}.${textOf(key)}`) : undefined,
  ]);
  const call = new NativeFunction(name, () => {
    tell(msys, 'not-simulated', name);
    return [];
  });
  metatable.set('__index', index);
  metatable.set('__call', call);
  metatable.set('__metatable', 'not simulated');
  const table = host.newTable();
  table.metatable = metatable;
  return table;
}

/** `msys.timer`: timers that never run what they were given. */
export function timerTable(msys: MsysWorld): LuaTable {
  const { host } = msys;
  const timer =
    (called: string): LibraryFunction =>
    (_, given) => {
      given.number(1);
      given.function(2);
      const name = given.isMissing(3) ? '' : textOf(given.text(3));
      tell(msys, 'not-simulated', `msys.timer.${called}`);
      const methods = { start: () => [], stop: () => [], name: () => [bytesOf(name)] };
      return [hostObject(host, 'timer', { methods })];
    };
  const functions: Record<string, LibraryFunction> = {};
  for (const called of ['after', 'at', 'every']) functions[called] = timer(called);
  return libraryTable(host, 'msys.timer', functions);
}
