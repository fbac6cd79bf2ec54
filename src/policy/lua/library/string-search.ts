import { typeName } from '../type-name.ts';
import { NativeFunction, type LuaHost, type LuaValue } from '../value.ts';
import type { Arguments, LibraryFunction } from './arguments.ts';
import { indexOfLiteral } from './literal-search.ts';
import { readPattern, type LuaPattern } from './lua-pattern.ts';
import { PatternMatch } from './pattern-match.ts';
import { Pieces } from './pieces.ts';
import { BYTES_PER_STEP, placeOf } from './string-places.ts';

/** How many patterns are kept read; a policy has tens. */
const KEPT_PATTERNS = 500;
const SPECIAL = /[\^$*+?.([%-]/;
const DIGIT = /^[0-9]$/;

/** Patterns as they were read, for as long as the library lives. They decide no result. */
class PatternShelf {
  readonly #read = new Map<string, LuaPattern>();

  /** Costs the same steps whether or not the pattern is known: a replay cut short costs alike. */
  get(host: LuaHost, source: string): LuaPattern {
    host.spend(1 + Math.ceil(source.length / BYTES_PER_STEP));
    let pattern = this.#read.get(source);
    if (pattern === undefined) {
      if (this.#read.size === KEPT_PATTERNS) this.#read.clear();
      pattern = readPattern(source);
      this.#read.set(source, pattern);
    }
    return pattern;
  }
}

/** `find`, `match`, `gmatch` and `gsub`. */
export function searchFunctions(): Record<string, LibraryFunction> {
  const shelf = new PatternShelf();
  return {
    find: (host, args) => search(host, args, shelf, true),
    match: (host, args) => search(host, args, shelf, false),
    gmatch: (host, args) => matches(host, args, shelf),
    gsub: (host, args) => substitute(host, args, shelf),
  };
}

function search(
  host: LuaHost,
  args: Arguments,
  shelf: PatternShelf,
  isFind: boolean,
): readonly LuaValue[] {
  const text = args.text(1);
  const source = args.text(2);
  const from = Math.min(Math.max(placeOf(args.wholeOr(3, 1), text.length) - 1, 0), text.length);
  const flag = args.at(4);
  if (isFind && ((flag !== undefined && flag !== false) || isPlain(source))) {
    const at = indexOfLiteral(host, text, source, from);
    return at < 0 ? [undefined] : [at + 1, at + source.length];
  }
  const isAnchored = source.startsWith('^');
  const pattern = shelf.get(host, isAnchored ? source.slice(1) : source);
  const match = new PatternMatch(host, text, pattern);
  const isFound = isAnchored ? match.matchesAt(from) : match.findFrom(from);
  match.settle();
  if (!isFound) return [undefined];
  if (isFind) return [match.start + 1, match.end, ...match.captures()];
  return results(host, match);
}

/** Whether a pattern stands for itself; like Lua, asks only what comes before a zero byte. */
function isPlain(source: string): boolean {
  const zero = source.indexOf('\0');
  return !SPECIAL.test(zero < 0 ? source : source.slice(0, zero));
}

/** The captures of a match, or the whole of it when it has none. */
function results(host: LuaHost, match: PatternMatch): readonly LuaValue[] {
  const captures = match.captures();
  if (captures.length === 0) captures.push(match.whole);
  for (const capture of captures) {
    if (typeof capture === 'string') host.grow(capture.length);
  }
  return captures;
}

function matches(host: LuaHost, args: Arguments, shelf: PatternShelf): readonly LuaValue[] {
  const text = args.text(1);
  const pattern = shelf.get(host, args.text(2));
  let from = 0;
  const next = new NativeFunction('string.gmatch', (caller) => {
    const match = new PatternMatch(caller, text, pattern);
    const isFound = match.findFrom(from);
    match.settle();
    if (!isFound) {
      from = text.length + 1;
      return [undefined];
    }
    from = match.end === match.start ? match.end + 1 : match.end;
    return results(caller, match);
  });
  return [next];
}

function substitute(host: LuaHost, args: Arguments, shelf: PatternShelf): readonly LuaValue[] {
  const text = args.text(1);
  const source = args.text(2);
  const limit = args.intOr(4, text.length + 1);
  const replacement = replacementOf(host, args);
  const isAnchored = source.startsWith('^');
  const match = new PatternMatch(
    host,
    text,
    shelf.get(host, isAnchored ? source.slice(1) : source),
  );
  const made = new Pieces(host);
  let at = 0;
  let copied = 0;
  let count = 0;
  while (count < limit) {
    const isMatch = match.matchesAt(at);
    if (isMatch) {
      count++;
      made.append(text.slice(copied, at));
      made.append(replacement(match));
      copied = match.end;
    }
    if (isMatch && match.end > at) at = match.end;
    else if (at < text.length) at++;
    else break;
    if (isAnchored) break;
  }
  match.settle();
  made.append(text.slice(copied));
  return [made.joined(), count];
}

/** What takes the place of a match. */
type Replacement = (match: PatternMatch) => string;

function replacementOf(host: LuaHost, args: Arguments): Replacement {
  const given = args.at(3);
  const type = typeName(given);
  if (type === 'string' || type === 'number') {
    const form = args.text(3);
    return form.includes('%') ? (match) => filled(host, form, match) : () => form;
  }
  if (type === 'table') {
    return (match) => replaced(host, match, host.index(given, match.capture(0)));
  }
  if (type === 'function') {
    return (match) => {
      const captures = match.captures();
      const [value] = host.call(given, captures.length === 0 ? [match.whole] : captures);
      return replaced(host, match, value);
    };
  }
  return args.reject(3, 'string/function/table expected');
}

/** A form with `%0` to `%9` filled in; its pieces are accounted one by one. */
function filled(host: LuaHost, form: string, match: PatternMatch): string {
  host.spend(Math.ceil(form.length / BYTES_PER_STEP));
  const made = new Pieces(host);
  let at = 0;
  for (let mark = form.indexOf('%'); mark >= 0; mark = form.indexOf('%', at)) {
    // A form that ends in `%` ends in a zero byte, as in Lua 5.1.
    const character = form[mark + 1] ?? '\0';
    const piece = DIGIT.test(character) ? captured(host, match, Number(character)) : character;
    host.spend(1);
    made.append(form.slice(at, mark));
    made.append(piece);
    at = mark + 2;
  }
  made.append(form.slice(at));
  return made.joined();
}

function captured(host: LuaHost, match: PatternMatch, digit: number): string {
  return digit === 0 ? match.whole : host.toText(match.capture(digit - 1));
}

function replaced(host: LuaHost, match: PatternMatch, value: LuaValue): string {
  if (value === undefined || value === false) return match.whole;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return host.toText(value);
  return host.fail(`invalid replacement value (a ${typeName(value)})`);
}
