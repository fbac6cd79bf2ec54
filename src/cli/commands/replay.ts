import { UserError } from '../../model/errors.ts';
import { replayTable } from '../../report/tables.ts';
import { checkUnparsed } from '../closing-note.ts';
import { EXIT } from '../exit-code.ts';
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
  checkRuleNames(failOn, flags);
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

/** A check for a rule that does not exist would pass for ever. */
function checkRuleNames(names: readonly string[], flags: ReplayFlags): void {
  const { policy } = flags;
  if (names.length === 0) return;
  if (policy === undefined) throw new UserError('--fail-on needs a --policy');
  const run = loadRunPolicy(policy, flags);
  // The rules of a script are its places, some of which only the run tells.
  if (run.scripts !== undefined) return;
  const known = run.policy.rules.map((rule) => rule.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UserError(
      `--fail-on ${name}: no such rule in ${policy}`,
      `rules: ${known.join(', ')}`,
    );
  }
}
