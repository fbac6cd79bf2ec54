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
  const at = Math.min(offset, text.length);
  let line = 1;
  let lineStart = 0;
  for (let newline = text.indexOf('\n'); newline !== -1 && newline < at;) {
    line++;
    lineStart = newline + 1;
    newline = text.indexOf('\n', lineStart);
  }
  const newline = text.indexOf('\n', lineStart);
  const lineText = text.slice(lineStart, newline === -1 ? text.length : newline);
  return { line, column: at - lineStart + 1, lineText: lineText.replace(/\r$/, '') };
}

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
  // Control characters of a foreign file must not reach a terminal.
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const printable = lineText.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
  const shown = printable.slice(from, from + SHOWN_WIDTH);
  const gutter = `${line} `;
  const length = Math.max(
    1,
    Math.min(diagnostic.end - diagnostic.start, lineText.length - column + 1),
  );
  // A tab stays a tab, so that the caret stands under its character.
  const indent = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  const caret =
    ' '.repeat(gutter.length) +
    indent +
    '^'.repeat(Math.max(1, Math.min(length, shown.length - indent.length)));
  const rows = [`${file}:${line}:${column}: ${severity}: ${message} [${code}]`];
  rows.push(gutter + shown, caret);
  if (hint !== undefined) rows.push(`hint: ${hint}`);
  return rows.join('\n');
}
