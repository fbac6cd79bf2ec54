import type { Moment, ScriptPlace, ScriptWorld } from '../script-policy.ts';
import { mailDate } from './mail-date.ts';
import { connectionValue, isMessageFact, messageValue } from './session-facts.ts';
import { spfMacroOf } from './spf-macro.ts';

type Expansion = (run: Moment) => string;

/** What `%{…}` in a string becomes at each event; empty, and told, where nothing is known of it. */
export function macroOf(text: string, place: ScriptPlace, world: ScriptWorld): Expansion {
  const empty = (kind: 'not-simulated' | 'doubt', why: string): Expansion => {
    return () => {
      world.note(place, kind, why);
      return '';
    };
  };
  const colon = text.indexOf(':');
  if (colon === -1) return unspaced(text, place, world);
  const space = text.slice(0, colon);
  const key = text.slice(colon + 1);
  if (space === 'vctx_conn') return (run) => connectionValue(run, key) ?? '';
  if (space === 'vctx_mess') return (run) => messageValue(run, key) ?? '';
  if (space === 'rfc822' && key === 'date') return ({ event }) => mailDate(event.nowMs);
  if (space === 'rfc2822') return empty('not-simulated', `%{${text}}`);
  const spf = space === 'spfv1' ? spf1(key, text, place, world) : undefined;
  return spf ?? empty('doubt', `%{${text}} is no known macro and is empty`);
}

function spf1(
  key: string,
  text: string,
  place: ScriptPlace,
  world: ScriptWorld,
): Expansion | undefined {
  const macro = spfMacroOf(key);
  if (macro === undefined) return undefined;
  if (macro.letter !== 'p') return macro.get;
  return (run) => {
    world.note(place, 'not-simulated', `%{${text}}`);
    return macro.get(run);
  };
}

/** Without a namespace: a letter of SPF, a fact of the message, or a key that a script has set. */
function unspaced(text: string, place: ScriptPlace, world: ScriptWorld): Expansion {
  const isFact = isMessageFact(text);
  const spf = isFact ? undefined : spf1(text, text, place, world);
  if (spf !== undefined) return spf;
  return (run) => {
    const found = messageValue(run, text) ?? connectionValue(run, text);
    if (found === undefined && !isFact) world.note(place, 'doubt', `%{${text}} is empty`);
    return found ?? '';
  };
}
