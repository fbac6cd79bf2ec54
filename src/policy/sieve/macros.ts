import type { ScriptPlace } from '../script-policy.ts';
import type { Run } from './run.ts';
import type { Binding } from './site.ts';

/** What `%{…}` in a string becomes at each event. */
export function macroOf(
  text: string,
  place: ScriptPlace,
  { world }: Binding,
): (run: Run) => string {
  const colon = text.indexOf(':');
  const space = text.slice(0, Math.max(0, colon));
  const key = text.slice(colon + 1);
  if (space === 'vctx_conn') return (run) => run.event.session.context.get(key) ?? '';
  if (space === 'vctx_mess') return (run) => run.event.session.message.context.get(key) ?? '';
  return () => {
    world.note(place, 'not-simulated', `%{${text}}`);
    return '';
  };
}
