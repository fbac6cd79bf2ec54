import { findCommand } from './commands.ts';
import { CommandMistake } from './mistake.ts';
import type { ConsoleOutput, ConsoleTarget } from './target.ts';
import { splitWords, type Word } from './words.ts';

/** Commands on one target, and what they have changed there. */
export class AuditConsole implements ConsoleOutput {
  readonly target: ConsoleTarget;
  /** Commands since the last save that changed each series, by its name. */
  readonly changes = new Map<string, number>();
  /** No further command is wanted: the user has left, or nobody reads the answers. */
  left = false;
  readonly #output: ConsoleOutput;

  constructor(target: ConsoleTarget, output: ConsoleOutput) {
    this.target = target;
    this.#output = output;
  }

  out(text: string): boolean {
    const wanted = this.#output.out(text);
    if (!wanted) this.left = true;
    return wanted;
  }

  err(text: string): void {
    this.#output.err(text);
  }

  /**
   * Runs one line; an empty one and a comment (`#`) do nothing.
   *
   * @throws {UserError} when the command is refused; nothing has changed then
   * @throws {DiskError} when a file cannot be read or written
   */
  async run(line: string): Promise<void> {
    if (/^\s*(?:#|$)/.test(line)) return;
    const { command, words } = findCommand(splitWords(line));
    const optional = command.placeholders.findIndex((p) => p.startsWith('['));
    const required =
      optional === -1 ? command.placeholders : command.placeholders.slice(0, optional);
    const missing = required.slice(words.length);
    if (missing.length > 0) {
      const span = { start: line.trimEnd().length, end: line.trimEnd().length + 1 };
      const message = `expected ${missing.join(' ')}`;
      throw new CommandMistake('console-words', span, message, usageOf(command));
    }
    const extra = words.at(command.placeholders.length);
    if (extra !== undefined) {
      const message = `expected nothing more, found '${extra.text}'`;
      throw new CommandMistake('console-words', extra, message, usageOf(command));
    }
    await command.run(words, this);
  }

  /** The clock. A change by hand belongs to a moment, so without one there is no change. */
  clockMs(word: Word): number {
    const { clockMs } = this.target;
    if (clockMs !== undefined) return clockMs;
    const message = 'the clock stands still: there was no event yet';
    throw new CommandMistake('console-clock', word, message);
  }

  /** Notes that a command has changed a series. */
  changed(series: string): void {
    this.changes.set(series, (this.changes.get(series) ?? 0) + 1);
  }

  /** Says what leaving loses; nothing where it could not have been saved. */
  sayUnsaved(): void {
    if (this.target.save === undefined || this.changes.size === 0) return;
    this.err(`hindcast: not saved: ${this.changesText()}\n`);
  }

  /** `bad_rcpt (2 changes), logins (1 change)` */
  changesText(): string {
    const series = [...this.changes].map(([name, commands]) => {
      return `${name} (${commands === 1 ? '1 change' : `${commands} changes`})`;
    });
    return series.join(', ');
  }
}

function usageOf(command: { readonly name: string; readonly placeholders: readonly string[] }) {
  return [command.name, ...command.placeholders].join(' ');
}
