import { Option, type Command } from 'commander';
import { collect, once, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast sweep` */
export function defineSweep(command: Command, context: CommandContext): void {
  command
    .description('try many settings of one rule in one pass: what each takes, and which to choose')
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .option('--policy <file>', 'the YAML policy; needed', once('a sweep is of one policy'))
    .option('--rule <name>', 'the rule to vary; needed', once('a sweep varies one rule'))
    .option('--above <limits>', "5,10,20, 10..100:10 or 10..1000:x1.5 (default: the rule's own)")
    .option('--per <bits>', "prefix lengths: 32,24, or 32/128,24/64 (default: the rule's own)")
    .option('--windows <ranges>', "0..0,0..5 (default: the rule's own)")
    .option('--interval <lengths>', "of a window: 60,300 or 1m,5m (default: the rule's own)")
    .option(
      '--suggest <condition>',
      "the best rule with 'collateral <= 0.1 %'; exit 1 when there is none (repeatable)",
      collect,
    )
    .option('--config <file>', 'an ecelerity.conf: its monitors', once('one is enough'))
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option('--from <time>', 'report from here on; earlier events only warm the windows')
    .option('--to <time>', 'stop before this time')
    .option(
      '--session-timeout <duration>',
      'silence that ends a session without a logged end (default 10m)',
    )
    .option('--clamp-negative', 'counts stop at 0 where an amount would take them below')
    .option('--ascii', 'draw bars with #')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runSweep } = await import('./commands/sweep.ts');
      await runSweep(logs, options, context);
    });
}
