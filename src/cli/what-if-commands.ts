import { Option, type Command } from 'commander';
import { COUNTED } from '../model/client-counts.ts';
import { collect, maxDelayOption, once, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast compare` */
export function defineCompare(command: Command, context: CommandContext): void {
  command
    .description(
      'compare two policies over logs: whom the new one stops or frees; --by node: the nodes',
    )
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .addOption(
      new Option(
        '--by <what>',
        'compare the nodes of the logs with each other: who is seen where (policy: one or none)',
      ).choices(['node']),
    )
    .option(
      '--policy <file>',
      'a policy: YAML, a Lua module, or a Sieve script with --phase; needed twice: old, then new',
      collect,
    )
    .option(
      '--config <file>',
      'an ecelerity.conf: its monitors, for both policies; with --by and no --policy its scripts ' +
        '(repeatable)',
      collect,
    )
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option(
      '--phase <name>',
      'the phase in which Sieve scripts run; twice: that of the old one, then of the new one',
      collect,
    )
    .addOption(
      new Option(
        '--sliding <weight>',
        'window 0 in the sliding average of ec_ip_connections: in full (rate, the default), or ' +
          'by its elapsed share (average)',
      ).choices(['rate', 'average']),
    )
    .option('--dns-fixture <file>', 'answers for ec_dns_lookup: name, type and value on each line')
    .option('--strict', 'end the run at a command of a script that is not simulated')
    .option('--out <dir>', 'write CSV files of all differences and JSON files into this new folder')
    .option('--force', 'replace the report that --out already holds')
    .option('--from <time>', 'compare from here on; earlier events only warm the windows')
    .option('--to <time>', 'stop before this time')
    .addOption(
      new Option(
        '--count <what>',
        'with --by: what ranks the clients (default: connections)',
      ).choices(COUNTED),
    )
    .option('--per <bits>', 'with --by: clients are blocks: 24, or 24,64 (default 32,128)')
    .option('--good <list>', 'who is known to be good: a list as in policies (repeatable)', collect)
    .option('--bad <list>', 'who is known to be bad: what each policy stops of them', collect)
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--limit <n>', 'movers, or with --by clients, shown (default 10)', wholeNumber(1))
    .option(
      '--fail-on <budget>',
      "exit 1 when this holds: 'newly-stopped-accepted > 0.1 %' (repeatable)",
      collect,
    )
    .option(
      '--session-timeout <duration>',
      'silence that ends a session without a logged end (default 10m)',
    )
    .option('--clamp-negative', 'counts stop at 0 where an amount would take them below')
    .addOption(maxDelayOption())
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runCompare } = await import('./commands/compare.ts');
      await runCompare(logs, options, context);
    });
}

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
    .option('--good <list>', 'who is known to be good: a list as in policies (repeatable)', collect)
    .option('--bad <list>', 'who is known to be bad: precision and recall of settings', collect)
    .option('--enforce', 'a second pass puts the knees and the suggestion in force')
    .option(
      '--points <setting>',
      'with --enforce: above=50,per=24,windows=0..5,interval=300 in their place (repeatable)',
      collect,
    )
    .option('--config <file>', 'an ecelerity.conf: its monitors (repeatable)', collect)
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
