import { refuseQuery, type TextRange } from './mistakes.ts';

export interface Token extends TextRange {
  /** A `text` stands in quotes and is never a keyword; `end` is the end of the query. */
  readonly kind: 'word' | 'text' | ',' | '(' | ')' | 'end';
  /** Without quotes. */
  readonly text: string;
  /** Of a text: the monitor that stands behind its quotes, `300,12`. */
  readonly monitor?: string;
}

const SPACE = /\s+/y;
const WORD = /[^\s,()"]+/y;
const QUOTED = /"((?:[^"]|"")*)"/y;
/** Behind a name or its quotes: the monitor that tells series of one name apart. */
const MONITOR_OF_WORD = /,\d+(?![^\s,()])/y;
const MONITOR_OF_TEXT = /\.(\d+,\d+)(?![^\s,()])/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * Cuts a query into tokens; the last one is its end. `bad_rcpt.300,12` is one word, since a comma
 * belongs to a monitor where digits stand on both sides of it.
 *
 * @throws UserError when a quote is not closed
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(SPACE, text, at)?.[0].length ?? 0;
    const start = at;
    if (start === text.length) break;
    const sign = text[start];
    if (sign === ',' || sign === '(' || sign === ')') {
      tokens.push({ kind: sign, text: sign, start, end: ++at });
    } else if (sign === '"') {
      const quoted = matchAt(QUOTED, text, start);
      if (quoted === null) {
        const range = { start, end: start + 1 };
        refuseQuery(text, range, 'query-quote', 'the quote that opens here is never closed');
      }
      at += quoted[0].length;
      const monitor = matchAt(MONITOR_OF_TEXT, text, at);
      at += monitor?.[0].length ?? 0;
      const token = {
        kind: 'text',
        text: quoted[1].replaceAll('""', '"'),
        start,
        end: at,
      } as const;
      tokens.push(monitor === null ? token : { ...token, monitor: monitor[1] });
    } else {
      at += matchAt(WORD, text, at)?.[0].length ?? 1;
      if (/\.\d+$/.test(text.slice(start, at))) {
        at += matchAt(MONITOR_OF_WORD, text, at)?.[0].length ?? 0;
      }
      tokens.push({ kind: 'word', text: text.slice(start, at), start, end: at });
    }
  }
  const end = text.trimEnd().length;
  tokens.push({ kind: 'end', text: '', start: end, end });
  return tokens;
}
