import type { ScriptPlace } from '../../script-policy.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type LibraryFunction } from '../library/arguments.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { acceptConstruct } from './accept-construct.ts';
import { auditSeriesTable } from './audit-series.ts';
import { auditTable } from './audit.ts';
import { cidrTable } from './cidr.ts';
import { coreTable } from './core.ts';
import { counterTable } from './counters.ts';
import { dnsLookup } from './dns.ts';
import { dump } from './dump.ts';
import { gaugeTable } from './gauges.ts';
import { hostObject, type HostParts } from './host-object.ts';
import { expandMacro } from './macros.ts';
import { message } from './message.ts';
import { pbpTable } from './pbp.ts';
import { pcreTable } from './pcre.ts';
import { timerTable, unsimulatedFunctions, unsimulatedTables } from './unsimulated.ts';
import { recipientList, validateContext } from './validate-context.ts';
import { placeOf, type MsysWorld } from './world.ts';

/** A module as `msys.registerModule` has it. */
export interface RegisteredModule {
  readonly name: string;
  readonly table: LuaTable;
  /** Of the `self` of each session: what that lacks is the module's. */
  readonly selfMetatable: LuaTable;
  readonly place: ScriptPlace;
}

/** `msys` of one machine, and what modules have made of it. */
export interface Msys extends MsysWorld {
  /** In the order in which they were registered. */
  readonly modules: readonly RegisteredModule[];
  /** What scripts may do with `ac`, `vctx` and messages, by the names of their types. */
  readonly objects: ReadonlyMap<string, HostParts>;
  recipients(): LuaTable;
  /** Where the script stands. */
  place(): ScriptPlace;
}

/** Far beyond any server; a module could register itself for ever. */
const MAX_MODULES = 1000;

/** What the runner of modules gives. */
export type MsysSetting = Pick<MsysWorld, 'host' | 'world' | 'files' | 'act' | 'textOf'>;

/** Sets the global `msys` and makes every `msys.…` known to `require`. */
export function openMsys(setting: MsysSetting): Msys {
  const { host, world } = setting;
  const modules: RegisteredModule[] = [];
  // Objects and functions ask the world that holds them, but only when a script runs.
  const self = (): Msys => msys;
  const parts = {
    accept_construct: acceptConstruct(self, host),
    vctx: validateContext(self),
    message: message(self),
  };
  const msys: Msys = {
    ...setting,
    event: world.event,
    ac: hostObject(host, 'accept_construct', parts.accept_construct),
    vctx: hostObject(host, 'vctx', parts.vctx),
    message: hostObject(host, 'message', parts.message),
    objects: new Map<string, HostParts>(Object.entries(parts)),
    reply: { code: 250, text: '', disconnect: false, place: undefined },
    phase: 'init',
    recipient: 0,
    modules,
    recipients: () => recipientList(msys),
    place: () => placeOf(msys),
  };
  openTables(msys, modules);
  return msys;
}

/** The functions of `msys` itself. */
function rootFunctions(
  msys: Msys,
  modules: RegisteredModule[],
): Readonly<Record<string, LibraryFunction>> {
  const { host } = msys;
  return {
    ...unsimulatedFunctions(msys),
    registerModule: (_, given) => {
      const name = textOf(given.text(1));
      const table = given.table(2);
      if (msys.phase !== 'init') host.fail(`module '${name}' is registered while events run`);
      if (modules.length === MAX_MODULES) host.fail(`more than ${MAX_MODULES} modules`);
      const selfMetatable = host.newTable();
      selfMetatable.set('__index', table);
      modules.push({ name, table, selfMetatable, place: placeOf(msys) });
      return [];
    },
    expandMacro: (_, given) => [expandMacro(msys, given)],
    dnsLookup: dnsLookup(msys),
  };
}

function openTables(msys: Msys, modules: RegisteredModule[]): void {
  const { host } = msys;
  const root = libraryTable(host, 'msys', rootFunctions(msys, modules));
  const tables = new Map<string, LuaTable>([
    ['core', coreTable(msys)],
    ['audit', auditTable(msys)],
    ['audit_series', auditSeriesTable(msys)],
    ['cidr', cidrTable(msys)],
    ['counter', counterTable(msys)],
    ['gauge_cache', gaugeTable(msys)],
    ['pbp', pbpTable(msys)],
    ['pcre', pcreTable(msys)],
    ['timer', timerTable(msys)],
    ['dumper', libraryTable(host, 'msys.dumper', { Dumper: dumper })],
    ...unsimulatedTables(msys),
  ]);
  const loaded = (host.globals.get('package') as LuaTable).get('loaded') as LuaTable;
  for (const [name, table] of tables) {
    root.set(name, table);
    loaded.set(`msys.${name}`, table);
  }
  host.globals.set('msys', root);
  loaded.set('msys', root);
}

const dumper: LibraryFunction = (host, given) => [bytesOf(dump(host, given.at(1)))];

/** Modules of the vendor's that `require` finds and that hold nothing of their own. */
export function isVendorModule(name: LuaValue): boolean {
  return typeof name === 'string' && /^msys(?:\.|$)/.test(name);
}
