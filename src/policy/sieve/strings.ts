import type { Part } from './tree.ts';

/**
 * The text that a string of the source stands for, and where each piece of it stood: the text from
 * `texts[i]` on comes from the source from `sources[i]` on, up to the next entry.
 */
export interface Unquoted {
  readonly text: string;
  readonly texts: readonly number[];
  readonly sources: readonly number[];
}

/** Collects pieces of the source that lie apart because what quotes them was left out. */
class Pieces {
  #text = '';
  readonly #texts: number[] = [];
  readonly #sources: number[] = [];
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  add(from: number, to: number): void {
    this.#texts.push(this.#text.length);
    this.#sources.push(from);
    this.#text += this.#source.slice(from, to);
  }

  get unquoted(): Unquoted {
    return { text: this.#text, texts: this.#texts, sources: this.#sources };
  }
}

/**
 * A quoted string without its backslashes, each of which stands for the character behind it.
 *
 * @param start behind the opening quote
 * @param end at the closing quote
 */
export function unquote(source: string, start: number, end: number): Unquoted {
  const pieces = new Pieces(source);
  let from = start;
  // No indexOf: it would search beyond the end, in every string of a script without backslashes.
  for (let at = start; at < end; at++) {
    if (source[at] !== '\\') continue;
    pieces.add(from, at);
    from = at + 1;
    at++;
  }
  pieces.add(from, end);
  return pieces.unquoted;
}

/**
 * The lines of a multi-line text; one dot is taken off lines that begin with a dot (RFC 5228,
 * section 2.4.2).
 *
 * @param start the first line
 * @param end where the line with the single dot begins
 */
export function unstuff(source: string, start: number, end: number): Unquoted {
  const pieces = new Pieces(source);
  let from = start;
  for (let line = start; line < end;) {
    if (source[line] === '.') {
      pieces.add(from, line);
      from = line + 1;
    }
    const newline = source.indexOf('\n', line);
    line = newline === -1 ? end : newline + 1;
  }
  pieces.add(from, end);
  return pieces.unquoted;
}

/**
 * `${name}` and `%{macro}`. Whatever looks like the beginning of one and is none is text; so an
 * unterminated `${`, and `${1}`.
 */
const INTERPOLATED = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}|%\{([^{}\n]+)\}/g;

/** Cuts a string into literal text, variables and macros, each with its place in the source. */
export function partsOf({ text, texts, sources }: Unquoted): readonly Part[] {
  const parts: Part[] = [];
  let piece = 0;
  // Offsets are asked in ascending order, so that a long string is walked once.
  const sourceOf = (offset: number): number => {
    while (piece + 1 < texts.length && texts[piece + 1] <= offset) piece++;
    return sources[piece] + offset - texts[piece];
  };
  const addLiteral = (from: number, to: number): void => {
    if (from === to) return;
    const start = sourceOf(from);
    parts.push({ type: 'literal', text: text.slice(from, to), start, end: sourceOf(to - 1) + 1 });
  };
  let from = 0;
  for (const match of text.matchAll(INTERPOLATED)) {
    const [whole, name, macro] = match;
    addLiteral(from, match.index);
    from = match.index + whole.length;
    const start = sourceOf(match.index);
    const place = { start, end: sourceOf(from - 1) + 1 };
    if (macro === undefined) parts.push({ type: 'variable', name, ...place });
    else parts.push({ type: 'macro', text: macro, ...place });
  }
  addLiteral(from, text.length);
  return parts;
}
