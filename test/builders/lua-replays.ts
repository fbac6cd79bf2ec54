import { DEFAULT_MONITOR, parseMonitor } from '../../src/model/monitor.ts';
import type { Replication } from '../../src/model/replication.ts';
import { LuaPolicy } from '../../src/policy/lua/lua-policy.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import type { ReplayOptions } from '../../src/simulate/replay.ts';
import type { ScriptTally } from '../../src/simulate/tally.ts';
import { NOON_MS, type EventRow } from './event-batches.ts';
import { replayRows, type Replayed } from './rule-policies.ts';

export interface LuaSetting extends Partial<ReplayOptions> {
  /** Default: the one monitor of a replay without a configuration. */
  readonly monitors?: readonly string[];
  /** Default: everything is told at once. */
  readonly replication?: Replication | undefined;
  /** What modules may read and `require`, by name. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly dns?: string | undefined;
}

/** What a replay under Lua modules told. */
export interface LuaReplay extends ScriptTally {
  /** What was printed, in order. */
  readonly logs: readonly string[];
  /** `place kind: text` of each note, only the first line of the text. */
  readonly told: readonly string[];
  /** Rules that acted: `place verdict firings`. */
  readonly acted: readonly string[];
  readonly replayed: Replayed;
}

/**
 * Lua modules as one policy.
 *
 * @param modules texts of files that are named module.lua, module2.lua …
 */
export function luaPolicy(
  modules: string | readonly string[],
  { files = {}, dns }: Pick<LuaSetting, 'files' | 'dns'> = {},
): LuaPolicy {
  const texts = typeof modules === 'string' ? [modules] : modules;
  return new LuaPolicy(
    texts.map((text, index) => {
      const name = index === 0 ? 'module.lua' : `module${index + 1}.lua`;
      return { file: name, name, text };
    }),
    {
      dnsFixture: dns === undefined ? undefined : { file: 'dns.txt', text: dns },
      read: (name) => {
        if (files[name] === undefined) throw new Error('no such file');
        return { file: name, text: files[name] };
      },
      module: (name) => {
        const file = `${name.replaceAll('.', '/')}.lua`;
        return files[file] === undefined ? undefined : { file, text: files[file], path: file };
      },
    },
  );
}

/** Replays events under Lua modules. */
export async function replayLua(
  modules: string | readonly string[],
  rows: readonly EventRow[],
  setting: LuaSetting = {},
): Promise<LuaReplay> {
  const { monitors, replication, files, dns, ...options } = setting;
  const policy = luaPolicy(modules, { files, dns });
  const configured = monitors?.map((text) => parseMonitor(text)!) ?? [DEFAULT_MONITOR];
  const rules = { ...BARE_POLICY, monitors: configured, replication };
  const replayed = await replayRows(rows, rules, { ...options, scripts: policy });
  const tally = replayed.tally.scripts!;
  return {
    ...tally,
    logs: replayed.records.log.map(({ text }) => text),
    told: tally.notes.map(({ place, kind, text }) => `${place} ${kind}: ${text.split('\n', 1)[0]}`),
    acted: replayed.tally.rules.map(({ name, verdict, firings }) => {
      return `${name} ${verdict} ${firings}`;
    }),
    replayed,
  };
}

/** A peer of IPv4 and one of IPv6. */
export const PEER = '192.0.2.7';
export const PEER6 = '2001:db8::7';

export const connect = (ip: string = PEER, seconds = 0): EventRow => ({
  timeMs: NOON_MS + seconds * 1000,
  kind: 'connect',
  ip,
  session: `s-${ip}-${seconds}`,
});

/** What a script prints that runs at one connect; `init` is the body of its `init`. */
export async function printed(
  body: string,
  { init = '', rows = [connect()], ...setting }: LuaSetting & PrintedSetting = {},
): Promise<string[]> {
  const { logs, told } = await replayLua(moduleAt('validate_connect', body, init), rows, setting);
  return [...logs, ...told];
}

interface PrintedSetting {
  readonly init?: string;
  readonly rows?: readonly EventRow[];
}

const GIVEN: Readonly<Record<string, string>> = {
  core_validate_accept: 'ac, vctx',
  validate_connect: 'ac, vctx',
  validate_ehlo: 'str, ac, vctx',
  validate_mailfrom: 'str, ac, vctx',
  validate_rcptto: 'msg, str, ac, vctx',
  validate_rcptto_list: 'list, vctx',
  validate_rcptto_list_final: 'list, vctx',
  validate_data: 'msg, ac, vctx',
  validate_data_spool: 'msg, ac, vctx',
  validate_data_spool_each_rcpt: 'msg, ac, vctx',
  validate_set_binding: 'msg',
  validate_dealloc: '',
};

/** A module with one hook, whose body is on lines 3 and after. */
export function moduleAt(hook: string, body: string, init = '', name = 'm'): string {
  const start = init.replaceAll('\n', ' ');
  return `local mod = {} function mod:init() ${start} return true end
function mod:${hook}(${GIVEN[hook] ?? '...'})
${body}
do return msys.core.VALIDATE_CONT end
end
msys.registerModule("${name}", mod)
`;
}
