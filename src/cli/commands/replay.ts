import { replayTable } from '../../report/tables.ts';
import { checkUnparsed } from '../closing-note.ts';
import { EXIT } from '../exit-code.ts';
import { refuseUnknownRules } from '../failing-rules.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText, replay, type ReplayLogsOptions } from '../replay-logs.ts';
import { loadRunPolicy } from '../run-policy.ts';

interface ReplayFlags extends Omit<ReplayLogsOptions, 'logs' | 'policy'> {
  readonly policy?: string;
  readonly format?: 'table' | 'json';
  readonly failOn?: readonly string[];
  readonly maxUnparsed?: number;
}

/** `hindcast replay` */
export async function runReplay(
  logs: readonly string[],
  flags: ReplayFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const failOn = flags.failOn ?? [];
  if (failOn.length > 0) refuseUnknownRules(failOn, loadRunPolicy(flags.policy, flags));
  let hideProgress = (): void => undefined;
  try {
    const result = await replay({
      ...flags,
      logs,
      signal,
      onOpen: (progress) => {
        hideProgress = showProgress(stdio, progress);
      },
    });
    hideProgress();
    for (const warning of result.warnings) stdio.err(`${warning}\n`);
    stdio.out(flags.format === 'json' ? jsonText(result.summary) : replayTable(result.report));
    checkUnparsed(result.report.files, flags.maxUnparsed, context);
    const fired = result.firings.filter(
      ({ rule, firings }) => failOn.includes(rule) && firings > 0,
    );
    for (const { rule, firings } of fired) {
      stdio.err(`hindcast: rule ${rule} fired (--fail-on), firings: ${firings}\n`);
    }
    if (fired.length > 0) context.exit(EXIT.checkFailed);
  } finally {
    hideProgress();
  }
}
