import { regExpOf } from '../../momentum/pcre.ts';
import { bytesOf, textOf } from '../bytes.ts';
import { libraryTable, type Arguments, type LibraryFunction } from '../library/arguments.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { listOf } from './dns.ts';
import { tell, type MsysWorld } from './world.ts';

/** What a pattern that does not compile gives, behind nil: the message and a number. */
const COMPILE_ERROR = 1;

type Matcher = (text: string, pattern: RegExp) => readonly LuaValue[];

/** `msys.pcre` */
export function pcreTable(msys: MsysWorld): LuaTable {
  const withPattern =
    (run: Matcher): LibraryFunction =>
    (_, given) => {
      const text = textOf(given.text(1));
      msys.host.spend(text.length);
      const pattern = patternOf(msys, given);
      return typeof pattern === 'string'
        ? [undefined, bytesOf(pattern), COMPILE_ERROR]
        : run(text, pattern);
    };
  return libraryTable(msys.host, 'msys.pcre', {
    match: withPattern((text, pattern) => [matched(msys, pattern.exec(text))]),
    split: withPattern((text, pattern) => [listOf(msys, pieces(text, pattern).map(bytesOf))]),
    replace: () => {
      tell(msys, 'not-simulated', 'msys.pcre.replace');
      return [];
    },
  });
}

/** A text says why it cannot be run: to a script that looks like a mistake in the pattern. */
function patternOf(msys: MsysWorld, given: Arguments): RegExp | string {
  try {
    return regExpOf(textOf(given.text(2)), false);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'LuaError') throw error;
    tell(msys, 'doubt', `a pattern cannot be run: ${error.message}`);
    return error.message;
  }
}

/** Groups by number and name; nil without a match. */
function matched({ host }: MsysWorld, match: RegExpExecArray | null): LuaTable | undefined {
  if (match === null) return undefined;
  const table = host.newTable();
  for (const [at, group] of match.entries()) table.set(at, bytesOf(group ?? ''));
  for (const [name, group] of Object.entries(match.groups ?? {})) {
    table.set(bytesOf(name), bytesOf(group ?? ''));
  }
  return table;
}

/** The text between the matches; groups of the pattern are not part of it. */
function pieces(text: string, pattern: RegExp): string[] {
  const found: string[] = [];
  let from = 0;
  for (const match of text.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && end === text.length)) continue;
    found.push(text.slice(from, match.index));
    from = end;
  }
  found.push(text.slice(from));
  return found;
}
