/** A mistake in a file of the user, kept as offsets; line and column appear only when printed. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** One of a closed set, such as `series-unknown`; tests assert codes and places. */
  readonly code: string;
  readonly message: string;
  /** The file's name as the user gave it. */
  readonly file: string;
  /** Half-open range in the text of the file, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly hint?: string;
}

/** 1-based line and column (in UTF-16 units) of an offset, and the text of its line. */
export function placeOf(
  text: string,
  offset: number,
): { line: number; column: number; lineText: string } {
  let line = 1;
  // A byte order mark is no part of the first line.
  let lineStart = text.startsWith('\uFEFF') ? 1 : 0;
  const at = Math.max(lineStart, Math.min(offset, text.length));
  for (let newline = text.indexOf('\n'); newline !== -1 && newline < at;) {
    line++;
    lineStart = newline + 1;
    newline = text.indexOf('\n', lineStart);
  }
  const newline = text.indexOf('\n', lineStart);
  const lineText = text.slice(lineStart, newline === -1 ? text.length : newline);
  return { line, column: at - lineStart + 1, lineText: lineText.replace(/\r$/, '') };
}

/** Control characters of a foreign file must not reach a terminal. */
const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}]/gu;
/** What terminals draw in two columns: East Asian wide and full-width characters, emoji. */
const TWO_COLUMNS =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]/gu;

/** Blanks that are as wide as the text. A tab stays a tab. */
const blanksFor = (text: string): string =>
  text.replace(NO_COLUMN, '').replace(TWO_COLUMNS, '  ').replace(/[^\t]/gu, ' ');

/** Longest piece of a line that is shown around a mistake, in characters. */
const SHOWN_WIDTH = 120;

/**
 * The mistake where it stands: `file:line:column: severity: message [code]`, the line, a caret, a hint.
 *
 * @param text the whole text of the file that the diagnostic is about
 */
export function formatDiagnostic(diagnostic: Diagnostic, text: string): string {
  const { line, column, lineText } = placeOf(text, diagnostic.start);
  const { file, severity, message, code, hint } = diagnostic;
  const from = column > SHOWN_WIDTH ? column - 40 : 0;
  const shown = printable(lineText.slice(from, from + SHOWN_WIDTH));
  const gutter = `${line} `;
  const length = Math.max(
    1,
    Math.min(diagnostic.end - diagnostic.start, lineText.length - column + 1),
  );
  const before = column - 1 - from;
  const marked = blanksFor(shown.slice(before, before + length));
  const caret =
    ' '.repeat(gutter.length) +
    blanksFor(shown.slice(0, before)) +
    '^'.repeat(Math.max(1, marked.length));
  const head = printable(`${file}:${line}:${column}: ${severity}: ${message} [${code}]`);
  const rows = [head, gutter + shown, caret];
  if (hint !== undefined) rows.push(printable(`hint: ${hint}`));
  return rows.join('\n');
}
