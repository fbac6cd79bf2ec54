import { Option, type Command } from 'commander';
import { once, percentage, wholeNumber } from './option-values.ts';
import type { CommandContext } from './program.ts';

/** `hindcast test` */
export function defineTest(command: Command, context: CommandContext): void {
  command
    .description('run tests of policies: *.test.yaml files with events and what they must lead to')
    .argument('[files...]', 'test files, or folders to look for *.test.yaml in (default: .)')
    .option('--run <regex>', 'only tests whose name matches', once('join them: a|b'))
    .option(
      '--jobs <n>',
      'files run at the same time (default: one for each processor)',
      wholeNumber(1),
    )
    .option('--update', 'write what happened into expectations that fail or are missing')
    .option('--dry-run', 'with --update: show what would be written, and write nothing')
    .option('--coverage', 'show which branches of the policies the tests reached')
    .option(
      '--min-coverage <percent>',
      'exit 1 when the tests reach fewer branches; shows them, too',
      percentage,
    )
    .option('--junit <file>', 'write the results as JUnit XML, too', once('one file has them all'))
    .option('--ascii', 'draw bars with #')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json', 'github'])
        .default('table'),
    )
    .action(async (files: string[], options: object) => {
      const { runTests } = await import('./commands/test.ts');
      await runTests(files, options, context);
    });
}
