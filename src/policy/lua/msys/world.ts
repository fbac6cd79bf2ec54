import type { Moment, NoteKind, ScriptEffect, ScriptPlace } from '../../script-policy.ts';
import type { Phase } from '../../script-slots.ts';
import { LuaUserdata, type LuaHost, type LuaValue } from '../value.ts';

/** A module that another one asks for. */
export interface ModuleFile {
  /** As messages show it. */
  readonly file: string;
  readonly text: string;
  /** As it was opened. */
  readonly path: string;
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
  module(name: string): ModuleFile | undefined;
  /** Answers of DNS: `name type value`, one to a line; undefined: none are given. */
  readonly dnsFixture: { readonly file: string; readonly text: string } | undefined;
}

/** The reply that the modules have set so far at the hook at hand. */
export interface Reply {
  code: number;
  text: string;
  disconnect: boolean;
  /** Where it was set last; undefined: no module has set one. */
  place: ScriptPlace | undefined;
}

/** What modules do to a session. */
export type LuaVerdict = 'tarpit' | 'reject' | 'disconnect' | 'discard';

/** What the functions of `msys` share: the replay, and what modules have made. */
export interface MsysWorld extends Moment {
  readonly host: LuaHost;
  readonly reply: Reply;
  /** The session at hand, as scripts hold it. */
  readonly ac: LuaUserdata;
  readonly vctx: LuaUserdata;
  readonly message: LuaUserdata;
  readonly files: LuaFiles;
  /** `init` before the first event, `dealloc` when a session has ended. */
  phase: Phase | 'init' | 'dealloc';
  /** The recipient at hand, from 0; further ones have no address. */
  recipient: number;
  /** A place acts on the event at hand; outside of the phases it does nothing. */
  act(verdict: LuaVerdict, place: ScriptPlace, effect: ScriptEffect): void;
  /** The text of a loaded file, by the name that messages give it. */
  textOf(file: string): string | undefined;
}

/** What is told of a thing that asks to be replicated and is not. */
export const ALONE = 'by no Replicate of the configuration: each node has its own alone';

/** Where the script stands that called a function of ours. */
export function placeOf({ host }: MsysWorld): ScriptPlace {
  const { name, line } = host.where(1) ?? { name: '?', line: 0 };
  return { script: name, line };
}

export function tell(msys: MsysWorld, kind: NoteKind, text: string): void {
  msys.world.note(placeOf(msys), kind, text);
}

/** Whether there is an event that can be counted; where there is none, that is told. */
export function isAtEvent(msys: MsysWorld, called: string): boolean {
  if (msys.phase !== 'init') return true;
  tell(msys, 'doubt', `${called} before the first event: nothing is counted yet`);
  return false;
}

/** Whether a value is one of our objects of this type. */
export function isUserdata(value: LuaValue, type: string): value is LuaUserdata {
  return value instanceof LuaUserdata && value.type === type;
}
