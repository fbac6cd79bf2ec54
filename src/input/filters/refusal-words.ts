import { LOGGED_AS } from '../../model/event.ts';
import { seekEither } from '../../model/words.ts';

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
  words: Int32Array,
  at: number,
  end: number,
  soft: boolean,
  byFilter: boolean,
): number {
  if (soft && hasWord(bytes, words, at, end, GREYLISTED)) return LOGGED_AS.greylisted;
  if (!byFilter) return LOGGED_AS.rejected;
  if (hasWord(bytes, words, at, end, VIRUS)) return LOGGED_AS.virus;
  return hasWord(bytes, words, at, end, SPAM) ? LOGGED_AS.spam : LOGGED_AS.rejected;
}

/** Words in small letters; the text, whose bytes are also in `words`, in any. */
function hasWord(
  bytes: Uint8Array,
  words: Int32Array,
  at: number,
  end: number,
  wanted: readonly string[],
): boolean {
  for (const word of wanted) {
    const first = word.charCodeAt(0);
    const last = end - word.length;
    for (let i = at; ; i++) {
      i = seekEither(words, i, last + 1, first, first - 32);
      if (i > last) break;
      let same = 1;
      while (same < word.length && (bytes[i + same] | 0x20) === word.charCodeAt(same)) same++;
      if (same === word.length) return true;
    }
  }
  return false;
}
