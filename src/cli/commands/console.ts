import { AuditConsole } from '../../console/audit-console.ts';
import { linesOf, runScript, runShell } from '../../console/shell.ts';
import { InterruptedError, UserError } from '../../model/errors.ts';
import { exitCodeOf } from '../exit-code.ts';
import { durationOption, timeOption, type LogOptions } from '../input-options.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { ReplayedLogs } from '../replayed-logs.ts';
import { loadRunPolicy } from '../run-policy.ts';
import { StoredState } from '../stored-state.ts';

interface ConsoleFlags extends LogOptions {
  readonly state?: string;
  readonly command?: readonly string[];
  readonly policy?: string;
  readonly config?: readonly string[];
  readonly root?: string;
  readonly phase?: string;
  readonly at?: string;
  readonly sessionTimeout?: string;
}

/** `hindcast console` */
export async function runConsole(
  logs: readonly string[],
  flags: ConsoleFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, exit } = context;
  refuseContradictions(logs, flags);
  const interrupt = new AbortController();
  const signal = AbortSignal.any([context.signal, interrupt.signal]);
  const target =
    flags.state === undefined
      ? await openLogsFor(logs, flags, { ...context, signal })
      : new StoredState(flags.state);
  try {
    const console = new AuditConsole(target, stdio);
    try {
      const failure = await runCommands(console, flags.command, signal, () => interrupt.abort());
      if (failure !== undefined) exit(exitCodeOf(failure));
    } finally {
      console.sayUnsaved();
    }
  } finally {
    if (target instanceof ReplayedLogs) target.close();
  }
}

async function runCommands(
  console: AuditConsole,
  commands: readonly string[] | undefined,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<Error | undefined> {
  const { stdin, stderr } = process;
  if (commands !== undefined) {
    return runScript(
      console,
      commands.flatMap((text) => text.split('\n')),
      '-c',
    );
  }
  if (stdin.isTTY) {
    await runShell(console, { input: stdin, output: stderr, interrupt, signal });
    return undefined;
  }
  const failure = await runScript(console, linesOf(stdin, signal), 'stdin');
  if (signal.aborted) throw new InterruptedError('interrupted');
  return failure;
}

function refuseContradictions(logs: readonly string[], flags: ConsoleFlags): void {
  const { state, command, ...ofLogs } = flags;
  if (state === undefined && logs.length === 0) {
    throw new UserError('a console needs logs, or a --state');
  }
  if (state !== undefined) {
    const [option] = Object.keys(ofLogs);
    const other = logs.length > 0 ? 'logs' : option && `--${kebabCase(option)}`;
    if (other !== undefined) {
      throw new UserError(
        `${other} and --state exclude each other`,
        'a state holds series and clock; hindcast replay goes on with it',
      );
    }
  }
  if (logs.includes('-') && command === undefined) {
    throw new UserError(
      'standard input cannot bring a log and the commands',
      'name the commands: -c "show all"',
    );
  }
}

const kebabCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function openLogsFor(
  logs: readonly string[],
  flags: ConsoleFlags,
  { stdio, signal }: CommandContext,
): Promise<ReplayedLogs> {
  const atMs = timeOption('--at', flags.at) ?? Infinity;
  const sessionTimeoutMs = durationOption('--session-timeout', flags.sessionTimeout);
  const { policy: rules, scripts, warnings } = loadRunPolicy(flags.policy, flags);
  for (const warning of warnings) stdio.err(`${warning}\n`);
  const show = (progress: Parameters<typeof showProgress>[1]): (() => void) =>
    showProgress(stdio, progress);
  const options = { ...flags, logs, rules, scripts, sessionTimeoutMs, signal, showProgress: show };
  return ReplayedLogs.open(options, atMs);
}
