import type { Mistakes } from './mistakes.ts';
import { regExpOf } from '../momentum/pcre.ts';
import { literalOf, type Argument, type Call } from './tree.ts';

/**
 * Tells expressions that cannot be run: the script would fail at each event that comes to one.
 *
 * @param rest the arguments without tags
 */
export function checkPatterns(call: Call, rest: readonly Argument[], mistakes: Mistakes): void {
  const matches = call.arguments.some((one) => {
    return one.type === 'tag' && one.name.toLowerCase() === 'regex';
  });
  if (!matches && call.name.text.toLowerCase() !== 'ec_pcre_match') return;
  const last = rest.at(-1);
  const patterns = last?.type === 'list' ? last.items : last === undefined ? [] : [last];
  for (const pattern of patterns) {
    const text = literalOf(pattern);
    if (text === undefined) continue;
    const reason = reasonOf(text);
    if (reason !== undefined) mistakes.add(pattern, 'pattern-wrong', [reason]);
  }
}

function reasonOf(pattern: string): string | undefined {
  try {
    regExpOf(pattern, false);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
