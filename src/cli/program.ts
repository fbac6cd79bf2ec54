import { Argument, Command, Option } from 'commander';
import { defineCheck } from './check-command.ts';
import { defineCut } from './cut-command.ts';
import { collect, maxDelayOption, once, wholeNumber } from './option-values.ts';
import { FORMAT_NAMES } from '../input/format-names.ts';
import { defineMaintain } from './maintain-command.ts';
import { defineExplain, defineTimeline, defineTop } from './question-commands.ts';
import type { Stdio } from './stdio.ts';
import { defineTest } from './test-command.ts';
import { VERSION } from './version.ts';
import { defineCompare, defineSweep } from './what-if-commands.ts';

/** What a command gets from the process around it. */
export interface CommandContext {
  readonly stdio: Stdio;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sets the exit code of a run that ends without an error. */
  readonly exit: (code: number) => void;
}

function topKeys(text: string): number {
  return text === 'all' ? Infinity : wholeNumber(0)(text);
}

const onePolicy = once('several scripts run from a --config');

/** The options of every command that reads logs. */
function withLogOptions(command: Command): Command {
  return command
    .option(
      '--tz <zone>',
      'zone of stamps without an offset, or glob=zone (repeatable; default UTC)',
      collect,
    )
    .option(
      '--year <year>',
      "year of a yearless log's first line (oldest file of a rotation), or glob=year (repeatable)",
      collect,
    )
    .option('--reorder <duration>', 'how far a line may stand behind newer ones (default 10s)')
    .option(
      '--node <name=glob>',
      'inputs that belong to this node (repeatable; default: the log says)',
      collect,
    )
    .option(
      '--input-format <format>',
      `${FORMAT_NAMES.join(', ')} (default: what the lines look like)`,
    )
    .option(
      '--map <field=column,…>',
      'columns of a CSV, or paths of NDJSON, whose names differ: time=ts,ip=client.addr',
      collect,
    )
    .option('--kind <kind>', 'kind of the events of a CSV or NDJSON without a kind column')
    .option(
      '--infer-connections',
      'where connections are not logged, the first line of each counts as its connect',
    )
    .option(
      '--threads <n>',
      '2: a thread of its own reads the logs, 1: none does (default: 2 for large logs)',
      wholeNumber(1, 2),
    );
}

/** Builds the command line. Commands are loaded when they run, so that `--version` is quick. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('hindcast')
    .description("Replay yesterday's mail against tomorrow's policy.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdio.out(text),
      writeErr: (text) => context.stdio.err(text),
    })
    .showHelpAfterError('(hindcast --help lists commands and options)');

  withLogOptions(program.command('replay'))
    .description('replay logs against a policy: whom it would have hit, and when')
    .argument('[logs...]', 'files, globs, folders, or - for stdin')
    .option(
      '--policy <file>',
      'the policy: YAML, a Lua module, or a Sieve script with --phase',
      onePolicy,
    )
    .option(
      '--config <file>',
      'an ecelerity.conf: its monitors, and without a --policy its scripts (repeatable)',
      collect,
    )
    .option(
      '--phase <name>',
      'the phase in which a Sieve script runs: connect, rcptto_phase2, …',
      onePolicy,
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
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option('--out <dir>', 'write the report (CSV, JSON, series files) into this new folder')
    .addOption(
      new Option('--by <what>', 'with --out: the CSV files once more for each node').choices([
        'node',
      ]),
    )
    .option('--from <time>', 'report from here on; earlier events only warm the windows')
    .option('--to <time>', 'stop before this time')
    .option('--force', 'replace the report that --out already holds')
    .option('--state <dir>', 'go on from the state in this folder, and leave the new one there')
    .option('--final', 'with --state: close all windows; no run can follow')
    .option('--journal <dir>', 'write the journals of series here, beside those of other runs')
    .option(
      '--enforce',
      'what the policy refuses no longer happens: blocks, tarpits, whole sessions',
    )
    .option('--retry <duration>', 'with --enforce: who is refused with 4xx comes back after this')
    .option('--good <list>', 'who is known to be good: a list as in policies (repeatable)', collect)
    .option('--bad <list>', 'who is known to be bad: precision and recall of rules', collect)
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--top <n>', 'keys per window in keys.csv: a number, or all (default 20)', topKeys)
    .option('--fail-on <rule>', 'exit 1 when this rule fires (repeatable)', collect)
    .option(
      '--session-timeout <duration>',
      'silence that ends a session without a logged end (default 10m)',
    )
    .option('--clamp-negative', 'counts stop at 0 where an amount would take them below')
    .addOption(maxDelayOption())
    .option('--max-keys <n>', 'end with an error when more keys are in memory', wholeNumber(1))
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runReplay } = await import('./commands/replay.ts');
      await runReplay(logs, options, context);
    });

  defineCompare(withLogOptions(program.command('compare')), context);

  withLogOptions(program.command('convert'))
    .description('write the events of logs as CSV or NDJSON')
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .addOption(
      new Option('--to <format>', 'what to write').choices(['csv', 'ndjson']).default('csv'),
    )
    .action(async (logs: string[], options: object) => {
      const { runConvert } = await import('./commands/convert.ts');
      await runConvert(logs, options, context);
    });

  withLogOptions(program.command('inspect'))
    .description('show what logs are: formats, times, lines by class, what unparsed ones look like')
    .argument('<logs...>', 'files, globs, folders, or - for stdin')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--max-unparsed <n>', 'exit 3 when more lines could not be read', wholeNumber(0))
    .action(async (logs: string[], options: object) => {
      const { runInspect } = await import('./commands/inspect.ts');
      await runInspect(logs, options, context);
    });

  defineTop(withLogOptions(program.command('top')), context);
  defineTimeline(withLogOptions(program.command('timeline')), context);
  defineExplain(withLogOptions(program.command('explain')), context);
  defineSweep(withLogOptions(program.command('sweep')), context);

  defineCheck(withLogOptions(program.command('check')), context);
  defineTest(program.command('test'), context);
  defineCut(withLogOptions(program.command('cut')), context);

  program
    .command('schema')
    .description('print the JSON Schema of policies or of tests, for editors')
    .addArgument(
      new Argument('[files]', 'the schema of which files')
        .choices(['policy', 'test'])
        .default('policy'),
    )
    .action(async (files: 'policy' | 'test') => {
      const { runSchema } = await import('./commands/schema.ts');
      runSchema(files, context);
    });

  program
    .command('import')
    .description("write the limits of Momentum's default policy, a dp_config.lua, as a YAML policy")
    .argument('<file>', 'the Lua file; it is run, and reaches nothing but its own tables')
    .option('--to <policy.yaml>', 'the policy to write, or - for stdout', '-')
    .option('--force', 'replace the file that --to names')
    .action(async (file: string, options: { to: string; force?: boolean }) => {
      const { runImport } = await import('./commands/import.ts');
      runImport(file, options, context);
    });

  program
    .command('load')
    .description('verify a series file and say what it holds')
    .argument('<series>', 'name of the series')
    .argument('[file]', 'its file (default: found by the name)')
    .option('--dir <dir>', 'where to look for it: a folder or a report', '.')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .action(async (series: string, file: string | undefined, options: object) => {
      const { runLoad } = await import('./commands/load.ts');
      runLoad(series, file, options, context);
    });

  program
    .command('show')
    .description('print a series file per block and window')
    .argument('<file>', 'a series file')
    .option('--per <bits>', 'prefix length of IPv4 and IPv6 blocks: 24, or 24,64', '32,128')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .action(async (file: string, options: object) => {
      const { runShow } = await import('./commands/show.ts');
      runShow(file, options, context);
    });

  withLogOptions(program.command('console'))
    .description('audit commands over replayed logs or a stored state')
    .argument('[logs...]', 'files, globs, folders, or with -c - for stdin')
    .option('--state <dir>', 'open the state in this folder instead of logs')
    .option(
      '-c, --command <command>',
      'run this command and leave (repeatable; default: commands from the terminal or stdin)',
      collect,
    )
    .option(
      '--policy <file>',
      'the policy that defines the series: YAML, Lua, or a Sieve script with --phase',
      onePolicy,
    )
    .option(
      '--config <file>',
      'an ecelerity.conf: its monitors, and without a --policy its scripts (repeatable)',
      collect,
    )
    .option('--root <dir>', 'with --config: look for its absolute paths below this folder')
    .option(
      '--phase <name>',
      'the phase in which a Sieve script runs: connect, rcptto_phase2, …',
      onePolicy,
    )
    .option('--at <time>', 'replay the logs up to here (default: to their end)')
    .option(
      '--session-timeout <duration>',
      'silence that ends a session without a logged end (default 10m)',
    )
    .action(async (logs: string[], options: object) => {
      const { runConsole } = await import('./commands/console.ts');
      await runConsole(logs, options, context);
    });

  program
    .command('query')
    .description('ask journals of series about addresses and networks, as cidr_cli does')
    .argument('<dir>', 'a folder of journals, or a report')
    .argument('[query]', 'the question (default: one from each line of standard input)')
    .addOption(
      new Option('--format <format>', 'what stdout shows')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .option(
      '--silent-syntax',
      'say nothing about a query that is wrongly written; exit 2 all the same',
    )
    .action(async (dir: string, query: string | undefined, options: object) => {
      const { runQuery } = await import('./commands/query.ts');
      await runQuery(dir, query, options, context);
    });

  defineMaintain(program.command('maintain'), context);

  for (const command of program.commands) command.exitOverride();
  return program;
}
