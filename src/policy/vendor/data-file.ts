import { bytesOf, textOf } from '../lua/bytes.ts';
import { LuaMachine } from '../lua/machine.ts';
import { Table } from '../lua/table.ts';
import { NativeFunction, type LuaClosure, type LuaTable, type LuaValue } from '../lua/value.ts';
import { lineAt, type Findings } from './findings.ts';

/** Data files build a few tables; this is far beyond them and short of a hang. */
const BUDGET = { steps: 5_000_000, bytes: 32 * 1024 * 1024 };

/** Tables of settings that a file may fill, wherever it keeps them. */
const SETTINGS = ['audit_series', 'concurrent_connection_limits'];

/** A data file that is Lua and was not run yet. */
export interface LoadedFile {
  readonly machine: LuaMachine;
  readonly chunk: LuaClosure;
  readonly file: string;
  readonly text: string;
}

/**
 * Runs a data file under a global `msys` that holds the table `dp_config` and little else. The
 * settings are what stands in `msys.dp_config` then, or else what the file returns, registers as a
 * module or keeps in a global `dp_config`.
 *
 * @returns undefined when the file fails or sets nothing; `findings` says why
 */
export function runDataFile(loaded: LoadedFile, findings: Findings): LuaTable | undefined {
  const { machine, chunk, file, text } = loaded;
  const registered: LuaValue[] = [];
  const msys = openSettings(machine, registered);
  const ran = machine.run(chunk, [], BUDGET);
  if (!ran.ok) {
    const { message } = ran.error;
    const match = message.startsWith(`${file}:`) && /^(\d+): /.exec(message.slice(file.length + 1));
    const place = match ? lineAt(text, Number(match[1])) : { start: 0, end: 0 };
    const words = match ? message.slice(file.length + 1 + match[0].length) : message;
    findings.add(place, ran.error.name === 'LuaError' ? 'lua-failed' : 'lua-stopped', [words]);
    return undefined;
  }
  const [returned] = ran.values;
  const { globals } = machine;
  const inner = returned instanceof Table ? [returned.get('dp_config')] : [];
  const candidates = [msys.get('dp_config'), globals.get('dp_config'), returned, ...inner];
  const config = [...candidates, ...registered].find(hasSettings);
  if (config === undefined) {
    const hint = 'it says msys.dp_config.audit_series.connections = { … }, or returns such a table';
    findings.add({ start: 0, end: 0 }, 'config-missing', [], hint);
  }
  return config;
}

/** The machine that runs a data file; a module that it asks for and we lack is noted and empty. */
export function dataMachine(text: string, findings: () => Findings): LuaMachine {
  const machine: LuaMachine = new LuaMachine({
    print: () => undefined,
    readModule: (name) => {
      const shown = textOf(name);
      if (!/^msys(?:\.|$)/.test(shown)) {
        const place = lineAt(text, machine.where()?.line ?? 1);
        findings().add(place, 'module-unread', [shown], 'what it sets is not imported');
      }
      return { text: 'return {}', file: bytesOf(shown) };
    },
  });
  return machine;
}

/** Sets the global `msys`, with a table for the settings, and makes both known to `require`. */
function openSettings(machine: LuaMachine, registered: LuaValue[]): LuaTable {
  const { globals } = machine;
  const msys = machine.newTable();
  const config = machine.newTable();
  config.set('audit_series', machine.newTable());
  msys.set('dp_config', config);
  msys.set('core', machine.newTable());
  const register = (_: unknown, args: readonly LuaValue[]): LuaValue[] => {
    registered.push(args[1]);
    return [];
  };
  msys.set('registerModule', new NativeFunction('registerModule', register));
  globals.set('msys', msys);
  const known = (globals.get('package') as LuaTable).get('loaded') as LuaTable;
  known.set('msys', msys);
  known.set('msys.dp_config', config);
  return msys;
}

function hasSettings(value: LuaValue): value is Table {
  if (!(value instanceof Table)) return false;
  return SETTINGS.some((name) => {
    const settings = value.get(name);
    return settings instanceof Table && settings.next(undefined) !== undefined;
  });
}
