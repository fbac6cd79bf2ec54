import { LOGGED_AS } from '../../model/event.ts';

const GREYLISTED = ['greylist'];
const VIRUS = ['virus', 'infected'];
const SPAM = ['spam'];

/**
 * How a refusal judges, by the words of whoever refused in `bytes[at, end)`; `rejected` when they do
 * not say. Only for text that no client chose.
 *
 * @param soft the answer was a 4xx
 * @param byFilter a filter refused the message: words of spam and viruses are its finding, where
 *   those of a server may be the name of a list
 */
export function judgeRefusal(
  bytes: Uint8Array,
  at: number,
  end: number,
  soft: boolean,
  byFilter: boolean,
): number {
  if (soft && hasWord(bytes, at, end, GREYLISTED)) return LOGGED_AS.greylisted;
  if (!byFilter) return LOGGED_AS.rejected;
  if (hasWord(bytes, at, end, VIRUS)) return LOGGED_AS.virus;
  return hasWord(bytes, at, end, SPAM) ? LOGGED_AS.spam : LOGGED_AS.rejected;
}

/** Words in small letters; the text in any. */
function hasWord(bytes: Uint8Array, at: number, end: number, words: readonly string[]): boolean {
  for (const word of words) {
    for (let i = at; i + word.length <= end; i++) {
      let same = 0;
      while (same < word.length && (bytes[i + same] | 0x20) === word.charCodeAt(same)) same++;
      if (same === word.length) return true;
    }
  }
  return false;
}
