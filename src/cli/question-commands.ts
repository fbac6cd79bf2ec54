import { Option, type Command } from 'commander';
import { collect, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

const formats = (): Option =>
  new Option('--format <format>', 'what stdout shows')
    .choices(['table', 'json', 'csv'])
    .default('table');

/** `hindcast top` */
export function defineTop(command: Command, context: CommandContext): void {
  command
    .description('show who grew most between two spans of logs')
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .option('--from <time>', 'the span looked at begins here')
    .option('--to <time>', 'the span looked at ends before this time')
    .option(
      '--last <duration>',
      'how long it is, unless both are given; alone: to the end of the log (default 1h)',
    )
    .option('--before <start..end>', 'the span to compare with (default: as long, right before)')
    .option(
      '--count <what>',
      'connections, receptions, rejections or a kind of event (repeatable; default: connections, rejections, auth_failure)',
      collect,
    )
    .option('--share <percent>', 'how much of the growth around it a block holds (default 80%)')
    .option('--limit <n>', 'growers shown for each metric (default 10)', wholeNumber(1))
    .addOption(formats())
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runTop } = await import('./commands/top.ts');
      await runTop(logs, options, context);
    });
}

/** `hindcast timeline` */
export function defineTimeline(command: Command, context: CommandContext): void {
  command
    .description('show what addresses or networks did, window by window')
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .option('--ip <block>', 'an address or a network; needed (repeatable)', collect)
    .option('--window <duration>', 'length of a window (default 5m)')
    .option('--from <time>', 'events from here on')
    .option('--to <time>', 'events before this time')
    .option('--all', 'show quiet windows, too')
    .option('--lines', 'first write the log lines behind the events, under their windows')
    .option('--ascii', 'draw bars with #')
    .addOption(formats())
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runTimeline } = await import('./commands/timeline.ts');
      await runTimeline(logs, options, context);
    });
}

/** `hindcast explain` */
export function defineExplain(command: Command, context: CommandContext): void {
  command
    .description('show why the rules of a policy fired at one event, or why not')
    .argument('<logs...>', 'files, globs, folders, or with --at - for stdin')
    .option('--policy <file>', 'the policy, in YAML; needed')
    .option('--ip <address>', 'the decision is about this peer …')
    .option('--at <time>', '… at an event of this second, or millisecond')
    .option(
      '--firing <n>',
      'the decision is behind this row of firings.csv, from 1 (in place of --ip and --at)',
      wholeNumber(1),
    )
    .option('--from <time>', 'with --firing: as in the replay that wrote firings.csv')
    .option('--to <time>', 'with --firing: as in the replay that wrote firings.csv')
    .option('--config <file>', 'an ecelerity.conf: its monitors (repeatable)', collect)
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option(
      '--session-timeout <duration>',
      'silence that ends a session without a logged end (default 10m)',
    )
    .option('--clamp-negative', 'counts stop at 0 where an amount would take them below')
    .option('--lines <n>', 'log lines shown for each rule, the newest (default 10)', wholeNumber(0))
    .option('--ascii', 'draw bars with #')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .addOption(new Option('--json', 'short for --format json').conflicts('format'))
    .action(async (logs: string[], options: object) => {
      const { runExplain } = await import('./commands/explain.ts');
      await runExplain(logs, options, context);
    });
}
