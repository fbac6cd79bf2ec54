import { Option, type Command } from 'commander';
import { collect } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast check` */
export function defineCheck(command: Command, context: CommandContext): void {
  command
    .description('check policies and show every mistake where it stands')
    .argument('[policies...]', 'policy files; Sieve scripts end in .siv or .sieve')
    .option(
      '--config <file>',
      'an ecelerity.conf that they run under, checked with its scripts (repeatable)',
      collect,
    )
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option(
      '--phase <slot or logs>',
      'when scripts run: connect, mailfrom_phase1, …; or beside one YAML policy: logs, to show ' +
        'how its firings move when windows shift (repeatable)',
      collect,
    )
    .option('--steps <n>', 'with logs: shifts of the windows, 2 to 64 (default 8)')
    .option(
      '--session-timeout <duration>',
      'with logs: silence that ends a session without a logged end (default 10m)',
    )
    .addOption(
      new Option('--format <format>', 'with logs: what stdout shows (default table)').choices([
        'table',
        'json',
      ]),
    )
    .action(async (policies: string[], options: object) => {
      const { runCheck } = await import('./commands/check.ts');
      await runCheck(policies, options, context);
    });
}
