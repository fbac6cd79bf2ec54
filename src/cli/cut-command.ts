import { Option, type Command } from 'commander';
import { collect, once, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast cut` */
export function defineCut(command: Command, context: CommandContext): void {
  command
    .description('cut the lines of some peers out of logs, as a fixture that replays the same')
    .argument('<logs...>', 'files, globs or folders; they are read several times')
    .option('--ip <block>', 'keep this address or network (repeatable)', collect)
    .option(
      '--policy <file>',
      'a YAML policy: the cut must show the same firings as the whole',
      once('the firings of one policy are compared'),
    )
    .option(
      '--firing <n>',
      'with --policy: keep the block of this row of firings.csv, from 1 (in place of --ip)',
      wholeNumber(1),
    )
    .option('--around <duration>', 'with --policy: keep only this much around the firings')
    .option('--from <time>', 'keep what happened from here on, and what the policy counts before')
    .option('--to <time>', 'keep what happened before this time')
    .option('--anonymize', 'replace addresses, hosts, mailboxes, users and ids by pseudonyms')
    .option('--key <file>', 'with --anonymize: the key, 32 bytes or 64 hexadecimal digits')
    .option('--key-text <hex>', 'with --anonymize: the key as 64 hexadecimal digits')
    .option(
      '--out <file>',
      'the fixture, packed when it ends in .gz; of several logs a folder; needed',
    )
    .option('--force', 'replace what --out names')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .action(async (logs: string[], options: object) => {
      const { runCut } = await import('./commands/cut.ts');
      await runCut(logs, options, context);
    });
}
