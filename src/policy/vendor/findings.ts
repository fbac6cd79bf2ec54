import { MistakeList, type Place } from '../mistakes.ts';
import { WARNINGS, WORDS, type ImportCode } from './codes.ts';
import type { EntryPath } from './entries.ts';
import type { Outline } from './outline.ts';

/** What is wrong in a data file or left out of its policy, each at its place in the Lua text. */
export class Findings extends MistakeList<typeof WORDS> {
  readonly outline: Outline;

  constructor(file: string, outline: Outline) {
    super(file, WORDS, WARNINGS);
    this.outline = outline;
  }

  /** Says what becomes of an entry; returns it as a comment of the policy says it. */
  note<Code extends ImportCode>(
    path: EntryPath,
    code: Code,
    details: Parameters<(typeof WORDS)[Code]>,
    hint?: string,
  ): string {
    const place = this.outline.placeOf(path);
    this.add(place, code, details, hint);
    const words: (...details: string[]) => string = WORDS[code];
    return `${words(...details)} (line ${place.line})`;
  }
}

/** The words of a line of the text, without the blanks around them. */
export function lineAt(text: string, line: number): Place {
  let start = 0;
  for (let left = line - 1; left > 0; left--) {
    const end = text.indexOf('\n', start);
    if (end === -1) break;
    start = end + 1;
  }
  const newline = text.indexOf('\n', start);
  const whole = text.slice(start, newline === -1 ? text.length : newline);
  const from = start + whole.length - whole.trimStart().length;
  return { start: from, end: from + whole.trim().length };
}
