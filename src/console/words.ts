import { CommandMistake, type Span } from './mistake.ts';

/** A word of a command, without its quotes, and where it stands in the line. */
export interface Word extends Span {
  readonly text: string;
}

/**
 * The words of a line: between blanks, or between quotes of either kind, which a word with blanks
 * or commas may have (`"300,12"`).
 *
 * @throws {CommandMistake} when a quote is not closed, or a word goes on behind one
 */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && /\s/.test(line[at])) at++;
    if (at === line.length) return words;
    const start = at;
    const quote = line[at];
    if (quote === '"' || quote === "'") {
      const close = line.indexOf(quote, at + 1);
      if (close === -1) {
        const span = { start, end: line.length };
        throw new CommandMistake('console-quote', span, `expected a closing ${quote}`);
      }
      at = close + 1;
      if (at < line.length && !/\s/.test(line[at])) {
        const span = { start: at, end: at + 1 };
        throw new CommandMistake('console-quote', span, 'expected a blank behind the quote');
      }
      words.push({ text: line.slice(start + 1, close), start, end: at });
    } else {
      while (at < line.length && !/\s/.test(line[at])) at++;
      words.push({ text: line.slice(start, at), start, end: at });
    }
  }
}
