import { setImmediate } from 'node:timers/promises';
import { InterruptedError, UserError } from '../../model/errors.ts';
import { formatAnswer, type AnswerFormat } from '../../query/answer-text.ts';
import type { Answer } from '../../query/answer.ts';
import { evaluate } from '../../query/evaluate.ts';
import { isSyntaxMistake } from '../../query/mistakes.ts';
import { parseQuery } from '../../query/parse.ts';
import { openJournals, type JournalFolder } from '../../series/journals.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandContext } from '../program.ts';
import { isInteractive, queryLines } from '../query-lines.ts';

interface QueryFlags {
  readonly format?: AnswerFormat;
  readonly silentSyntax?: boolean;
}

/** Bytes of journals after which the event loop has its turn, so that Ctrl-C is seen. */
const BREATH_BYTES = 16 * 1024 * 1024;

/** Characters of an answer that are written at once. */
const CHUNK_LENGTH = 64 * 1024;

/** `hindcast query` */
export async function runQuery(
  dir: string,
  text: string | undefined,
  flags: QueryFlags,
  context: CommandContext,
): Promise<void> {
  const folder = openJournals(dir);
  if (text === undefined) {
    await answerLines(folder, flags, context);
    return;
  }
  try {
    await answer(text, folder, flags, context);
  } catch (error) {
    if (flags.silentSyntax !== true || !isSyntaxMistake(error)) throw error;
    context.exit(EXIT.userMistake);
  }
}

/** Answers one query for each line of standard input; a wrong one does not end the session. */
async function answerLines(
  folder: JournalFolder,
  flags: QueryFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  let line = 0;
  let interrupted = false;
  for await (const text of queryLines(signal, () => (interrupted = true))) {
    line++;
    if (/^\s*$/.test(text)) continue;
    if (/^\s*(?:quit|exit)\s*$/i.test(text)) break;
    try {
      // The lines before are left empty, so that a mistake is shown at the line it stands in.
      if (!(await answer(`${'\n'.repeat(line - 1)}${text}`, folder, flags, context))) return;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!isInteractive()) context.exit(EXIT.userMistake);
      if (flags.silentSyntax !== true || !isSyntaxMistake(error)) stdio.err(explain(error));
    }
  }
  if (interrupted || signal.aborted) throw new InterruptedError('interrupted');
}

function explain({ message, hint, diagnostics }: UserError): string {
  if (diagnostics.length > 0) return `${message}\n`;
  return `hindcast: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`;
}

/** Returns false once nobody reads the answers any more. */
async function answer(
  text: string,
  folder: JournalFolder,
  { format = 'table' }: QueryFlags,
  { stdio, signal }: CommandContext,
): Promise<boolean> {
  const found = await runToEnd(evaluate(parseQuery(text), folder), folder, signal);
  let pending = '';
  for (const line of formatAnswer(found, format)) {
    pending += line;
    if (pending.length < CHUNK_LENGTH) continue;
    if (!stdio.out(pending)) return false;
    pending = '';
    await (stdio.drained(signal) ?? setImmediate());
    if (signal.aborted) throw new InterruptedError('interrupted');
  }
  return stdio.out(pending);
}

async function runToEnd(
  steps: Generator<void, Answer, void>,
  folder: JournalFolder,
  signal: AbortSignal,
): Promise<Answer> {
  let breathAt = folder.readings.bytes + BREATH_BYTES;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (folder.readings.bytes < breathAt) continue;
    breathAt = folder.readings.bytes + BREATH_BYTES;
    await setImmediate();
    if (signal.aborted) throw new InterruptedError('interrupted');
  }
}
