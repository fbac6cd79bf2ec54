import { formatDiagnostic } from '../model/diagnostic.ts';
import { UserError } from '../model/errors.ts';

/** What can be wrong with a command. */
export const CONSOLE_CODES = [
  'console-quote',
  'console-command',
  'console-words',
  'console-unsupported',
  'console-address',
  'console-key',
  'console-series',
  'console-parameters',
  'console-window',
  'console-amount',
  'console-object',
  'console-node',
  'console-time',
  'console-clock',
] as const;
export type ConsoleCode = (typeof CONSOLE_CODES)[number];

/** Half-open range in a line, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A command that was refused: nothing has changed. */
export class CommandMistake extends UserError {
  readonly code: ConsoleCode;
  readonly span: Span;

  constructor(code: ConsoleCode, span: Span, message: string, hint?: string) {
    super(message, hint);
    this.code = code;
    this.span = span;
  }
}

/** Where a command stands: `-c`, `stdin` or `console`, and its line there, from 1. */
export interface CommandPlace {
  readonly source: string;
  readonly line: number;
}

/** A failed command as users see it: the place, the command and a caret where that helps. */
export function explainFailure(error: Error, command: string, place: CommandPlace): string {
  const { source, line } = place;
  if (error instanceof CommandMistake) {
    const { code, message, hint, span } = error;
    // The line stands at its number.
    const before = '\n'.repeat(line - 1);
    const diagnostic = {
      severity: 'error' as const,
      code,
      message,
      file: source,
      start: before.length + span.start,
      end: before.length + span.end,
      ...(hint === undefined ? {} : { hint }),
    };
    return `${formatDiagnostic(diagnostic, before + command)}\n`;
  }
  const hint = error instanceof UserError && error.hint !== undefined ? error.hint : undefined;
  return `${source}:${line}: error: ${error.message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`;
}
