import type { Monitor } from '../../../model/monitor.ts';
import type { DefinedSeries } from '../../../engine/port.ts';
import type { SeriesType } from '../../../model/series-snapshot.ts';
import type { NoteKind, ScriptPlace, ScriptWorld } from '../../script-policy.ts';
import { LuaUserdata, type LuaHost, type LuaValue } from '../value.ts';

/** A series that a module has defined. */
export interface LuaSeries {
  readonly name: string;
  readonly type: SeriesType;
  readonly monitor: Monitor;
  readonly counts: DefinedSeries;
}

/** The disk as modules may see it; `cli` fills it. */
export interface LuaFiles {
  /**
   * A file that a module names.
   *
   * @param fromModule the module's file, where relative names begin
   * @throws Error whose message says why it cannot be read
   */
  read(name: string, fromModule: string): { readonly file: string; readonly text: string };
  /** The module of a name such as `dir.file`; undefined: there is none. */
  module(name: string): { readonly file: string; readonly text: string } | undefined;
  /** Answers of DNS: `name type value`, one to a line; undefined: none are given. */
  readonly dnsFixture: { readonly file: string; readonly text: string } | undefined;
}

/** The reply that the hooks of a phase have set so far. */
export interface Reply {
  code: number;
  disconnect: boolean;
  /** Where it was set last; undefined: no hook has set one. */
  place: ScriptPlace | undefined;
}

/** What the functions of `msys` share: the replay, and what modules have made. */
export interface MsysWorld {
  readonly host: LuaHost;
  readonly world: ScriptWorld;
  readonly series: Map<string, LuaSeries>;
  readonly reply: Reply;
  /** The session at hand, as scripts hold it. */
  readonly ac: LuaUserdata;
  readonly vctx: LuaUserdata;
  readonly message: LuaUserdata;
  readonly files: LuaFiles;
  /** `connect`, `rcptto` …; `init` before the first event. */
  phase: string;
  /** The recipient at hand, from 0; further ones have no address. */
  recipient: number;
  /** A place acts on the event at hand. */
  act(verdict: 'tarpit' | 'reject' | 'disconnect' | 'discard', place: ScriptPlace): void;
}

/** Where the script stands that called a function of ours. */
export function placeOf({ host }: MsysWorld): ScriptPlace {
  const { name, line } = host.where(1) ?? { name: '?', line: 0 };
  return { script: name, line };
}

export function tell(msys: MsysWorld, kind: NoteKind, text: string): void {
  msys.world.note(placeOf(msys), kind, text);
}

/** Whether a value is one of our objects of this type. */
export function isUserdata(value: LuaValue, type: string): value is LuaUserdata {
  return value instanceof LuaUserdata && value.type === type;
}
