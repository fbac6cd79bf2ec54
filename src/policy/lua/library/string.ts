import type { LuaHost, LuaTable, LuaValue } from '../value.ts';
import { libraryTable, type Arguments, type LibraryFunction } from './arguments.ts';
import { MAX_STRING_BYTES, Pieces } from './pieces.ts';
import { format } from './string-format.ts';
import { BYTES_PER_CLOSE_STEP, BYTES_PER_STEP, placeOf } from './string-places.ts';
import { searchFunctions } from './string-search.ts';

/** As many values as a call of Lua 5.1 may leave on the stack. */
const MAX_RESULTS = 8000;
/** How many bytes become characters in one call: well below what a call may take as arguments. */
const CHUNK_BYTES = 4096;
/** A longer piece of a string shares the bytes of the whole. */
const SHARED_BYTES = 32;

/** In the C locale only the letters of ASCII have a case. */
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte + 32 : byte,
);
const UPPER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 97 && byte <= 122 ? byte - 32 : byte,
);

const CORE: Readonly<Record<string, LibraryFunction>> = {
  byte: byteCodes,
  char: (host, args) => {
    let text = '';
    for (let position = 1; position <= args.count; position++) {
      const code = args.int(position);
      if (code < 0 || code > 255) return args.reject(position, 'invalid value');
      text += String.fromCharCode(code);
    }
    host.grow(text.length);
    return [text];
  },
  format,
  len: (_, args) => [args.text(1).length],
  lower: (host, args) => [rewritten(host, args.text(1), LOWER)],
  rep: repeat,
  reverse: (host, args) => {
    const text = args.text(1);
    return [bytewise(host, text.length, (at) => text.charCodeAt(text.length - 1 - at))];
  },
  sub: (host, args) => {
    const text = args.text(1);
    const first = Math.max(placeOf(args.whole(2), text.length), 1);
    const last = Math.min(placeOf(args.wholeOr(3, -1), text.length), text.length);
    if (first > last) return [''];
    host.grow(Math.min(last - first + 1, SHARED_BYTES));
    return [text.slice(first - 1, last)];
  },
  upper: (host, args) => [rewritten(host, args.text(1), UPPER)],
};

/**
 * The string library of Lua 5.1 without `dump`: bytes, the C locale. Work on bytes is spent as
 * steps, new strings are accounted before they are made.
 */
export function stringLibrary(host: LuaHost): LuaTable {
  const library = libraryTable(host, 'string', { ...CORE, ...searchFunctions() });
  library.set('gfind', library.get('gmatch'));
  return library;
}

/** A text with each of its bytes as a table has it. */
function rewritten(host: LuaHost, text: string, table: Uint8Array): string {
  return bytewise(host, text.length, (at) => table[text.charCodeAt(at)]);
}

function bytewise(host: LuaHost, length: number, byteAt: (at: number) => number): string {
  const made = new Pieces(host);
  for (let start = 0; start < length; start += CHUNK_BYTES) {
    const codes: number[] = [];
    const end = Math.min(start + CHUNK_BYTES, length);
    host.spend(Math.ceil((end - start) / BYTES_PER_CLOSE_STEP));
    for (let at = start; at < end; at++) codes.push(byteAt(at));
    made.append(String.fromCharCode(...codes));
  }
  return made.joined();
}

function byteCodes(host: LuaHost, args: Arguments): readonly LuaValue[] {
  const text = args.text(1);
  const from = placeOf(args.wholeOr(2, 1), text.length);
  const last = Math.min(placeOf(args.wholeOr(3, from), text.length), text.length);
  const first = Math.max(from, 1);
  if (first > last) return [];
  const count = last - first + 1;
  if (count + args.count > MAX_RESULTS) return host.fail('stack overflow (string slice too long)');
  host.spend(count);
  return Array.from({ length: count }, (_, at) => text.charCodeAt(first - 1 + at));
}

function repeat(host: LuaHost, args: Arguments): readonly LuaValue[] {
  const text = args.text(1);
  const count = Math.max(args.int(2), 0);
  const bytes = text.length * count;
  host.grow(bytes);
  if (bytes > MAX_STRING_BYTES) return host.fail('resulting string too large');
  host.spend(Math.ceil(bytes / BYTES_PER_STEP));
  return [text.repeat(count)];
}
