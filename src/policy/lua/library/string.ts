import type { LuaHost, LuaTable, LuaValue } from '../value.ts';
import { libraryTable, type Arguments, type LibraryFunction } from './arguments.ts';
import { MAX_STRING_BYTES } from './pieces.ts';
import { format } from './string-format.ts';
import { BYTES_PER_STEP, placeOf } from './string-places.ts';
import { searchFunctions } from './string-search.ts';

/** As many values as a call of Lua 5.1 may leave on the stack. */
const MAX_RESULTS = 8000;
/** How many bytes are turned around at once. */
const CHUNK_BYTES = 4096;
/** A longer piece of a string shares the bytes of the whole. */
const SHARED_BYTES = 32;

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
  // In the C locale only the letters of ASCII have a case.
  lower: (host, args) => [
    copied(host, args.text(1)).replaceAll(/[A-Z]+/g, (run) => run.toLowerCase()),
  ],
  rep: repeat,
  reverse: (host, args) => [reversed(copied(host, args.text(1)))],
  sub: (host, args) => {
    const text = args.text(1);
    const first = Math.max(placeOf(args.whole(2), text.length), 1);
    const last = Math.min(placeOf(args.wholeOr(3, -1), text.length), text.length);
    if (first > last) return [''];
    host.grow(Math.min(last - first + 1, SHARED_BYTES));
    return [text.slice(first - 1, last)];
  },
  upper: (host, args) => [
    copied(host, args.text(1)).replaceAll(/[a-z]+/g, (run) => run.toUpperCase()),
  ],
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

/** A text of which a copy will be made: accounts for its bytes and for the work on them. */
function copied(host: LuaHost, text: string): string {
  host.spend(Math.ceil(text.length / BYTES_PER_STEP));
  host.grow(text.length);
  return text;
}

function reversed(text: string): string {
  const pieces: string[] = [];
  for (let end = text.length; end > 0; end -= CHUNK_BYTES) {
    const chunk = text.slice(Math.max(end - CHUNK_BYTES, 0), end);
    pieces.push(chunk.split('').reverse().join(''));
  }
  return pieces.join('');
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
