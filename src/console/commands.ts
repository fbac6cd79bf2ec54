import { didYouMean } from '../model/suggest.ts';
import type { AuditConsole } from './audit-console.ts';
import { listShared, showShared } from './cluster-commands.ts';
import { moveClock, saveState } from './clock-commands.ts';
import { showHelp } from './help.ts';
import { loadSeries } from './load-command.ts';
import { CommandMistake } from './mistake.ts';
import { changeBy, countCidr, deleteIp } from './series-commands.ts';
import { showAll, showIp } from './show-commands.ts';
import type { Word } from './words.ts';

export interface ConsoleCommand {
  /** Up to three words: `show ip`. */
  readonly name: string;
  /** The words behind the name: `<series>`; from the first with a `[` on they may be missing. */
  readonly placeholders: readonly string[];
  readonly run: (words: readonly Word[], console: AuditConsole) => void | Promise<void>;
}

const leave = (_words: readonly Word[], console: AuditConsole): void => {
  console.left = true;
};

const KEYED = ['<series>', '<parameters>'];

export const COMMANDS: readonly ConsoleCommand[] = [
  { name: 'show ip', placeholders: ['<ip[/mask]>'], run: showIp },
  { name: 'show all', placeholders: [], run: showAll },
  { name: 'delete_ip', placeholders: ['<ip[/mask]>', ...KEYED], run: deleteIp },
  {
    name: 'count_cidr',
    placeholders: ['<ip[/mask]>', ...KEYED, '<period_start>', '[<period_end>]'],
    run: countCidr,
  },
  { name: 'add', placeholders: [...KEYED, '<ip>', '<increment>'], run: changeBy(1) },
  { name: 'subtract', placeholders: [...KEYED, '<ip>', '<decrement>'], run: changeBy(-1) },
  { name: 'load', placeholders: ['<series>', '[<filename>]', '[--add]'], run: loadSeries },
  { name: 'cluster shared list', placeholders: [], run: listShared },
  {
    name: 'cluster shared show',
    placeholders: ['<object>', '[from', '<node>]'],
    run: showShared,
  },
  { name: 'at', placeholders: ['[<time>]'], run: moveClock },
  { name: 'save', placeholders: [], run: saveState },
  { name: 'help', placeholders: [], run: showHelp },
  { name: 'quit', placeholders: [], run: leave },
  { name: 'exit', placeholders: [], run: leave },
];

/** The module that commands belong to, with or without the name of an instance. */
export const MODULE = /^inbound_audit(?::.*)?$/;

/**
 * The command that a line names, and the words behind its name.
 *
 * @throws {CommandMistake} when there is none
 */
export function findCommand(line: readonly Word[]): {
  readonly command: ConsoleCommand;
  readonly words: readonly Word[];
} {
  const [first] = line;
  if (first.text === 'xml') {
    const message = 'answers in XML are not supported; show all is a CSV';
    throw new CommandMistake('console-unsupported', first, message);
  }
  const words = MODULE.test(first.text) ? line.slice(1) : line;
  for (const length of [3, 2, 1]) {
    if (words.length < length) continue;
    const name = textOf(words.slice(0, length));
    const command = COMMANDS.find((each) => each.name === name);
    if (command !== undefined) return { command, words: words.slice(length) };
  }
  throw unknownCommand(first, words);
}

const textOf = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ');

function unknownCommand(first: Word, words: readonly Word[]): CommandMistake {
  const names = COMMANDS.map(({ name }) => name);
  const known = `commands: ${names.join(', ')}`;
  const word = words.at(0);
  if (word === undefined) {
    const span = { start: first.end, end: first.end + 1 };
    return new CommandMistake('console-command', span, 'expected a command', known);
  }
  for (const length of [2, 1]) {
    const begun = textOf(words.slice(0, length));
    const group = names.filter((name) => name.startsWith(`${begun} `));
    if (group.length === 0) continue;
    const last = words.slice(0, length).at(-1)!;
    const next = words.at(length) ?? { start: last.end, end: last.end + 1 };
    return new CommandMistake('console-command', next, `expected ${group.join(' or ')}`);
  }
  const meant = didYouMean(word.text, new Set(names.map((name) => name.split(' ')[0])));
  return new CommandMistake(
    'console-command',
    word,
    `no command '${word.text}'`,
    meant === undefined ? known : `${meant} ${known}`,
  );
}
