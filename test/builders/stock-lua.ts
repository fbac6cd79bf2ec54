import { Lua } from 'wasmoon-lua5.1';
import type { LuaMachine } from '../../src/policy/lua/machine.ts';
import type { LuaHost, LuaTable, LuaValue } from '../../src/policy/lua/value.ts';
import { PLENTY } from './lua-machine.ts';
import { answerOf, PlainHost, ScriptError } from './lua-host.ts';

/**
 * Values as a line of ASCII. Numbers without loss, as `5` or as `5404319552844596p-52`, strings by
 * their bytes, of all else the type.
 */
const SHOW = `
local function shown(value)
  local kind = type(value)
  if kind == 'number' then
    if value ~= value then return 'nan' end
    if value == 1/0 then return 'inf' elseif value == -1/0 then return '-inf' end
    if value % 1 == 0 and math.abs(value) < 2^53 then return string.format('%.0f', value) end
    local fraction, exponent = math.frexp(value)
    return string.format('%.0fp%d', fraction * 2^53, exponent - 53)
  end
  if kind == 'string' then
    return '"' .. string.gsub(value, '[^%w%p ]', function(byte)
      return string.format('<%d>', string.byte(byte))
    end) .. '"'
  end
  if kind == 'boolean' or kind == 'nil' then return tostring(value) end
  return kind
end
local function list(...)
  local parts = {}
  for at = 1, select('#', ...) do parts[at] = shown((select(at, ...))) end
  return table.concat(parts, ' ')
end
function __run(chunk, keepsPlaces)
  local compiled, problem = loadstring(chunk, '=script')
  if not compiled then return 'refused' end
  local function outcome(fine, ...)
    if fine then return list(...) end
    local message = ...
    if type(message) == 'string' and not keepsPlaces then message = string.gsub(message, '^script:%d+: ', '') end
    return 'error ' .. shown(message)
  end
  return outcome(pcall(compiled))
end
`;

/** A Lua 5.1 as its authors wrote it. */
export interface StockLua {
  /** What a chunk returns, or `error` and the message without its place, or `refused`. */
  run(chunk: string): string;
  /** The same, with places in messages: `script:1: `. */
  runWithPlaces(chunk: string): string;
  close(): void;
}

/** @param prelude what a chunk may use besides the libraries */
export async function stockLua(prelude = ''): Promise<StockLua> {
  const lua = await Lua.create();
  lua.doStringSync(SHOW);
  lua.doStringSync(prelude);
  return {
    run: (chunk) => String(lua.doStringSync(`return __run(${quotedForLua(chunk)}, false)`)),
    runWithPlaces: (chunk) =>
      String(lua.doStringSync(`return __run(${quotedForLua(chunk)}, true)`)),
    close: () => {
      lua.global.close();
    },
  };
}

/** A Lua string of such bytes, in ASCII. */
function quotedForLua(bytes: string): string {
  const escaped = bytes.replaceAll(
    /[^ !#-[\]-~]/g,
    (character) => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}

/** A value in source. */
export function sourceOf(value: LuaValue): string {
  if (typeof value === 'string') return quotedForLua(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return 'nil';
  if (Number.isNaN(value)) return '(0/0)';
  // As a literal it would share its place with the 0 of the chunk.
  if (Object.is(value, -0)) return "tonumber('-0')";
  if (Math.abs(value) === Infinity) return value > 0 ? '(1/0)' : '(-1/0)';
  return `(${value})`;
}

/** Values of ours in the notation of `run`. */
export function shown(values: readonly LuaValue[]): string {
  return values.map(shownValue).join(' ');
}

function shownValue(value: LuaValue): string {
  if (typeof value === 'number') return shownNumber(value);
  if (typeof value === 'string') {
    const visible = value.replaceAll(/[^ -~]/g, (byte) => `<${byte.charCodeAt(0)}>`);
    return `"${visible}"`;
  }
  if (value === undefined) return 'nil';
  if (typeof value === 'boolean') return String(value);
  return value.kind === 'closure' || value.kind === 'native' ? 'function' : value.kind;
}

function shownNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (Object.is(value, -0)) return '-0';
  if (Number.isSafeInteger(value)) return String(value);
  if (Math.abs(value) === Infinity) return value > 0 ? 'inf' : '-inf';
  let exponent = Math.floor(Math.log2(Math.abs(value))) - 52;
  // In two steps, because 2 to the 1074 is no number.
  const scaled = (by: number): number =>
    value * 2 ** Math.trunc(-by / 2) * 2 ** (-by - Math.trunc(-by / 2));
  if (Math.abs(scaled(exponent)) >= 2 ** 53) exponent++;
  if (Math.abs(scaled(exponent)) < 2 ** 52) exponent--;
  return `${scaled(exponent)}p${exponent}`;
}

/** What a call of a library function answers, in the notation of `run`, messages included. */
export function answerLine(
  libraryOf: (host: LuaHost) => LuaTable,
  name: string,
  args: readonly LuaValue[],
): string {
  return lineOf((host) => answerOf(host, libraryOf(host), name, ...args));
}

/** What a piece of a test answers, or the error that it ends with. */
export function lineOf(answer: (host: PlainHost) => readonly LuaValue[]): string {
  try {
    return shown(answer(new PlainHost()));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return `error ${shown([error.message])}`;
  }
}

/** What a chunk answers on a machine of ours, in the notation of `runWithPlaces`. */
export function answerOfChunk(machine: LuaMachine, chunk: string): string {
  const loaded = machine.load(chunk, 'script');
  if (!loaded.ok) return 'refused';
  const outcome = machine.run(loaded.chunk, [], PLENTY);
  if (outcome.ok) return shown(outcome.values);
  const { error } = outcome;
  return 'value' in error ? `error ${shown([error.value])}` : `stopped ${error.message}`;
}

/** Such a call in source. */
export function callSource(name: string, args: readonly LuaValue[]): string {
  // Not as a tail call: stock Lua would forget the name of the function, which its messages give.
  return `local results = function(...) return ... end
    return results(${name}(${args.map(sourceOf).join(', ')}))`;
}
