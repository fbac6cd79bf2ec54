import { UserError } from '../../model/errors.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { needsOf } from '../../policy/needs.ts';
import type { Rule, RulePolicy } from '../../policy/rule-policy.ts';
import { cellText } from '../../policy/yaml/cell-text.ts';
import { sweepCsv, sweepJson } from '../../report/sweep-rows.ts';
import { settingText, sweepTable, type SweepReport } from '../../report/sweep-table.ts';
import { cellChange, ownSetting } from '../../simulate/sweep/cell-policy.ts';
import { sweep } from '../../simulate/sweep/sweep.ts';
import { isRefusing } from '../../simulate/sweep/swept-rules.ts';
import { budgetText } from '../budget.ts';
import { closingNote } from '../closing-note.ts';
import { EXIT } from '../exit-code.ts';
import { durationOption, fromToOptions, type LogOptions } from '../input-options.ts';
import { isLuaFile } from '../lua-modules.ts';
import { openLogs } from '../open-logs.ts';
import { isScriptFile } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';
import { loadRunPolicy } from '../run-policy.ts';
import { suggestCell, suggestOption, type FoundCell } from '../suggest-cell.ts';
import { gridOf, sweptRule, type GridFlags } from '../sweep-options.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';

interface SweepFlags extends LogOptions, GridFlags {
  readonly policy?: string;
  readonly config?: string;
  readonly root?: string;
  readonly suggest?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly sessionTimeout?: string;
  readonly clampNegative?: boolean;
  readonly ascii?: boolean;
  readonly format?: 'table' | 'json' | 'csv';
  readonly maxUnparsed?: number;
}

/** `hindcast sweep` */
export async function runSweep(
  logs: readonly string[],
  flags: SweepFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const { policy, name, text, warnings } = policyOf(flags);
  const rule = sweptRule(policy, flags.rule);
  const grid = gridOf(policy, rule, flags);
  const budgets = suggestOption(flags.suggest ?? [], rule);
  const { fromMs, toMs } = fromToOptions(flags);
  const sessionTimeoutMs = durationOption('--session-timeout', flags.sessionTimeout);
  const vocabulary = new Vocabulary();
  const needs = needsOf(policy);
  const opened = await openLogs(logs, flags, { vocabulary, needs, gapMs: Infinity, signal });
  const hideProgress = showProgress(stdio, opened.progress);
  try {
    const result = await sweep({
      ...grid,
      sources: opened.sources,
      vocabulary,
      needs,
      policy,
      rule,
      fromMs,
      toMs,
      sessionTimeoutMs,
      clampNegative: flags.clampNegative,
      labels: undefined,
    });
    hideProgress();
    const files = opened.reports(result.bySource);
    refuseUnusable(files);
    for (const warning of warnings) stdio.err(`${warning}\n`);
    const suggestion = budgets.length === 0 ? undefined : suggestCell(result, budgets);
    const asked = budgets.map((budget) => `${budget.metric} ${budgetText(budget)}`);
    const found = suggestion?.found;
    const report: SweepReport = {
      version: VERSION,
      policy: name,
      rule: rule.name,
      verdict: rule.verdict.type,
      refuses: isRefusing(rule),
      own: ownSetting(policy, rule)!,
      files,
      sweep: result,
      suggestion: found && { ...found, asked, yaml: yamlOf(found, text, policy, rule, flags) },
    };
    for (const piece of piecesOf(report, flags)) if (!stdio.out(piece)) return;
    closingNote(files, flags.maxUnparsed, context);
    if (suggestion === undefined || found !== undefined) return;
    stdio.err(`hindcast: ${nearestText(suggestion.nearest, asked)}\n`);
    context.exit(EXIT.checkFailed);
  } finally {
    hideProgress();
    opened.close();
  }
}

/** Scripts have no limits of their own that a sweep could vary. */
function policyOf({ policy: file, config, root }: SweepFlags): {
  readonly policy: RulePolicy;
  readonly name: string;
  readonly text: string;
  readonly warnings: readonly string[];
} {
  if (file === undefined) {
    throw new UserError('sweep needs --policy: a YAML policy with the rule to vary');
  }
  if (isScriptFile(file) || isLuaFile(file)) {
    throw new UserError(
      `--policy ${file}: sweep varies rules of a YAML policy, and a script has none`,
    );
  }
  const { policy, name, texts, warnings } = loadRunPolicy(file, { config, root });
  return { policy, name: name ?? file, text: texts[0], warnings };
}

function piecesOf(report: SweepReport, flags: SweepFlags): Iterable<string> {
  if (flags.format === 'json') return [jsonText(sweepJson(report))];
  if (flags.format === 'csv') return sweepCsv(report);
  return [sweepTable(report, flags.ascii === true)];
}

/** The rule to paste; where a configuration has the monitors, what it needs besides. */
function yamlOf(
  { group, cell }: FoundCell,
  text: string,
  policy: RulePolicy,
  rule: Rule,
  { config }: SweepFlags,
): string {
  const change = cellChange(policy, rule, { ...group, above: cell.above });
  const yaml = cellText(text, policy, policy.rules.indexOf(rule), change);
  if (config === undefined || change.monitors.length === 0) return yaml;
  return `# ${config} needs these monitors, too\n${yaml}`;
}

function nearestText({ group, cell }: FoundCell, asked: readonly string[]): string {
  const { taken, firings, keys } = cell;
  const facts = `accepted ${taken.accepted}, rejected ${taken.rejected}, connections ${taken.connections}, firings ${firings}, keys ${keys}`;
  return `no setting holds ${asked.join(', ')}; nearest: above ${cell.above}, ${settingText(group)} (${facts})`;
}
