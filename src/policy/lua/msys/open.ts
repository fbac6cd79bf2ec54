import type { ScriptPlace, ScriptWorld } from '../../script-policy.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type LibraryFunction } from '../library/arguments.ts';
import type { LuaHost, LuaTable, LuaValue } from '../value.ts';
import { auditSeriesTable } from './audit-series.ts';
import { auditTable } from './audit.ts';
import { coreTable } from './core.ts';
import { dump } from './dump.ts';
import {
  cidrTable,
  dnsLookup,
  expandMacro,
  gaugeTable,
  pbpTable,
  pcreTable,
} from './extensions.ts';
import {
  acceptConstruct,
  hostObject,
  message,
  recipients,
  validateContext,
} from './session-objects.ts';
import { placeOf, tell, type LuaFiles, type MsysWorld } from './world.ts';

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
  recipients(): LuaTable;
  /** Where the script stands. */
  place(): ScriptPlace;
}

/** What waits, shares memory or runs elsewhere; it returns nothing and is told. */
const UNSIMULATED = [
  'sleep',
  'lock',
  'unlock',
  'shareGet',
  'shareSet',
  'runInPool',
  'runSieveScript',
];

/** Sets the global `msys` and makes every `msys.…` known to `require`. */
export function openMsys(
  host: LuaHost,
  world: ScriptWorld,
  files: LuaFiles,
  act: MsysWorld['act'],
): Msys {
  const modules: RegisteredModule[] = [];
  const self = (): MsysWorld => msys;
  const base = {
    host,
    world,
    files,
    act,
    series: new Map(),
    reply: { code: 250, disconnect: false, place: undefined },
    phase: 'init',
    recipient: 0,
    modules,
    recipients: () => recipients(msys),
    place: () => placeOf(msys),
  };
  // The objects ask the world that holds them, but only when a script does.
  const msys = base as typeof base & Msys;
  const objects = {
    ac: hostObject(host, 'accept_construct', ...acceptConstruct(self)),
    vctx: hostObject(host, 'vctx', ...validateContext(self)),
    message: hostObject(host, 'message', ...message(self)),
  };
  Object.assign(msys, objects);
  openTables(msys, modules);
  return msys;
}

function openTables(msys: Msys, modules: RegisteredModule[]): void {
  const { host } = msys;
  const lookup = dnsLookup(msys);
  const functions: Record<string, LibraryFunction> = {
    registerModule: (_, given) => {
      const table = given.table(2);
      const selfMetatable = host.newTable();
      selfMetatable.set('__index', table);
      const name = textOf(given.text(1));
      modules.push({ name, table, selfMetatable, place: placeOf(msys) });
      return [];
    },
    expandMacro: (_, given) => [expandMacro(msys, given)],
    dnsLookup: (_, given) => lookup(given),
  };
  for (const name of UNSIMULATED) {
    functions[name] = () => (tell(msys, 'not-simulated', `msys.${name}`), []);
  }
  const root = libraryTable(host, 'msys', functions);
  const tables: Readonly<Record<string, LuaTable>> = {
    core: coreTable(msys),
    audit: auditTable(msys),
    audit_series: auditSeriesTable(msys),
    cidr: cidrTable(msys),
    gauge_cache: gaugeTable(msys),
    pbp: pbpTable(msys),
    pcre: pcreTable(msys),
    dumper: libraryTable(host, 'msys.dumper', {
      Dumper: (_, given) => [bytesOf(dump(host, given.at(1)))],
    }),
  };
  for (const [name, table] of Object.entries(tables)) root.set(name, table);
  host.globals.set('msys', root);
  const loaded = (host.globals.get('package') as LuaTable).get('loaded') as LuaTable;
  loaded.set('msys', root);
  for (const [name, table] of Object.entries(tables)) loaded.set(`msys.${name}`, table);
}

/** Modules of the vendor's that `require` finds and that hold nothing. */
export function isVendorModule(name: LuaValue): boolean {
  return typeof name === 'string' && /^msys(?:\.|$)/.test(name);
}
