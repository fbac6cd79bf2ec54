import { formatMonitor } from '../model/monitor.ts';
import type { AuditConsole } from './audit-console.ts';
import { asWord, SHARED_OBJECT } from './cluster-commands.ts';
import { COMMANDS, MODULE } from './commands.ts';

/**
 * What may stand for the last word of a line: commands and what they name, such as series.
 *
 * @returns the words that begin as the last one does, and the last one; readline's own form
 */
export function complete(line: string, console: AuditConsole): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1)!;
  const before = words.slice(0, -1);
  if (before.length > 0 && MODULE.test(before[0])) before.shift();
  const found = candidates(before, console).filter((word) => word.startsWith(last));
  return [found.map((word) => `${word} `), last];
}

function candidates(before: readonly string[], console: AuditConsole): string[] {
  const names = COMMANDS.map(({ name }) => name.split(' '));
  const next = names
    .filter((name) => name.length > before.length && before.every((word, k) => word === name[k]))
    .map((name) => name[before.length]);
  if (next.length > 0) return [...new Set(next)];
  const command = COMMANDS.find(({ name }) => {
    return name.split(' ').every((word, index) => before[index] === word);
  });
  if (command === undefined) return [];
  const at = before.length - command.name.split(' ').length;
  const placeholder = command.placeholders.at(at);
  const series = console.target.engine.feeds.filter((feed) => !feed.isMetric);
  switch (placeholder) {
    case '<series>':
      return series.map(({ name }) => name);
    case '<parameters>': {
      const named = series.filter(({ name }) => name === before.at(-1));
      return named.map(({ monitor }) => formatMonitor(monitor));
    }
    case '<object>':
      return [SHARED_OBJECT];
    case '[from':
      return ['from'];
    case '<node>]':
      return console.target.engine.nodes.map(asWord);
    default:
      return [];
  }
}
