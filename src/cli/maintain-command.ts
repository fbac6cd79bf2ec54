import { Option, type Command } from 'commander';
import { MAX_DAYS } from '../model/maintenance.ts';
import { collect, once, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast maintain` */
export function defineMaintain(command: Command, context: CommandContext): void {
  command
    .description('keep a folder of journals small, as cidr_maintain does: remove and compress')
    .argument('[dir]', 'a folder of journals, or a report (default: basedir of --config)')
    .option('-c, --config <file>', 'a cidr_maintain.conf', once('one says all'))
    .option('--now <time>', 'count ages from this time (default: the end of the newest journal)')
    .option(
      '--retention <days>',
      'remove journals that are older (default 30)',
      wholeNumber(1, MAX_DAYS),
    )
    .option(
      '--condense <days>',
      'compress journals that are more whole days old; 0: one day or more (default 0)',
      wholeNumber(0, MAX_DAYS),
    )
    .option('--series <name>', 'only journals of this series (repeatable)', collect)
    .option('--dry-run', 'say what would be done, and do nothing')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .action(async (dir: string | undefined, options: object) => {
      const { runMaintain } = await import('./commands/maintain.ts');
      await runMaintain(dir, options, context);
    });
}
