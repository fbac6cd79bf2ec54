import type { LuaHost } from '../value.ts';
import { BYTES_PER_CLOSE_STEP } from './string-places.ts';

/** Up to here the search of the runtime is quick even where every place nearly matches. */
const SHORT_BYTES = 16;
const ENTRY_BYTES = 4;

/**
 * Where a text stands in another, at or behind a place; -1: nowhere. In time that grows with the
 * two lengths: `indexOf` of V8 takes their product for long texts such as `aaabaaa` among many `a`.
 */
export function indexOfLiteral(host: LuaHost, text: string, sought: string, from: number): number {
  host.spend(1 + Math.ceil((text.length - from) / SHORT_BYTES));
  const candidate = text.indexOf(sought.slice(0, SHORT_BYTES), from);
  if (sought.length <= SHORT_BYTES || candidate < 0) return candidate;
  host.spend(Math.ceil((text.length - candidate + sought.length) / BYTES_PER_CLOSE_STEP));
  host.grow(sought.length * ENTRY_BYTES);
  const borders = bordersOf(sought);
  let matched = 0;
  for (let at = candidate; at < text.length; at++) {
    matched = extended(sought, borders, matched, text.charCodeAt(at));
    if (matched === sought.length) return at + 1 - matched;
  }
  return -1;
}

/** For each start of a text, by its length: how much of its end is also its start (Knuth, Morris, Pratt). */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length + 1);
  let matched = 0;
  for (let at = 1; at < text.length; at++) {
    matched = extended(text, borders, matched, text.charCodeAt(at));
    borders[at + 1] = matched;
  }
  return borders;
}

/** @returns how much of the text matches when one more byte has come; less than all before it came */
function extended(text: string, borders: Int32Array, matched: number, byte: number): number {
  let length = matched;
  while (length > 0 && text.charCodeAt(length) !== byte) length = borders[length];
  return text.charCodeAt(length) === byte ? length + 1 : 0;
}
