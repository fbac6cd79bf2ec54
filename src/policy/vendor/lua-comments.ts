/** The comments around one entry of a Lua file: plain words, one line each, never empty. */
export interface EntryComments {
  /** On the lines directly above. */
  readonly above: readonly string[];
  /** Behind it on its last line, or behind the brace that opens it. */
  readonly behind: readonly string[];
}

export const NO_COMMENTS: EntryComments = { above: [], behind: [] };

interface Comment {
  readonly lines: readonly string[];
  /** Line ends between the start of the gap and the comment, and to its end. */
  readonly firstLine: number;
  readonly lastLine: number;
}

const LONG_OPEN = /^--\[(=*)\[/;
const LINE_END = /\r\n|\n\r|\n|\r/g;

const lineEnds = (text: string): number => text.match(LINE_END)?.length ?? 0;

/** A gap between two tokens: blanks, line ends and comments. */
function commentsIn(gap: string): Comment[] {
  const comments: Comment[] = [];
  let line = 0;
  let at = 0;
  for (let start = gap.indexOf('--', at); start !== -1; start = gap.indexOf('--', at)) {
    line += lineEnds(gap.slice(at, start));
    const rest = gap.slice(start);
    const open = LONG_OPEN.exec(rest);
    const end = open === null ? rest.search(/[\r\n]|$/) : longEnd(rest, open[1]);
    const text = rest.slice(0, end);
    const words = open === null ? text.slice(2) : text.slice(open[0].length, -open[1].length - 2);
    const lastLine = line + lineEnds(text);
    comments.push({ lines: linesOf(words), firstLine: line, lastLine });
    line = lastLine;
    at = start + end;
  }
  return comments;
}

function longEnd(rest: string, equals: string): number {
  const close = `]${equals}]`;
  return rest.indexOf(close) + close.length;
}

function linesOf(words: string): string[] {
  return words.split(LINE_END).flatMap((line) => {
    const text = line.replace(/^-+(?=\s|$)/, '').trim();
    return text === '' ? [] : [text];
  });
}

/** Comments on whole lines directly above what follows the gap. */
export function commentsAbove(gap: string, fileStart: boolean): string[] {
  let next = lineEnds(gap);
  const lines: string[] = [];
  for (const comment of commentsIn(gap).toReversed()) {
    const trailing = comment.firstLine === 0 && !fileStart;
    if (trailing || comment.lastLine < next - 1) break;
    lines.unshift(...comment.lines);
    next = comment.firstLine;
  }
  return lines;
}

/** Comments on the line on which the gap begins, unless a token follows on it. */
export function commentsBehind(gap: string): string[] {
  const here = commentsIn(gap).filter((comment) => comment.firstLine === 0);
  return lineEnds(gap) === 0 ? [] : here.flatMap((comment) => comment.lines);
}

/**
 * All comments of the gap before the first token.
 *
 * @param own those at its end that belong to the first entry
 */
export function headComments(gap: string, own: readonly string[]): string[] {
  const all = commentsIn(gap).flatMap((comment) => comment.lines);
  return all.slice(0, all.length - own.length);
}
