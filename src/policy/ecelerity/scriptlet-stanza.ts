import type { ConfigurationSource } from './includes.ts';
import { readNamedSource } from './named-source.ts';
import { switchedOff } from './option-values.ts';
import { readBody, type PlacedStanza } from './stanza-body.ts';

/** A Lua module of a `scriptlet` stanza. */
export interface Scriptlet {
  readonly name: string;
  /** The module as Lua names it, such as `policy.limits`; no path. */
  readonly source: string;
}

/** The scriptlets of one stanza in order. Options of the Lua machine are passed over. */
export function readScriptletStanza(
  source: ConfigurationSource,
  placed: PlacedStanza,
): readonly Scriptlet[] {
  const words = { options: ['enabled'], stanzas: ['script'], open: true } as const;
  const body = readBody(source, placed, words);
  if (body.read('enabled', (at) => switchedOff(at, 'scriptlet')) === true) return [];
  return body.stanzas.flatMap((inner): Scriptlet[] => {
    const innerBody = readBody(source, inner, { options: ['source'], open: true });
    const found = readNamedSource(source, inner, innerBody);
    return found === undefined ? [] : [{ name: found.name.text, source: found.path.text }];
  });
}
