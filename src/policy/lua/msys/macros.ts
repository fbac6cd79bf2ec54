import { macroOf } from '../../momentum/macros.ts';
import { partsOf } from '../../sieve/strings.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { Arguments } from '../library/arguments.ts';
import { placeOf, type MsysWorld } from './world.ts';

/** `msys.expandMacro(text)`: the macros of Sieve strings; anything else stays as it is. */
export function expandMacro(msys: MsysWorld, given: Arguments): string {
  const text = textOf(given.text(1));
  msys.host.spend(text.length);
  const place = placeOf(msys);
  const shown = partsOf({ text, texts: [0], sources: [0] }).map((part) => {
    if (part.type === 'literal') return part.text;
    if (part.type === 'variable') return text.slice(part.start, part.end);
    return macroOf(part.text, place, msys.world)(msys);
  });
  return bytesOf(shown.join(''));
}
