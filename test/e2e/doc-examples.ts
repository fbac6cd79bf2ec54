import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './run-hindcast.ts';

/** A command of a page and what it is said to print. */
export interface DocExample {
  /** As the page has it, on one line. */
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and standard error; a line `…` stands for lines that are left out. */
  readonly output: string;
}

/** The blocks ```` ```console ```` of a page that run hindcast, in order. */
export function examplesOf(page: string): DocExample[] {
  const text = readFileSync(path.join(ROOT, 'docs', page), 'utf8');
  const blocks = text.matchAll(/^```console\n\$ hindcast ((?:.*\\\n)*.*)\n([^`]*)```$/gm);
  return Array.from(blocks, ([, written, output]) => {
    const command = written.replaceAll(/\s*\\\n\s*/g, ' ');
    const words = command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
    const args = Array.from(words, ([word, double, single]) => double ?? single ?? word);
    return { command, args, output };
  });
}

/** What a page shows, as a pattern: `…` alone on a line is any number of lines. */
export function patternOf(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    return line === '…' ? '(?:.*\n)*?' : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\n`;
  });
  // What follows the last line end is no line.
  return new RegExp(`^${lines.slice(0, -1).join('')}$`);
}
